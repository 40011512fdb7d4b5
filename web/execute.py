"""Keeps what nbval saw when it compared a lesson's outputs, for the lesson's page and slides: a plugin of pytest.

The figures come as HTML where LOSSUTILS_RENDERER=html: `pytest --nbval -p web.execute notebooks/NN_name.ipynb …`.
"""

import pathlib
import re

import nbformat

PREFIX = re.compile(r"(Move|Predict|\d+ ·):? ")  # of a headline, for the slides
TARGET = pathlib.Path(__file__).parents[1] / "build/pages"


def pytest_itemcollected(item):
    item.parent.skip_compare += ("text/html",)  # of a figure; the lesson itself keeps its picture


def pytest_runtest_teardown(item, nextitem):
    item.cell.outputs = item.test_outputs or []
    if nextitem is None or nextitem.parent is not item.parent:
        write(item.parent.nb, item.path.name)


def write(notebook, name):
    for cell in notebook.cells:
        mark(cell)
    number(notebook.cells, int(name[:2]))
    TARGET.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, TARGET / name)


def mark(cell):
    """Tell the page what is not for it: the speaker's notes, and what waits behind a click."""
    cell.metadata.pop("execution", None)  # when it ran
    for output in cell.get("outputs", ()):
        if "text/html" in output.get("data", {}):
            output.data.pop("image/png", None)  # a figure's HTML has its picture
    if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-cell"]
    elif cell.metadata.get("jupyter", {}).get("source_hidden"):
        solution = "solution" in cell.source.lower()
        picture = any("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
        fold(cell, "the solution" if solution else "the code", but_output=picture and not solution)


def fold(cell, name, but_output=False):
    """Put a cell behind a click, all of it or all but its output, which then stands above the fold."""
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input" if but_output else "hide-cell"]
    cell.metadata.setdefault("mystnb", {}).update(code_prompt_show=f"Show {name}", code_prompt_hide=f"Hide {name}")


def number(cells, lesson):
    """Give every slider figure its number and the headline above it as its caption, and put its code below it."""
    headline, figures = "", 0
    for cell in cells:
        if cell.cell_type == "markdown":
            headline = (re.findall(r"^##* (.+)", cell.source, flags=re.M) or [headline])[-1]
        elif any("lossutils-explorer" in output.get("data", {}).get("text/html", "") for output in cell.outputs):
            figures += 1
            caption = PREFIX.sub("", headline)
            if "hide-cell" not in cell.metadata.get("tags", []):  # else it is in a solution
                fold(cell, "the code", but_output=True)
            cell.metadata.mystnb["figure"] = {
                "name": f"figure-{lesson}-{figures}",
                "caption": f"**Figure {lesson}.{figures}** {caption[:1].upper()}{caption[1:]}",
            }
