"""The slider figures of a lesson as the browser shows them, beside the same figures in this Python process."""

import contextlib
import io
from itertools import pairwise
from unittest import mock

import nbformat
import pytest

from tests.browser import live

# Counts, from now on, the values that the sliders take and the redraws of the figure.
COUNT = """root => {
    const sliders = root.closest('.widget-vbox').querySelectorAll('.noUi-handle');
    const seen = window.lossutilsSeen = {values: 0, redraws: 0};
    const count = (name, nodes, attribute) => {
        const watcher = new MutationObserver(records => { seen[name] += records.length; });
        for (const node of nodes) watcher.observe(node, {attributes: true, attributeFilter: [attribute]});
    };
    count('values', sliders, 'aria-valuetext');
    count('redraws', [root.querySelector('[id$=guide] path')], 'd');
}"""


def explorers(name):
    """Runs the lesson's code here and returns the figures that it displays, in their order."""
    from lossutils.explore import Explorer  # only here: it loads torch, which the other processes do without

    made, shown, create = [], [], Explorer.__init__

    def remember(self, *args):
        create(self, *args)
        made.append(self)

    namespace = {}
    with mock.patch.object(Explorer, "__init__", remember), contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(live.NOTEBOOKS / name, as_version=4).cells:
            if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
                exec(cell.source, namespace)
                texts = [output.get("data", {}).get("text/plain") for output in cell.outputs]
                shown += [explorer for explorer in reversed(made) if repr(explorer) in texts][:1]
    return shown


class Figure:
    """One figure on a page: its sliders, its readout, its curves."""

    def __init__(self, page, explorer, number):
        self.page, self.explorer = page, explorer
        self.names = [variable.name for variable in explorer._variables]
        self.output = page.locator(".widget-vbox:has(.lossutils-figure)").nth(number)
        self.output.wait_for(state="attached")
        self.root, self.sliders = self.output.locator(".lossutils-figure"), self.output.locator(".widget-slider")
        self.handle = lambda i: self.sliders.nth(i).locator(".noUi-handle")

    def values(self):
        return [float(text.replace("−", "-")) for text in self.sliders.locator(".widget-readout").all_inner_texts()]

    def paths(self):
        """The drawn lines, as the browser has them."""
        return self.root.evaluate(
            "root => [...root.querySelectorAll('[id*=curve-] path')].map(p => p.getAttribute('d'))"
        )

    def picture(self):
        return self.root.evaluate("root => root.innerHTML")

    def wait(self):
        self.page.evaluate(live.QUIET)

    def check(self):
        """The readout shows what `.at()` computes for the values of the sliders."""
        self.wait()
        numbers = self.explorer.at(**dict(zip(self.names, self.values(), strict=True)))
        for panel, curves in enumerate(numbers.values()):
            for curve, number in enumerate(curves.values()):
                text = self.root.locator(f'[data-panel="{panel}"][data-curve="{curve}"]').inner_text()
                assert float(text.replace("−", "-").replace("∞", "inf")) == pytest.approx(number, rel=1e-3, abs=1e-6)


def check_keyboard(figure):
    for i, variable in enumerate(figure.explorer._variables):
        figure.handle(i).focus()
        figure.page.keyboard.press("Home")
        figure.check()
        for key, change in (("ArrowRight", 1), ("ArrowRight", 1), ("ArrowLeft", -1)):
            before, picture = figure.values(), figure.picture()
            figure.page.keyboard.press(key)
            figure.check()
            assert figure.values()[i] - before[i] == pytest.approx(change * variable.step)
            assert figure.picture() != picture


def check_drag(figure):
    """The last slider moves the curves; the first one, the axis variable's, would only move the markers."""
    last = len(figure.names) - 1
    box = figure.handle(last).bounding_box()
    track = figure.sliders.nth(last).locator(".noUi-base").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse, seen = figure.page.mouse, [figure.paths()]
    figure.root.evaluate(COUNT)
    mouse.move(x, y)
    mouse.down()
    for part in (0.2, 0.4, 0.55, 0.7, 0.9):
        mouse.move(track["x"] + part * track["width"], y)
        figure.check()
        seen.append(figure.paths())
    figure.wait()
    after = figure.picture()
    mouse.up()
    figure.check()
    assert figure.picture() == after, "something was left to draw after the release"
    seen_by_page = figure.page.evaluate("() => window.lossutilsSeen")
    assert seen_by_page["redraws"] == seen_by_page["values"], "a value is one redraw"
    assert all(old != new for old, new in pairwise(seen)), "a curve did not follow the slider"
