import math

import mpmath
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from lossutils import (
    SoftmaxFocalLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    log_softmax,
    nll_loss,
    sigmoid_focal_loss,
    softmax,
    softmax_focal_loss,
)
from lossutils._kernels import one_against_rest
from lossutils.multiclass import softmax_focal_loss_formula
from tests._twins import same_as_torch, worst_relative_error

GAMMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 5.0)
mpmath.mp.dps = 50


def batch(*shape, dtype=torch.float32):
    """Scores of this shape, class indices that fit, and class weights; seeded."""
    torch.manual_seed(0)
    classes = shape[0] if len(shape) == 1 else shape[1]
    place = shape[1:] if len(shape) == 1 else shape[:1] + shape[2:]
    return torch.randn(shape, dtype=dtype) * 2, torch.randint(classes, place), torch.rand(classes, dtype=dtype) + 0.1


# against torch
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 4), (2, 3, 1, 2, 2)])
@pytest.mark.parametrize("settings", [{}, {"ignore_index": 1}, {"label_smoothing": 0.1}])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_is_torchs(shape, settings, weighted):
    x, t, weight = batch(*shape)
    settings = settings | ({"weight": weight} if weighted else {})
    same_as_torch("cross_entropy", x, t, **settings)
    if "label_smoothing" not in settings:
        same_as_torch("nll_loss", F.log_softmax(x, min(x.dim() - 1, 1)), t, **settings)
    else:
        y = F.softmax(torch.randn(shape), min(x.dim() - 1, 1))
        same_as_torch("cross_entropy", x, y, **settings)


@settings(deadline=None, derandomize=True, max_examples=8)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 3), st.floats(0, 1))
def test_cross_entropy_is_torchs_for_any_shape(n, classes, places, smoothing):
    x, t, weight = batch(n, classes, *[2] * places, dtype=torch.float64)
    settings = {"weight": weight, "label_smoothing": smoothing, "dtypes": (torch.float64,)}
    same_as_torch("cross_entropy", x, t, **settings)


def test_softmax_is_torchs():
    x, *_ = batch(3, 4, 2)
    for dim in (0, 1, -1):
        torch.testing.assert_close(softmax(x, dim), F.softmax(x, dim))
        torch.testing.assert_close(log_softmax(x, dim), F.log_softmax(x, dim))
    assert softmax(x.int(), 1, dtype=torch.float64).dtype == torch.float64
    assert softmax(x[:0], 1).shape == (0, 4, 2)
    assert softmax(x[:, :0], 1).shape == (3, 0, 2)
    assert softmax(torch.tensor(3.0), 0) == 1
    with pytest.warns(UserWarning, match="dim"):
        assert torch.equal(softmax(x[0]), softmax(x[0], 1))
    x = x.double().requires_grad_()
    assert gradcheck(lambda x: (softmax(x, 1), log_softmax(x, 1)), x)
    assert gradgradcheck(lambda x: (softmax(x, 1), log_softmax(x, 1)), x)


@pytest.mark.parametrize("function", [cross_entropy, nll_loss, softmax_focal_loss])
def test_ignored_and_empty(function):
    x, t, _ = batch(4, 3)
    ignored = torch.full_like(t, -100)
    assert function(x, ignored, reduction="mean").isnan()
    assert function(x, ignored, reduction="sum") == 0
    assert torch.equal(function(x, ignored, reduction="none"), torch.zeros(4))
    assert function(x[:0], t[:0], reduction="mean").isnan()
    assert function(x[:0], t[:0], reduction="none").shape == (0,)
    t[0] = -100
    torch.testing.assert_close(function(x, t, reduction="mean"), function(x[1:], t[1:], reduction="mean"))
    assert function(x[0], t[1], reduction="none").shape == ()


def test_the_weighted_mean_divides_by_the_weights():
    x, t, weight = batch(6, 3)
    each = cross_entropy(x, t, weight, reduction="none")
    torch.testing.assert_close(cross_entropy(x, t, weight), each.sum() / weight[t].sum())
    each = softmax_focal_loss(x, t, alpha=weight)
    torch.testing.assert_close(softmax_focal_loss(x, t, alpha=weight, reduction="mean"), each.sum() / 6)
    torch.testing.assert_close(SoftmaxFocalLoss(alpha=weight)(x, t), each.mean())


# what is better than torch
def test_the_tail_is_kept():
    x = torch.tensor([[0.0, -40.0, -41.0]], requires_grad=True)
    loss = cross_entropy(x, torch.tensor([0]))
    assert loss.item() == pytest.approx(math.exp(-40) + math.exp(-41), rel=1e-6)
    (slope,) = torch.autograd.grad(loss, x)
    assert slope[0, 0].item() == pytest.approx(-math.exp(-40) - math.exp(-41), rel=1e-6)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_an_infinite_score_of_the_right_class_costs_nothing(gamma):
    x = torch.tensor([[math.inf, 0.0, 1.0], [2.0, -math.inf, -math.inf]], requires_grad=True)
    loss = softmax_focal_loss(x, torch.tensor([0, 0]), gamma=gamma)
    assert torch.equal(loss, torch.zeros(2))
    assert torch.equal(torch.autograd.grad(loss.sum(), x)[0], torch.zeros(2, 3))


