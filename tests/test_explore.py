"""The slider figures: the table's numbers, the drawing, the sentences for what is wrong."""

import io
import math
import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from matplotlib import image

from lossutils import explore, focal_loss
from lossutils.explore import drawing
from lossutils.explore.variables import STEPS_OF_A_SLIDER, STEPS_OF_AN_AXIS, variable

P = {"p": (0.001, 0.999)}
CE = {"cross entropy": lambda p: -torch.log(p)}


def table(figure, panel=0, curve=0):
    """The numbers that the browser gets for one curve, over (*sliders, axis)."""
    moved = figure.children[0]
    mark = moved.meta["panels"][panel]["marks"][curve]
    shape = [moved.meta["variables"][i]["count"] for i in [*mark["sliders"], 0]]
    numbers = np.frombuffer(moved.table, np.float32)
    return numbers[mark["values"] : mark["values"] + np.prod(shape)].reshape(shape)


def picture(figure):
    return figure._repr_mimebundle_()["image/png"]


# the table
def test_the_design_example():
    figure = explore(
        {"cross entropy": lambda p: focal_loss(p, 1, gamma=0), "focal": lambda p, gamma: focal_loss(p, 1, gamma=gamma)},
        p=(0.001, 0.999),
        gamma=(0, 5, 0.1, 2.0),
    )
    p, gamma = torch.linspace(0.001, 0.999, 999, dtype=torch.float64), torch.linspace(0, 5, 51)[:, None]
    wanted = -((1 - p) ** gamma) * p.log()
    slope = (1 - p) ** (gamma - 1) * (gamma * p.log() - (1 - p) / p)
    torch.testing.assert_close(torch.tensor(table(figure, 0, 1)), wanted.float(), atol=1e-7, rtol=1e-5)
    torch.testing.assert_close(torch.tensor(table(figure, 1, 1)), slope.float(), atol=1e-6, rtol=1e-5)
    numbers = figure.at(p=0.9, gamma=2)
    assert numbers["loss"] == pytest.approx({"cross entropy": 0.1053605, "focal": 1.053605e-3}, rel=1e-6)
    assert numbers["gradient"]["cross entropy"] == pytest.approx(-1 / 0.9)


def test_at_agrees_with_the_table_everywhere():
    figure = explore({"f": lambda p, a, b: a * p**2 + b}, p=(0, 1, 0.1), a=(1, 3, 1), b=[0.5, 7])
    for i, a in enumerate((1, 2, 3)):
        for j, b in enumerate((0.5, 7)):
            row = [figure.at(p=k / 10, a=a, b=b)["loss"]["f"] for k in range(11)]
            np.testing.assert_allclose(table(figure)[i, j], row, rtol=1e-6)


def test_at_without_a_value_takes_the_slider_s():
    figure = explore(lambda p, a: a * p, p=(0, 1, 0.1, 0.3), a=(1, 3, 1, 2))
    assert figure.at()["loss"]["curve"] == pytest.approx(0.6)
    figure.children[1].children[1].value = 3
    assert figure.at()["loss"]["curve"] == pytest.approx(0.9)


@pytest.mark.parametrize(("given", "said"), [({"p": 2}, "outside 0…1"), ({"q": 0.5}, "no variable 'q'")])
def test_at_refuses(given, said):
    with pytest.raises(ValueError, match=said):
        explore(lambda p: p, p=(0, 1)).at(**given)


def test_a_curve_that_names_no_slider_is_stored_once():
    figure = explore(CE | {"focal": lambda p, gamma: -((1 - p) ** gamma) * p.log()}, p=(0.01, 0.99), gamma=(0, 5, 0.5))
    assert table(figure, 0, 0).ndim == 1
    positions = figure.children[0].meta["variables"][0]["count"]
    assert len(figure.children[0].table) == 4 * 2 * positions * (1 + 11)


def test_gaps_are_kept():
    figure = explore({"root": lambda s: torch.sqrt(s)}, s=(-1, 1, 0.1))
    assert np.isnan(table(figure)[:10]).all()
    assert np.isfinite(table(figure)[11:]).all()


