"""The reference says what holds: each line of its table beside torch's, its formulas, and that nothing is left out."""

import importlib
import inspect
import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import tensor

import lossutils
from lossutils import information
from web.notation import tex, typeset
from web.reference import DIFFERENCES, FAMILIES, FORMULAS, SAME, fields, names

INF, NAN = math.inf, math.nan


def slope(f, x):
    x = tensor([x], requires_grad=True)
    return torch.autograd.grad(f(x).sum(), x)[0].item()


def equal(a, b):
    torch.testing.assert_close(torch.as_tensor(a), torch.as_tensor(b), equal_nan=True, check_dtype=False)


def differ(name, ours, theirs, *args, **settings):
    """One call, two answers."""
    torch.testing.assert_close(getattr(lossutils, name)(*args, **settings).item(), ours, rtol=1e-2, atol=0)
    equal(getattr(F, name)(*args, **settings).item(), theirs)


def slopes_at_0():
    assert slope(lambda p: lossutils.binary_cross_entropy(p, tensor([0.0])), 1e-20) == 1
    assert slope(lambda p: F.binary_cross_entropy(p, tensor([0.0])), 1e-20) < 1e-7
    assert slope(lambda p: F.binary_cross_entropy(p, tensor([0.0])), 1e-11) == pytest.approx(1)


def no_focal(name, twin, input, target):
    assert not [known for known in dir(F) if "focal" in known]
    equal(getattr(lossutils, name)(input, target, gamma=0, reduction="mean"), getattr(F, twin)(input, target))


def focal_of_classes():
    x, t, w = torch.randn(5, 3), tensor([0, 1, 2, 0, 1]), tensor([1.0, 2.0, 5.0])
    no_focal("softmax_focal_loss", "cross_entropy", x, t)
    each = lossutils.softmax_focal_loss(x, t, gamma=0, alpha=w)
    equal(each, F.cross_entropy(x, t, w, reduction="none"))
    equal(lossutils.softmax_focal_loss(x, t, gamma=0, alpha=w, reduction="mean"), each.sum() / 5)
    equal(F.cross_entropy(x, t, w), each.sum() / w[t].sum())


def distributions():
    p, q = torch.softmax(torch.randn(2, 4), -1)
    return p, q, torch.distributions.Categorical(p), torch.distributions.Categorical(q)


def entropy():
    p, _, of_p, _ = distributions()
    equal(lossutils.entropy(p), torch.special.entr(p).sum())
    equal(torch.special.entr(p), -p * p.log())
    equal(lossutils.entropy(p, base=2), of_p.entropy() / math.log(2))


def two_distributions():
    p, q, *_ = distributions()
    equal(information.cross_entropy(p, q), F.cross_entropy(q.log(), p))


def divergence():
    p, q, of_p, of_q = distributions()
    equal(lossutils.kl_divergence(p, q), torch.distributions.kl_divergence(of_p, of_q))
    with pytest.raises(NotImplementedError):
        torch.distributions.kl_divergence(p, q)


def half():
    x, t = torch.zeros(2, 3, dtype=torch.float16), tensor([[0, -1, -1], [1, 2, -1]])
    assert lossutils.multilabel_margin_loss(x, t).dtype == torch.float16
    with pytest.raises(RuntimeError, match="Half"):
        F.multilabel_margin_loss(x, t)


def overflow():
    differ("soft_margin_loss", 100.0, INF, tensor([-100.0]), tensor([1.0]))
    assert slope(lambda x: lossutils.soft_margin_loss(x, tensor([1.0])), -100.0) == -1
    assert math.isnan(slope(lambda x: F.soft_margin_loss(x, tensor([1.0])), -100.0))


def penalties():
    model = torch.nn.Linear(3, 2)
    norms = sum(torch.linalg.vector_norm(w, 1) for w in model.parameters())
    equal(lossutils.l1_penalty(model), norms)


def decay():
    w = torch.randn(3, requires_grad=True)
    equal(lossutils.l2_penalty(w), torch.linalg.vector_norm(w) ** 2)
    (step,) = torch.autograd.grad(0.3 / 2 * lossutils.l2_penalty(w), w)
    before, w.grad = w.detach().clone(), torch.zeros(3)
    torch.optim.SGD([w], lr=1, weight_decay=0.3).step()
    equal(before - w.detach(), step)


