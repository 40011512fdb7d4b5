"""The first page, with what the lessons say of themselves: `python -m web.index` prints it."""

import html
import pathlib
import re

import nbformat

from web.reading import NOTEBOOKS, reading

CARD = """<li><a href="{name}.html">
<img src="_static/pictures/{name:.2}.png" alt="" width="320" height="135" loading="lazy">
<strong>{title}</strong>
<span>{question}</span>
<small>{minutes}</small>
</a></li>"""


def card(path):
    start = nbformat.read(path, as_version=4).cells[0].source
    time = reading(path)
    return CARD.format(
        name=path.stem,
        title=html.escape(re.match(r"# (.+)", start)[1]),
        question=re.sub(r"`([^`]+)`|\*([^*]+)\*", r"\1\2", html.escape(re.search(r"\*\*(.+?)\*\*", start, re.S)[1])),
        minutes=f"{time.minutes} minutes" + (f", exercises {time.exercises} more" if time.exercises else ""),
    )


if __name__ == "__main__":
    lessons = sorted(NOTEBOOKS.glob("*.ipynb"))
    cards = "\n".join(["<ol class='lessons'>", *map(card, lessons), "</ol>"])
    page = (pathlib.Path(__file__).parent / "index.md").read_text(encoding="utf-8")
    print(page.replace("LESSONS", cards).replace("CONTENTS", "\n".join(path.stem for path in lessons)), end="")