def test_functions_of_torch_go_straight_in():
    figure = explore({"sigmoid": torch.sigmoid, "tanh": torch.nn.Tanh()}, s=(-6, 6))
    assert figure.at(s=0)["gradient"] == pytest.approx({"sigmoid": 0.25, "tanh": 1.0})


def test_own_panels_bars_and_stacks():
    panels = explore({"loss": CE, "factor": {"(1-p)^γ": lambda p, gamma: (1 - p) ** gamma}}, **P, gamma=[0, 1, 2])
    assert panels.at(p=0.9, gamma=2)["factor"]["(1-p)^γ"] == pytest.approx(0.01)
    logits = torch.tensor([5.0, 1.0, 1.0, 1.0])
    bars = explore({"softmax": lambda k, T: torch.softmax(logits / T, -1)}, k=range(4), T=(0.5, 2, 0.5, 1))
    assert bars.at(k=0, T=1)["loss"]["softmax"] == pytest.approx(0.9479, abs=5e-5)
    assert [m["kind"] for m in bars.children[0].meta["panels"][0]["marks"]] == ["bar"]
    started = explore(
        {"softmax": lambda k: torch.softmax(logits, -1)}, k=({"cat": 0, "dog": 1, "owl": 2, "fox": 3}, "dog")
    )
    assert started.children[1].children[0].index == 1
    assert started.at()["loss"]["softmax"] == pytest.approx(0.01736, abs=5e-6)
    piled = explore({"a": lambda p: p, "b": lambda p: 1 - p}, p=(0, 1), stack=True, panels=("sum",))
    low, high = piled.children[0].meta["panels"][0]["y"]
    assert low == 0
    assert 1 < high < 1.2


def test_two_titles_leave_no_third_panel():
    assert [panel["title"] for panel in explore(CE, **P).children[0].meta["panels"]] == ["loss", "gradient"]
    assert [panel["title"] for panel in explore(CE, **P, panels=("loss",)).children[0].meta["panels"]] == ["loss"]


# ranges
@pytest.mark.parametrize(
    ("spec", "first", "last", "count"),
    [((0.001, 0.999), 0.001, 0.999, 999), ((-6, 6), -6, 6, 241), ((0, 1), 0, 1, 201), ((0, 5, 0.1, 2.0), 0, 5, 51)],
)
def test_steps_stop_at_round_numbers(spec, first, last, count):
    values = variable("x", spec, STEPS_OF_AN_AXIS).values
    assert (values[0], values[-1], len(values)) == (first, last, count)


def test_zero_point_nine_is_a_slider_position():
    assert 0.9 in variable("p", (0.001, 0.999), STEPS_OF_AN_AXIS).values
    assert 2.0 in variable("gamma", (0, 5), STEPS_OF_A_SLIDER).values


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "there is no axis"),
        ({"p": (1, 0)}, "empty or reversed range"),
        ({"p": (0.5, 0.5)}, "empty or reversed range"),
        ({"p": ()}, "is no range"),
        ({"p": (0, float("inf"))}, "is no range of finite numbers"),
        ({"p": ("a", "b")}, "is no range of finite numbers"),
        ({"p": 0.5}, "is no range"),
        ({"p": (0, 1, 0.3)}, "a step of 0.3 does not lead from 0 to 1"),
        ({"p": (0, 1, -0.1)}, "a step of -0.1"),
        ({"p": (0, 1, 0)}, "a step of 0 "),
        ({"p": (0, 1, 2)}, "a step of 2 "),
        ({"p": (0, 1, 0.1, 0.55)}, "cannot start at 0.55"),
        ({"p": (0, 1, 0.1, 7)}, "cannot start at 7"),
        ({"p": [1]}, "at least two"),
        ({"p": (0, 1, 1e-7)}, "more than 2,000,000"),
        ({"p": (0, 1e-12)}, "too large or too small to show"),
        ({"p": (0, 1e300)}, "too large or too small to show"),
        ({"p": (0, 1, 0.001), "gamma": (0, 5, 0.001)}, "more than 2,000,000"),
    ],
)
def test_bad_ranges(variables, said, monkeypatch):
    refuse_drawing(monkeypatch)
    one_sentence(ValueError, said, lambda: explore(lambda **v: v, **variables) if not variables else explore(
        {"f": (lambda p, gamma: p * gamma) if "gamma" in variables else (lambda p: p)}, **variables))  # fmt: skip


