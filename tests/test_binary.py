import itertools
import math
from functools import partial

import mpmath
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from lossutils import (
    SigmoidFocalLoss,
    _kernels,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    focal_loss,
    sigmoid_focal_loss,
)
from lossutils._kernels import _focal, _soft_focal
from lossutils.binary import sigmoid_focal_loss_formula
from tests._twins import same_as_torch, worst_relative_error

GAMMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 5.0)
SHAPES = ((), (0,), (2, 1, 3))
mpmath.mp.dps = 50

unhurried = settings(deadline=None, derandomize=True, max_examples=8)


def logits():
    """Over [-100, 100], densely around 0 and with the ends."""
    generator = torch.Generator().manual_seed(0)
    return torch.cat(
        [
            torch.linspace(-100, 100, 81),
            torch.randn(60, generator=generator) * 5,
            torch.tensor([0.0, 1e-30, -1e-30, 1e-8, -1e-8, 16.7, -16.7, 88.8, -88.8]),
        ]
    )


def half(wrong):
    """softplus, sigmoid and its complement of the wrong label's logit, with 50 digits."""
    z = mpmath.mpf(wrong)
    return mpmath.log1p(mpmath.exp(z)), 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))


def torchvision(s, y, alpha, gamma):
    """The formula of torchvision's sigmoid_focal_loss."""
    p = torch.sigmoid(s)
    p_t = p * y + (1 - p) * (1 - y)
    loss = F.binary_cross_entropy_with_logits(s, y, reduction="none") * (1 - p_t) ** gamma
    return loss if alpha is None else loss * (alpha * y + (1 - alpha) * (1 - y))


# against torch
@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy_is_torchs(shape):
    torch.manual_seed(0)
    p, y = torch.rand(shape) * 0.9 + 0.05, torch.rand(shape)
    same_as_torch("binary_cross_entropy", p, y)
    same_as_torch("binary_cross_entropy", p, y.round())
    same_as_torch("binary_cross_entropy", p, y, weight=torch.rand(shape[-1:]))


@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy_with_logits_is_torchs(shape):
    torch.manual_seed(0)
    s, y = torch.randn(shape) * 3, torch.rand(shape)
    for target in (y, y.round()):
        same_as_torch("binary_cross_entropy_with_logits", s, target)
        weights = {"weight": torch.rand(shape), "pos_weight": torch.rand(shape[-1:]) * 3}
        same_as_torch("binary_cross_entropy_with_logits", s, target, **weights)


@unhurried
@given(st.lists(st.tuples(st.floats(0.001, 0.999), st.floats(0, 1)), min_size=1, max_size=6))
def test_binary_cross_entropy_is_torchs_on_any_numbers(pairs):
    p, y = torch.tensor(pairs, dtype=torch.float64).unbind(1)
    same_as_torch("binary_cross_entropy", p, y, dtypes=(torch.float64,))
    same_as_torch("binary_cross_entropy_with_logits", torch.logit(p), y, dtypes=(torch.float64,))


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_ends_of_the_unit_interval_are_torchs(p, y):
    p, y = torch.tensor(p), torch.tensor(y)
    assert binary_cross_entropy(p, y) == F.binary_cross_entropy(p, y)
    a, b = p.clone().requires_grad_(), p.clone().requires_grad_()
    binary_cross_entropy(a, y).backward()
    F.binary_cross_entropy(b, y).backward()
    # On the right side torch's slope fades to 0; the derivative there is 1 or -1.
    torch.testing.assert_close(a.grad, b.grad if p != y else 1 - 2 * y)
    (again,) = torch.autograd.grad(binary_cross_entropy(a, y), a, create_graph=True)
    torch.testing.assert_close(again, a.grad)


def test_no_loss_is_minus_zero():
    p = torch.tensor([0.0, 1.0])
    assert not torch.signbit(binary_cross_entropy(p, p, reduction="none")).any()


def test_target_gradient_is_torchs():
    torch.manual_seed(0)
    for name, x in (("binary_cross_entropy", torch.rand(5)), ("binary_cross_entropy_with_logits", torch.randn(5))):
        slopes = []
        for function in (globals()[name], getattr(F, name)):
            y = torch.tensor([0.0, 1.0, 0.3, 0.5, 1.0], requires_grad=True)
            slopes += torch.autograd.grad(function(x, y), y)
        torch.testing.assert_close(*slopes)


