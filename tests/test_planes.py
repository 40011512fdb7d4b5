"""Figures over two variables: the numbers that travel, the level lines, the sentences for what is wrong."""

import base64
import gzip
import json
import re
import subprocess

import numpy as np
import pytest
import torch

from lossutils import explore, plane
from lossutils.explore import drawing, page
from lossutils.explore.palette import ramp
from lossutils.explore.scale import Scale
from tests import planes
from tests.test_explore import one_sentence, picture, refuse_drawing
from web.figures import EXPLORE
from web.node import NODE

AXES = {"u": (-2, 2, 0.1), "v": (-1, 3, 0.1)}
XY = torch.tensor([[0.0, 0.5], [1.0, 1.0], [-1.0, 2.0]])


def bowl(u, v):
    return (u - 1) ** 2 + 3 * v**2 + 0.5


def marks(figure, panel=0):
    return {mark["kind"]: mark for mark in figure.children[0].meta["panels"][panel]["marks"]}


def codes(figure, start, shape):
    return np.frombuffer(figure.children[0].codes, np.uint16)[start : start + np.prod(shape)].reshape(shape)


def values(figure, mark, shape):
    """What the browser reads from a map's codes."""
    scale = {name: given for name, given in mark["scale"].items() if name != "digits"}
    return Scale(**scale).values(codes(figure, mark["codes"], shape))


# the numbers
@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda u, v, k: (u**2 + v**2 + 0.05) * k, "log"),
        (lambda u, v, k: u * v * k, "sinh"),
        (lambda u, v, k: 1e9 * torch.exp(5 * u) - 1e6 - v * k, "sinh"),
    ],
)
def test_a_value_travels_with_the_error_that_its_scale_states(function, kind):
    figure = explore(plane("u", "v", map=function), **AXES, k=[1, 2, 5])
    mark = marks(figure)["map"]
    assert mark["scale"]["kind"] == kind
    u, v, k = np.arange(41) / 10 - 2, np.arange(41)[:, None] / 10 - 1, np.array([1, 2, 5])[:, None, None]
    exact = function(*map(torch.tensor, (u, v, k))).expand(3, 41, 41).numpy()
    error = np.abs(values(figure, mark, (3, 41, 41)) - exact)
    half, middle, spread = (mark["scale"][name] for name in ("step", "middle", "spread"))
    bound = half / 2 * (exact if kind == "log" else np.hypot(spread, exact - middle))
    assert (error <= 1.01 * bound + 1e-12).all()


def test_at_is_exact_between_the_places_of_the_table():
    figure = planes.figure(planes.EVERY_MARK)
    numbers = figure.at(u=0.123, v=-0.456, k=1.3, step=9)
    hill = (0.123 - 1) ** 2 + 1.3 * (-0.456 - 0.5) ** 2 + 0.3
    assert numbers["plane"]["hill"] == pytest.approx(hill, rel=1e-12)
    assert numbers["plane"]["circle"] == pytest.approx(0.123**2 + 0.456**2 - 0.65, rel=1e-12)
    assert numbers["plane"]["spiral"] == pytest.approx((1.8 * np.cos(9 / 5) * 9 / 20, 0.39 * np.sin(9 / 5)), rel=1e-12)
    assert numbers["points"] == pytest.approx({"points": -0.123 * 0.456, "class 0": 1.3 * 2.5, "class 1": 1.3 * 8})
    assert numbers["slice"]["at v = 0"] == pytest.approx((0.123 - 1) ** 2 + 1.3 * 0.25 + 0.3)


