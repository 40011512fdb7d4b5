"""What the first page shows (templates/front.html): one live figure, and the lessons in groups, each with a picture."""

import html
import json
import os
import pathlib
import re
from dataclasses import dataclass
from unittest import mock
from xml.etree import ElementTree

import nbformat

from web.reading import NOTEBOOKS, reading

SVG = "{http://www.w3.org/2000/svg}"
PAGES = pathlib.Path(__file__).parents[1] / "build/pages"
# A lesson's picture is one panel of one of its figures: the number of the figure, from 0, and the title of the panel.
GROUPS = {
    "First steps": {"00": (1, "loss"), "01": (0, "loss")},
    "Classification": {"02": (2, "mistakes"), "03": (0, "loss"), "04": (0, "softmax p"), "12": (0, "p")},
    "Information": {"05": (0, "entropy"), "06": (0, "cost")},
    "Regression and more": {"07": (0, "loss"), "08": (0, "loss"), "09": (3, "cost")},
    "Practice": {"10": (1, "loss"), "11": (1, "loss")},
}
# Pages that stand beside the lessons. One that is not built is not linked to.
BESIDE = {"playground": "Playground", "reference/index": "Reference", "search": "Search"}


@dataclass(frozen=True)
class Lesson:
    name: str  # of its file
    title: str
    question: str  # with <em> and <code>
    minutes: str

    @property
    def number(self):
        return self.name[:2]

    @property
    def description(self):
        """One sentence for search engines."""
        asked = " ".join(html.unescape(re.sub(r"<[^>]+>", "", self.question)).split())
        return f"{asked} A lesson with live figures in the course What a loss function does: {self.minutes}."


def lesson(path):
    start = nbformat.read(path, as_version=4).cells[0].source
    time = reading(path)
    question = html.escape(re.search(r"\*\*(.+?)\*\*", start, re.S)[1])
    return Lesson(
        path.stem,
        re.match(r"# (?:\d\d · )?(.+)", start)[1],
        re.sub(r"\*([^*]+)\*", r"<em>\1</em>", re.sub(r"`([^`]+)`", r"<code>\1</code>", question)),
        f"{time.minutes} minutes" + (f", exercises {time.exercises} more" if time.exercises else ""),
    )


@dataclass(frozen=True)
class Picture:
    """What of a panel is seen in small as well: its curves, the numbers below them, its two axes' names."""

    title: str
    axis: str
    box: dict  # the edges of the axes
    curves: list  # (path, style)
    ticks: list  # (x, text)
    names: list  # of the curves, with their colour and dash, if there are several


def picture(path, number, title):
    """The panel `title` of the figure `number` of an executed lesson."""
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", ())]
    texts = [output.get("data", {}).get("text/html", "") for output in outputs]
    figures = [text for text in texts if "lossutils-explorer" in text]
    meta = json.loads(re.search(r"<script[^>]*>(.*?)</script>", figures[number], re.S)[1])["meta"]
    ((k, shown),) = ((k, each) for k, each in enumerate(meta["panels"]) if each["title"] == title)
    groups = {group.get("id"): group for group in ElementTree.fromstring(shown["svg"]).iter(f"{SVG}g")}
    curves = [path for i in range(len(shown["marks"])) for path in groups[f"curve-{i}"].iter(f"{SVG}path")]
    *ticks, axis = groups["matplotlib.axis_1"].iter(f"{SVG}text")
    names = [name for name in meta["names"] if any(place[0] == k for place in name["marks"])]
    return Picture(
        title,
        axis.text,
        shown["box"],
        [(" ".join(path.get("d").split()), path.get("style")) for path in curves],
        [(tick.get("x"), tick.text) for tick in ticks],
        names if len(names) > 1 else [],
    )


def figure():
    """The figure above the fold."""
    from lossutils import explore, focal_loss  # only here: torch takes its time to load

    moving = explore(
        {"cross entropy": lambda p: focal_loss(p, 1, gamma=0), "focal": lambda p, gamma: focal_loss(p, 1, gamma=gamma)},
        panels=("loss",), limits={"loss": (0, 3)}, p=(0.05, 0.99, 0.01, 0.5), gamma=(0, 5, 0.1, 2.0),
    )  # fmt: skip
    with mock.patch.dict(os.environ, LOSSUTILS_RENDERER="html"):
        return moving._repr_mimebundle_()["text/html"]


def in_groups():
    """{group: [(lesson, picture), …]}."""
    lessons = {path.name[:2]: lesson(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    chosen = sorted(number for group in GROUPS.values() for number in group)
    if chosen != sorted(lessons):
        raise ValueError(f"web/index.py puts the lessons {chosen} into groups, but there are {sorted(lessons)}.")
    return {
        group: [(lessons[n], picture(PAGES / f"{lessons[n].name}.ipynb", *which)) for n, which in members.items()]
        for group, members in GROUPS.items()
    }


def front():
    """What the template of the first page asks for."""
    groups = in_groups()
    lessons = sorted((lesson for members in groups.values() for lesson, _ in members), key=lambda lesson: lesson.name)
    beside = {f"{name}.html": text for name, text in BESIDE.items() if name == "search" or [*PAGES.glob(f"{name}.*")]}
    return {"figure": figure(), "groups": groups, "lessons": lessons, "beside": beside}
