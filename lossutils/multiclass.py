"""Losses of one class among many: softmax, negative log-likelihood, cross entropy and its focal form.

A name that ends in `_formula` is the loss as it reads, in plain torch, differentiable to any order. What runs in
training is the same from `_kernels.py`, with fewer passes over memory and all digits.
"""

import warnings

import torch
from torch import Tensor

from lossutils import _contract, _kernels
from lossutils._kernels import softplus


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
    x, dim, dtype = _scores(input, dim, dtype)
    e = torch.exp(x - _largest(x, dim))
    return (e / e.sum(dim, keepdim=True)).to(dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor:
    """Scores to log-probabilities along `dim`; torch's `log_softmax`.

    Formula: ln p_i = x_i - m - ln Σ_j e^(x_j - m), with m the largest score: never above 0, and -inf only for a score
    of -inf, where ln(softmax(x)) has long lost p to 0. ∂ ln p_i/∂x_j = δ_ij - p_j. Unit: nats.

    Shape, values and errors as for `softmax`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
    """
    x, dim, dtype = _scores(input, dim, dtype)
    x = x - _largest(x, dim)
    return (x - torch.exp(x).sum(dim, keepdim=True).log()).to(dtype)


def _scores(input, dim, dtype):
    """Scores to compute with, their class dimension, and the dtype to answer in."""
    if dim is None:
        dim = 0 if input.dim() in (0, 1, 3) else 1
        warnings.warn(
            f"dim is not given and dim={dim} was chosen; say along which dimension the classes lie.", stacklevel=3
        )
    if not -max(input.dim(), 1) <= dim < max(input.dim(), 1):
        raise IndexError(f"dim is {dim}, and input of size {tuple(input.shape)} has {input.dim()} dimensions.")
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
    x, t, kept, dim, w_t = _contract.class_indices(input, target, ignore_index, weight)
    loss = _weighted(_of_class(-x, t, dim), w_t)
    return _over_samples(loss, w_t, kept, reduction, input.dtype)


def _of_class(x, t, dim):
    """x_t: of every sample the number of its class."""
    return x.gather(dim, t.unsqueeze(dim)).squeeze(dim)


def _weighted(loss, w_t):
    return loss if w_t is None else w_t * loss


def _over_samples(loss, w_t, kept, reduction, dtype):
    """The loss with nothing for ignored samples, its sum, or its mean: the sum over the weights of the kept."""
    loss = loss if kept is None else loss.masked_fill(~kept, 0)
    if reduction == "mean":
        kept = torch.ones_like(loss) if kept is None else kept
        return (loss.sum() / (kept if w_t is None else w_t * kept).sum()).to(dtype)
    return (loss.sum() if reduction == "sum" else loss).to(dtype)


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
    ε = _smoothing(label_smoothing)
    if target.shape == input.shape:
        x, y, w, dim = _class_probabilities(input, target, weight, ignore_index)
        loss = _against(w * ((1 - ε) * y + ε / x.shape[dim]), x, dim)
        return _contract.reduced(loss, reduction, torch.promote_types(input.dtype, target.dtype))
    x, t, kept, dim, w_t = _contract.class_indices(input, target, ignore_index, weight)
    loss = _weighted(_kernels.one_against_rest(cross_entropy_formula, x, t, dim), w_t)
    if ε > 0:
        loss = (1 - ε) * loss + ε / x.shape[dim] * _against(_each(weight, x, dim), x, dim)
    return _over_samples(loss, w_t, kept, reduction, input.dtype)


def cross_entropy_formula(x, t, dim=1) -> Tensor:
    """L = -ln p_t: of every sample the log-probability of its class, negated."""
    return -_of_class(log_softmax(x, dim), t, dim)


def _against(y, x, dim):
    """-Σ_c y_c·ln p_c. A class with no probability costs nothing, also where its log-probability is -inf."""
    return -(y * log_softmax(x, dim).masked_fill(y == 0, 0)).sum(dim)


def _each(weight, x, dim):
    """The weight of each class in the shape of `x`; 1 for None."""
    if weight is None:
        return torch.ones_like(x)
    return weight.to(x.dtype).view(-1, *[1] * (x.dim() - dim - 1)).expand_as(x)


def _smoothing(label_smoothing):
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0, and is {label_smoothing}.")
    return label_smoothing


def _class_probabilities(input, target, weight, ignore_index):
    """Scores, class probabilities and weights in their shape to compute with, and the class dimension."""
    _contract.floating("input", input)
    if not target.is_floating_point():
        raise RuntimeError(
            f"target has the size of input and dtype {target.dtype}, and class probabilities must be floating point; "
            "write target.float(), or give one class index a sample."
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index needs class indices as target, and target holds class probabilities.")
    _contract.same_device(input, target=target, weight=weight)
    _contract.class_weight(input, weight)
    x, y = _contract.widened(input, target)
    dim = 0 if input.dim() <= 1 else 1
    return x, y, 1 if weight is None else _each(weight, x, dim), dim


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
    _contract.focal_settings(gamma, alpha)
    x, t, kept, dim, _ = _contract.class_indices(input, target, ignore_index)
    loss = _kernels.one_against_rest(softmax_focal_loss_formula, x, t, dim, gamma)
    loss = _alpha_t(alpha, t, input) * loss
    return _over_samples(loss, None, kept, reduction, input.dtype)


def softmax_focal_loss_formula(x, t, dim=1, gamma=2.0) -> Tensor:
    """L = q^γ·(-ln p_t) with q = σ(-z) and -ln p_t = softplus(-z), z = x_t - ln Σ_{j≠t} e^x_j the lead of the class."""
    z = _of_class(x, t, dim) - x.scatter(dim, t.unsqueeze(dim), -torch.inf).logsumexp(dim)
    return torch.sigmoid(-z).clamp(min=torch.finfo(x.dtype).tiny) ** gamma * softplus(-z)


def _alpha_t(alpha, t, input):
    """1 for None, a number, or the class's own."""
    if not isinstance(alpha, Tensor) or not alpha.dim():
        return 1 if alpha is None else alpha
    count = input.shape[0 if input.dim() == 1 else 1]
    if tuple(alpha.shape) != (count,):
        raise RuntimeError(f"alpha has size {tuple(alpha.shape)}, and {count} classes need one number each.")
    _contract.same_device(input, alpha=alpha)
    return alpha[t]


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
