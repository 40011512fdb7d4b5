"""Losses of one class among many: softmax, negative log-likelihood, cross entropy and its focal form."""

import torch
from torch import Tensor

from lossutils import _contract


def softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor:
    """Scores to probabilities along `dim`: e^(x_i - m) / Σ_j e^(x_j - m), m the largest score."""
    x, dim, out = _scores(input, dim, dtype)
    e = torch.exp(x - _largest(x, dim))
    return (e / e.sum(dim, keepdim=True)).to(out)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor:
    """Scores to log-probabilities along `dim`: x_i - m - ln Σ_j e^(x_j - m), m the largest score."""
    x, dim, out = _scores(input, dim, dtype)
    x = x - _largest(x, dim)
    return (x - torch.exp(x).sum(dim, keepdim=True).log()).to(out)


def _scores(input, dim, dtype):
    dim = _contract.class_dim(input, dim)
    x = input if dtype is None else input.to(dtype)
    _contract.floating("input", x)
    return _contract.widened(x), dim, x.dtype


def _largest(x, dim):
    # Any shift leaves softmax as it is, so no gradient belongs to this one.
    x = x.detach()
    return x.amax(dim, keepdim=True) if x.numel() else x.sum(dim, keepdim=True)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean") -> Tensor:
    """Negative log-likelihood of log-probabilities `input`: -w_t·x_t, its mean divided by Σ w_t."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.scores("nll_loss", input)
    dim, count = _contract.classes(input, target)
    _contract.floating("input", input)
    _contract.same_device(input, target=target, weight=weight)
    _contract.class_weight(weight, count, input.dtype)
    _contract.constant("nll_loss", weight=weight)
    _contract.class_range(target, count, ignore_index)
    x, w = _contract.widened(input, weight)
    loss, w = _nll(x, target, w, ignore_index, dim)
    return _weighted(loss, w, reduction).to(input.dtype)


def _nll(x, target, weight, ignore_index, dim):
    """The loss of every target and the weight it carries, both 0 where the target is to be ignored."""
    target = target.long().reshape(x.shape[:dim] + x.shape[dim + 1 :])
    kept = target != ignore_index
    t = target.where(kept, 0)
    w = kept.to(x.dtype) if weight is None else weight[t] * kept
    loss = -x.gather(dim, t.unsqueeze(dim)).squeeze(dim)
    return (w * loss).masked_fill(~kept, 0), w


def _weighted(loss, weight, reduction):
    if reduction == "mean":
        return loss.sum() / weight.sum()
    return loss.sum() if reduction == "sum" else loss


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
    label_smoothing=0.0,
) -> Tensor:
    """Cross entropy of scores `input` against class indices or class probabilities: -Σ_c w_c·y_c·ln softmax(x)_c."""
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.smoothing(label_smoothing)
    _contract.floating("input", input)
    _contract.same_device(input, target=target, weight=weight)
    if target.shape == input.shape:
        _contract.class_probabilities(target, ignore_index)
        dim = 0 if input.dim() <= 1 else 1
        _contract.class_weight(weight, input.shape[dim], input.dtype)
        x, y, w = _contract.widened(input, target, weight)
        loss = _soft_cross_entropy(x, y, w, label_smoothing, dim)
        return _contract.reduced(loss, reduction, torch.promote_types(input.dtype, target.dtype))
    dim, count = _contract.classes(input, target)
    _contract.class_weight(weight, count, input.dtype)
    _contract.constant("cross_entropy", weight=weight)
    _contract.class_range(target, count, ignore_index)
    x, w = _contract.widened(input, weight)
    log_p = log_softmax(x, dim)
    loss, w_t = _nll(log_p, target, w, ignore_index, dim)
    if label_smoothing > 0:
        every = _soft_cross_entropy(x, torch.ones_like(x), w, 0, dim).masked_fill(w_t == 0, 0)
        loss = (1 - label_smoothing) * loss + label_smoothing / count * every
    return _weighted(loss, w_t, reduction).to(input.dtype)


def _soft_cross_entropy(x, y, weight, label_smoothing, dim):
    if label_smoothing > 0:
        y = (1 - label_smoothing) * y + label_smoothing / x.shape[dim]
    if weight is not None:
        y = y * weight.view(-1, *[1] * (x.dim() - dim - 1))
    # A class with no probability costs nothing, also where its log-probability is -inf.
    return -(y * log_softmax(x, dim).masked_fill(y == 0, 0)).sum(dim)


def softmax_focal_loss(input, target, *, gamma=2.0, alpha=None, ignore_index=-100, reduction="none") -> Tensor:
    """Focal loss of scores: α_t·q^γ·(-ln(1 - q)), q the probability given to all the wrong classes together."""
    reduction = _contract.reduction_of(reduction)
    _contract.floating("input", input)
    dim, count = _contract.classes(input, target)
    _contract.focal_settings(gamma, alpha)
    _contract.class_range(target, count, ignore_index)
    x = _contract.widened(input)
    target = target.long().reshape(x.shape[:dim] + x.shape[dim + 1 :])
    kept = target != ignore_index
    t = target.where(kept, 0).unsqueeze(dim)
    # The margin of the true class over all the others together: the loss is the binary one of this logit.
    z = x.gather(dim, t) - x.scatter(dim, t, -torch.inf).logsumexp(dim, keepdim=True)
    z = z.squeeze(dim)
    ce = -torch.nn.functional.logsigmoid(z)
    loss = torch.exp(gamma * torch.nn.functional.logsigmoid(-z)) * ce
    if alpha is not None:
        loss = loss * (alpha[t.squeeze(dim)] if isinstance(alpha, Tensor) and alpha.dim() else alpha)
    loss = loss.masked_fill(~kept, 0)
    return _weighted(loss, kept.to(loss.dtype), reduction).to(input.dtype)


class SoftmaxFocalLoss(torch.nn.Module):
    """`softmax_focal_loss` for training loops; the mean over the elements not ignored unless told otherwise."""

    def __init__(self, *, gamma=2.0, alpha=None, ignore_index=-100, reduction="mean"):
        super().__init__()
        _contract.focal_settings(gamma, alpha)
        self.gamma, self.ignore_index, self.reduction = gamma, ignore_index, _contract.reduction_of(reduction)
        # A tensor of class weights moves with the module from device to device.
        if isinstance(alpha, Tensor):
            self.register_buffer("alpha", alpha)
        else:
            self.alpha = alpha

    def forward(self, input, target):
        settings = {"gamma": self.gamma, "alpha": self.alpha, "ignore_index": self.ignore_index}
        return softmax_focal_loss(input, target, **settings, reduction=self.reduction)

    def extra_repr(self):
        return f"gamma={self.gamma}, alpha={self.alpha}, reduction={self.reduction!r}"
