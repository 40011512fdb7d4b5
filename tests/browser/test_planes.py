"""Figures over two variables on a page without a kernel: what is drawn is what `.at()` computes."""

import re

import numpy as np
import pytest

from lossutils.explore import drawing
from tests import planes
from tests.browser import live
from tests.browser.figures import NUMBERS, check_readout

CELLS = [
    [planes.EVERY_MARK],
    [planes.DATA, planes.ONE_MAP],
    [planes.IMPORT, planes.BARS],
    [planes.IMPORT, planes.AREAS],
]
# Moves the sliders of the n-th figure to places of theirs, then says what it shows there.
MOVE = """([n, places]) => {
    const figure = document.querySelectorAll('.lossutils-explorer')[n];
    const sliders = [...figure.querySelectorAll('input[type=range]')];
    sliders.forEach((slider, i) => {
        slider.valueAsNumber = places[i];
        slider.dispatchEvent(new Event('input'));
    });
}"""
SHOWN = """n => {
    const figure = document.querySelectorAll('.lossutils-explorer')[n];
    const sliders = [...figure.querySelectorAll('input[type=range]')];
    const live = figure.querySelector('.lossutils-live').textContent;
    if (!sliders.every(slider => live.includes(`= ${slider.getAttribute('aria-valuetext')}`))) return null;
    const data = nodes => [...figure.querySelectorAll(nodes)].map(node => node.getAttribute('d'));
    const mark = (panel, i) => [...figure.querySelectorAll(`[id$="curve-${panel}-${i}"] path`)]
        .map(path => [path.getAttribute('d'), path.style.opacity]);
    return {numbers: (NUMBERS)(figure), arrows: data('.lossutils-arrow'), line: data('[id$="curve-0-0"] path'),
        marks: [0, 1, 2].map(i => mark(0, i)), wave: mark(1, 1),
        heads: [...figure.querySelectorAll('[id*=curve-] circle')]
            .map(circle => [+circle.getAttribute('cx'), +circle.getAttribute('cy')])};
}""".replace("NUMBERS", NUMBERS)


@pytest.fixture(scope="module")
def explorers():
    return [planes.figure(*cells) for cells in CELLS]


@pytest.fixture
def tab(tab, explorers, tmp_path):
    """The figures on a page, and a way to move one of them."""
    (tmp_path / "page.html").write_text(planes.page(*explorers), encoding="utf-8")
    tab.goto((tmp_path / "page.html").as_uri())
    tab.wait_for_selector(".lossutils-live-now")

    def move(n, places):
        tab.evaluate(MOVE, [n, places])
        return live.wait(tab, SHOWN, n).json_value()

    tab.move = move
    return tab


def places_of(explorer, count=25):
    """Random places of all sliders, and the values there."""
    random = np.random.default_rng(2)
    for _ in range(count):
        places = [int(random.integers(len(v.values))) for v in explorer._variables]
        yield places, {v.name: v.values[k] for v, k in zip(explorer._variables, places, strict=True)}


def points(d):
    """The corners of a path of absolute M and relative l, in tenths of a unit."""
    found = []
    for x, y, rest in re.findall(r"M(-?\d+) (-?\d+)l([^Z]*)Z", d):
        found.append(np.vstack([[x, y], np.reshape(rest.split(), (-1, 2))]).astype(float).cumsum(0))
    return np.concatenate(found) if found else np.empty((0, 2))


def in_data(panel, corners):
    """Tenths of a unit of a panel's SVG as data, those that lie within the axes."""
    box = [72 * inches for inches in (drawing.LEFT, drawing.HEIGHT - drawing.BOTTOM, *panel.box())]
    x = panel.x.values[0] + (corners[:, 0] / 10 - box[0]) / box[2] * np.ptp(panel.x.values)
    y = panel.y.values[0] + (box[1] - corners[:, 1] / 10) / box[3] * np.ptp(panel.y.values)
    inside = (x >= panel.x.values[0]) & (x <= panel.x.values[-1]) & (y >= panel.y.values[0]) & (y <= panel.y.values[-1])
    return np.column_stack([x, y])[inside]


@pytest.mark.parametrize("n", range(len(CELLS)))
def test_the_readout_is_at(tab, explorers, n):
    for places, values in places_of(explorers[n]):
        check_readout(explorers[n], tab.move(n, places)["numbers"], [
            v.labels[k] if v.labels else values[v.name] for v, k in zip(explorers[n]._variables, places, strict=True)
        ])  # fmt: skip