def left_alone():
    x = torch.randn(3)
    equal(lossutils.autograd(torch.square, x), 2 * x)
    assert not x.requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.autograd.grad(x.square().sum(), x)


def differences():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(lossutils.finite_difference(torch.square, x), 2 * x.detach())
    assert torch.autograd.gradcheck(torch.square, x) is True


# What the table says, each line with what shows it. A line that is not here is not said.
P, S, Y = torch.rand(6), torch.randn(6), tensor([0.0, 1, 0, 1, 1, 0])
SHOWN = {
    "For y = 0 the slope is 1/(1 - p) right down to p = 0; torch's fades to 0 below p = 1e-12.": slopes_at_0,
    "The tail keeps its digits: s = -20 costs a no 2.06e-9, in torch 0.": lambda: differ(
        "binary_cross_entropy_with_logits", 2.06e-9, 0.0, tensor([-20.0]), tensor([0.0])
    ),
    "An infinite logit on the right side costs 0; torch says NaN.": lambda: differ(
        "binary_cross_entropy_with_logits", 0.0, NAN, tensor([INF]), tensor([1.0])
    ),
    "torch has no focal loss. With γ = 0 this is torch's `binary_cross_entropy`.": lambda: no_focal(
        "focal_loss", "binary_cross_entropy", P, Y
    ),
    "torch has no focal loss. With γ = 0 this is torch's `binary_cross_entropy_with_logits`.": lambda: no_focal(
        "sigmoid_focal_loss", "binary_cross_entropy_with_logits", S, Y
    ),
    "The loss keeps its digits: scores 0 and -40 for the first class cost 4.2e-18, in torch 0.": lambda: differ(
        "cross_entropy", 4.25e-18, 0.0, tensor([[0.0, -40.0]]), tensor([0])
    ),
    "An infinite score of the right class costs 0; torch says NaN.": lambda: differ(
        "cross_entropy", 0.0, NAN, tensor([[INF, 0.0]]), tensor([0])
    ),
    "A class of probability 0 costs 0 also where its score is -∞; torch says NaN.": lambda: differ(
        "cross_entropy", 0.0, NAN, tensor([[0.0, -INF]]), tensor([[1.0, 0.0]])
    ),
    "torch has no focal loss. With γ = 0 this is torch's `cross_entropy`, unless α is given: "
    "the mean is never divided by the sum of the weights.": focal_of_classes,
    "torch has none. In nats it is torch.distributions' -log_prob.": lambda: equal(
        lossutils.self_information(P), -torch.distributions.Bernoulli(P).log_prob(torch.ones(6))
    ),
    "The sum along `dim`; torch's is the single term -p·ln p. In nats, bits or another base.": entropy,
    "torch's `cross_entropy` gives the same for the scores ln q, but has the truth second.": two_distributions,
    "Takes probabilities; torch's takes two objects such as `Categorical(p)`.": divergence,
    "A target of 0 costs 0 also where the log-probability is -∞; torch says NaN.": lambda: differ(
        "kl_div", 0.0, NAN, tensor([-INF, 0.0]), tensor([0.0, 1.0]), reduction="sum"
    ),
    "float16 is taken; torch's refuses it on the CPU.": half,
    "The mean of no samples is NaN.": lambda: equal(
        lossutils.multilabel_margin_loss(torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.int64)), NAN
    ),
    "No overflow: x = -100 with y = 1 costs 100 with slope -1; torch says ∞, slope NaN.": overflow,
    "Of all parameters of a module together; torch's `vector_norm(w, 1)` is of one tensor.": penalties,
    "The square of torch's `vector_norm(w)`; λ/2 times it is what `weight_decay=λ` means to `torch.optim.SGD`.": decay,
    "Of the sum of f(x), with x left alone: torch wants `requires_grad`.": left_alone,
    "Gives the slopes; torch's only says whether they agree.": differences,
}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, (_, *said) in DIFFERENCES.items() for line in said])
def test_a_line_beside_torch(name, line):
    torch.manual_seed(0)
    if line == SAME:
        same(name)
    else:
        SHOWN[line]()


def test_nothing_is_shown_that_is_not_said():
    assert set(SHOWN) == {line for _, *said in DIFFERENCES.values() for line in said} - {SAME}