# curves
def fails(p):
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("curve", "error", "said"),
    [
        (lambda p: p.mean(), ValueError, "is not elementwise"),
        (lambda p: torch.nn.functional.binary_cross_entropy(p, torch.ones_like(p)), ValueError, "reduction='none'"),
        (lambda p: p.cumsum(-1), ValueError, "is not elementwise"),
        (lambda p: torch.softmax(p, -1), ValueError, "is not elementwise"),
        (lambda p: p.flip(-1), ValueError, "is not elementwise"),
        (lambda p: p + torch.rand_like(p), ValueError, "or on chance"),
        (lambda p: p[:3], ValueError, r"returned shape \(3,\)"),
        (lambda p: torch.complex(p, p), ValueError, "one real number"),
        (lambda p, beta: p * beta, ValueError, "asks for 'beta', which is neither"),
        (lambda x: x, ValueError, "asks for 'x'"),
        (fails, ValueError, r"failed on a tensor p of shape \(201,\) \(KeyError: 'lost'\)"),
        (lambda p: p.log() * float("nan"), ValueError, "finite nowhere"),
        (lambda p: "loss", ValueError, "failed"),
        (lambda p: p.detach() ** 2, ValueError, "has no gradient"),
        (
            lambda p: p.detach() * p,
            ValueError,
            r"autograd's slope of curve 'mine' .* \(at p = 0.555: 0.555, not 1.11\)",
        ),
        (lambda p: math.log(p), ValueError, "use torch.log in place of math.log"),
        (lambda p: sys.exit(), ValueError, r"failed on a tensor p of shape \(201,\) \(SystemExit"),
        (3.0, TypeError, "is no function"),
    ],
)
def test_bad_curves(curve, error, said, monkeypatch):
    refuse_drawing(monkeypatch)
    one_sentence(error, said, lambda: explore({"mine": curve}, p=(0, 1)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"yscale": "cubic"}, "yscale='cubic' is no scale: choose 'linear' or 'log'"),
        ({"limits": {"los": (0, 1)}}, "limits are given for 'los', but the panels are 'gradient', 'loss'"),
        ({"limits": {"loss": (1, 0)}}, "empty or reversed range"),
        ({"gamma": (0, 5)}, "no curve names 'gamma'"),
    ],
)
def test_what_would_be_ignored_is_refused(given, said, monkeypatch):
    refuse_drawing(monkeypatch)
    one_sentence(ValueError, said, lambda: explore(CE, p=(0.1, 0.9), **given))


def test_a_tangent_stands_beside_its_gradient_alone():
    """Not on a panel that shows slopes already, nor on a function that goes in steps."""

    def tangents(*args, **given):
        panels = explore(*args, **given).children[0].meta["panels"]
        return [mark["slopes"] >= 0 for panel in panels for mark in panel["marks"]]

    assert tangents(CE, **P) == [True, False]
    assert tangents({"gradient": {"CE": lambda p: -1 / p}}, **P) == [False]
    assert tangents({"rounded": torch.round}, p=(0, 3)) == [False, False]


def test_what_float32_cannot_hold_is_infinite_everywhere():
    figure = explore({"e": lambda s: torch.exp(s)}, s=(0, 200, 1), panels=("value",))
    assert np.isinf(table(figure)[-1])
    assert np.isfinite(table(figure)[:80]).all()
    assert picture(figure)


def test_no_curves_and_too_many():
    one_sentence(TypeError, "at least one entry", lambda: explore({}, p=(0, 1)))
    one_sentence(ValueError, "too many to tell apart", lambda: explore({str(i): torch.exp for i in range(7)}, p=(0, 1)))