class Backwards(torch.autograd.Function):
    """A square that knows its derivative backwards alone."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, grad):
        return 2 * ctx.saved_tensors[0] * grad


@pytest.mark.parametrize("function", [lambda u, v, k: u**2 * k + v * u, lambda u, v, k: Backwards.apply(u) * k + v * u])
def test_the_arrow_is_the_gradient(function):
    figure = explore(plane("u", "v", map=function), **AXES, k=[1, 2])
    found = figure._panels[0].map.gradient
    u, v, k = np.arange(41) / 10 - 2, np.arange(41)[:, None] / 10 - 1, np.array([1, 2])[:, None, None]
    np.testing.assert_allclose(found[0], 2 * u * k + v, atol=1e-12)
    np.testing.assert_allclose(found[1], np.broadcast_to(u, found[1].shape), atol=1e-12)


def test_paths_travel_to_a_thousandth_of_the_panel():
    figure = planes.figure(planes.EVERY_MARK)
    mark, steps = marks(figure)["path"], np.arange(21)
    for (low, unit, _), start, wanted in zip(
        mark["units"], mark["codes"], (1.8 * np.cos(steps / 5) * steps / 20, 0.9 * np.sin(steps / 5)), strict=True
    ):
        np.testing.assert_allclose(low + unit * codes(figure, start, (11, 21))[-1], wanted, atol=1e-3)


def test_a_hole_an_infinity_and_what_the_limits_cut():
    figure = explore(plane("u", "v", map=lambda u, v: torch.log(u) + 0 * v), **AXES)
    found = values(figure, marks(figure)["map"], (41, 41))
    assert np.isnan(found[:, :20]).all()
    assert (found[:, 20] == -np.inf).all()
    assert np.isfinite(found[:, 21:]).all()
    assert figure.at(u=-1)["plane"] != figure.at(u=-1)["plane"]  # undefined
    far = explore({"far": plane("u", "v", map=lambda u, v: 1 / (u**2 + v**2 + 1e-6))}, **AXES)
    assert far.children[0].meta["panels"][0]["shown"][1] < 1000
    assert far.at(u=0, v=0)["far"]["far"] == pytest.approx(1e6)
    near = explore({"far": plane("u", "v", map=bowl)}, **AXES, limits={"far": (1, 2)})
    assert near.children[0].meta["panels"][0]["shown"] == [1, 2]


@pytest.mark.parametrize(
    "function",
    [
        lambda u, v: 0 * u + 3,
        lambda u, v: u > v,
        lambda u, v: (-1.0) ** torch.floor(u) * v,
        lambda u, v: torch.round(u) + 0 * v,
        lambda u, v: (u * v).float(),
        lambda u, v: 1e30 * (u**2 + v**2),
        lambda u, v: 1e-30 * (u**2 + v**2 + 1),
        lambda u, v: torch.exp(200 * u) + v,
        lambda u, v: torch.where((u.abs() < 0.01) & (v.abs() < 0.01), 1.0, float("nan")),
    ],
)
@pytest.mark.filterwarnings("error", "ignore::DeprecationWarning:torch")
def test_a_map_of_any_kind_is_drawn(function):
    figure = explore(plane("u", "v", map={"m": function}, lines={"l": function}), **AXES)
    assert picture(figure)
    assert figure.at(u=0, v=0)["m"]["m"] == pytest.approx(float(function(torch.tensor(0.0), torch.tensor(0.0))))


def test_a_detached_map_is_refused():
    one_sentence(ValueError, "autograd's slope of map 'm' is not that of its values",
                 lambda: explore(plane("u", "v", map={"m": lambda u, v: u.detach() * u + v}), **AXES))  # fmt: skip


def test_the_same_figure_gives_the_same_bytes():
    first, second = (planes.figure(planes.EVERY_MARK) for _ in range(2))
    assert repr(first) == repr(second)
    assert picture(first) == picture(second)
    for trait in ("meta", "table", "codes"):
        assert getattr(first.children[0], trait) == getattr(second.children[0], trait)


def test_codes_are_packed_and_the_payload_is_light(monkeypatch):
    monkeypatch.setenv("LOSSUTILS_RENDERER", "html")
    figure = planes.figure(planes.DATA, planes.TWO_MAPS)
    text = figure._repr_mimebundle_()["text/html"]
    (payload,) = re.findall(r'<script type="application/json">(.*?)</script>', text)
    assert len(gzip.compress(payload.encode())) <= 300_000
    payload = json.loads(payload)
    low, high = np.frombuffer(base64.b64decode(payload["codes"]), np.uint8).reshape(2, -1).astype(np.uint16)
    numbers, unpacked = (low | high << 8).astype(np.uint16), []
    numbers = (numbers >> 1) ^ (0 - (numbers & 1))
    for shape in payload["meta"]["shapes"]:
        part, numbers = numbers[: np.prod(shape)].reshape(shape), numbers[np.prod(shape) :]
        for axis in range(part.ndim):
            part = part.cumsum(axis=axis, dtype=np.uint16)
        unpacked.append(part.ravel())
    assert np.concatenate(unpacked).tobytes() == figure.children[0].codes
    assert "<td>(1.237, 0.8816)</td>" in text
    assert page._number((0.5, float("nan"))) == "(0.5000, undefined)"


# the drawing
LINES = """
const {values, columns, rows, places} = JSON.parse(require('fs').readFileSync(0));
LEVELS
console.log(JSON.stringify(levelLines(Uint16Array.from(values), columns, rows, places, ranksOf(places))));
"""


def test_level_lines_divide_the_table_at_their_level():
    """A node lies inside a level's rings, even-odd, if it reaches the level; a ring crosses edges at the level."""
    random = np.random.default_rng(3)
    table = random.integers(0, 65000, (9, 13))  # rough: saddles, islands, holes, all of them at the border too
    places = [9000.5, 30000.5, 30000.75, 60000.5]
    source = LINES.replace("LEVELS", (EXPLORE / "levels.js").read_text())
    given = json.dumps({"values": table.ravel().tolist(), "columns": 13, "rows": 9, "places": places})
    found = json.loads(
        subprocess.run([NODE, "-e", source], input=given, capture_output=True, text=True, check=True).stdout
    )
    for place, rings in zip(places, found, strict=True):
        rings = [np.reshape(ring, (-1, 2)) for ring in rings]
        inside = np.zeros(table.shape, int)
        for ring in rings:
            (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, 0).T
            for j, i in np.ndindex(table.shape):
                crosses = (y0 > j + 1e-9) != (y1 > j + 1e-9)
                with np.errstate(divide="ignore", invalid="ignore"):
                    inside[j, i] += (crosses & (i + 1e-9 < x0 + (j + 1e-9 - y0) / (y1 - y0) * (x1 - x0))).sum()
            for x, y in ring[(ring >= 0).all(1) & (ring <= [12, 8]).all(1)]:
                i, j = int(x), int(y)
                assert x == i or y == j
                ends = table[j, i], table[j + (y > j), i + (x > i)]
                assert ends[0] + (x - i + y - j) * (int(ends[1]) - ends[0]) == pytest.approx(place, abs=1e-6)
        assert ((inside % 2 == 1) == (table >= place)).all()


