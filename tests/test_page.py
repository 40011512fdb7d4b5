"""A figure as HTML carries what the widget carries; a lesson's minutes follow from the lesson."""

import base64
import json
import re

import nbformat
import numpy as np
import pytest

from lossutils import explore
from web.execute import mark, number
from web.reading import NOTEBOOKS, reading


@pytest.fixture
def figure():
    return explore({"a < b": lambda x, k: k * x**2}, x=(-1, 1, 0.1, 0.5), k=[1, 3])


def test_html_is_the_widget_without_a_kernel(figure, monkeypatch):
    monkeypatch.setenv("LOSSUTILS_RENDERER", "html")
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", "image/png"}
    (payload,) = re.findall(r'<script type="application/json">(.*?)</script>', bundle["text/html"])
    payload = json.loads(payload)
    widget = figure.children[0]
    assert payload["meta"] == json.loads(json.dumps(widget.meta))
    assert payload["at"] == {"at_x": 0.5, "at_k": 0}
    planes = np.frombuffer(base64.b64decode(payload["table"]), np.uint8).reshape(4, -1)
    bits = np.ascontiguousarray(planes.T).view("<u4").ravel().cumsum(dtype=np.uint32).cumsum(dtype=np.uint32)
    assert bits.tobytes() == widget.table
    assert "<caption>k = 1</caption>" in bundle["text/html"]
    assert "<td>0.2500</td><td>1.000</td>" in bundle["text/html"]


def test_the_renderer_is_chosen_by_name(figure, monkeypatch):
    monkeypatch.setenv("LOSSUTILS_RENDERER", "widget")
    assert "text/html" not in figure._repr_mimebundle_()
    monkeypatch.setenv("LOSSUTILS_RENDERER", "svg")
    with pytest.raises(ValueError, match="'svg' is no renderer: set it to 'widget' or 'html'"):
        figure._repr_mimebundle_()


def test_minutes_of_a_lesson(tmp_path):
    v4 = nbformat.v4
    notes = {"slideshow": {"slide_type": "notes"}}
    folded = {"jupyter": {"source_hidden": True}}
    cells = [
        v4.new_markdown_cell("word " * 179 + "$x + y$"),
        v4.new_markdown_cell("word " * 900, metadata=notes),
        v4.new_code_cell("\n\n".join(["x = 1"] * 12)),
        v4.new_code_cell("x = 1\n" * 90, metadata=folded),
        v4.new_markdown_cell("## Exercises\n\n### Exercise 1\n\n★★☆ · 8 minutes\n\n" + "word " * 900),
        v4.new_markdown_cell("### Exercise 2\n\n★☆☆ · 3 minutes"),
        v4.new_code_cell("x = 1\n" * 90),
        v4.new_markdown_cell("## Recap"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    found = reading(tmp_path / "one.ipynb")
    assert (found.words, found.lines, found.figures, found.exercises) == (181, 12, 0, 11)
    assert found.minutes == 0  # 181 / 180 + 12 / 12 = 2.01, to the next five


def test_a_lesson_says_its_minutes():
    for path in NOTEBOOKS.glob("*.ipynb"):
        title = nbformat.read(path, as_version=4).cells[0].source
        assert f"\n{reading(path).minutes} minutes · " in title, path.name


def test_what_waits_behind_a_click():
    cell = nbformat.v4.new_code_cell("solution_1 = 2", metadata={"jupyter": {"source_hidden": True}})
    mark(cell)
    assert cell.metadata["tags"] == ["hide-cell"]
    assert cell.metadata["mystnb"]["code_prompt_show"] == "Show the solution"


def test_figures_are_numbered_and_their_code_is_folded():
    v4 = nbformat.v4
    html = v4.new_output("display_data", data={"text/html": '<div class="lossutils-explorer">'})
    picture = v4.new_output("display_data", data={"image/png": ""})
    hidden = {"jupyter": {"source_hidden": True}}
    cells = [
        v4.new_markdown_cell("## Move: loss of $p$\n\ntext"),
        v4.new_code_cell("explore(f)", outputs=[html]),
        v4.new_markdown_cell("### Exercise"),
        v4.new_code_cell("solution_1 = explore(f)", outputs=[html], metadata=hidden),
        v4.new_code_cell("plt.show()", outputs=[picture], metadata=hidden),
    ]
    for cell in cells:
        mark(cell)
    number(cells, 3)
    shown, solution, still = (cells[i].metadata for i in (1, 3, 4))
    assert shown.mystnb["figure"] == {"name": "figure-3-1", "caption": "**Figure 3.1** Loss of $p$"}
    assert solution.mystnb["figure"] == {"name": "figure-3-2", "caption": "**Figure 3.2** Exercise"}
    assert [cell["tags"] for cell in (shown, solution, still)] == [["hide-input"], ["hide-cell"], ["hide-input"]]
    assert shown.mystnb["code_prompt_show"] == "Show the code"
