"""Executes lessons for their pages and slides, two at a time: `python -m web.execute notebooks/NN_name.ipynb …`."""

import asyncio
import pathlib
import re
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PREFIX = re.compile(r"(Move|Predict|\d+ ·):? ")  # of a headline, for the slides
TARGET = pathlib.Path(__file__).parents[1] / "build/pages"


async def execute(source, turns):
    notebook = nbformat.read(source, as_version=4)
    resources = {"metadata": {"path": source.parent}}
    async with turns:
        print(source, flush=True)
        try:
            await NotebookClient(notebook, timeout=120, store_widget_state=False, resources=resources).async_execute()
        except CellExecutionError as error:
            sys.exit(f"{source} does not run:\n{error}")
    for cell in notebook.cells:
        mark(cell)
    number(notebook.cells, int(source.name[:2]))
    TARGET.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, TARGET / source.name)


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


async def main(*sources):
    turns = asyncio.Semaphore(2)
    await asyncio.gather(*(execute(pathlib.Path(source), turns) for source in sources))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
