"""Losses that ask for a margin between scores: of a pair, of labels over non-labels, of a sign.

Common to all. Reductions: "none": L; "mean": ΣL/n; "sum": ΣL. Scores have no unit, and neither have these losses,
except `soft_margin_loss`, which is in nats. float16 and bfloat16 are computed in float32. NaN in, NaN out; an empty
mean is NaN.
"""

import torch
from torch import Tensor

from lossutils import _contract
from lossutils._kernels import softplus


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """The better one of a pair must lead by a margin; torch's `margin_ranking_loss`.

    Formula: L = max(0, margin - y·(x₁ - x₂)), y = 1 where the first should lead and -1 where the second.
    "none": L; "sum": ΣL; "mean": ΣL/n of the elements after broadcasting.
    dL/dx₁ = -y where the margin is not kept, else 0; dL/dx₂ is its negative.
    Shapes: all three of the same number of dimensions, broadcast. Values: labels other than ±1 are not refused (nor by
    torch); the margin is any number.
    Raises: RuntimeError for unequal dimensions, devices, or shapes that do not broadcast; ValueError for an unknown
    reduction.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x1, x2, y, dtype = _ranked(input1, input2, target)
    return _contract.reduced((margin - y * (x1 - x2)).clamp(min=0), reduction, dtype)


def _ranked(input1, input2, target):
    """Both scores and the label to compute with, and the dtype to answer in."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            f"input1, input2 and target have sizes {tuple(input1.shape)}, {tuple(input2.shape)} and "
            f"{tuple(target.shape)}; give them the same number of dimensions, for example with view or unsqueeze."
        )
    _contract.same_device(input1, input2=input2, target=target)
    _contract.stretchable(input1=input1, input2=input2, target=target)
    dtype = torch.promote_types(torch.promote_types(input1.dtype, input2.dtype), target.dtype)
    return *_contract.widened(input1, input2, target), dtype


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """Every label must lead every other class by 1; torch's `multilabel_margin_loss`.

    Formula, for every sample: L = Σ_{t in labels} Σ_{i not a label} max(0, 1 - (x_t - x_i)) / C.
    "none": L; "sum": ΣL; "mean": ΣL/N. ∂L/∂x_i = (m - n)/C, with m labels that do not lead i and
    n classes that i does not lead.
    Shapes: `input` (N, C) or (C); `target` the same, int64: the labels' indices from the left, the first -1 ends the
    list. "none" gives (N) or a single number. A label listed twice counts twice, as in torch. Memory grows as N·C².
    Better than torch: float16 and bfloat16 are taken, and the mean of no samples is NaN instead of arbitrary.
    Raises: RuntimeError for other shapes, dtypes, devices and for labels outside -1 to C - 1 (looked at on the CPU
    only); ValueError for an unknown reduction; NotImplementedError for integer input.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x, t, listed, label = _listed(input, target)
    gap = (1 - x.gather(-1, t).unsqueeze(-1) + x.unsqueeze(-2)).clamp(min=0)  # of the listed x_t to every x_i
    loss = (gap * (listed.unsqueeze(-1) & ~label.unsqueeze(-2))).sum((-2, -1)) / x.shape[-1]
    return _contract.reduced(loss, reduction, input.dtype)


def _listed(input, target):
    """Scores to compute with, the labels' indices, which of these count, and which classes are labels."""
    if input.dim() > 2 or (input.dim() and input.shape[-1] == 0):
        raise RuntimeError(f"input has size {tuple(input.shape)}; give scores of size (C,) or (N, C) with C > 0.")
    if target.dtype != torch.int64:
        raise RuntimeError(f"target has dtype {target.dtype}, and label lists must be int64; write target.long().")
    if target.shape != input.shape and not target.numel() == input.numel() == 1:
        raise RuntimeError(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}; give both the same size, each row "
            "of target filled up with -1."
        )
    count = input.shape[-1] if input.dim() else 1
    low, high = _contract.span(target) or (-1, -1)
    if low < -1 or high >= count:
        raise RuntimeError(f"target is out of range; its labels must lie in 0 to {count - 1}, and -1 ends a list.")
    _contract.floating("input", input)
    _contract.same_device(input, target=target)
    x = _contract.widened(input).reshape(input.shape or (1,))
    t = target.reshape(x.shape)
    listed = (t >= 0).cumprod(-1).bool()  # a list ends at its first -1
    t = t.where(listed, 0)
    return x, t, listed, torch.zeros_like(x).scatter_add(-1, t, listed.to(x.dtype)) > 0


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """A score must have the sign of its label, smoothly; torch's `soft_margin_loss`.

    Formula: L = ln(1 + e^(-y·x)) = softplus(-y·x), y = ±1: binary cross entropy for labels written as -1 and 1.
    "none": L; "sum": ΣL; "mean": ΣL/n. dL/dx = -y·σ(-y·x). Unit: nats.
    Shapes: any; `target` broadcasts to `input`. Values: labels other than ±1 are not refused (nor by torch). The result
    has the input's dtype. Second derivatives work.
    Better than torch: no overflow (x = -100, y = 1 costs 100, torch says inf), and an infinite score of the right sign
    costs 0.
    Raises: RuntimeError for integer input, unequal devices, a target that does not broadcast or wants a gradient;
    ValueError for an unknown reduction.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    if not input.is_floating_point():
        raise RuntimeError(f"input has dtype {input.dtype}, and scores are floating point; write input.float().")
    _contract.same_device(input, target=target)
    _contract.constants(input.shape, target=target)
    x, y = _contract.widened(input, target)
    return _contract.reduced(softplus(-y * x), reduction, input.dtype)
