"""Losses of one probability against one label: binary cross entropy and its focal form."""

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import logsigmoid

from lossutils import _contract


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """Cross entropy of probabilities `input` against labels `target`: -w·(y·ln p + (1 - y)·ln(1 - p))."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.same_size(input, target)
    _contract.floating("input", input)
    _contract.same_device(input, target=target, weight=weight)
    _contract.same_dtype(input, target)
    _contract.broadcastable("weight", weight, input.shape)
    _contract.constant("binary_cross_entropy", weight=weight)
    _contract.between_0_and_1("input", input)
    _contract.between_0_and_1("target", target)
    p, y, w = _contract.widened(input, target, weight)
    loss = _BinaryCrossEntropy.apply(p, y)
    return _contract.reduced(loss if w is None else w * loss, reduction, input.dtype)


class _BinaryCrossEntropy(Function):
    """-(y·ln p + (1 - y)·ln(1 - p)) with each logarithm held at -100, and the denominators of its slope at 1e-12."""

    generate_vmap_rule = True

    @staticmethod
    def forward(p, y):
        return (y - 1) * torch.log1p(-p).clamp(min=-100) - y * torch.log(p).clamp(min=-100)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        p, y = ctx.saved_tensors
        to_p = to_y = None
        if ctx.needs_input_grad[0]:
            to_p = g * ((1 - y) / (1 - p).clamp(min=1e-12) - y / p.clamp(min=1e-12))
        if ctx.needs_input_grad[1]:
            to_y = g * (torch.log1p(-p).clamp(min=-100) - torch.log(p).clamp(min=-100))
        return to_p, to_y


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
) -> Tensor:
    """Binary cross entropy of logits `input`: w·(c·y·softplus(-s) + (1 - y)·softplus(s)), c = pos_weight."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.same_size(input, target)
    _contract.floating("input", input)
    _contract.floating_target(target)
    _contract.same_device(input, target=target, weight=weight, pos_weight=pos_weight)
    _contract.broadcastable("weight", weight, input.shape)
    _contract.broadcastable("pos_weight", pos_weight, input.shape)
    _contract.constant("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    s, y, w, c = _contract.widened(input, target, weight, pos_weight)
    loss = _BinaryCrossEntropyWithLogits.apply(s, y if c is None else c * y, 1 - y)
    return _contract.reduced(loss if w is None else w * loss, reduction, target.dtype)


class _BinaryCrossEntropyWithLogits(Function):
    """a·softplus(-s) + b·softplus(s), where a zero a or b silences even an infinite softplus."""

    generate_vmap_rule = True

    @staticmethod
    def forward(s, a, b):
        return (-a * logsigmoid(s)).masked_fill(a == 0, 0) - (b * logsigmoid(-s)).masked_fill(b == 0, 0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        s, a, b = ctx.saved_tensors
        to_s = g * (b * torch.sigmoid(s) - a * torch.sigmoid(-s))
        to_a = -g * logsigmoid(s) if ctx.needs_input_grad[1] else None
        to_b = -g * logsigmoid(-s) if ctx.needs_input_grad[2] else None
        return to_s, to_a, to_b


def focal_loss(input, target, *, gamma=2.0, alpha=None, reduction="none") -> Tensor:
    """Focal loss of probabilities: -α_t·(1 - p_t)^γ·ln p_t, p_t the probability given to the true label."""
    reduction = _contract.reduction_of(reduction)
    _contract.focal_settings(gamma, alpha)
    p, y = _contract.widened(input, target)
    hit, miss = (y, 1 - y) if alpha is None else (alpha * y, (1 - alpha) * (1 - y))
    loss = 0
    if isinstance(y, Tensor) or y != 0:
        loss = loss - hit * (1 - p) ** gamma * torch.log(p)
    if isinstance(y, Tensor) or y != 1:
        loss = loss - miss * p**gamma * torch.log1p(-p)
    return _contract.reduced(loss, reduction, input.dtype)


def sigmoid_focal_loss(input, target, *, gamma=2.0, alpha=None, reduction="none") -> Tensor:
    """Focal loss of logits: α_t·q^γ·(-ln(1 - q)), q the probability given to the wrong label."""
    reduction = _contract.reduction_of(reduction)
    _contract.focal_settings(gamma, alpha)
    s, y = _contract.widened(input, target)
    hit, miss = (y, 1 - y) if alpha is None else (alpha * y, (1 - alpha) * (1 - y))
    log_p, log_q = logsigmoid(s), logsigmoid(-s)
    loss = -hit * torch.exp(gamma * log_q) * log_p - miss * torch.exp(gamma * log_p) * log_q
    return _contract.reduced(loss, reduction, input.dtype)


class SigmoidFocalLoss(torch.nn.Module):
    """`sigmoid_focal_loss` for training loops; the mean over all elements unless told otherwise."""

    def __init__(self, *, gamma=2.0, alpha=None, reduction="mean"):
        super().__init__()
        _contract.focal_settings(gamma, alpha)
        self.gamma, self.alpha, self.reduction = gamma, alpha, _contract.reduction_of(reduction)

    def forward(self, input, target):
        return sigmoid_focal_loss(input, target, gamma=self.gamma, alpha=self.alpha, reduction=self.reduction)

    def extra_repr(self):
        return f"gamma={self.gamma}, alpha={self.alpha}, reduction={self.reduction!r}"
