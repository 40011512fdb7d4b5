"""The slider figures of a lesson as the browser shows them, beside the same figures in this Python process."""

import contextlib
import io
from itertools import pairwise
from unittest import mock

import nbformat
import numpy as np
import pytest

from tests.browser import live, pages

# Counts, from now on, the values that the sliders take and the redraws of the figure.
COUNT = """root => {
    const sliders = root.closest('.widget-vbox').querySelectorAll('.noUi-handle');
    const seen = window.lossutilsSeen = {values: 0, redraws: 0};
    const count = (name, nodes, attribute) => {
        const watcher = new MutationObserver(records => { seen[name] += records.length; });
        for (const node of nodes) watcher.observe(node, {attributes: true, attributeFilter: [attribute]});
    };
    count('values', sliders, 'aria-valuetext');
    const watcher = new MutationObserver(records => { seen.redraws += records.length; });
    watcher.observe(root.querySelector('.lossutils-live'), {characterData: true, subtree: true});
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
        return self.read(self.sliders.locator(".widget-readout").all_inner_texts())

    def read(self, texts):
        """What the sliders' texts say: a number, or one of a slider's labels."""
        variables = self.explorer._variables
        return [t if v.labels else float(t.replace("−", "-")) for t, v in zip(texts, variables, strict=True)]

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
        check_readout(self.explorer, self.root.evaluate(NUMBERS), self.values())


# The readout: which mark of which panel, and its text.
NUMBERS = """root => [...root.querySelectorAll('.lossutils-number')]
    .map(output => [+output.dataset.panel, +output.dataset.curve, output.textContent])"""


def check_readout(explorer, shown, values):
    """The texts of a readout are what `.at()` computes for the values of the sliders."""
    found = explorer.at(**dict(zip([v.name for v in explorer._variables], values, strict=True)))
    expected = {
        (i, j): found[panel.title][mark.name]
        for i, panel in enumerate(explorer._panels) for j, mark in enumerate(panel.marks) if mark.is_read(panel)
    }  # fmt: skip
    assert len(shown) == len(expected)
    for i, j, text in shown:
        number = expected[i, j]
        assert pages.same(text, list(number) if isinstance(number, tuple) else [number]), (values, i, j, text, number)


# Moves all sliders of a figure to places, one after another: the values that they then show, and the readout.
PLACES = """async ([root, places, names]) => {
    const seen = [];
    for (const place of places) {
        const sliders = [...root.closest('.widget-vbox').querySelectorAll('.noUi-target')];
        sliders.forEach((slider, i) => {
            const {min, max} = slider.noUiSlider.options.range;
            slider.noUiSlider.set(min + place[i] * (max - min));
        });
        const box = root.closest('.widget-vbox');
        const texts = () => [...box.querySelectorAll('.widget-readout')].map(text => text.textContent);
        const live = root.querySelector('.lossutils-live');
        // Its first part is 'p = 0.5, γ = 2: '; a label may hold anything but that.
        const where = () => texts().map((text, i) => `${names[i]} = ${text.replace('−', '-')}`).join(', ') + ': ';
        const drawn = () => live.textContent.startsWith(where());
        while (!drawn()) await new Promise(done => setTimeout(done, 1));
        seen.push([texts(), (NUMBERS)(root)]);
    }
    return seen;
}""".replace("NUMBERS", NUMBERS)


def check_places(figure, count=50):
    """At random places of all sliders the page shows what `.at()` says."""
    random = np.random.default_rng(1)
    places = random.random((count, len(figure.names))).tolist()
    symbols = [variable.symbol for variable in figure.explorer._variables]
    for texts, shown in figure.page.evaluate(PLACES, [figure.root.element_handle(), places, symbols]):
        check_readout(figure.explorer, shown, figure.read(texts))


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
    assert 0 < seen_by_page["redraws"] <= seen_by_page["values"], "a value is one redraw at most"
    assert all(old != new for old, new in pairwise(seen)), "a curve did not follow the slider"
