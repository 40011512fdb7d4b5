"""Losses of one probability against one label: binary cross entropy and its focal form.

Notation: p a probability, s a logit, σ(s) = 1/(1 + e^-s), y the label, softplus(s) = ln(1 + e^s). Logarithms are
natural, losses are in nats. torch stands for `torch.nn.functional`.

A name that ends in `_formula` is the loss as it reads: plain torch, elementwise, differentiable to any order. What runs
in training is the same from `_kernels.py`, with fewer passes over memory and all digits.
"""

import torch
from torch import Tensor

from lossutils import _contract, _kernels
from lossutils._kernels import softplus


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """Binary cross entropy of probabilities; torch's `binary_cross_entropy`.

    Formula, elementwise, and then its reduction:
        L = -w·(y·max(ln p, -100) + (1 - y)·max(ln(1 - p), -100))
        "none": L; "mean": ΣL/n, also when weighted; "sum": ΣL.
        dL/dp = w·((1 - y)/max(1 - p, 1e-12) - y/max(p, 1e-12))

    Shapes: `input` (p) and `target` (y) any, but the same; `weight` broadcasts to it. The result has it too ("none") or
    none. Same floating dtype for both; float16 and bfloat16 are computed in float32. Unit: nats.

    Values: p and y in [0, 1], y soft if you like. At p = 0 for y = 1 the loss is 100, not infinite, and the slope
    -1e12; at p = 1 for y = 1 loss 0, slope -1. An empty `mean` is NaN. Under `torch.func` the
    slope is that of the formula, NaN at exactly 0 and 1.

    Better than torch: the halves of the slope are kept apart, so for y = 0 it is 1/(1 - p) right down to p = 0, where
    torch's (p - y)/max(p·(1 - p), 1e-12) fades to 0 below 1e-12. Second derivatives work.

    Raises: ValueError for unequal sizes or an unknown reduction; RuntimeError for unequal dtypes or devices, a weight
    that does not broadcast or wants a gradient, and values outside [0, 1] or NaN; NotImplementedError for integer
    input. Values are looked at on the CPU only: elsewhere looking would have to wait for the device, and there a
    probability outside [0, 1] makes the loss NaN. Nor are they under `torch.compile` and `torch.func`, as in torch.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    p, y, w, _ = _contract.labelled(input, target, weight, probabilities=True)
    loss = _kernels.binary_cross_entropy(binary_cross_entropy_formula, p, y)
    return _contract.reduced(loss, reduction, input.dtype, w)


def binary_cross_entropy_formula(p, y) -> Tensor:
    """L = -(y·ln p + (1 - y)·ln(1 - p)), where no logarithm falls below -100; log1p(-p) is ln(1 - p) in all digits."""
    return -(y * torch.log(p).clamp(min=-100) + (1 - y) * torch.log1p(-p).clamp(min=-100))


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
) -> Tensor:
    """Binary cross entropy of logits; torch's `binary_cross_entropy_with_logits`.

    Formula, elementwise, and then its reduction:
        L = w·(c·y·softplus(-s) + (1 - y)·softplus(s)),  c = pos_weight
        "none": L; "mean": ΣL/n, also when weighted; "sum": ΣL.
        dL/ds = w·((1 - y)·σ(s) - c·y·σ(-s)), which without weights is σ(s) - y

    Shapes: `input` (s) and `target` (y) any, but the same; `weight` and `pos_weight` broadcast to it. Any floating
    dtypes; float16 and bfloat16 are computed in float32. Unit: nats.

    Values: any s, infinite ones included; y in [0, 1], soft if you like (torch does not check this, nor do we). NaN in,
    NaN out. An empty `mean` is NaN. Under `torch.func` an infinite s may cost NaN, as the formula has 0·∞.

    Better than torch: the tail keeps its digits (s = -20, y = 0 costs 2.06e-9, torch says 0), and an infinite logit on
    the right side costs 0 with slope 0 (torch says NaN). Second derivatives work.

    Raises: ValueError for unequal sizes or an unknown reduction; RuntimeError for an integer target, unequal devices,
    weights that do not broadcast or want a gradient; NotImplementedError for integer input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    s, y, w, c = _contract.labelled(input, target, weight, pos_weight)
    loss = _kernels.binary_cross_entropy_with_logits(binary_cross_entropy_with_logits_formula, s, y, c)
    return _contract.reduced(loss, reduction, target.dtype, w)


def binary_cross_entropy_with_logits_formula(s, y, c=1) -> Tensor:
    """L = c·y·softplus(-s) + (1 - y)·softplus(s), as -ln σ(s) = softplus(-s) and -ln(1 - σ(s)) = softplus(s)."""
    return c * y * softplus(-s) + (1 - y) * softplus(s)


