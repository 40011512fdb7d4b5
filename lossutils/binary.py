"""Losses of one probability against one label: binary cross entropy and its focal form.

Notation: p a probability, s a logit, σ(s) = 1/(1 + e^-s), y the label, softplus(s) = ln(1 + e^s). Logarithms are
natural, losses are in nats. torch stands for `torch.nn.functional`.
"""

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import softplus as _softplus

from lossutils import _contract

# torch's two limits at the ends of [0, 1]: no logarithm below -100, no denominator of a slope below 1e-12.
LOG_FLOOR, SLOPE_FLOOR = -100.0, 1e-12


def softplus(s: Tensor) -> Tensor:
    """ln(1 + e^s). torch's own turns into s at 20, too early for float64; at 40 no digit of either is lost."""
    return _softplus(s, 1, 40)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean") -> Tensor:
    """Binary cross entropy of probabilities; torch's `binary_cross_entropy`.

    Formula, elementwise, and then its reduction:
        L = -w·(y·max(ln p, -100) + (1 - y)·max(ln(1 - p), -100))
        "none": L; "mean": ΣL/n, also when weighted; "sum": ΣL.
        dL/dp = w·((1 - y)/max(1 - p, 1e-12) - y/max(p, 1e-12))

    Shapes: `input` (p) and `target` (y) any, but the same; `weight` broadcasts to it. The result has it too ("none") or
    none. Same floating dtype for both; float16 and bfloat16 are computed in float32. Unit: nats.

    Values: p and y in [0, 1], y soft if you like. At p = 0 for y = 1 the loss is 100, not infinite, and the slope
    -1e12; at p = 1 for y = 1 loss 0, slope -1. An empty `mean` is NaN.

    Better than torch: the halves of the slope are kept apart, so for y = 0 it is 1/(1 - p) right down to p = 0, where
    torch's (p - y)/max(p·(1 - p), 1e-12) fades to 0 below 1e-12. Second derivatives work.

    Raises: ValueError for unequal sizes or an unknown reduction; RuntimeError for unequal dtypes or devices, a weight
    that does not broadcast or wants a gradient, and values outside [0, 1] or NaN; NotImplementedError for integer
    input. Values are looked at on the CPU only: elsewhere looking would have to wait for the device, and there a
    probability outside [0, 1] makes the loss NaN. Nor are they under `torch.compile` and `torch.func`, as in torch.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
    """
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
    loss = _cross_entropy(p, y)
    return _contract.reduced(loss if w is None else w * loss, reduction, input.dtype)


def _cross_entropy(p, y):
    # torch.compile takes no function that has forward-mode derivatives; everything else may want them.
    return (_BinaryCrossEntropy if torch.compiler.is_compiling() else _BinaryCrossEntropyBothModes).apply(p, y)


class _BinaryCrossEntropy(Function):
    # lerp(a, b, y) is (1 - y)·a + y·b, and exactly a or b where y is 0 or 1.
    generate_vmap_rule = True

    @staticmethod
    def forward(p, y):
        # A cross entropy is never negative: abs turns the sign, and leaves no -0.
        return torch.lerp(_log_complement(p), _log(p), y).abs_()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        p, y = ctx.saved_tensors
        by_p, by_y = ctx.needs_input_grad
        to_p = _contract.scaled(_slope_by_p(p, y), g) if by_p else None
        return to_p, g * (_log_complement(p) - _log(p)) if by_y else None


class _BinaryCrossEntropyBothModes(_BinaryCrossEntropy):
    @staticmethod
    def jvp(ctx, dp, dy):
        p, y = ctx.saved_tensors
        return (0 if dp is None else dp * _slope_by_p(p, y)) + (
            0 if dy is None else dy * (_log_complement(p) - _log(p))
        )


def _slope_by_p(p, y):
    down, up = (1 - p).clamp_min_(SLOPE_FLOOR), (-p).clamp_max_(-SLOPE_FLOOR)
    return torch.lerp(down.reciprocal_(), up.reciprocal_(), y)


def _log(p):
    return torch.log(p).clamp_min_(LOG_FLOOR)


