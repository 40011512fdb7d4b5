"""The playground: what is typed is computed as torch computes it, or is refused in a sentence."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import lossutils
from tests.browser import live
from tests.browser.pages import PHONE, numbers, same

PLACES = {"p": [0.05, 0.3, 0.62, 0.97], "s": [-4.5, -0.7, 0.4, 3.3]}
VALUES = {
    "y": 0.3,
    "gamma": 1.7,
    "alpha": 0.25,
    "a": 1.3,
    "b": 0.6,
    "q": 0.7,
    "T": 2.5,
    "delta": 0.9,
    "lambda": 0.4,
    "w": 3.0,
}


def one(tensor):
    return torch.ones_like(tensor)


def log_cosh(s, y):
    return torch.log(torch.cosh(s - y))


# What is typed, and what torch, lossutils or paper say it is.
KNOWN = {
    "-log(p)": lambda p: F.binary_cross_entropy(p, one(p), reduction="none"),
    "-(1-p)^gamma*log(p)": lambda p, gamma: lossutils.focal_loss(p, 1, gamma=gamma, reduction="none"),
    "-alpha*(1-p)**gamma log(p)": lambda p, alpha, gamma: -alpha * (1 - p) ** gamma * p.log(),
    "-(y*log(p) + (1-y)*log(1-p))": lambda p, y: F.binary_cross_entropy(p, y * one(p), reduction="none"),
    "-(w*y*ln(p) + (1-y)*log1p(-p))": lambda p, y, w: -(w * y * p.log() + (1 - y) * (1 - p).log()),
    "(y - p)^2": lambda p, y: F.mse_loss(p, y * one(p), reduction="none"),
    "(1 - p^q)/q": lambda p, q: (1 - p**q) / q,
    "-p*log2(p) - (1-p)*log2(1-p)": lambda p: torch.distributions.Bernoulli(p).entropy() / np.log(2),
    "log(p/(1-p))": lambda p: torch.logit(p),
    "sqrt(p) + log10(p)": lambda p: p.sqrt() + p.log10(),
    "p^p^p": lambda p: p ** (p**p),
    "-p^2": lambda p: -(p**2),
    "2p^-a/3": lambda p, a: 2 * p ** (-a) / 3,
    "1 / p q": lambda p, q: 1 / (p * q),
    "e^(pi p) - 1.5e-1": lambda p: torch.exp(torch.pi * p) - 0.15,
    "expm1(-lambda·p)": lambda p, lambda_: torch.expm1(-lambda_ * p),
    "sin(2*p)*cos(p)^2": lambda p: torch.sin(2 * p) * torch.cos(p) ** 2,
    "a − (b − p) − p/a/b": lambda p, a, b: a - (b - p) - p / a / b,
    "softplus(-s)": lambda s: F.binary_cross_entropy_with_logits(s, one(s), reduction="none"),
    "softplus(s) - y*s": lambda s, y: F.binary_cross_entropy_with_logits(s, y * one(s), reduction="none"),
    "sigmoid(-s)^gamma*softplus(-s)": lambda s, gamma: sigmoid_focal(s, gamma),
    "softplus(-s/T)": lambda s, T: -F.logsigmoid(s / T),
    "-logsigmoid(a*s)": lambda s, a: -F.logsigmoid(a * s),
    "max(0, 1 - s)": lambda s: F.relu(1 - s),
    "relu(a-s)^2": lambda s, a: F.relu(a - s) ** 2,
    "max(s, -s/2, b)": lambda s, b: torch.stack([s, -s / 2, b * one(s)]).amax(0),
    "(sigmoid(s) - y)^2": lambda s, y: F.mse_loss(torch.sigmoid(s), y * one(s), reduction="none"),
    "min(abs(s-y), delta)*(abs(s-y) - min(abs(s-y), delta)/2)": lambda s, y, delta: F.huber_loss(
        s, y * one(s), reduction="none", delta=float(delta)
    ),
    "abs(s-y) + softplus(-2*abs(s-y)) - log(2)": log_cosh,
    "1 - tanh(s/2)": lambda s: 2 * torch.sigmoid(-s),
    "exp(-s) + 0*s": lambda s: torch.exp(-s),
}

BROKEN = [
    "", " ", "constructor", "constructor*p", "import", "import('x')", "__proto__", "p.constructor", "p[0]", "{p: 1}",
    "eval(p)", "Function(p)", "window", "alert(1)*p", "<img src=x onerror=alert(1)>", '"p"', "p; p", "f(p)=p", "p = 2",
    "p < 0.5 ? 1 : 2", "p'", "p!", "p % 2", "p mod 2", "((p)", "(p))", "p+", "p*/2", "p^^2", "log", "log p", "log()",
    "log(p, 2)", "max(p)", "p(1-p)", "1.2.3p", "0x1F*p", "p + s", "7", "a*b*c*p", "1e999*p", "sigmiod(s)", "log(p - 2)",
    "p" * 1_000_000, "(" * 250 + "p" + ")" * 40, "^".join("p" * 140), "-" * 290 + "p", "+".join("p" * 140),
    "p\u202e2", "∑p",
]  # fmt: skip


def sigmoid_focal(s, gamma):
    return lossutils.sigmoid_focal_loss(s, one(s), gamma=gamma, reduction="none")


@pytest.fixture(scope="module")
def playground(browser, site):
    with live.recorded(browser) as page:
        page.goto(f"{site}/playground.html")
        yield page


READ = """([typed, places, values]) => {
    const formula = lossutils.formula.read(typed), {v, d} = formula.at(Float64Array.from(places[formula.axis]), values);
    return [formula.axis, formula.sliders, [...v], [...d], formula.python];
}"""
TYPE = """typed => {
    const input = document.querySelector('.playground [name=formula]');
    input.value = typed;
    input.dispatchEvent(new Event('input'));
    return [input.getAttribute('aria-invalid'), document.querySelector('.playground-said').textContent];
}"""
SHOWN = """() => {
    const frame = document.querySelector('.playground-frame:not([hidden])');
    const numbers = [...frame.querySelectorAll('.lossutils-number')]
        .sort((a, b) => a.dataset.panel - b.dataset.panel || a.dataset.curve - b.dataset.curve);
    return {axis: frame.dataset.axis, numbers: numbers.map(output => output.textContent),
        curves: [...frame.querySelectorAll('[id*=curve-] path')].map(path => path.getAttribute('d')),
        sliders: [...frame.querySelectorAll('input[type=range]')].map(slider => slider.getAttribute('aria-valuetext'))};
}"""
ENDS = "lowest", "highest"
# The address and the Python follow when the hand rests.
NOTED = """f => new URLSearchParams(location.hash.slice(1)).get('f') === f"""


def test_known_formulas_are_those_of_torch(playground):
    assert len(KNOWN) >= 30
    for typed, known in KNOWN.items():
        axis, sliders, values, slopes, python = playground.evaluate(READ, [typed, PLACES, VALUES])
        given = [torch.tensor(VALUES[name], dtype=torch.float64) for name in sliders]
        names = known.__code__.co_varnames[1 : known.__code__.co_argcount]
        by_name = {name: torch.tensor(VALUES[name.strip("_")], dtype=torch.float64) for name in names}
        written = eval(python, {"torch": torch, "F": F})  # what the page offers to copy
        for function in (lambda x: known(x, **by_name), lambda x: written(x, *given)):  # noqa: B023
            x = torch.tensor(PLACES[axis], dtype=torch.float64, requires_grad=True)
            expected = function(x)
            expected.sum().backward()
            np.testing.assert_allclose(values, expected.detach(), rtol=1e-9, atol=1e-9, err_msg=typed)
            np.testing.assert_allclose(slopes, x.grad, rtol=1e-9, atol=1e-9, err_msg=typed)


def test_a_broken_formula_gets_a_sentence_and_the_page_lives_on(playground):
    assert len(BROKEN) >= 30
    playground.evaluate(TYPE, "-log(p)")
    before = playground.evaluate(SHOWN)
    for typed in BROKEN:
        wrong, said = playground.evaluate(TYPE, typed)
        assert wrong == "true", typed[:50]
        assert re.match(r".{20,}[.?]( |$)", said), (typed[:50], said)
        assert len(said) < 250
        assert playground.evaluate(SHOWN) == before, typed[:50]
    assert not playground.locator(".playground-said *:not(code, mark)").count()  # what was typed is text
    wrong, said = playground.evaluate(TYPE, "(1-p)^2")
    assert not wrong
    assert same(playground.evaluate(SHOWN)["numbers"][0], [0.4**2])


def test_the_mistake_is_shown_at_its_place(playground):
    for typed, marked in {
        "-log(p) + sigmiod(p)": "sigmiod",
        "log(p)) + 1": ")",
        "2*(p + 1": "(",
        "p <= 1": "<",
    }.items():
        playground.evaluate(TYPE, typed)
        assert playground.locator(".playground-said mark").text_content() == marked


def test_every_example_is_drawn_and_runs_in_python(playground):
    options = playground.locator("[name=example] option").evaluate_all("all => all.map(({value}) => value)")[1:]
    assert len(options) >= 12
    for formula in options:
        playground.select_option("[name=example]", formula)
        shown = playground.evaluate(SHOWN)
        assert all(np.isfinite(numbers(text)).all() for text in shown["numbers"]), formula
        for curve in shown["curves"]:
            across = [float(x) for x in re.findall(r"[ML]([\d.]+) ", curve)]
            assert across[-1] - across[0] > 300, (formula, curve)  # from one end of the panel to the other
        live.wait(playground, NOTED, formula)
        figure = run(playground)
        expected = [number for panel in figure.at().values() for number in panel.values()]
        assert all(same(text, [number]) for text, number in zip(shown["numbers"], expected, strict=True)), formula


def run(page):
    """The figure that the Python of the page makes."""
    *lines, last = page.locator(".playground-python").text_content().splitlines()
    names = {}
    exec("\n".join(lines), names)
    return eval(last, names)


def test_an_address_brings_formula_and_sliders_back(playground, tab):
    playground.evaluate(TYPE, "-alpha*(1-p)^gamma*log(p)")
    sliders = playground.locator(".playground-frame:not([hidden]) input[type=range]")
    assert sliders.count() == 3
    for slider, key in zip(sliders.all(), ("PageDown", "End", "PageUp"), strict=True):
        slider.press(key)
    live.wait(playground, "end => location.hash.includes(end)", "alpha=1&gamma=")
    shown = playground.evaluate(SHOWN)
    tab.goto(playground.url)
    assert tab.evaluate(SHOWN) == shown
    tab.evaluate("() => { location.hash = 'f=max(0,margin-s)&margin=2&s=-1'; }")
    tab.locator(".playground-frame[data-axis=s]").wait_for()
    assert same(tab.evaluate(SHOWN)["numbers"][0], [3])


def test_a_slider_goes_where_its_ends_are_typed(playground, tab):
    playground.evaluate(TYPE, "-k*log(p) + b")
    frame = playground.locator(".playground-frame[data-axis=p]")
    slider = frame.locator("input[type=range]").nth(1)
    lowest, highest = (frame.get_by_label(f"{end} k") for end in ENDS)
    assert [lowest.input_value(), highest.input_value()] == ["0", "5"]
    slider.press("End")
    slider.press("Tab")  # the fields follow their slider
    playground.keyboard.type("-2,5")
    playground.keyboard.press("Tab")
    assert slider.get_attribute("aria-valuetext") == "5.0"  # it is still within
    playground.keyboard.type("20")
    playground.keyboard.press("Enter")
    assert highest.evaluate("field => field === document.activeElement")
    assert slider.get_attribute("aria-valuetext") == "5.0"
    slider.press("End")
    shown = playground.evaluate(SHOWN)
    assert shown["sliders"][1] == "20.0"
    assert same(shown["numbers"][0], [1 - 20 * np.log(float(shown["sliders"][0]))])
    live.wait(playground, "end => location.hash.includes(end)", "k=20&k.from=-2.5&k.to=20&b=1")
    figure = run(playground)
    assert [figure._variables[1].values[k] for k in (0, -1)] == [-2.5, 20]
    assert same(shown["numbers"][0], [figure.at()["loss"]["your formula"]])
    tab.goto(playground.url)
    assert tab.evaluate(SHOWN) == shown
    assert [tab.get_by_label(f"{end} k").input_value() for end in ENDS] == ["-2.5", "20"]
    lowest.fill("8")
    lowest.press("Enter")
    playground.locator("[name=formula]").focus()
    slider.press("Home")
    lowest.fill("0")
    highest.fill("4")
    highest.press("Enter")
    assert slider.get_attribute("aria-valuetext") == "4.00"  # the nearest that is left
    highest.fill("700")
    highest.press("Enter")
    assert slider.get_attribute("aria-valuetext") == "8"  # where it stood last, and a step leads there


def test_a_wrong_end_of_a_slider_gets_a_sentence(playground):
    playground.evaluate(TYPE, "c*p")
    frame = playground.locator(".playground-frame[data-axis=p]")
    said, highest = frame.locator(".playground-range-said"), frame.get_by_label("highest c")
    before = playground.evaluate(SHOWN)
    for typed, sentence in {
        "0": "0 is not below 0",
        "-1": "0 is not below -1",
        "abc": "“abc” is no number",
        "<img src=x>": "“<img src=x>” is no number",
        "": "is empty",
        "1e9": "a million at most",
        "Infinity": "a million at most",
        "0.00001": "a thousandth apart",
    }.items():
        highest.fill(typed)
        highest.press("Enter")
        assert sentence in said.text_content(), typed
        assert re.match(r".{20,}\.$", said.text_content()), typed
        assert highest.get_attribute("aria-invalid") == "true"
        assert playground.evaluate(SHOWN) == before
    highest.fill("10")
    highest.press("Enter")
    assert not said.text_content()
    assert not frame.locator("[aria-invalid]").count()
    frame.locator("input[type=range]").last.press("End")
    assert playground.evaluate(SHOWN)["sliders"][1] == "10.0"


def test_an_address_with_wrong_ends_takes_the_usual_ones(tab, site):
    for wrong in ("a.from=5&a.to=1", "a.from=0", "a.from=x&a.to=", "a.from=0&a.to=1e99"):
        tab.goto(f"{site}/playground.html#f=a*p&{wrong}")
        assert [tab.get_by_label(f"{end} a").input_value() for end in ENDS] == ["0", "5"], wrong


def test_an_address_with_a_broken_formula_gets_a_sentence(tab, site):
    tab.goto(f"{site}/playground.html#f=<img src=x onerror=alert(1)>&gamma=1")
    assert tab.locator(".playground-said mark").text_content() == "<"
    assert not tab.locator("img[src=x]").count()
    assert all(tab.evaluate(SHOWN)["curves"])


def test_the_limits_stay_while_a_slider_moves(playground):
    playground.evaluate(TYPE, "-a*log(p)")
    marks = playground.locator(".playground-frame[data-axis=p] [id*=ytick_] text")
    before, old = marks.all_text_contents(), playground.evaluate(SHOWN)
    playground.locator(".playground-frame[data-axis=p] input[type=range]").last.press("End")
    new = playground.evaluate(SHOWN)
    assert marks.all_text_contents() == before
    assert new["curves"][0] != old["curves"][0]
    assert new["curves"][1] == old["curves"][1]
    assert same(new["numbers"][0], [-5 * np.log(float(new["sliders"][0]))])


def test_nothing_was_wrong_on_the_page(playground):
    assert not playground.recorder.problems


def test_without_javascript_there_is_a_picture(chromium, site):
    page = chromium.new_page(java_script_enabled=False, viewport=PHONE)
    page.goto(f"{site}/playground.html")
    assert page.locator(".lossutils-still img").is_visible()
    assert page.locator("noscript").is_visible()
    page.context.close()
