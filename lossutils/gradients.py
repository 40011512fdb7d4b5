"""Derivatives three ways: closed forms of the losses taught, autograd, and finite differences.

Every function returns a tensor shaped like the argument it differentiates by, for losses with `reduction="none"`:

    >>> p, y = torch.tensor([0.2, 0.9], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64)
    >>> f = lambda p: binary_cross_entropy(p, y, reduction="none")
    >>> torch.testing.assert_close(binary_cross_entropy_grad(p, y), autograd(f, p))
    >>> torch.testing.assert_close(binary_cross_entropy_grad(p, y), finite_difference(f, p))
"""

import torch
from torch import Tensor


# autograd and differences
def autograd(f, x: Tensor) -> Tensor:
    """The derivative of `f(x).sum()` by every element of `x`, from torch's automatic differentiation.

    For an elementwise `f` that is f'(x). `x` itself is left alone: no `.grad` appears on it.
    """
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def finite_difference(f, x: Tensor, step: float = 1e-6) -> Tensor:
    """The derivative of `f(x).sum()` by every element of `x`, from central differences in float64.

    One element moves at a time by h = step·max(|x|, 0.01), so the rule holds for any `f`, elementwise or not, and
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


# binary
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
    """dL/dp = (2y - 1)·α_t·q^(γ-1)·(γ·ln p_t - q/p_t) for labels 0 and 1, p_t = 1 - q the true label's probability."""
    alpha_t = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    q, p_t = y * (1 - p) + (1 - y) * p, y * p + (1 - y) * (1 - p)
    return alpha_t * (2 * y - 1) * q ** (gamma - 1) * (gamma * torch.log1p(-q) - q / p_t)


def sigmoid_focal_loss_grad(s: Tensor, y, *, gamma=2.0, alpha=None) -> Tensor:
    """dL/ds = -(2y - 1)·α_t·q^γ·(γ·(1 - q)·ce + q) for labels 0 and 1; z = (2y - 1)·s, q = σ(-z), ce = -ln σ(z)."""
    alpha_t = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    z = (2 * y - 1) * s
    q, ce = torch.sigmoid(-z), -torch.nn.functional.logsigmoid(z)
    return -(2 * y - 1) * alpha_t * q**gamma * (gamma * torch.sigmoid(z) * ce + q)


# multi-class: the class dimension is 1, or 0 for a single sample, as in the losses
def softmax_jacobian(x: Tensor) -> Tensor:
    """∂p_i/∂x_j = p_i·(δ_ij - p_j) along the last dimension: (..., C) gives (..., C, C)."""
    p = torch.softmax(x, -1)
    return torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)


def cross_entropy_grad(x: Tensor, target: Tensor) -> Tensor:
    """∂L/∂x = softmax(x)·Σy - y, where y is the one-hot target or the class probabilities themselves."""
    y, dim = _one_hot(x, target)
    return torch.softmax(x, dim) * y.sum(dim, keepdim=True) - y


def softmax_focal_loss_grad(x: Tensor, target: Tensor, *, gamma=2.0, alpha=None) -> Tensor:
    """∂L/∂x = α_t·(q^γ - γ·p_t·q^(γ-1)·ln p_t)·(softmax(x) - y), with q = 1 - p_t; α a number or one a class."""
    y, dim = _one_hot(x, target)
    p = torch.softmax(x, dim)
    p_t = (p * y).sum(dim, keepdim=True)
    q = (p * (1 - y)).sum(dim, keepdim=True)
    alpha_t = 1 if alpha is None else alpha if not isinstance(alpha, Tensor) or not alpha.dim() else alpha[target]
    alpha_t = alpha_t.unsqueeze(dim) if isinstance(alpha_t, Tensor) and alpha_t.dim() else alpha_t
    return alpha_t * (q**gamma - gamma * p_t * q ** (gamma - 1) * torch.log(p_t)) * (p - y)


def _one_hot(x, target):
    dim = 0 if x.dim() <= 1 else 1
    if target.shape == x.shape:
        return target, dim
    return torch.zeros_like(x).scatter(dim, target.unsqueeze(dim), 1.0), dim


# information
def entropy_grad(p: Tensor) -> Tensor:
    """∂H/∂p = -(ln p + 1), every p taken as free."""
    return -(torch.log(p) + 1)


def kl_divergence_grad(p: Tensor, q: Tensor) -> Tensor:
    """∂KL(P‖Q)/∂q = -p/q, which is also the derivative of the cross entropy H(P, Q)."""
    return -p / q


# regression
def l1_loss_grad(x: Tensor, y) -> Tensor:
    """d|x - y|/dx = sign(x - y), 0 at the corner."""
    return torch.sign(x - y)


def mse_loss_grad(x: Tensor, y) -> Tensor:
    """d(x - y)²/dx = 2·(x - y)."""
    return 2 * (x - y)


def huber_loss_grad(x: Tensor, y, delta=1.0) -> Tensor:
    """x - y, held within -δ and δ."""
    return (x - y).clamp(-delta, delta)


def smooth_l1_loss_grad(x: Tensor, y, beta=1.0) -> Tensor:
    """(x - y)/β, held within -1 and 1."""
    return ((x - y) / beta).clamp(-1, 1)


# margin
def margin_ranking_loss_grad(x1: Tensor, x2: Tensor, y, margin=0) -> Tensor:
    """dL/dx₁ = -y where the margin is not kept, else 0; dL/dx₂ is its negative."""
    return torch.where(margin - y * (x1 - x2) > 0, -y, 0.0 * x1)


def soft_margin_loss_grad(x: Tensor, y) -> Tensor:
    """dL/dx = -y·σ(-y·x)."""
    return -y * torch.sigmoid(-y * x)


# penalties
def l1_penalty_grad(w: Tensor) -> Tensor:
    """d|w|/dw = sign(w), 0 at 0."""
    return torch.sign(w)


def l2_penalty_grad(w: Tensor) -> Tensor:
    """dw²/dw = 2·w."""
    return 2 * w