SCORES, CLASSES = torch.randn(4, 3), tensor([0, 2, 1, 1])
GIVEN = {
    "softmax": ((SCORES, 1),),
    "log_softmax": ((SCORES, 1),),
    "nll_loss": ((SCORES, CLASSES), (SCORES, CLASSES, tensor([1.0, 2.0, 3.0]))),
    "margin_ranking_loss": ((S, P, 2 * Y - 1), (S, P, 2 * Y - 1, 0.5)),
}


def same(name):
    """tests/test_*.py compare more closely; here is that the words of the table are about this very function."""
    ours, twin = getattr(lossutils, name), getattr(F, name)
    parameters, expected = (
        [(a.name, a.default) for a in inspect.signature(f).parameters.values()] for f in (ours, twin)
    )
    assert parameters == expected
    for args in GIVEN.get(name, ((3 * S, P),)):
        equal(ours(*args), twin(*args))


# Completeness
def test_every_public_name_has_its_entry():
    assert set(lossutils.__all__) <= {name for family in FAMILIES for name in names(family)}
    listed = [name for family in FAMILIES for name in names(family)]
    assert len(set(listed)) == len(listed)


def test_every_loss_is_compared_with_torch():
    losses = {
        name for family in FAMILIES if family not in ("gradients", "explore", "exercises") for name in names(family)
    }
    losses = {name for name in losses if not name.endswith("_formula") and name[0].islower()}
    assert losses | {"autograd", "finite_difference"} == set(DIFFERENCES)
    for twin, *_ in filter(lambda row: row[0] and "." not in row[0], DIFFERENCES.values()):
        assert hasattr(F, twin)


# Formulas
@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("p_t = y·p + (1 - y)·(1 - p)", r"p_{t}=y\cdot p+(1-y)\cdot (1-p)"),
        ("e^-s", "e^{-s}"),
        ("e^(x_j - m)", "e^{x_{j}-m}"),
        ("(N, d1, ...)", r"(N,\,d_{1},\,\dots )"),
        ("q^γ·ce", r"q^{γ}\cdot \mathrm{ce}"),
        ("ΣL/Σw_t", r"\frac{{\textstyle\sum} L}{{\textstyle\sum} w_{t}}"),
        ("Σ_{j≠t} e^x_j", r"\sum_{j\ne t} e^{x_{j}}"),
        ("(1 - y)/max(1 - p, 1e-12)", r"\frac{1-y}{\max (1-p,\,10^{-12})}"),
        ("m/β·(|e| - m/2)", r"\frac{m}{β}\cdot \left(\lvert e\rvert -\frac{m}{2}\right)"),
        ("∂ ln p_i/∂x_j", r"\frac{\partial \ln p_{i}}{\partial x_{j}}"),
        ("d(x - y)²/dx", r"\frac{d(x-y)^{2}}{dx}"),
        ("1/((1 - p)·(1 + p))", r"\frac{1}{(1-p)\cdot (1+p)}"),
    ],
)
def test_a_formula(plain, expected):
    assert tex(plain, large=True) == rf"\displaystyle {expected}"


def test_a_formula_among_words():
    text = "L = w·e, which is a half-open (x = 1) case; see `x_t`, torch's 2.5 and size_average, Fast R-CNN *"
    assert typeset(text) == (
        r"\ :math:`L=w\cdot e`\ , which is a half-open \ :math:`(x=1)`\  case; see `x_t`, torch's 2.5 and "
        r"\ ``size_average``\ , Fast R-CNN \*"
    )


def test_half_a_formula_is_told():
    with pytest.raises(ValueError, match="ends too early"):
        tex("max(p, q")


def docstrings():
    for name in (name for family in FAMILIES if f"lossutils.{family}" in FORMULAS for name in names(family)):
        module, _, short = f"lossutils.{name}".rpartition(".")
        yield name, inspect.getdoc(getattr(importlib.import_module(module), short))


@pytest.mark.parametrize(("name", "docstring"), list(docstrings()))
def test_a_docstring_is_read_in_a_terminal_and_set_on_the_page(name, docstring):
    assert not re.search(r"\\[a-z]|:math:|``|\$", docstring), "help() would show the signs of a page"
    assert max(map(len, docstring.splitlines())) <= 120
    words = re.sub(r":math:`[^`]*`|`+[^`]*`+", "", "\n".join(fields(docstring)))
    assert not re.search("[Σ∂^·²γδεασ]", words), "a formula was not seen"