def focal_loss(input, target, *, gamma=2.0, alpha=None, reduction="none") -> Tensor:
    """Focal loss of probabilities: cross entropy that counts easy elements less.

    Formula, elementwise, with p_t = y·p + (1 - y)·(1 - p) the probability given to the label:
        L = -α_t·(1 - p_t)^γ·ln p_t,  α_t = y·α + (1 - y)·(1 - α), or 1 for alpha=None
        "none": L, the default as in torchvision and kornia; "mean": ΣL/n; "sum": ΣL.
    A soft label has the cross entropy -(y·ln p + (1 - y)·ln(1 - p)) in place of -ln p_t. The mean divides by the number
    of elements, never by Σα_t; torch's weighted `cross_entropy` does divide by its weights.

    Shapes: `input` (p) any; `target` (y) a tensor that broadcasts with it or a number; `gamma` ≥ 0 and `alpha` in
    [0, 1] numbers or tensors that broadcast with it. float16 and bfloat16 are computed in float32. Unit: nats.

    Values: p and y in [0, 1]. Logarithms are held at -100 as in `binary_cross_entropy`, so p = 0 for y = 1 costs 100·α,
    and no gradient is infinite or NaN for any γ ≥ 0. γ = 0 is `binary_cross_entropy`. Second derivatives work.

    Raises: ValueError for an unknown reduction, gamma < 0, alpha outside [0, 1] (numbers only: tensors are not looked
    at); RuntimeError for values outside [0, 1] or NaN (on the CPU only) and for shapes that do not broadcast;
    NotImplementedError for integer input.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017, https://arxiv.org/abs/1708.02002
    """
    reduction = _contract.reduction_of(reduction)
    p, y = _contract.focal(input, target, gamma, alpha, probabilities=True)
    return _contract.reduced(focal_loss_formula(p, y, gamma, alpha), reduction, input.dtype)


def focal_loss_formula(p, y, gamma=2.0, alpha=None) -> Tensor:
    """L = α_t·q^γ·ce, with q = 1 - p_t kept off 0, where the slope of q^γ may be infinite and the loss is 0 anyway."""
    q = torch.lerp(p, 1 - p, y).clamp(min=torch.finfo(p.dtype).tiny)
    return _alpha_t(y, alpha) * q**gamma * _kernels.binary_cross_entropy(binary_cross_entropy_formula, p, y)


def _alpha_t(y, alpha):
    return 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)


def sigmoid_focal_loss(input, target, *, gamma=2.0, alpha=None, reduction="none") -> Tensor:
    """Focal loss of logits: `focal_loss` of σ(s), exact in both tails; for torchvision's `sigmoid_focal_loss`.

    Formula, elementwise, with z = (2y - 1)·s the logit of the label, q = σ(-z) the probability given to the other one
    and ce = softplus(-z) the cross entropy:
        L = α_t·q^γ·ce,  α_t = y·α + (1 - y)·(1 - α), or 1 for alpha=None (torchvision's default is alpha=0.25)
        dL/ds = -(2y - 1)·α_t·q^γ·(γ·(1 - q)·ce + q), without a division and so finite for every γ ≥ 0
        "none": L, the default as in torchvision and kornia; "mean": ΣL/n; "sum": ΣL.
    A soft label has q = y·σ(-s) + (1 - y)·σ(s) and ce = y·softplus(-s) + (1 - y)·softplus(s), as in torchvision. The
    mean divides by the number of elements, never by Σα_t; torch's weighted `cross_entropy` does divide by its weights.

    Shapes: `input` (s) any; `target` (y) a tensor that broadcasts with it or a number; `gamma` ≥ 0 and `alpha` in
    [0, 1] numbers or tensors that broadcast with it. float16 and bfloat16 are computed in float32. Unit: nats.

    Values: any s; an infinite one costs 0 with slope 0 on the right side, and is infinite on the wrong one, where no
    slope is promised. y in [0, 1] (not checked). NaN in, NaN out.

    Memory and speed: loss and slope are computed together, and one tensor of the input's size is kept beside the input.
    `sigmoid_focal_loss_formula` is the same in plain operations; it is used by itself for second derivatives, under
    `torch.func`, for a tensor as `gamma` or `alpha`, for a `target` that wants a gradient, and where shapes broadcast.

    Raises: ValueError for an unknown reduction, gamma < 0, alpha outside [0, 1] (numbers only: tensors are not looked
    at); RuntimeError for shapes that do not broadcast and for unequal devices; NotImplementedError for integer input.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017, https://arxiv.org/abs/1708.02002
    """
    reduction = _contract.reduction_of(reduction)
    s, y = _contract.focal(input, target, gamma, alpha)
    loss = _kernels.sigmoid_focal_loss(sigmoid_focal_loss_formula, s, y, gamma, alpha)
    return _contract.reduced(loss, reduction, input.dtype)


def sigmoid_focal_loss_formula(s, y, gamma=2.0, alpha=None) -> Tensor:
    """L = α_t·q^γ·ce, with q = y·σ(-s) + (1 - y)·σ(s) kept off 0, where the slope of q^γ may be infinite."""
    q = torch.lerp(torch.sigmoid(s), torch.sigmoid(-s), y).clamp(min=torch.finfo(s.dtype).tiny)
    ce = _kernels.binary_cross_entropy_with_logits(binary_cross_entropy_with_logits_formula, s, y)
    return _alpha_t(y, alpha) * q**gamma * ce


class SigmoidFocalLoss(torch.nn.Module):
    """`sigmoid_focal_loss` for training loops; the mean over all elements unless told otherwise.

    Settings, shapes and errors as for the function; `gamma`, `alpha` and `reduction` are checked when it is made.
    """

    def __init__(self, *, gamma=2.0, alpha=None, reduction="mean"):
        super().__init__()
        _contract.focal_settings(gamma, alpha)
        self.gamma, self.alpha, self.reduction = gamma, alpha, _contract.reduction_of(reduction)

    def forward(self, input, target):
        return sigmoid_focal_loss(input, target, gamma=self.gamma, alpha=self.alpha, reduction=self.reduction)

    def extra_repr(self):
        return f"gamma={self.gamma}, alpha={self.alpha}, reduction={self.reduction!r}"