def test_what_is_drawn_is_at(tab, explorers):
    """Level lines lie on their level, the arrow points down the gradient, a path's head is where the path is."""
    explorer, panel = explorers[0], explorers[0]._panels[0]
    drawn = 0
    for places, values in places_of(explorer):
        shown = tab.move(0, places)
        _, *lines, _ = shown["marks"][0]  # between the ground and what cuts holes
        for (d, _), level in zip(lines, panel.map.levels, strict=True):
            for u, v in in_data(panel, points(d))[::60]:
                assert explorer.at(**values | {"u": u, "v": v})["plane"]["hill"] == pytest.approx(level, abs=0.03)
                drawn += 1
        for u, v in in_data(panel, points(shown["marks"][1][0][0]))[::7]:
            assert explorer.at(**values | {"u": u, "v": v})["plane"]["circle"] == pytest.approx(0, abs=0.03)
        at = explorer.at(**values)["plane"]["spiral"]
        (head,) = in_data(panel, np.array([shown["heads"][0]]))
        assert head == pytest.approx(at, abs=2e-3)
        k, wave = values["k"], np.array(re.findall(r"[ML]([-.\d]+) ([-.\d]+)", shown["wave"][0][0]), float)
        u, v = in_data(explorer._panels[1], 10 * wave).T
        assert v == pytest.approx(np.sin(k * u), abs=0.01)
        slope = np.array([2 * (values["u"] - 1), 2 * k * (values["v"] - 0.5)])
        if shown["arrows"][0]:
            (x0, y0), (x1, y1) = np.array(re.findall(r"[ML]([-.\d]+) ([-.\d]+)", shown["arrows"][0])[:2], float)
            way = np.array([x1 - x0, y0 - y1])
            assert way @ -slope > np.cos(np.deg2rad(4)) * np.hypot(*way) * np.hypot(*slope)
        else:
            assert np.hypot(*slope) < 1
    assert drawn > 100


def test_opacities_are_at(tab, explorers):
    """So many points of a class are drawn in each step of opacity as the weights say."""
    marks = [mark for mark in explorers[1]._panels[0].marks if mark.kind == "points"]
    for places, _ in places_of(explorers[1], 10):
        shown = tab.move(1, places)
        for mark, groups in zip(marks, shown["marks"][1:], strict=True):
            part = mark.weights[places[3]] / mark.largest
            wanted = np.bincount(np.round(part * (len(groups) - 1)).astype(int), minlength=len(groups))
            assert np.abs([d.count("M") for d, _ in groups] - wanted).sum() <= 2  # at the border of two steps
            assert np.diff([float(opacity) for _, opacity in groups]).min() > 0


# Each move has a frame of its own: of two in one frame the first would not be drawn.
MOVES = """async ([n, moves]) => {
    for (const places of moves) {
        (MOVE)([n, places]);
        await new Promise(requestAnimationFrame);
    }
}""".replace("MOVE", MOVE)


def test_two_hundred_moves_leave_nothing_behind(tab, explorers):
    session = tab.context.new_cdp_session(tab)

    def weight_after(count):
        for n, explorer in enumerate(explorers[:2]):
            tab.evaluate(MOVES, [n, [places for places, _ in places_of(explorer, count)]])
        session.send("HeapProfiler.collectGarbage")
        return session.send("Memory.getDOMCounters")["nodes"], session.send("Runtime.getHeapUsage")["usedSize"]

    nodes, heap = weight_after(20)
    more_nodes, more_heap = weight_after(100)
    assert more_nodes <= nodes + 50
    assert more_heap <= heap + 500_000


def test_a_finger_drags_the_marker_and_scrolls_beside_it(chromium, explorers, tab):
    address = tab.url
    with live.recorded(chromium.new_context(viewport={"width": 375, "height": 740}, has_touch=True)) as phone:
        phone.goto(address)
        marker = phone.locator(".lossutils-marker").first
        assert marker.evaluate("marker => getComputedStyle(marker).touchAction") == "none"
        assert marker.evaluate("marker => getComputedStyle(marker.ownerSVGElement).touchAction") != "none"
        touch = phone.context.new_cdp_session(phone)
        box = marker.locator(".lossutils-dot").bounding_box()
        start = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        said = phone.locator(".lossutils-live").first.text_content()
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
        for part in (10, 20, 40):
            now = {"x": start["x"] + part, "y": start["y"] + part}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [now]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        live.wait(phone, "said => document.querySelector('.lossutils-live').textContent !== said", said)
        assert phone.locator("input[type=range]").first.get_attribute("aria-valuetext") != "-1.0"
        assert not phone.recorder.problems
