"""Losses of a number against a number: absolute, squared, and the two that pass from one to the other.

Common to all. Notation: x the input, y the target, e = x - y. Shapes: `input` and `target` the same; others that
broadcast are stretched, with a warning, as in torch. `weight` has the input's shape exactly. Dtypes are promoted;
float16 and bfloat16 are computed in float32. Unit: that of e for the absolute, its square for the squared ones. NaN
in, NaN out; an empty mean is NaN. Second derivatives work. Raises: ValueError for an unknown reduction or a weight of
another shape, RuntimeError for shapes that do not broadcast, unequal devices and a bad delta or beta,
NotImplementedError where both tensors are integers. Reductions: "none": L; "sum": ΣL; "mean": ΣL/n.
"""

import warnings

import torch
from torch import Tensor

from lossutils import _contract


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None) -> Tensor:
    """Absolute error; torch's `l1_loss`.

    Formula: L = w·|e|, e = x - y; "none": L; "sum": ΣL; "mean": ΣL/n, with a weight ΣL/Σw. dL/dx = w·sign(e), 0 at
    e = 0.
    Shapes: `input` (x) and `target` (y) the same, or stretched with a warning; `weight` (w) exactly that of `input`.
    Unit: that of e. Values: any; NaN in, NaN out; an empty mean is NaN. Raises: as the head of this module lists.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x, y, w, dtype = _pair(input, target, weight)
    return _mean_by_weight((x - y).abs(), w, reduction, dtype)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None) -> Tensor:
    """Squared error, without a root; torch's `mse_loss`.

    Formula: L = w·e², e = x - y; "none": L; "sum": ΣL; "mean": ΣL/n, with a weight ΣL/Σw. dL/dx = 2·w·e.
    Shapes: `input` (x) and `target` (y) the same, or stretched with a warning; `weight` (w) exactly that of `input`.
    Unit: that of e, squared. Values: any; NaN in, NaN out; an empty mean is NaN. Raises: as the head of this module
    lists.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x, y, w, dtype = _pair(input, target, weight)
    return _mean_by_weight((x - y).square(), w, reduction, dtype)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None) -> Tensor:
    """Squared near 0, absolute beyond δ; torch's `huber_loss`.

    Formula: L = w·e²/2 where |e| ≤ δ, else w·δ·(|e| - δ/2), e = x - y; with m = min(|e|, δ) both are w·m·(|e| - m/2).
    "none": L; "sum": ΣL; "mean": ΣL/n, also where there is a weight, as torch's. dL/dx = w·e, held within ±w·δ.
    Shapes: `input` (x) and `target` (y) the same, or stretched with a warning; `weight` (w) exactly that of `input`.
    Without a weight the result has the input's dtype. Unit: that of e, squared.
    Values: δ > 0, e any; δ → ∞ gives e²/2, L/δ for δ → 0 gives |e|. NaN in, NaN out; an empty mean is NaN. Raises:
    RuntimeError for δ ≤ 0, and as the head of this module lists.
    Source: Huber, Robust Estimation of a Location Parameter, 1964;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
    """
    reduction = _contract.reduction_of(reduction)
    _contract.above_0("huber_loss", "delta", delta)
    x, y, w, dtype = _pair(input, target, weight)
    e = (x - y).abs()
    m = e.clamp(max=delta)
    return _contract.reduced(m * (e - m / 2), reduction, input.dtype if w is None else dtype, w)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0) -> Tensor:
    """Squared near 0, absolute beyond β; torch's `smooth_l1_loss`, which is `huber_loss` with δ = β, divided by β.

    Formula: L = e²/(2β) where |e| < β, else |e| - β/2, e = x - y; with m = min(|e|, β) both are m/β·(|e| - m/2).
    "none": L; "sum": ΣL; "mean": ΣL/n. dL/dx = e/β, held within ±1.
    Shapes: `input` (x) and `target` (y) the same, or stretched with a warning. Unit: that of e.
    Values: β ≥ 0, e any; β = 0 is `l1_loss`. NaN in, NaN out; an empty mean is NaN. Raises: RuntimeError for β < 0, and
    as the head of this module lists.
    Source: Girshick, Fast R-CNN, 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.above_0("smooth_l1_loss", "beta", beta, or_0=True)
    x, y, _, dtype = _pair(input, target)
    e = (x - y).abs()
    m = e.clamp(max=beta)
    return _contract.reduced(m / beta * (e - m / 2) if beta > 0 else e, reduction, dtype)


def _pair(input, target, weight=None):
    """Input, target and weight in the precision to compute in, and the dtype to answer in."""
    if target.size() != input.size():
        warnings.warn(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}, so one is stretched over the other "
            "and the loss is likely not the one meant; give both the same size.",
            stacklevel=3,
        )
    _contract.stretchable(input=input, target=target)
    if not (input.is_floating_point() or target.is_floating_point()):
        raise NotImplementedError(
            f"input has dtype {input.dtype} and target {target.dtype}, and the loss is defined for floating point; "
            "write input.float()."
        )
    _contract.same_device(input, target=target, weight=weight)
    if weight is not None and weight.size() != input.size():
        raise ValueError(
            f"weight has size {tuple(weight.shape)} and input {tuple(input.shape)}; give both the same size, "
            "for example with weight.expand_as(input)."
        )
    dtype = torch.promote_types(input.dtype, target.dtype)
    dtype = dtype if weight is None else torch.promote_types(dtype, weight.dtype)
    return *_contract.widened(input, target, weight), dtype


def _mean_by_weight(loss, weight, reduction, dtype):
    if weight is not None and reduction == "mean":
        return ((weight * loss).sum() / weight.sum()).to(dtype)
    return _contract.reduced(loss, reduction, dtype, weight)