def refuse_drawing(monkeypatch):
    monkeypatch.setattr(drawing, "svg", lambda *a: pytest.fail("drawn before the error was raised"))


def one_sentence(error, said, call):
    with pytest.raises(error, match=said) as caught:
        call()
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 260


def test_the_student_s_tensor_is_not_theirs_to_change():
    kept = []
    explore({"f": lambda p: kept.append(p) or (p.clone() * 2)}, p=(0, 1))
    assert len(kept) > 1
    assert len({tensor.data_ptr() for tensor in kept}) == len(kept)


# the drawing
def test_names_are_text():
    evil = "<img src=x onerror=alert(1)> $\\frac{"
    figure = explore({evil: lambda p: p}, p=(0, 1))
    for panel in figure.children[0].meta["panels"]:
        assert "<img" not in panel["svg"]
        ElementTree.fromstring(panel["svg"])
    titled = explore({evil: {"a": lambda p: p}}, p=(0, 1)).children[0].meta["panels"][0]["svg"]
    assert "&lt;img src=x" in titled
    assert picture(figure)


def test_every_mark_has_its_hook():
    for panel in explore(CE | {"p": lambda p: p}, **P).children[0].meta["panels"]:
        for gid in ("curve-0", "curve-1", "marker-0", "tangent-0", "guide", "above", "below"):
            assert f'id="{gid}"' in panel["svg"], gid


def test_drawn_line_is_the_table():
    """The path that matplotlib drew and the browser's map agree: x and y of the marker at the first position."""
    panel = explore({"p²": lambda p: p**2}, p=(0, 1, 0.1, 0.5)).children[0].meta["panels"][0]
    path = re.search(r'id="curve-0">\s*<path d="([^"]*)"', panel["svg"]).group(1)
    points = np.array(re.findall(r"[ML] (\S+) (\S+)", path), float)
    box, (low, high) = panel["box"], panel["y"]
    x = box["left"] + np.linspace(0, 1, 11) * (box["right"] - box["left"])
    y = box["bottom"] + (np.linspace(0, 1, 11) ** 2 - low) / (high - low) * (box["top"] - box["bottom"])
    np.testing.assert_allclose(points, np.column_stack([x, y]), atol=0.01)


def test_limits_hold_everything_or_say_so():
    full = explore({"s²": lambda s: s**2}, s=(-3, 3)).children[0].meta["panels"][0]["y"]
    assert full[0] < 0
    assert full[1] > 9
    cut = explore(CE, **P).children[0].meta["panels"][1]
    assert cut["y"][0] > -100
    assert "goes on to -1000" in cut["svg"]
    given = explore(CE, **P, limits={"loss": (0, 3)}).children[0].meta["panels"][0]["y"]
    assert given == [0, 3]
    logarithmic = explore({"e": torch.exp}, s=(-10, 10), yscale="log", panels=("value",))
    assert logarithmic.children[0].meta["panels"][0]["y"] == pytest.approx([1e-5, 1e5])


def test_picture_and_text_are_deterministic():
    first, second = (explore(CE, **P) for _ in range(2))
    assert repr(first) == repr(second) == "explore: cross entropy over p 0.001…0.999"
    assert picture(first) == picture(second)
    assert first.children[0].meta == second.children[0].meta
    bundle = first._repr_mimebundle_()
    assert bundle["text/plain"] == repr(first)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert image.imread(io.BytesIO(bundle["image/png"])).shape[1] >= 1000
    assert len(bundle["image/png"]) < 100_000


def test_a_guess_is_asked_for_and_linked():
    figure = explore(CE, p=(0.1, 0.9, 0.1), guess=0.3)
    field, moved = figure.children[:2]
    assert field.description == "Your guess at p = 0.3:"
    assert moved.meta["guess"] == 2
    one_sentence(ValueError, "outside 0.1…0.9", lambda: explore(CE, p=(0.1, 0.9, 0.1), guess=2))