def test_grey_tells_every_band_apart():
    for count in (2, 8, 16):
        grey = [sum(w * int(c[i : i + 2], 16) for w, i in ((0.3, 1), (0.59, 3), (0.11, 5))) for c in ramp(count)]
        assert min(np.diff(grey)) > 90 / count


def test_one_scale_on_both_axes():
    panel = explore(plane("u", "v", map=bowl, equal=True), u=(-2, 2, 0.1), v=(0, 2, 0.1))._panels[0]
    width, height = panel.box()
    assert width / height == pytest.approx(2, rel=1e-9) or width == drawing.WIDEST
    assert width / 4 == pytest.approx(height / 2)


def test_sliders_stand_only_for_what_moves():
    points = explore(
        plane("u", "v", points=(XY, torch.tensor([0, 1, 1])), size=lambda k: XY[:, 1] * k), **AXES, k=(1, 2)
    )
    assert [variable["symbol"] for variable in points.children[0].meta["variables"]] == ["k"]
    dragged = explore(
        plane("u", "v", curves={"line": lambda u, a, b: a * u + b}, marker=("a", "b")), **AXES, a=(-1, 1), b=(0, 2)
    )
    assert [variable["symbol"] for variable in dragged.children[0].meta["variables"]] == ["a", "b"]
    assert dragged.children[0].meta["panels"][0]["marker"] == [0, 1]


# what is wrong
def refused(error, said, call):
    return pytest.param(error, said, call, id=said[:40])


