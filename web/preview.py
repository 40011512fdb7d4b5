"""The pictures that a link to a page is shown with elsewhere, in site/previews: `python -m web.preview`."""

import pathlib

import jinja2

from web import figures, index
from web.browser import browser as start

HERE = pathlib.Path(__file__).parent
TARGET = HERE.parent / "site/previews"
SIZE = {"width": 1200, "height": 630}
COURSE = "What a loss function does"


def pages():
    """{name of a page: (title, words, footer, picture)}."""
    shown = {lesson.number: (lesson, picture) for group in index.in_groups().values() for lesson, picture in group}
    words = f"Guess, move a slider, and see what it changes: {len(shown)} lessons on PyTorch’s losses."
    found = {"index": (COURSE, words, "A course that moves", shown["03"][1])}
    for lesson, picture in shown.values():
        found[lesson.name] = (lesson.title, lesson.question, f"{COURSE} · lesson {lesson.number}", picture)
    return found


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    loader = jinja2.FileSystemLoader(HERE / "templates")
    template = jinja2.Environment(loader=loader).get_template("preview.html")
    style = figures.style() + (HERE / "site.css").read_text(encoding="utf-8")
    with start() as browser:
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        for name, (title, words, footer, picture) in pages().items():
            page.set_content(template.render(style=style, title=title, words=words, footer=footer, picture=picture))
            page.screenshot(path=TARGET / f"{name}.png")


if __name__ == "__main__":
    main()