def _log_complement(p):
    return (-p).log1p_().clamp_min_(LOG_FLOOR)


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
    NaN out. An empty `mean` is NaN.

    Better than torch: the tail keeps its digits (s = -20, y = 0 costs 2.06e-9, torch says 0), and an infinite logit on
    the right side costs 0 with slope 0 (torch says NaN). Second derivatives work.

    Raises: ValueError for unequal sizes or an unknown reduction; RuntimeError for an integer target, unequal devices,
    weights that do not broadcast or want a gradient; NotImplementedError for integer input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
    """
    reduction = _contract.reduction_of(reduction, size_average, reduce)
    _contract.same_size(input, target)
    _contract.floating("input", input)
    _contract.floating_target(target)
    _contract.same_device(input, target=target, weight=weight, pos_weight=pos_weight)
    _contract.broadcastable("weight", weight, input.shape)
    _contract.broadcastable("pos_weight", pos_weight, input.shape)
    _contract.constant("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    s, y, w, c = _contract.widened(input, target, weight, pos_weight)
    hard = _is_hard(y)
    if c is None or hard:
        loss = _cross_entropy_with_logits(s, y, hard)
        loss = loss if c is None else loss * (c * y + (1 - y))
    else:
        loss = _two_softplus(s, c * y, 1 - y)
    return _contract.reduced(loss if w is None else w * loss, reduction, target.dtype)


def _two_softplus(s, a, b):
    """a·softplus(-s) + b·softplus(s), where a zero a or b silences even an infinite softplus."""
    return (a * softplus(-s)).masked_fill(a == 0, 0) + (b * softplus(s)).masked_fill(b == 0, 0)


def _cross_entropy_with_logits(s, y, hard):
    compiling = torch.compiler.is_compiling()
    function = _BinaryCrossEntropyWithLogits if compiling else _BinaryCrossEntropyWithLogitsBothModes
    return function.apply(s, y, hard)


class _BinaryCrossEntropyWithLogits(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(s, y, hard):
        # Where every label is 0 or 1 one softplus does: that of the logit for the wrong label, z = (1 - 2y)·s.
        return softplus(torch.rsub(y, 1, alpha=2).mul_(s)) if hard else _two_softplus(s, y, 1 - y)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])
        ctx.hard = inputs[2]

    @staticmethod
    def backward(ctx, g):
        s, y = ctx.saved_tensors
        if ctx.hard and not torch.is_grad_enabled():
            sign = torch.rsub(y, 1, alpha=2)
            to_s = (sign * s).sigmoid_().mul_(sign).mul_(g)
        else:
            to_s = g * torch.lerp(torch.sigmoid(s), -torch.sigmoid(-s), y)
        return to_s, -g * s if ctx.needs_input_grad[1] else None, None


class _BinaryCrossEntropyWithLogitsBothModes(_BinaryCrossEntropyWithLogits):
    @staticmethod
    def jvp(ctx, ds, dy, _):
        s, y = ctx.saved_tensors
        by_s = 0 if ds is None else ds * torch.lerp(torch.sigmoid(s), -torch.sigmoid(-s), y)
        return by_s - (0 if dy is None else dy * s)


def _is_hard(y) -> bool:
    """Whether every label is known to be 0 or 1; where looking is not free (see `_contract.readable`), it is not."""
    if y.requires_grad or not y.numel() or not _contract.readable(y):
        return False
    # Only 0 and 1 are their own squares. Smallest and largest difference are found faster than an inequality.
    low, high = torch.aminmax((y * y).sub_(y))
    return low.item() == high.item() == 0


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
    _contract.floating("input", input)
    _contract.focal_settings(gamma, alpha)
    target = _contract.as_tensor(target, input)
    _contract.same_device(input, target=target)
    _contract.stretchable(input=input, target=target, gamma=gamma, alpha=alpha)
    _contract.between_0_and_1("input", input)
    _contract.between_0_and_1("target", target)
    p, y = _contract.widened(input, target)
    # Below the smallest normal number q^γ·ce is 0 anyway, and the slope of q^γ there may be infinite.
    q = torch.lerp(p, 1 - p, y).clamp(min=torch.finfo(p.dtype).tiny)
    loss = _alpha_t(y, alpha) * q**gamma * _cross_entropy(*torch.broadcast_tensors(p, y))
    return _contract.reduced(loss, reduction, input.dtype)


def _alpha_t(y, alpha):
    if alpha is None:
        return 1
    if isinstance(alpha, Tensor):
        return alpha * y + (1 - alpha) * (1 - y)
    # In place and with plain numbers; at 0 and 1 no digit of either is lost.
    return torch.rsub(y, 1).mul_(1 - alpha).add_(y, alpha=alpha)


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

    Memory and speed: loss and slope are computed together, and one tensor of the input's size is kept for backward.
    Second derivatives then raise; `sigmoid_focal_loss_formula` has them. Under `torch.func`, for a tensor as `gamma` or
    `alpha`, for a `target` that wants a gradient, and where shapes broadcast, that formula is used by itself.

    Raises: ValueError for an unknown reduction, gamma < 0, alpha outside [0, 1] (numbers only: tensors are not looked
    at); RuntimeError for shapes that do not broadcast and for unequal devices; NotImplementedError for integer input.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017, https://arxiv.org/abs/1708.02002
    """
    reduction = _contract.reduction_of(reduction)
    _contract.floating("input", input)
    _contract.focal_settings(gamma, alpha)
    target = _contract.as_tensor(target, input)
    _contract.same_device(input, target=target)
    _contract.stretchable(input=input, target=target, gamma=gamma, alpha=alpha)
    s, y = _contract.widened(input, target)
    plain = not any(isinstance(v, Tensor) for v in (gamma, alpha)) and not y.requires_grad
    if plain and y.shape == s.shape and y.dtype == s.dtype and not _contract.transformed():
        loss = _SigmoidFocalLoss.apply(s, s.expand(0, *s.shape).clone(), y, gamma, alpha)
    else:
        loss = sigmoid_focal_loss_formula(s, y, gamma, alpha)
    return _contract.reduced(loss, reduction, input.dtype)