# what is better than torch
def test_the_tail_of_the_logits_is_kept():
    loss = binary_cross_entropy_with_logits(torch.tensor(-20.0), torch.tensor(0.0))
    assert loss.item() == pytest.approx(2.0611536e-09, rel=1e-6)


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_an_infinite_logit_on_the_right_side_costs_nothing(y, gamma):
    s, y = torch.tensor([math.inf if y else -math.inf, 0.0], requires_grad=True), torch.tensor([y, y])
    for loss in (
        binary_cross_entropy_with_logits(s, y, reduction="none"),
        sigmoid_focal_loss(s, y, gamma=gamma),
        sigmoid_focal_loss_formula(s, y, gamma),
    ):
        (slope,) = torch.autograd.grad(loss.sum(), s)
        assert loss[0] == slope[0] == 0
        assert slope.isfinite().all()
    loss, slope = _soft_focal(s.detach(), y, gamma, 0.25)
    assert loss[0] == slope[0] == 0


def test_an_infinite_logit_on_the_wrong_side_costs_infinitely():
    s, y = torch.tensor([-math.inf, math.inf], requires_grad=True), torch.tensor([1.0, 0.0])
    loss = binary_cross_entropy_with_logits(s, y, reduction="none")
    assert loss.isposinf().all()
    assert torch.equal(torch.autograd.grad(loss.sum(), s)[0], torch.tensor([-1.0, 1.0]))
    assert sigmoid_focal_loss(s, y).isposinf().all()


# against 50 digits
@pytest.mark.parametrize("path", ["labels 0 and 1", "any label"])
def test_focal_loss_of_logits_to_one_in_a_million(path):
    s = logits()
    for gamma, y in itertools.product(GAMMAS, (0.0, 1.0)):
        sign = 1 - 2 * y
        parts = [half(sign * value) for value in s.tolist()]
        values = [q**gamma * ce for ce, q, _ in parts]
        slopes = [sign * q**gamma * (gamma * p_t * ce + q) for ce, q, p_t in parts]
        body = _focal if path == "labels 0 and 1" else _soft_focal
        loss, slope = body(s, torch.full_like(s, y), gamma, None)
        assert worst_relative_error(loss, values) <= 1e-6, (gamma, y)
        assert worst_relative_error(slope, slopes) <= 1e-6, (gamma, y)
        assert slope.isfinite().all()


def test_cross_entropy_of_logits_to_one_in_a_million():
    s = logits().requires_grad_()
    for y in (0.0, 1.0):
        loss = binary_cross_entropy_with_logits(s, torch.full_like(s, y), reduction="none")
        (slope,) = torch.autograd.grad(loss.sum(), s)
        sign = 1 - 2 * y
        parts = [half(sign * value) for value in s.tolist()]
        assert worst_relative_error(loss, [ce for ce, _, _ in parts]) <= 1e-6
        # Beyond 88.7 torch's float32 sigmoid, and this slope with it, is 0 where the true one is below 3e-39.
        near = s.detach().abs() < 88.7
        exact = [sign * q for (_, q, _), keep in zip(parts, near.tolist(), strict=True) if keep]
        assert worst_relative_error(slope[near], exact) <= 1e-6


def test_cross_entropy_of_probabilities_next_to_0_and_1():
    tiny = torch.tensor([1e-45, 1e-38, 1e-20, 1e-12, 1e-7, 1e-3])
    p = torch.cat([tiny[2:], torch.tensor([0.25, 0.5, 0.75, 0.999]), 1 - torch.tensor([6e-8, 1.2e-7, 1e-5])])
    for y in (0.0, 1.0):
        x = p.clone().requires_grad_()
        loss = binary_cross_entropy(x, torch.full_like(p, y), reduction="none")
        (slope,) = torch.autograd.grad(loss.sum(), x)
        at = [mpmath.mpf(v) for v in p.tolist()]
        assert worst_relative_error(loss, [-mpmath.log(v) if y else -mpmath.log(1 - v) for v in at]) <= 1e-6
        exact = [-1 / max(v, mpmath.mpf(1e-12)) if y else 1 / (1 - v) for v in at]
        assert worst_relative_error(slope, exact) <= 1e-6
    below = binary_cross_entropy(tiny[:2], torch.ones(2), reduction="none")
    torch.testing.assert_close(below, torch.tensor([100.0, 87.49823]))


@pytest.mark.parametrize("gamma", GAMMAS)
def test_half_precision_is_float32_rounded_once(gamma):
    s = logits()
    for dtype, y in itertools.product((torch.bfloat16, torch.float16), (0.0, 1.0)):
        half_s = s.to(dtype).requires_grad_()
        loss = sigmoid_focal_loss(half_s, torch.full_like(half_s, y), gamma=gamma)
        wide = sigmoid_focal_loss(half_s.detach().float(), torch.full_like(s, y), gamma=gamma)
        assert loss.dtype == dtype
        assert torch.equal(loss, wide.to(dtype))
        assert torch.autograd.grad(loss.float().sum(), half_s)[0].isfinite().all()


