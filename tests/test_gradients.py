import pytest
import torch
from torch.testing import assert_close

import lossutils as losses
from lossutils import gradients, information
from lossutils.gradients import autograd, finite_difference


def cases():
    """Every closed form, beside the function it is the derivative of, and where."""
    torch.manual_seed(0)
    p = torch.rand(3, 4, dtype=torch.float64) * 0.98 + 0.01
    s, x = torch.randn(3, 4, dtype=torch.float64) * 3, torch.randn(3, 4, dtype=torch.float64)
    soft, hard = torch.rand_like(p), torch.rand_like(p).round()
    t, y, sign = torch.tensor([0, 3, 1]), torch.randn_like(p).softmax(1), torch.sign(torch.randn_like(p))
    alphas = torch.rand(4, dtype=torch.float64)
    whole = {"reduction": "none"}
    yield "sigmoid", gradients.sigmoid_grad, torch.sigmoid, s
    for label in (soft, hard):
        yield (
            "binary_cross_entropy",
            lambda p, label=label: gradients.binary_cross_entropy_grad(p, label),
            lambda p, label=label: losses.binary_cross_entropy(p, label, **whole),
            p,
        )
        yield (
            "binary_cross_entropy_with_logits",
            lambda s, label=label: gradients.binary_cross_entropy_with_logits_grad(s, label),
            lambda s, label=label: losses.binary_cross_entropy_with_logits(s, label, **whole),
            s,
        )
    for gamma, alpha, label in ((0, None, hard), (0.5, 0.25, hard), (2.0, None, 1), (5.0, 0.9, 0)):
        focus = {"gamma": gamma, "alpha": alpha}
        for name, at in (("focal_loss", p), ("sigmoid_focal_loss", s)):
            yield (
                f"{name} {gamma}",
                lambda v, name=name, y=label, focus=focus: getattr(gradients, name + "_grad")(v, y, **focus),
                lambda v, name=name, y=label, focus=focus: getattr(losses, name)(v, y, **focus),
                at,
            )
    for target in (t, y):
        yield (
            "cross_entropy",
            lambda s, target=target: gradients.cross_entropy_grad(s, target),
            lambda s, target=target: losses.cross_entropy(s, target, **whole),
            s,
        )
    for gamma, alpha in ((0, None), (2.0, 0.25), (1.5, alphas)):
        focus = {"gamma": gamma, "alpha": alpha}
        yield (
            f"softmax_focal_loss {gamma}",
            lambda s, focus=focus: gradients.softmax_focal_loss_grad(s, t, **focus),
            lambda s, focus=focus: losses.softmax_focal_loss(s, t, **focus),
            s,
        )
    q = y.flip(0)
    yield "entropy", gradients.entropy_grad, losses.entropy, q
    yield "kl", lambda q: gradients.kl_divergence_grad(y, q), lambda q: losses.kl_divergence(y, q), q
    yield "ce", lambda q: gradients.kl_divergence_grad(y, q), lambda q: information.cross_entropy(y, q), q
    for name, options in (("l1", {}), ("mse", {}), ("huber", {"delta": 0.7}), ("smooth_l1", {"beta": 0.7})):
        yield (
            name,
            lambda x, name=name, o=options: getattr(gradients, name + "_loss_grad")(x, s, **o),
            lambda x, name=name, o=options: getattr(losses, name + "_loss")(x, s, **whole, **o),
            x,
        )
    yield (
        "margin_ranking",
        lambda x: gradients.margin_ranking_loss_grad(x, s, sign, 0.3),
        lambda x: losses.margin_ranking_loss(x, s, sign, 0.3, **whole),
        x,
    )
    yield (
        "soft_margin",
        lambda x: gradients.soft_margin_loss_grad(x, sign),
        lambda x: losses.soft_margin_loss(x, sign, **whole),
        x,
    )
    yield "l1_penalty", gradients.l1_penalty_grad, losses.l1_penalty, x
    yield "l2_penalty", gradients.l2_penalty_grad, losses.l2_penalty, x


CASES = list(cases())


@pytest.mark.parametrize(("name", "closed", "function", "at"), CASES, ids=[case[0] for case in CASES])
def test_three_ways_agree(name, closed, function, at):
    slope = closed(at)
    assert slope.shape == at.shape
    assert_close(slope, autograd(function, at))
    assert_close(slope, finite_difference(function, at), rtol=1e-5, atol=1e-8)


def test_softmax_jacobian():
    x = torch.randn(2, 3, dtype=torch.float64)
    jacobian = gradients.softmax_jacobian(x)
    for row, expected in zip(x, jacobian, strict=True):
        assert_close(torch.autograd.functional.jacobian(lambda v: losses.softmax(v, 0), row), expected)
    assert_close(jacobian.sum(-1), torch.zeros(2, 3).double())


def test_the_argument_is_left_alone():
    x = torch.tensor([0.3, 0.7], requires_grad=True)
    for derivative in (autograd, finite_difference):
        slope = derivative(torch.square, x)
        assert slope.dtype == x.dtype
        assert not slope.requires_grad
        assert_close(slope, 2 * x.detach())
    assert x.grad is None


def test_differences_reach_every_element_of_a_coupled_function():
    x = torch.randn(2, 3, dtype=torch.float64)
    coupled = lambda v: losses.softmax(v, 1) * v.sum()  # noqa: E731
    assert_close(finite_difference(coupled, x), autograd(coupled, x), rtol=1e-6, atol=1e-8)