@pytest.mark.parametrize(
    ("error", "said", "call"),
    [
        refused(ValueError, "map 'm' is not elementwise", lambda: {"map": {"m": lambda u, v: (u * v).cumsum(-1)}}),
        refused(ValueError, "line 'l' is not elementwise", lambda: {"lines": {"l": lambda u, v: u - v.mean()}}),
        refused(ValueError, "map 'm' asks for 'w', which is neither an axis", lambda: {"map": {"m": lambda u, w: u}}),
        refused(ValueError, "map 'm' failed on a tensor u and v", lambda: {"map": {"m": lambda u, v: u.view(7)}}),
        refused(ValueError, "map 'm' is finite nowhere", lambda: {"map": {"m": lambda u, v: u / 0 + v}}),
        refused(TypeError, "map 'm' is no function", lambda: {"map": {"m": 3}}),
        refused(ValueError, "two maps in one panel", lambda: {"map": {"a": bowl, "b": bowl}}),
        refused(ValueError, "there are 3 points and classes of shape", lambda: {"points": (XY, torch.tensor([0, 1]))}),
        refused(ValueError, "give whole numbers", lambda: {"points": (XY, torch.tensor([0.0, 1, 1]))}),
        refused(ValueError, "7 classes are too many", lambda: {"points": (torch.zeros(7, 2), torch.arange(7))}),
        refused(ValueError, "2 classes among the points and 3 names",
                lambda: {"points": (XY, torch.tensor([0, 1, 1])), "classes": "abc"}),
        refused(ValueError, "positions have shape", lambda: {"points": (XY.T, torch.tensor([0, 1]))}),
        refused(ValueError, "must be finite numbers", lambda: {"points": (XY / 0, torch.tensor([0, 1, 1]))}),
        refused(ValueError, "1 of the points lie outside the axes",
                lambda: {"points": (XY * 2, torch.tensor([0, 1, 1]))}),
        refused(ValueError, "points must be a pair", lambda: {"points": XY}),
        refused(ValueError, "opacity or size, not both",
                lambda: {"points": (XY, torch.tensor([0, 1, 1])), "opacity": lambda: 1, "size": lambda: 1}),
        refused(ValueError, "size belongs to points", lambda: {"map": bowl, "size": lambda: 1}),
        refused(ValueError, "must return finite numbers of 0 or more",
                lambda: {"points": (XY, torch.tensor([0, 1, 1])), "size": XY[:, 0]}),
        refused(ValueError, "returned shape",
                lambda: {"points": (XY, torch.tensor([0, 1, 1])), "size": torch.ones(4)}),
        refused(ValueError, "path 'p' has 4 positions and step has 21", lambda: {"paths": {"p": torch.zeros(4, 2)}}),
        refused(ValueError, "path 'p' has shape", lambda: {"paths": {"p": torch.zeros(21)}}),
        refused(ValueError, "returns x and y", lambda: {"paths": {"p": lambda step: step}}),
        refused(ValueError, "its levels must be", lambda: {"lines": {"l": (bowl, [float("nan")])}}),
        refused(ValueError, "nothing to draw", dict),
        refused(ValueError, "names 'a' as its marker's slider", lambda: {"map": bowl, "marker": ("a", "b")}),
        refused(ValueError, "a marker moves within its axes", lambda: {"map": bowl, "marker": ("step", "step")}),
        refused(ValueError, "more than 2,000,000",
                lambda: {"map": lambda u, v, step, u2, v2: u + v + step + u2 + v2}),
    ],
)  # fmt: skip
def test_one_sentence_before_anything_is_drawn(error, said, call, monkeypatch):
    refuse_drawing(monkeypatch)
    more = {"u2": AXES["u"], "v2": AXES["v"]} if "more than" in said else {}
    beside = {"c": lambda u, step: u * step}
    one_sentence(
        error, said, lambda: explore({"it": plane("u", "v", **call()), "c": beside}, **AXES, step=(0, 20, 1), **more)
    )


@pytest.mark.parametrize(
    ("error", "said", "call"),
    [
        (TypeError, "a plane has two axes", lambda: plane("u", "u", map=bowl)),
        (TypeError, "a plane has two axes", lambda: plane("u", bowl)),
        (ValueError, "names 'w' as an axis", lambda: explore(plane("u", "w", map=bowl), **AXES)),
        (ValueError, "u is a choice", lambda: explore(plane("u", "v", map=bowl), u=[1, 2], v=(0, 1))),
        (ValueError, "so the figure needs a slider step",
         lambda: explore(plane("u", "v", map=bowl, paths=lambda step: (step, step)), **AXES)),
        (ValueError, "a guess is asked for in a panel over one axis",
         lambda: explore(plane("u", "v", map=bowl), **AXES, guess=1)),
        (ValueError, "limits are given for 'loss', but the panels are 'bowl'",
         lambda: explore(plane("u", "v", map=bowl), **AXES, limits={"loss": (0, 1)})),
        (ValueError, "no curve names 'k'", lambda: explore(plane("u", "v", map=bowl), **AXES, k=(0, 1))),
    ],
)  # fmt: skip
def test_a_plane_that_does_not_fit_its_figure(error, said, call, monkeypatch):
    refuse_drawing(monkeypatch)
    one_sentence(error, said, call)