# the focal losses
@pytest.mark.parametrize("alpha", [None, 0.25, 0.9])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_focal_loss_is_torchvisions_formula(gamma, alpha):
    torch.manual_seed(0)
    s = (torch.randn(5, 4, dtype=torch.float64) * 3).requires_grad_()
    for y in (torch.rand(5, 4).round().double(), torch.rand(5, 4).double()):
        expected = torchvision(s, y, alpha, gamma)
        (expected_slope,) = torch.autograd.grad(expected.sum(), s)
        for loss in (
            sigmoid_focal_loss(s, y, gamma=gamma, alpha=alpha),
            sigmoid_focal_loss_formula(s, y, gamma, alpha),
            focal_loss(torch.sigmoid(s), y, gamma=gamma, alpha=alpha),
        ):
            torch.testing.assert_close(loss, expected)
            torch.testing.assert_close(torch.autograd.grad(loss.sum(), s)[0], expected_slope)


def test_the_fast_bodies_are_the_formula():
    torch.manual_seed(0)
    s = torch.randn(50, dtype=torch.float64) * 4
    for gamma, alpha, y in itertools.product(GAMMAS, (None, 0.25), (torch.rand(50).round(), torch.rand(50))):
        x, y = s.clone().requires_grad_(), y.double()
        formula = sigmoid_focal_loss_formula(x, y, gamma, alpha)
        expected = formula.detach(), *torch.autograd.grad(formula.sum(), x)
        torch.testing.assert_close(_soft_focal(s, y, gamma, alpha), expected)
        if torch.equal(y, y.round()):
            torch.testing.assert_close(_focal(s, y, gamma, alpha), expected)


@pytest.mark.parametrize("alpha", [None, 0.0, 0.01, 0.25, 0.9, 1.0])
def test_no_one_can_see_where_a_block_ends(monkeypatch, alpha):
    torch.manual_seed(0)
    s, y = torch.randn(8, 6, dtype=torch.float64).t() * 4, torch.rand(6, 8).round().double()
    y[2], s[4, 1], s[0, 0], s[5] = 0.3, 200.0, -math.inf, s[5].abs() * 50  # blocks for the fast path and for the other
    y[0, 0] = 0
    s.requires_grad_()
    for reduction, size in itertools.product(("none", "mean", "sum"), (1, 5, 7, 1000)):
        monkeypatch.setattr(_kernels, "BLOCK", size)
        loss = sigmoid_focal_loss(s, y, alpha=alpha, reduction=reduction)
        expected = sigmoid_focal_loss_formula(s, y, 2.0, alpha)
        expected = expected if reduction == "none" else getattr(expected, reduction)()
        torch.testing.assert_close(loss, expected)
        weight = torch.rand_like(loss)
        slopes = [torch.autograd.grad(each, s, weight)[0] for each in (loss, expected)]
        torch.testing.assert_close(*slopes)
    broken = s.detach().clone()
    broken[3, 3] = math.nan
    monkeypatch.setattr(_kernels, "BLOCK", 5)
    assert sigmoid_focal_loss(broken, y, alpha=alpha).isnan().sum() == 1
    assert sigmoid_focal_loss(broken, y, alpha=alpha, reduction="sum").isnan()


def test_without_focus_it_is_binary_cross_entropy():
    torch.manual_seed(0)
    s, y = torch.randn(20), torch.rand(20)
    plain = binary_cross_entropy_with_logits(s, y, reduction="none")
    torch.testing.assert_close(sigmoid_focal_loss(s, y, gamma=0), plain)
    torch.testing.assert_close(focal_loss(torch.sigmoid(s), y, gamma=0), plain)


def test_the_mean_divides_by_the_number_of_elements():
    s, y = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([1.0, 1.0, 0.0])
    each = sigmoid_focal_loss(s, y, alpha=0.25)
    torch.testing.assert_close(sigmoid_focal_loss(s, y, alpha=0.25, reduction="mean"), each.sum() / 3)
    torch.testing.assert_close(SigmoidFocalLoss(alpha=0.25)(s, y), each.mean())
    assert "gamma=2.0" in repr(SigmoidFocalLoss())


