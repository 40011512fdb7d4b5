"""Pictures of every slide, and of the lessons in JupyterLab in both themes, for whoever writes or changes a lesson.

python -m tests.browser.screenshots OUTDIR [LESSON ...]     LESSON as in 01; without one, every lesson
"""

import sys
from pathlib import Path

from tests.browser import live
from web.browser import browser as start

SCROLL = """top => {
    const notebook = document.querySelector('.jp-WindowedPanel-outer');
    notebook.scrollTop = top;
    return [notebook.scrollHeight, notebook.clientHeight];
}"""


def lab(page, server, out, lesson, theme):
    page.set_viewport_size({"width": 1280, "height": 1400})
    live.open_lab(page, server, lesson)
    live.run_lab(page, server, lesson)
    top, number = 0, 0
    while True:
        whole, part = page.evaluate(SCROLL, top)
        page.screenshot(path=out / f"{Path(lesson).stem}-lab-{theme.lower()}-{number:02}.png")
        top, number = top + part - 40, number + 1
        if top >= whole - 40:
            break


def slides(page, server, out, lesson):
    page.set_viewport_size(live.SIZE)
    live.run_slides(page, server, lesson)
    for slide in live.slides(page, fragment_by_fragment=True):
        page.screenshot(path=out / f"{Path(lesson).stem}-{slide}.png")


def main(out, *lessons):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    chosen = [path.name for path in sorted(live.NOTEBOOKS.glob("*.ipynb")) if not lessons or path.name[:2] in lessons]
    with start() as browser:
        for theme in ("Light", "Dark"):
            with live.server(theme=theme) as server:
                page = browser.new_page(viewport=live.SIZE)
                recorder = live.Recorder(page)
                for lesson in chosen:
                    lab(page, server, out, lesson, theme)
                    if theme == "Light":  # RISE's page is always light
                        slides(page, server, out, lesson)
                    print(lesson, theme, *recorder.problems, sep="\n  ")
                    recorder.problems.clear()
                page.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
