"""Executes a lesson for its page and its slides: `python -m web.execute notebooks/NN_name.ipynb OUT.ipynb`."""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient


def main(source, target):
    source, target = pathlib.Path(source), pathlib.Path(target)
    notebook = nbformat.read(source, as_version=4)
    resources = {"metadata": {"path": source.parent}}
    NotebookClient(notebook, timeout=120, store_widget_state=False, resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data.pop("image/png", None)  # a figure's HTML has its picture
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-cell"]  # the speaker's, not the page's
        elif cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-cell"]
            name = "the solution" if "solution" in cell.source else "the check"
            cell.metadata["mystnb"] = {"code_prompt_show": f"Show {name}", "code_prompt_hide": f"Hide {name}"}
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
