"""Losses that ask for a margin between scores: of a pair, of labels over non-labels, of a sign."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from lossutils import _contract


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """The better one of a pair must lead by a margin: max(0, -y·(x₁ - x₂) + margin)."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.same_rank(input1, input2, target)
    _contract.same_device(input1, input2=input2, target=target)
    x1, x2, y = _contract.widened(input1, input2, target)
    dtype = torch.promote_types(torch.promote_types(input1.dtype, input2.dtype), target.dtype)
    return _contract.reduced((margin - y * (x1 - x2)).clamp(min=0), reduction, dtype)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """Every label must lead every non-label by 1: Σ_labels Σ_others max(0, 1 - (x_label - x_other)) / C."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.label_lists(input, target)
    _contract.floating("input", input)
    _contract.same_device(input, target=target)
    x = _contract.widened(input).reshape(input.shape or (1,))
    t = target.reshape(x.shape)
    listed = (t >= 0).cumprod(-1).bool()  # a list ends at its first -1
    t = t.where(listed, 0)
    label = torch.zeros_like(x).scatter_add(-1, t, listed.to(x.dtype)) > 0
    gap = (1 - x.gather(-1, t).unsqueeze(-1) + x.unsqueeze(-2)).clamp(min=0)
    loss = (gap * (listed.unsqueeze(-1) & ~label.unsqueeze(-2))).sum((-2, -1)) / x.shape[-1]
    return _contract.reduced(loss, reduction, input.dtype)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """A score must have the sign of its label, smoothly: ln(1 + e^(-y·x)) for labels -1 and 1."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.sign_target(input, target)
    _contract.same_device(input, target=target)
    _contract.broadcastable("target", target, input.shape)
    _contract.constant("soft_margin_loss", target=target)
    x, y = _contract.widened(input, target)
    return _contract.reduced(-logsigmoid(y * x), reduction, input.dtype)
