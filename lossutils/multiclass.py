"""Losses of one class among many: softmax, negative log-likelihood, cross entropy and its focal form."""

import torch
from torch import Tensor
from torch.autograd import Function

from lossutils import _contract
from lossutils.binary import softplus


def softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor:
    """Scores to probabilities along `dim`; torch's `softmax`.

    Formula: p_i = e^(x_i - m) / Σ_j e^(x_j - m), with m the largest score, which changes nothing but the size of the
    numbers: no exponential exceeds 1. ∂p_i/∂x_j = p_i·(δ_ij - p_j).

    Shape: any, the result's is the same. `dim` says where the classes lie; without it torch's old guess is taken,
    with a warning. `dtype` converts before the computation. float16 and bfloat16 are computed in float32. Second
    derivatives work. `_stacklevel` is there for torch's sake and not used.

    Values: -inf is a class that cannot be (p = 0); NaN where all scores along `dim` are -inf or one is +inf, as
    torch's.

    Raises: IndexError for a `dim` out of range, NotImplementedError for integer scores without a floating `dtype`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html
    """
    x, dim, out = _scores(input, dim, dtype)
    e = torch.exp(x - _largest(x, dim))
    return (e / e.sum(dim, keepdim=True)).to(out)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor:
    """Scores to log-probabilities along `dim`; torch's `log_softmax`.

    Formula: ln p_i = x_i - m - ln Σ_j e^(x_j - m), with m the largest score: never above 0, and -inf only for a score
    of -inf, where ln(softmax(x)) has long lost p to 0. ∂ ln p_i/∂x_j = δ_ij - p_j. Unit: nats.

    Shape, values and errors as for `softmax`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
    """
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
    """Negative log-likelihood of log-probabilities; torch's `nll_loss`.

    Formula, for every sample, and then its reduction:
        L = -w_t·x_t
        "none": L; "sum": ΣL; "mean": ΣL/Σw_t, without weights ΣL/n of the n not ignored.
        ∂L/∂x_t = -w_t, and 0 for the other classes

    Shapes: `input` (C), (N, C) or (N, C, d1, d2, ...); `target` (), (N) or (N, d1, d2, ...), int64 or uint8; `weight`
    (C). "none" gives the target's shape. float16 and bfloat16 are added up in float32. Unit: nats, if `input` is.

    Values: `input` is taken as it comes; it is not checked to be log-probabilities (nor does torch), so scores give a
    number without meaning, negative ones included. A target equal to `ignore_index` costs nothing and does not count;
    if all are ignored the mean is NaN, as is an empty one.

    Raises: ValueError for a single number, another number of samples and an unknown reduction; RuntimeError for other
    shapes, dtypes and devices; IndexError for a class out of range (on the CPU; an accelerator stops with its own
    error, as torch's does); NotImplementedError for integer input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.scores("nll_loss", input)
    dim, count = _contract.classes(input, target)
    _contract.floating("input", input)
    _contract.same_device(input, target=target, weight=weight)
    _contract.class_weight(weight, count, input.dtype)
    _contract.constant("nll_loss", weight=weight)
    clean = _contract.class_range(target, count, ignore_index)
    x, w = _contract.widened(input, weight)
    t, kept = _chosen(x, target, ignore_index, dim, clean)
    loss, w_t = -x.gather(dim, t.unsqueeze(dim)).squeeze(dim), None if w is None else w[t]
    return _over_samples(loss if w is None else w_t * loss, w_t, kept, reduction).to(input.dtype)


def _chosen(x, target, ignore_index, dim, clean):
    """The class of every sample (0 for an ignored one), and which samples are kept; None says all, and spares work."""
    t = target.long().reshape(x.shape[:dim] + x.shape[dim + 1 :])
    if clean:
        return t, None
    kept = t != ignore_index
    return t.where(kept, 0), kept


def _over_samples(loss, weight, kept, reduction):
    """The loss with nothing for ignored samples, its sum, or its mean: the sum over the weights of the kept."""
    loss = loss if kept is None else loss.masked_fill(~kept, 0)
    if reduction == "mean":
        if weight is None:
            return loss.sum() / (loss.numel() if kept is None else kept.sum())
        return loss.sum() / (weight if kept is None else weight * kept).sum()
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
    """Cross entropy of scores against classes or class probabilities; torch's `cross_entropy`.

    Formula, for every sample, with p = softmax(x) over the classes, and then its reduction:
        class indices t:          L = -w_t·ln p_t = w_t·softplus(ln Σ_{j≠t} e^x_j - x_t)
        class probabilities y:    L = -Σ_c w_c·y_c·ln p_c
        label_smoothing ε:        y becomes (1 - ε)·y + ε/C, where a class index t stands for the one-hot y
        "none": L; "sum": ΣL; "mean": ΣL/Σw_t for indices (without weights, ΣL/n of the n not ignored), ΣL/n for
        probabilities, weighted or not.
        ∂L/∂x = p - y without weights, which for the class t is the probability of all the others, negated

    Shapes: `input` (C), (N, C) or (N, C, d1, d2, ...); index `target` (), (N) or (N, d1, d2, ...), int64 or uint8;
    probability `target` the shape of `input`, floating; `weight` (C). "none" gives the index target's shape. float16
    and bfloat16 are computed in float32. Unit: nats.

    Values: a target equal to `ignore_index` costs nothing and does not count; if all are ignored the mean is NaN, as is
    an empty one. Class probabilities are not checked to lie in [0, 1] or to add up to 1 (nor does torch). NaN in, NaN
    out.

    Better than torch: the loss keeps its digits where p_t rounds to 1 (scores 0, -40: 4.2e-18, torch says 0), and so
    does its slope; an infinite score of the right class costs 0 with slope 0; a class of probability 0 contributes 0
    also where ln p is -inf (torch says NaN for both). Second derivatives work.

    Memory and speed: as for `softmax_focal_loss`, of which this is the γ = 0.

    Raises: ValueError for another number of samples and an unknown reduction; RuntimeError for other shapes, dtypes,
    devices, label_smoothing outside [0, 1], ignore_index ≥ 0 with probabilities; IndexError for a class out of range
    (on the CPU; an accelerator stops with its own error, as torch's does); NotImplementedError for integer input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.smoothing(label_smoothing)
    _contract.floating("input", input)
    _contract.same_device(input, target=target, weight=weight)
    if target.shape == input.shape:
        _contract.class_probabilities(target, ignore_index)
        dim = 0 if input.dim() <= 1 else 1
        _contract.class_weight(weight, input.shape[dim] if input.dim() else 1, input.dtype)
        x, y, w = _contract.widened(input, target, weight)
        loss = _soft_cross_entropy(x, y, w, label_smoothing, dim)
        return _contract.reduced(loss, reduction, torch.promote_types(input.dtype, target.dtype))
    dim, count = _contract.classes(input, target)
    _contract.class_weight(weight, count, input.dtype)
    _contract.constant("cross_entropy", weight=weight)
    clean = _contract.class_range(target, count, ignore_index)
    x, w = _contract.widened(input, weight)
    t, kept = _chosen(x, target, ignore_index, dim, clean)
    loss, w_t = _one_against_rest(x, t, dim), None if w is None else w[t]
    loss = loss if w is None else w_t * loss
    if label_smoothing > 0:
        every = torch.ones_like(x) if w is None else _along(w, x, dim)
        every = _soft_cross_entropy(x, every, None, 0, dim)
        loss = (1 - label_smoothing) * loss + label_smoothing / count * every
    return _over_samples(loss, w_t, kept, reduction).to(input.dtype)


def _soft_cross_entropy(x, y, weight, label_smoothing, dim):
    if label_smoothing > 0:
        y = (1 - label_smoothing) * y + label_smoothing / x.shape[dim]
    if weight is not None:
        y = y * _along(weight, x, dim)
    # A class with no probability costs nothing, also where its log-probability is -inf.
    return -(y * log_softmax(x, dim).masked_fill(y == 0, 0)).sum(dim)


def _along(weight, x, dim):
    """A number a class, in the shape of `x`."""
    return weight.view(-1, *[1] * (x.dim() - dim - 1)).expand_as(x)


def softmax_focal_loss(input, target, *, gamma=2.0, alpha=None, ignore_index=-100, reduction="none") -> Tensor:
    """Focal loss of scores: `cross_entropy` that counts easy samples less.

    Formula, for every sample, with p = softmax(x) over the classes and q = 1 - p_t the probability of all the wrong
    classes together:
        L = α_t·q^γ·(-ln p_t);  α_t = α for a number, α[t] for one number a class, 1 for alpha=None
        "none": L, the default as for `sigmoid_focal_loss`; "sum": ΣL; "mean": ΣL/n of the n not ignored, never divided
        by Σα_t - unlike the weighted `cross_entropy`, whose mean is divided by Σw_t.
        ∂L/∂x = α_t·q^γ·(γ·p_t·(-ln p_t) + q)·d, with d_t = -1 and d_j = p_j/q: no division by a vanishing number
    It is the binary focal loss of the logit z = x_t - ln Σ_{j≠t} e^x_j, and of two classes just `sigmoid_focal_loss` of
    x_1 - x_0.

    Shapes: as for `cross_entropy` with class indices; `alpha` () or (C). float16 and bfloat16 are computed in float32.
    Unit: nats.

    Values: a target equal to `ignore_index` costs nothing and does not count; if all are ignored the mean is NaN. γ = 0
    is `cross_entropy`. No gradient is infinite or NaN for any γ ≥ 0, not for a right class of score ±inf either (+inf
    costs 0 with slope 0, -inf is infinite with the finite slope of a hopeless score). NaN in, NaN out. Second
    derivatives work.

    Memory and speed: one tensor of the input's size is kept beside the input, and becomes its gradient. The largest
    score is looked for and subtracted only where the exponentials would leave the range without it, or where looking
    would have to wait for a device. `softmax_focal_loss_formula` is the same in plain operations; it is used by itself
    under `torch.func`, for a tensor as `gamma` and for second derivatives.

    Raises: as `cross_entropy`; ValueError for gamma < 0 and a number alpha outside [0, 1], RuntimeError for an `alpha`
    tensor of the wrong length (its values, and a tensor gamma's, are not looked at).

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017, https://arxiv.org/abs/1708.02002
    """
    reduction = _contract.reduction_of(reduction)
    _contract.floating("input", input)
    _contract.focal_settings(gamma, alpha)
    _contract.scores("softmax_focal_loss", input)
    dim, count = _contract.classes(input, target)
    _contract.same_device(input, target=target, alpha=alpha)
    _contract.class_alpha(alpha, count)
    clean = _contract.class_range(target, count, ignore_index)
    x = _contract.widened(input)
    t, kept = _chosen(x, target, ignore_index, dim, clean)
    loss = _one_against_rest(x, t, dim, gamma)
    if alpha is not None:
        loss = loss * (alpha[t] if isinstance(alpha, Tensor) and alpha.dim() else alpha)
    return _over_samples(loss, None, kept, reduction).to(input.dtype)


def _one_against_rest(x, t, dim, gamma=0.0):
    if isinstance(gamma, Tensor) or _contract.transformed():
        return softmax_focal_loss_formula(x, t, dim, gamma)
    return _OneAgainstRest.apply(x, t, dim, gamma)


def softmax_focal_loss_formula(x, t, dim=1, gamma=2.0) -> Tensor:
    """q^γ·(-ln p_t) for scores `x` and classes `t`, in plain torch operations: the binary loss of one margin."""
    t = t.unsqueeze(dim)
    z = (x.gather(dim, t) - x.scatter(dim, t, -torch.inf).logsumexp(dim, keepdim=True)).squeeze(dim)
    return torch.sigmoid(-z).clamp(min=torch.finfo(x.dtype).tiny) ** gamma * softplus(-z)


class _OneAgainstRest(Function):
    """The same, exact where p_t rounds to 1, with the slope of every sample prepared in the forward pass."""

    @staticmethod
    def forward(ctx, x, t, dim, gamma):
        t = t.unsqueeze(dim)
        top, found = None, None
        if _contract.readable(x):
            found = _focus(x, t, dim, gamma, None)
            # Without a shift three passes over x are spared, and all digits are kept as long as nothing runs over.
            if not (x.numel() and _within_range(*found[2:])):
                found = None
        if found is None:
            top = x.scatter(dim, t, -torch.inf).amax(dim, keepdim=True).clamp_(min=torch.finfo(x.dtype).min)
            found = _focus(x, t, dim, gamma, top)
        loss, e, total, rate = found
        ctx.save_for_backward(x, t, top, total, rate)
        ctx.dim, ctx.gamma, ctx.e = dim, gamma, None if torch.compiler.is_compiling() else e
        return loss.squeeze(dim)

    @staticmethod
    def backward(ctx, g):
        x, t, top, total, rate = ctx.saved_tensors
        if torch.is_grad_enabled():
            loss = softmax_focal_loss_formula(x, t.squeeze(ctx.dim), ctx.dim, ctx.gamma)
            return torch.autograd.grad(loss, x, g, create_graph=True)[0], None, None, None
        rate = g.unsqueeze(ctx.dim) * rate
        if torch.compiler.is_compiling() or _contract.batched(g):
            return (_rest(x, t, ctx.dim, top) * rate).scatter(ctx.dim, t, -rate * total), None, None, None
        # The exponentials become the gradient in their place; a second backward takes them anew.
        e, ctx.e = ctx.e, None
        e = _rest(x, t, ctx.dim, top) if e is None else e
        return e.mul_(rate).scatter_(ctx.dim, t, rate.mul_(total).neg_()), None, None, None


def _rest(x, t, dim, top):
    """e^(x - top) of all classes but the right one, and 0 for that: no exponential is taken of its score."""
    e = x.exp() if top is None else (x - top).scatter_(dim, t, 0.0).exp_()
    return e.scatter_(dim, t, 0.0)


def _focus(x, t, dim, gamma, top):
    """Loss, exponentials of the wrong classes, their sum, and slope by the right score over that sum."""
    e = _rest(x, t, dim, top)
    total = e.sum(dim, keepdim=True)
    # One number a sample from here on, so float64 costs little; it saves the digits of large margins.
    right = x.gather(dim, t).double()
    if top is None:
        odds = right.neg_().exp_().mul_(total)
    else:
        z = total.double().log() + (top - right)
        odds = z.clamp(max=700).exp_()
    ce, p_t = torch.log1p(odds), (1 + odds).reciprocal_()
    q = odds.mul_(p_t)
    # The logarithm of e^z is z where that runs over; the slope there is that of q = 1.
    loss = ce if top is None else ce + (z - 700).clamp_(min=0)
    slope = q
    if gamma != 0:
        focus = q**gamma
        loss = focus * loss
        slope = p_t.mul_(ce).mul_(gamma).add_(q).mul_(focus)
    rate = slope.div_(total if top is None else total.clamp(min=torch.finfo(x.dtype).tiny))
    return loss.to(x.dtype), e, total, rate.to(x.dtype)


def _within_range(total, rate):
    """Whether neither the exponentials nor their factor in the gradient have lost digits or run over."""
    return total.amin().item() > 1e-25 and rate.amin().item() > torch.finfo(rate.dtype).tiny


class SoftmaxFocalLoss(torch.nn.Module):
    """`softmax_focal_loss` for training loops; the mean over the samples not ignored unless told otherwise.

    Settings, shapes and errors as for the function; `gamma`, `alpha` and `reduction` are checked when it is made.
    """

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
