"""Derivatives three ways: closed forms of the losses taught, autograd, and finite differences.

Every function returns a tensor shaped like the argument it differentiates by, for losses with `reduction="none"`:

    >>> p, y = torch.tensor([0.2, 0.9], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64)
    >>> f = lambda p: binary_cross_entropy(p, y, reduction="none")
    >>> torch.testing.assert_close(binary_cross_entropy_grad(p, y), autograd(f, p))
    >>> torch.testing.assert_close(binary_cross_entropy_grad(p, y), finite_difference(f, p))
"""

import torch
from torch import Tensor


# ----------------------------------------------------------------------------------------------- autograd and differences
def autograd(f, x: Tensor) -> Tensor:
    """The derivative of `f(x).sum()` by every element of `x`, from torch's automatic differentiation.

    For an elementwise `f` that is f'(x). `x` itself is left alone: no `.grad` appears on it.
    """
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def finite_difference(f, x: Tensor, step: float = 1e-6) -> Tensor:
    """The derivative of `f(x).sum()` by every element of `x`, from central differences in float64.

    One element moves at a time by h = step·max(\\|x\\|, 0.01), so the rule holds for any `f`, elementwise or not, and
    costs two calls of `f` an element. `f` is called with float64, and so should hold its other tensors in float64.
    """
    wide = x.detach().double()
    slope = torch.empty_like(wide).flatten()
    for i, h in enumerate((step * wide.abs().clamp(min=1e-2)).flatten().tolist()):
        bump = torch.zeros_like(slope)
        bump[i] = h
        above, below = wide + bump.view_as(wide), wide - bump.view_as(wide)
        # The differences are taken before the sum: elements that did not move then cancel exactly.
        slope[i] = (f(above) - f(below)).sum() / (above - below).sum()
    return slope.view_as(wide).to(x.dtype)


# ------------------------------------------------------------------------------------------------------------------ binary
def sigmoid_grad(s: Tensor) -> Tensor:
    """σ'(s) = σ(s)·σ(-s), which is σ(1 - σ)."""
    return torch.sigmoid(s) * torch.sigmoid(-s)


def binary_cross_entropy_grad(p: Tensor, y) -> Tensor:
    """dL/dp = (p - y)/(p·(1 - p)), written as (1 - y)/(1 - p) - y/p so that a label's idle half cannot disturb it."""
    return (1 - y) / (1 - p) - y / p


def binary_cross_entropy_with_logits_grad(s: Tensor, y) -> Tensor:
    """dL/ds = σ(s) - y, written as (1 - y)·σ(s) - y·σ(-s), which keeps its digits where σ(s) rounds to y."""
    return (1 - y) * torch.sigmoid(s) - y * torch.sigmoid(-s)


def focal_loss_grad(p: Tensor, y, *, gamma=2.0, alpha=None) -> Tensor:
    """dL/dp = α_t·(2y - 1)·q^(γ-1)·(γ·ln p_t - q/p_t) for labels 0 and 1, with p_t = 1 - q the true label's probability."""
    alpha_t = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    q, p_t = y * (1 - p) + (1 - y) * p, y * p + (1 - y) * (1 - p)
    return alpha_t * (2 * y - 1) * q ** (gamma - 1) * (gamma * torch.log1p(-q) - q / p_t)


def sigmoid_focal_loss_grad(s: Tensor, y, *, gamma=2.0, alpha=None) -> Tensor:
    """dL/ds = -(2y - 1)·α_t·q^γ·(γ·(1 - q)·ce + q) for labels 0 and 1, with z = (2y - 1)·s, q = σ(-z), ce = -ln σ(z)."""
    alpha_t = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    z = (2 * y - 1) * s
    q, ce = torch.sigmoid(-z), -torch.nn.functional.logsigmoid(z)
    return -(2 * y - 1) * alpha_t * q**gamma * (gamma * torch.sigmoid(z) * ce + q)