def test_no_probability_costs_nothing():
    x = torch.tensor([[0.0, -math.inf]])
    assert cross_entropy(x, torch.tensor([[1.0, 0.0]])) == 0
    assert F.cross_entropy(x, torch.tensor([[1.0, 0.0]])).isnan()


def test_a_single_class_costs_nothing():
    x = torch.randn(3, 1, requires_grad=True)
    for function in (cross_entropy, softmax_focal_loss):
        loss = function(x, torch.zeros(3, dtype=torch.long), reduction="none")
        assert torch.equal(loss, torch.zeros(3))
        assert torch.equal(torch.autograd.grad(loss.sum(), x)[0], torch.zeros(3, 1))


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_to_one_in_a_million(gamma, shifted):
    """Loss and slope by the right class; the other classes' slopes where they are within 16 of the largest of them.

    Farther off a float32 difference of scores is itself rounded by more than a millionth. Moderate scores alone need
    no shift by the largest of them; with scores up to 100 among them all are shifted.
    """
    torch.manual_seed(0)
    wide = torch.rand(60, 4) * 200 - 100 if shifted else torch.rand(60, 4) * 30 - 15
    x = torch.cat([torch.randn(60, 4) * 3, wide]).requires_grad_()
    t = torch.randint(4, (120,))
    loss = softmax_focal_loss(x, t, gamma=gamma)
    (slope,) = torch.autograd.grad(loss.sum(), x)
    values, right, kept, others = [], [], [], []
    for row, k, got in zip(x.tolist(), t.tolist(), slope, strict=True):
        e = [mpmath.exp(v) for v in row]
        rest = mpmath.fsum(v for j, v in enumerate(e) if j != k)
        q, p_t, top = rest / (rest + e[k]), e[k] / (rest + e[k]), max(v for j, v in enumerate(row) if j != k)
        ce = mpmath.log1p(rest / e[k])
        values.append(q**gamma * ce)
        right.append(-(q**gamma) * (gamma * p_t * ce + q))
        for j in range(4):
            if j != k and top - row[j] < 16:
                kept.append(got[j])
                others.append(-right[-1] * e[j] / rest)
    assert worst_relative_error(loss, values) <= 1e-6
    assert worst_relative_error(slope[torch.arange(120), t], right) <= 1e-6
    assert worst_relative_error(torch.stack(kept), others) <= 2e-6


# identities
def test_two_classes_are_one_logit():
    x, t, _ = batch(8, 2)
    s, y = x[:, 1] - x[:, 0], t.float()
    expected = binary_cross_entropy_with_logits(s, y, reduction="none")
    torch.testing.assert_close(cross_entropy(x, t, reduction="none"), expected)
    torch.testing.assert_close(softmax_focal_loss(x, t, gamma=1.5), sigmoid_focal_loss(s, y, gamma=1.5))


def test_without_focus_it_is_cross_entropy():
    x, t, _ = batch(3, 5, 2)
    torch.testing.assert_close(softmax_focal_loss(x, t, gamma=0, reduction="mean"), F.cross_entropy(x, t))


def test_cross_entropy_is_nll_of_log_softmax():
    x, t, weight = batch(4, 5)
    torch.testing.assert_close(cross_entropy(x, t, weight), nll_loss(log_softmax(x, 1), t, weight))
    torch.testing.assert_close(cross_entropy(x, F.one_hot(t, 5).float()), cross_entropy(x, t))


def test_shift_and_order_do_not_matter():
    x, t, weight = batch(6, 4, dtype=torch.float64)
    classes, samples = torch.randperm(4), torch.randperm(6)
    for loss in (
        lambda x, t, w: cross_entropy(x, t, w, reduction="none"),
        lambda x, t, w: softmax_focal_loss(x, t, alpha=w),
    ):
        torch.testing.assert_close(loss(x + torch.randn(6, 1), t, weight), loss(x, t, weight))
        torch.testing.assert_close(loss(x[samples], t[samples], weight), loss(x, t, weight)[samples])
        moved = loss(x[:, classes], classes.argsort()[t], weight[classes])
        torch.testing.assert_close(moved, loss(x, t, weight))


# the focal loss
@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_fast_body_is_the_formula(gamma):
    for shape in ((5,), (4, 5), (2, 3, 2, 2)):
        x, t, _ = batch(*shape, dtype=torch.float64)
        x, dim = x.requires_grad_(), min(len(shape) - 1, 1)
        fast, formula = (
            one_against_rest(softmax_focal_loss_formula, x, t, dim, gamma),
            softmax_focal_loss_formula(x, t, dim, gamma),
        )
        torch.testing.assert_close(fast, formula)
        slopes = [torch.autograd.grad(loss.sum(), x)[0] for loss in (fast, formula)]
        torch.testing.assert_close(*slopes)


