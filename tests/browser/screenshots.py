"""Pictures of every slide, and of the lessons in JupyterLab in both themes, for whoever writes or changes a lesson.

python -m tests.browser.screenshots OUTDIR [LESSON ...]     LESSON as in 01; without one, every lesson
"""

import sys
from pathlib import Path

from tests.browser import live


def photograph(page, server, out, lesson, theme):
    name = Path(lesson).stem
    page.set_viewport_size(live.SIZE)
    live.open_lab(page, server, lesson)
    live.run_lab(page)
    # The page is made as tall as the notebook, so that one picture holds all of it.
    height = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    page.set_viewport_size(live.SIZE | {"height": min(height + 160, 16_000)})
    page.wait_for_timeout(500)
    page.screenshot(path=out / f"{name}-lab-{theme.lower()}.png")


def main(out, *lessons):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    chosen = [path.name for path in sorted(live.NOTEBOOKS.glob("*.ipynb")) if not lessons or path.name[:2] in lessons]
    with live.chromium() as browser:
        for theme in ("Light", "Dark"):
            with live.server(theme=theme) as server:
                page = browser.new_page(viewport=live.SIZE)
                recorder = live.Recorder(page)
                for lesson in chosen:
                    photograph(page, server, out, lesson, theme)
                    if theme == "Light":  # RISE's page is always light
                        page.set_viewport_size(live.SIZE)
                        live.open_slides(page, server, lesson)
                        live.run_slides(page, server, lesson)
                        for slide in live.slides(page):
                            page.screenshot(path=out / f"{Path(lesson).stem}-{slide}.png")
                    print(lesson, theme, *recorder.problems, sep="\n  ")
                    recorder.problems.clear()
                page.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