def sigmoid_focal_loss_formula(s, y, gamma=2.0, alpha=None) -> Tensor:
    """`sigmoid_focal_loss` as the formula reads, in plain torch operations: α_t·q^γ·ce. Differentiable to any order."""
    q = torch.lerp(torch.sigmoid(s), torch.sigmoid(-s), y).clamp(min=torch.finfo(s.dtype).tiny)
    ce = _cross_entropy_with_logits(*torch.broadcast_tensors(s, y), False)
    return _alpha_t(y, alpha) * q**gamma * ce


class _SigmoidFocalLoss(Function):
    @staticmethod
    def forward(ctx, s, nothing, y, gamma, alpha):
        loss, slope = (_hard_focal if _is_hard(y) else _soft_focal)(s, y, gamma, alpha)
        # `nothing` has no elements: it leads a second derivative back to s, where it can be told that there is none.
        ctx.save_for_backward(slope, nothing)
        return loss

    @staticmethod
    def backward(ctx, g):
        slope, nothing = ctx.saved_tensors
        return _contract.differentiable_once(g * slope, nothing, "sigmoid_focal_loss"), None, None, None, None


def _hard_focal(s, y, gamma, alpha):
    """Loss and slope for labels 0 and 1, with z = (1 - 2y)·s the logit of the wrong label."""
    sign = torch.rsub(y, 1, alpha=2)
    z = sign * s
    ce, q = softplus(z), _sigmoid(z, gamma)
    focus = q**gamma if alpha is None else (q**gamma).mul_(_alpha_t(y, alpha))
    slope = q.addcmul_(z.neg_().sigmoid_(), ce, value=gamma).mul_(focus).mul_(sign)
    return focus.mul_(ce), slope


def _soft_focal(s, y, gamma, alpha):
    """Loss and slope for labels anywhere in [0, 1]; at 0 and 1 the numbers of `_hard_focal`."""
    p, n = _sigmoid(s, gamma), _sigmoid(-s, gamma)
    q = torch.lerp(p, n, y)
    tail = softplus(-s.abs())
    ce = (y * (tail + (-s).relu())).masked_fill(y == 0, 0) + ((1 - y) * (tail + s.relu())).masked_fill(y == 1, 0)
    focus = _alpha_t(y, alpha) * q**gamma
    # dq/ds = (1 - 2y)·p·n, and q is no smaller than either's share in it: the quotient stays in [0, 1].
    share = p * n / q.clamp(min=torch.finfo(s.dtype).tiny)
    return focus * ce, focus * (torch.lerp(p, -n, y) + gamma * (1 - 2 * y) * share * ce)


def _sigmoid(s, gamma):
    # Below s = -88.7 torch's float32 sigmoid is 0, its e^-s being infinite. Only for γ < 1 does q^γ·q show it.
    return torch.sigmoid(s) if gamma >= 1 else -torch.expm1(-softplus(s))


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