def test_the_shift_by_the_largest_score_changes_nothing(monkeypatch):
    x, t, _ = batch(3, 5, 4)
    x.requires_grad_()
    plain = softmax_focal_loss(x, t)
    (slope,) = torch.autograd.grad(plain.sum(), x)
    monkeypatch.setattr("lossutils._kernels._within_range", lambda *_: False)
    shifted = softmax_focal_loss(x, t)
    torch.testing.assert_close(plain, shifted, rtol=2e-6, atol=0)
    torch.testing.assert_close(slope, torch.autograd.grad(shifted.sum(), x)[0], rtol=3e-6, atol=0)


@pytest.mark.parametrize("height", [-200.0, -90.0, -60.0, 60.0, 80.0, 200.0])
def test_scores_far_from_0_cost_what_those_near_it_do(height):
    x, t, _ = batch(6, 5)
    # A step of 2^-10 is kept by float32 at every height here.
    x = (x * 1024).round() / 1024
    near, far = x.clone().requires_grad_(), (x + height).requires_grad_()
    losses = [softmax_focal_loss(v, t, gamma=5.0) for v in (near, far)]
    torch.testing.assert_close(*losses, rtol=2e-6, atol=0)
    slopes = [torch.autograd.grad(v.sum(), w)[0] for v, w in zip(losses, (near, far), strict=True)]
    torch.testing.assert_close(*slopes, rtol=3e-6, atol=0)


def test_backward_can_be_repeated_and_batched():
    x, t, _ = batch(4, 5, dtype=torch.float64)
    x.requires_grad_()
    loss = softmax_focal_loss(x, t)
    first, again, third = (torch.autograd.grad(loss.sum(), x, retain_graph=True)[0] for _ in range(3))
    assert torch.equal(first, again)
    assert torch.equal(first, third)
    (rows,) = torch.autograd.grad(loss, x, torch.eye(4, dtype=torch.float64), is_grads_batched=True)
    torch.testing.assert_close(rows.sum(0), first)
    p = torch.rand(4, dtype=torch.float64, requires_grad=True)
    each = F.binary_cross_entropy(p, p.detach().round(), reduction="none")
    ours = binary_cross_entropy(p, p.detach().round(), reduction="none")
    seeds = torch.eye(4, dtype=torch.float64)
    slopes = [torch.autograd.grad(v, p, seeds, is_grads_batched=True)[0] for v in (each, ours)]
    torch.testing.assert_close(*slopes)


def test_a_right_class_without_chance_still_has_a_slope():
    x = torch.tensor([[-math.inf, 0.0, 1.0], [-1e4, 0.0, 1.0]], requires_grad=True)
    for gamma in GAMMAS:
        loss = softmax_focal_loss(x, torch.tensor([0, 0]), gamma=gamma)
        assert loss[0] == math.inf
        assert loss[1].item() == pytest.approx(1e4, rel=1e-3)
        expected = torch.tensor([-1.0, *F.softmax(torch.tensor([0.0, 1.0]), 0)]).expand(2, 3)
        torch.testing.assert_close(torch.autograd.grad(loss.sum(), x)[0], expected)


def test_first_and_second_derivatives_are_right():
    x, t, weight = batch(3, 4, dtype=torch.float64)
    x, y = x.requires_grad_(), F.softmax(torch.randn(3, 4).double(), 1).requires_grad_()
    for function in (
        lambda x: cross_entropy(x, t, weight),
        lambda x: cross_entropy(x, t, label_smoothing=0.2),
        lambda x: softmax_focal_loss(x, t, gamma=1.5, alpha=weight),
        lambda x: softmax_focal_loss(x, t, gamma=torch.tensor(0.5)),
    ):
        assert gradcheck(function, x)
        assert gradgradcheck(function, x)
    assert gradcheck(cross_entropy, (x, y))
    assert gradgradcheck(cross_entropy, (x, y))


def test_torch_func_goes_through():
    x, t, _ = batch(3, 4, dtype=torch.float64)
    rows = torch.stack([cross_entropy(a, b) for a, b in zip(x, t, strict=True)])
    torch.testing.assert_close(torch.func.vmap(cross_entropy)(x, t), rows)
    p = F.softmax(x[0], 0)
    hessian = torch.func.hessian(cross_entropy)(x[0], t[0])
    torch.testing.assert_close(hessian, torch.diag(p) - p.outer(p))


def test_half_precision_is_float32_rounded_once():
    x, t, _ = batch(6, 5)
    for dtype in (torch.bfloat16, torch.float16):
        for function in (cross_entropy, softmax_focal_loss):
            loss = function(x.to(dtype), t, reduction="sum")
            assert loss.dtype == dtype
            assert loss == function(x.to(dtype).float(), t, reduction="sum").to(dtype)
