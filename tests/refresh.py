"""Execute the lessons and the instructor's notebook, and write them so that nothing changes but what the code says:
`python tests/refresh.py [01 … report]`.

Kept: cell ids, sources, slide types, tags. Dropped: timestamps, widget views (a saved view without its kernel reads
'model not found'; the PNG beside it stays), and whatever an editor put into the metadata.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parent.parent
NOTEBOOKS = [*sorted(ROOT.glob("notebooks/*.ipynb")), ROOT / "hub/report.ipynb"]
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT = ("slideshow", "tags", "jupyter")  # of a cell's metadata
# The same slides everywhere: the page is the slide and notebooks/rise.css sizes what is on it, nothing moves by itself,
# and the theme is one of Reveal's that fetch no fonts from elsewhere.
RISE = {
    "auto_select": "none",
    "autolaunch": False,
    "center": False,
    "controls": True,
    "height": "100%",
    "margin": 0,
    "progress": True,
    "scroll": False,
    "slideNumber": "c/t",
    "theme": "white",
    "transition": "none",
    "width": "100%",
}


def merged(outputs):
    """What a cell printed, as one output: a busy machine delivers it in pieces."""
    whole = []
    for output in outputs:
        if whole and output.output_type == "stream" and (whole[-1].get("name") == output.name):
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def refresh(path):
    """Execute one notebook in its folder and rewrite it in its stable form."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "rise": RISE}
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
        if "outputs" in cell:
            cell.outputs = merged(cell.outputs)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for path in NOTEBOOKS:
        if not sys.argv[1:] or path.name.startswith(tuple(sys.argv[1:])):
            print(path.name, flush=True)
            refresh(path)
