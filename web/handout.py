"""Lessons on paper, in site/handouts: `python -m web.handout site/NN_name.html …` prints pages by site.css's rules."""

import pathlib
import sys

from web.browser import browser as start

TARGET = pathlib.Path(__file__).parents[1] / "site/handouts"
FOOTER = """<div style="display: flex; justify-content: space-between;
width: 100%; margin: 0 16mm; font: 8pt sans-serif">
<span class="title"></span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>"""
READY = "() => Promise.all([document.fonts.ready, ...[...document.images].map(image => image.decode())])"


def main(*sources):
    TARGET.mkdir(parents=True, exist_ok=True)
    with start() as browser:
        page = browser.new_page(color_scheme="light")
        for source in map(pathlib.Path, sources):
            page.goto(source.resolve().as_uri())
            page.evaluate(READY)
            page.pdf(
                path=TARGET / f"{source.stem}.pdf", prefer_css_page_size=True, print_background=True, tagged=True,
                outline=True, display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
            )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
