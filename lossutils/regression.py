"""Losses of a number against a number: absolute, squared, and the two that pass from one to the other."""

import torch
from torch import Tensor

from lossutils import _contract


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None) -> Tensor:
    """Absolute error: |x - y|."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x, y, w, dtype = _pair(input, target, weight)
    return _mean_by_weight((x - y).abs(), w, reduction, dtype)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None) -> Tensor:
    """Squared error: (x - y)²."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    x, y, w, dtype = _pair(input, target, weight)
    return _mean_by_weight((x - y).square(), w, reduction, dtype)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None) -> Tensor:
    """Squared near 0, absolute beyond δ: e²/2 where |e| ≤ δ, else δ·(|e| - δ/2)."""
    reduction = _contract.reduction_of(reduction)
    _contract.positive("huber_loss", "delta", delta)
    x, y, w, dtype = _pair(input, target, weight)
    e = (x - y).abs()
    m = e.clamp(max=delta)
    loss = m * (e - m / 2)
    return _contract.reduced(loss if w is None else w * loss, reduction, dtype if w is not None else input.dtype)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0) -> Tensor:
    """Squared near 0, absolute beyond β: e²/(2β) where |e| < β, else |e| - β/2."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.not_negative("smooth_l1_loss", "beta", beta)
    x, y, _, dtype = _pair(input, target)
    e = (x - y).abs()
    m = e.clamp(max=beta)
    return _contract.reduced(m / beta * (e - m / 2) if beta > 0 else e, reduction, dtype)


def _pair(input, target, weight=None):
    """Input, target and weight in the precision to compute in, and the dtype to answer in."""
    _contract.warn_broadcast(input, target)
    _contract.numbers(input, target)
    _contract.same_device(input, target=target, weight=weight)
    _contract.weight_like(input, weight)
    dtype = torch.promote_types(input.dtype, target.dtype)
    dtype = dtype if weight is None else torch.promote_types(dtype, weight.dtype)
    return *_contract.widened(input, target, weight), dtype


def _mean_by_weight(loss, weight, reduction, dtype):
    if weight is None:
        return _contract.reduced(loss, reduction, dtype)
    if reduction == "mean":
        return ((weight * loss).sum() / weight.sum()).to(dtype)
    return _contract.reduced(weight * loss, reduction, dtype)