def test_numbers_and_grids_broadcast():
    p = torch.linspace(0.01, 0.99, 9, dtype=torch.float64).requires_grad_()
    gamma = torch.tensor([[0.0], [0.5], [2.0]], dtype=torch.float64)
    for function, x in ((focal_loss, p), (sigmoid_focal_loss, torch.logit(p))):
        grid = function(x, 1, gamma=gamma)
        assert grid.shape == (3, 9)
        rows = [function(x, torch.ones_like(x), gamma=g.item()) for g in gamma]
        torch.testing.assert_close(grid, torch.stack(rows))
        expected = torch.autograd.grad(torch.stack(rows).sum(), p, retain_graph=True)[0]
        torch.testing.assert_close(torch.autograd.grad(grid.sum(), p, retain_graph=True)[0], expected)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_focal_slopes_are_finite_at_the_ends(gamma):
    p = torch.tensor([0.0, 1e-40, 0.5, 1.0], requires_grad=True)
    for y, g in itertools.product((0, 1), (gamma, torch.tensor(gamma))):
        assert torch.autograd.grad(focal_loss(p, y, gamma=g).sum(), p)[0].isfinite().all()
        s = torch.tensor([-200.0, -100, 0, 100, 200], requires_grad=True)
        assert torch.autograd.grad(sigmoid_focal_loss(s, y, gamma=g).sum(), s)[0].isfinite().all()


def test_one_tensor_is_kept_beside_the_inputs():
    s, y, kept = torch.randn(1000, requires_grad=True), torch.rand(1000).round(), []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        sigmoid_focal_loss(s, y, alpha=0.25, reduction="mean")
    assert [t.numel() for t in kept if t.data_ptr() not in (s.data_ptr(), y.data_ptr())] == [1000]


# derivatives
def test_first_and_second_derivatives_are_right():
    torch.manual_seed(0)
    p = (torch.rand(5, dtype=torch.float64) * 0.9 + 0.05).requires_grad_()
    s = (torch.randn(5, dtype=torch.float64) * 2).requires_grad_()
    y, hard = torch.rand(5, dtype=torch.float64), torch.tensor([0.0, 1, 1, 0, 1], dtype=torch.float64)
    g, soft = torch.tensor(1.5, dtype=torch.float64, requires_grad=True), y.clone().requires_grad_()
    for function, inputs in (
        (binary_cross_entropy, (p, soft)),
        (binary_cross_entropy, (p, hard)),
        (binary_cross_entropy_with_logits, (s, soft)),
        (binary_cross_entropy_with_logits, (s, hard)),
        (lambda s, y: binary_cross_entropy_with_logits(s, y, pos_weight=g.detach()), (s, soft)),
        (lambda p, y, g: focal_loss(p, y, gamma=g), (p, soft, g)),
        (lambda s, y, g: sigmoid_focal_loss(s, y, gamma=g), (s, soft, g)),
    ):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)
    for check in (gradcheck, gradgradcheck):
        assert check(lambda s: sigmoid_focal_loss(s, hard, gamma=0.5, alpha=0.3), s)
        assert check(lambda s: sigmoid_focal_loss(s, y, gamma=1.5), s)


def test_torch_func_goes_through():
    torch.manual_seed(0)
    s, y = torch.randn(3, 4, dtype=torch.float64), torch.rand(3, 4).round().double()
    for function, plain in (
        (binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits),
        (partial(sigmoid_focal_loss, reduction="mean"), lambda s, y: sigmoid_focal_loss_formula(s, y).mean()),
    ):
        rows = torch.stack([plain(a, b) for a, b in zip(s, y, strict=True)])
        torch.testing.assert_close(torch.func.vmap(function)(s, y), rows)
        expected = torch.autograd.functional.hessian(lambda x, plain=plain: plain(x, y[0]), s[0])
        torch.testing.assert_close(torch.func.hessian(function)(s[0], y[0]), expected)
    p = torch.sigmoid(s)
    assert torch.func.vmap(torch.func.grad(binary_cross_entropy))(p, y).shape == p.shape


# invariances
@unhurried
@given(st.integers(1, 6), st.floats(0, 5), st.floats(0, 1))
def test_swapping_the_labels_mirrors_the_loss(n, gamma, alpha):
    torch.manual_seed(n)
    s, y = torch.randn(n, dtype=torch.float64), torch.rand(n).round().double()
    loss = sigmoid_focal_loss(s, y, gamma=gamma, alpha=alpha)
    torch.testing.assert_close(sigmoid_focal_loss(-s, 1 - y, gamma=gamma, alpha=1 - alpha), loss)
    order = torch.randperm(n)
    torch.testing.assert_close(sigmoid_focal_loss(s[order], y[order], gamma=gamma, alpha=alpha), loss[order])
