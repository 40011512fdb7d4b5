"""Every lesson is well formed, and the comparison of its outputs can fail. (nbval itself runs for the site.)"""

import ast
import pathlib
import re
import statistics
import subprocess
import sys

import nbformat
import pytest

from web.reading import reading

NOTEBOOKS = sorted((pathlib.Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
LESSONS = [path for path in NOTEBOOKS if not path.name.startswith("00")]
# Those whose numbers tests/lessons holds.
HELD = [path for path in NOTEBOOKS if (pathlib.Path(__file__).parent / f"lessons/test_{path.name[:2]}.py").exists()]


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def lines(cell):
    return len(cell.source.strip().splitlines())


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_there_are_lessons():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{i:02}" for i in range(len(NOTEBOOKS))]
    assert len(LESSONS) >= 1


def test_is_valid_and_small(notebook):
    nbformat.validate(read(notebook))
    assert notebook.stat().st_size <= 1_000_000


def test_every_cell_has_been_run_in_order(notebook):
    """nbval passes silently over a cell without an execution count, so none may be without."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_cells_are_short(notebook):
    sizes = [lines(cell) for cell in code_cells(notebook)]
    assert min(sizes) >= 1
    assert max(sizes) <= 12
    assert statistics.median(sizes) <= 4


def test_every_cell_has_a_slide_type(notebook):
    kinds = {"slide", "subslide", "fragment", "skip", "notes", "-"}
    cells = read(notebook).cells
    assert all(cell.metadata.get("slideshow", {}).get("slide_type") in kinds for cell in cells)
    assert cells[0].metadata.slideshow.slide_type == "slide"


def test_metadata_is_the_stable_form(notebook):
    """What `make refresh` writes: no timestamps, no editor's leavings, no widget state."""
    from tests import refresh

    book = read(notebook)
    assert book.metadata == {
        "kernelspec": refresh.KERNEL, "language_info": {"name": "python"}, "rise": refresh.RISE,
    }  # fmt: skip
    assert all(set(cell.metadata) <= set(refresh.KEPT) for cell in book.cells)
    assert len({cell.id for cell in book.cells}) == len(book.cells)


def test_outputs_are_comparable(notebook):
    """Nothing that differs from run to run, no error, no warning, no widget view, no marker that skips a cell."""
    for cell in code_cells(notebook):
        assert not re.search(r"nbval|NBVAL", cell.source + " ".join(cell.metadata.get("tags", []))), cell.source
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
            data = output.get("data", {})
            assert "application/vnd.jupyter.widget-view+json" not in data, cell.source
            text = str(output.get("text", "")) + str(data.get("text/plain", ""))
            assert not re.search(r"object at 0x|<matplotlib\.|\[<|/tmp/|/home/|/root/", text), text


def test_slider_figures_keep_a_picture(notebook):
    """A page that cannot run the kernel, GitHub's for one, shows the PNG."""
    shown = [
        output.data
        for cell in code_cells(notebook)
        for output in cell.outputs
        if str(output.get("data", {}).get("text/plain", "")).startswith("explore: ")
    ]
    assert shown
    assert all("image/png" in data for data in shown)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_has_its_parts(path):
    cells = read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert re.match(r"# \d\d · ", cells[0].source)
    assert re.search(r"\d+ minutes", text)
    assert sum("import" in source for source in code) == 1
    assert sum(source.count("explore(") for source in code) >= 2
    assert text.count("<details>") >= 5
    assert 4 <= len(re.findall(r"^### Exercise \d", text, flags=re.M)) <= 6
    assert "finite_difference" in "".join(code)


@pytest.mark.parametrize("path", HELD, ids=lambda path: path.stem)
def test_few_asserts(path):
    """Those that teach. What the words say is held by tests/lessons."""
    asserts = [
        cell.source.splitlines()[node.lineno - 1]
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and "assert" in ast.unparse(node.func))
    ]
    assert len(asserts) <= 5, asserts


@pytest.mark.parametrize("path", HELD, ids=lambda path: path.stem)
def test_lesson_has_its_measure(path):
    cells = read(path).cells
    further = [i for i, cell in enumerate(cells) if cell.source.startswith("## Further")]
    core, rest = (cells[: further[0]], cells[further[0] :]) if further else (cells, [])
    assert len(core) <= 120
    assert sum(cell.metadata.slideshow.slide_type in ("slide", "subslide") for cell in core) <= 36
    assert reading(path).minutes <= 35
    assert {cell.metadata.slideshow.slide_type for cell in rest} <= {"skip"}


def test_a_changed_output_fails(tmp_path):
    """The comparison is alive: one altered digit in a saved output is refused, the untouched copy passes."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(round(0.6857744, 4))", execution_count=1)])
    for name, saved in {"right": "0.6858\n", "wrong": "0.6857\n"}.items():
        book.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text=saved)]
        nbformat.write(book, tmp_path / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "right.ipynb", "wrong.ipynb"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 failed, 1 passed" in result.stdout
    assert "FAILED wrong.ipynb" in result.stdout
    assert "0.6857" in result.stdout


def test_refresh_is_stable(tmp_path):
    """Refreshing what was refreshed changes no byte."""
    from tests import refresh

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)"), nbformat.v4.new_markdown_cell("x")])
    path = tmp_path / "one.ipynb"
    nbformat.write(book, path)
    refresh.refresh(path)
    first = path.read_bytes()
    refresh.refresh(path)
    assert path.read_bytes() == first
