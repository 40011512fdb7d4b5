"""The losses in their fast and exact forms; the formulas stand in the family files, and tests hold the two together.

Each entry takes the formula as its first argument and falls back on it where only plain operations do: second
derivatives, `torch.func`, forward-mode differentiation, and tensors as γ and α. Every gain is told with its line of
`python -m benchmarks.losses`: forward and backward on one CPU thread, as a share of the first contender's time.
"""

import torch
from torch import Tensor
from torch.autograd import Function, forward_ad
from torch.nn.functional import softplus as _softplus

from lossutils._contract import readable, transformed

# torch's two limits at the ends of [0, 1]: no logarithm below -100, no denominator of a slope below 1e-12.
LOG_FLOOR, SLOPE_FLOOR = -100.0, 1e-12


def softplus(s: Tensor) -> Tensor:
    """ln(1 + e^s). torch's own turns into s at 20, too early for float64; at 40 no digit of either is lost."""
    return _softplus(s, 1, 40)


# where a kernel may run
def plain(*numbers) -> bool:
    """Whether only plain operations do here."""
    return transformed() or forward_ad._current_level >= 0 or any(isinstance(number, Tensor) for number in numbers)


def must_be_new(g) -> bool:
    """Whether a product with g cannot be written in place: it stands for many, as under autograd's `is_grads_batched`,
    or the compiler sees to that itself."""
    return torch.compiler.is_compiling() or torch._C._functorch.is_legacy_batchedtensor(g)


def slope_of(formula, x, g):
    """The formula's gradient by x, itself differentiable."""
    return torch.autograd.grad(formula(x), x, g, create_graph=True)[0]


def is_hard(y) -> bool:
    """Whether every label is known to be 0 or 1; where looking is not free, it is not."""
    # Only 0 and 1 are their own squares.
    return not y.requires_grad and bool(y.numel()) and readable(y) and is_zero((y * y).sub_(y))


def is_zero(tensor) -> bool:
    # Smallest and largest are found faster than an inequality.
    low, high = torch.aminmax(tensor)
    return low.item() == high.item() == 0


# binary cross entropy
def binary_cross_entropy(formula, p, y):
    """Of probabilities. Autograd keeps both logarithms and all that leads to them, and at p = 0 and 1 finds NaN as the
    slope; here it is torch's ∓1e12. Line `binary_cross_entropy 1e6`: the formula 0.75 of torch's time, this 0.40."""
    p, y = torch.broadcast_tensors(p, y)
    return formula(p, y) if plain() else _BinaryCrossEntropy.apply(p, y)


class _BinaryCrossEntropy(Function):
    # lerp(a, b, y) is (1 - y)·a + y·b, and exactly a or b where y is 0 or 1.
    @staticmethod
    def forward(ctx, p, y):
        ctx.save_for_backward(p, y)
        # A cross entropy is never negative: abs turns the sign, and leaves no -0.
        return torch.lerp(_log_complement(p), _log(p), y).abs_()

    @staticmethod
    def backward(ctx, g):
        p, y = ctx.saved_tensors
        by_p, by_y = ctx.needs_input_grad
        down, up = (1 - p).clamp_min_(SLOPE_FLOOR), (-p).clamp_max_(-SLOPE_FLOOR)
        slope = torch.lerp(down.reciprocal_(), up.reciprocal_(), y)
        # Not the formula, for a second derivative either: at p = 0 and 1 its first one is NaN.
        to_p = g * slope if torch.is_grad_enabled() or must_be_new(g) else slope.mul_(g)
        return to_p if by_p else None, g * (_log_complement(p) - _log(p)) if by_y else None


def _log(p):
    return torch.log(p).clamp_min_(LOG_FLOOR)


def _log_complement(p):
    return (-p).log1p_().clamp_min_(LOG_FLOOR)


def binary_cross_entropy_with_logits(formula, s, y, c=None):
    """Of logits. Where every label is 0 or 1 one softplus does, that of the wrong label's logit (1 - 2y)·s, in place of
    the formula's two; and an infinite logit on the right side costs 0, where the formula has 0·∞. Line
    `binary_cross_entropy_with_logits 1e6`: the formula 2.1 of torch's time, this 1.1."""
    c = 1 if c is None else c
    if is_hard(y):
        loss = softplus(torch.rsub(y, 1, alpha=2) * s)
        return loss if isinstance(c, int) else loss * (c * y + (1 - y))
    if readable(s) and s.numel() and s.detach().abs().max() == torch.inf:
        return (c * y * softplus(-s)).masked_fill(c * y == 0, 0) + ((1 - y) * softplus(s)).masked_fill(y == 1, 0)
    return formula(s, y, c)


# focal loss of logits
def sigmoid_focal_loss(formula, s, y, gamma, alpha):
    """Loss and slope at once, one tensor kept in place of nine, and a slope with all its digits for every γ ≥ 0. Line
    `sigmoid_focal_loss 1e6`: the formula 1.1 of torchvision's time, this 0.41."""
    if plain(gamma, alpha) or y.requires_grad or y.shape != s.shape or y.dtype != s.dtype:
        return formula(s, y, gamma, alpha)
    return _SigmoidFocalLoss.apply(s, y, gamma, alpha, formula)


class _SigmoidFocalLoss(Function):
    @staticmethod
    def forward(ctx, s, y, gamma, alpha, formula):
        at_hand = s.numel() and readable(s)
        loss, slope = (_focal_in_blocks if at_hand else _soft_focal)(s, y, gamma, alpha)
        ctx.save_for_backward(s, y, slope)
        ctx.formula, ctx.settings = formula, (gamma, alpha)
        return loss

    @staticmethod
    def backward(ctx, g):
        s, y, slope = ctx.saved_tensors
        slope = slope_of(lambda s: ctx.formula(s, y, *ctx.settings), s, g) if torch.is_grad_enabled() else g * slope
        return slope, None, None, None, None


# Elements that one thread works on at a time: few enough that what lies between input and result stays in the cache of
# its core, instead of crossing main memory some twenty times; enough that the calls themselves cost little.
BLOCK = 2**17


def _focal_in_blocks(s, y, gamma, alpha):
    size = BLOCK * torch.get_num_threads()
    if s.numel() <= size:
        return _focal(s, y, gamma, alpha)
    s, y = s.contiguous(), y.contiguous()
    results = torch.empty_like(s), torch.empty_like(s)
    for block in zip(*(t.view(-1).split(size) for t in (s, y, *results)), strict=True):
        for result, found in zip(block[2:], _focal(*block[:2], gamma, alpha), strict=True):
            result.copy_(found)
    return results


def _focal(s, y, gamma, alpha):
    """Loss and slope of `_soft_focal`, faster where every label is 0 or 1.

    One exponential and one logarithm: with z = (1 - 2y)·s the logit of the wrong label and e = e^z it is
    ce = ln(1 + e), p_t = 1/(1 + e) and q = e/(1 + e).
    """
    sign = torch.rsub(y, 1, alpha=2)
    z = sign * s
    # 2y·(1 - y) is 0 for 0 and 1 only.
    if not is_zero(torch.addcmul(y, y, sign)):
        return _soft_focal(s, y, gamma, alpha)
    # In float32 e^z is infinite from 88.8 on. Past 80 ce is z, and the slope no longer changes.
    far = not z.amax().item() <= 80
    e = (z.clamp(max=80) if far else z).exp()
    ce = e.log1p()
    p_t = e + 1
    # torch's sigmoid is slower and rounds a little less; q^γ multiplies what is rounded by γ.
    q = e.div_(p_t) if gamma <= 2 else torch.sigmoid(z)
    p_t.reciprocal_()
    # sign·α_t is 1 - α or -α; the second way keeps the digits of a small α.
    weight = sign if alpha is None else torch.rsub(y, 1 - alpha) if alpha >= 0.25 else (1 - y).sub_(alpha)
    focus = (q**gamma).mul_(weight)
    slope = q.addcmul_(p_t, ce, value=gamma).mul_(focus)
    ce = torch.maximum(ce, z) if far else ce
    return ce.mul_(focus).abs_(), slope


def _soft_focal(s, y, gamma, alpha):
    """Loss and slope for labels anywhere in [0, 1]; at 0 and 1 the numbers of `_focal`."""
    p, n = _sigmoid(s, gamma), _sigmoid(-s, gamma)
    q = torch.lerp(p, n, y)
    tail = softplus(-s.abs())
    ce = (y * (tail + (-s).relu())).masked_fill(y == 0, 0) + ((1 - y) * (tail + s.relu())).masked_fill(y == 1, 0)
    focus = alpha_t(y, alpha) * q**gamma
    # dq/ds = (1 - 2y)·p·n, and q is no smaller than either's share in it: the quotient stays in [0, 1].
    share = p * n / q.clamp(min=torch.finfo(s.dtype).tiny)
    return focus * ce, focus * (torch.lerp(p, -n, y) + gamma * (1 - 2 * y) * share * ce)


def _sigmoid(s, gamma):
    # Below s = -88.7 torch's float32 sigmoid is 0, its e^-s being infinite. Only for γ < 1 does q^γ·q show it.
    return torch.sigmoid(s) if gamma >= 1 else -torch.expm1(-softplus(s))


def alpha_t(y, alpha):
    # In place and with plain numbers; at 0 and 1 no digit of either is lost.
    return 1 if alpha is None else torch.rsub(y, 1).mul_(1 - alpha).add_(y, alpha=alpha)


# focal loss of scores, and cross entropy, its γ = 0
def one_against_rest(formula, x, t, dim, *gamma):
    """q^γ·(-ln p_t). The formula loses the digits of a p_t that rounds to 1 and of the slopes there; this prepares each
    slope in the forward pass, keeps one tensor beside the input, and takes the largest score off only where it must.
    Line `softmax_focal_loss`: the formula 1.6 to 1.9 of kornia's best time, this 0.5 to 0.56."""
    return formula(x, t, dim, *gamma) if plain(*gamma) else _OneAgainstRest.apply(x, t, dim, formula, *gamma)


class _OneAgainstRest(Function):
    @staticmethod
    def forward(ctx, x, t, dim, formula, *settings):
        (gamma, *_), t = (*settings, 0.0), t.unsqueeze(dim)
        top, found = None, None
        if readable(x):
            found = _focus(x, t, dim, gamma, None)
            # Without a shift three passes over x are spared, and all digits are kept as long as nothing runs over.
            if not (x.numel() and _within_range(*found[2:])):
                found = None
        if found is None:
            top = x.scatter(dim, t, -torch.inf).amax(dim, keepdim=True).clamp_(min=torch.finfo(x.dtype).min)
            found = _focus(x, t, dim, gamma, top)
        loss, e, total, rate = found
        ctx.save_for_backward(x, t, top, total, rate)
        ctx.dim, ctx.formula, ctx.settings = dim, formula, settings
        ctx.e = None if torch.compiler.is_compiling() else e
        return loss.squeeze(dim)

    @staticmethod
    def backward(ctx, g):
        nothing = [None] * (len(ctx.needs_input_grad) - 1)
        x, t, top, total, rate = ctx.saved_tensors
        if torch.is_grad_enabled():
            formula = lambda x: ctx.formula(x, t.squeeze(ctx.dim), ctx.dim, *ctx.settings)  # noqa: E731
            return slope_of(formula, x, g), *nothing
        rate = g.unsqueeze(ctx.dim) * rate
        if must_be_new(g):
            return (_rest(x, t, ctx.dim, top) * rate).scatter(ctx.dim, t, -rate * total), *nothing
        # The exponentials become the gradient in their place; a second backward takes them anew.
        e, ctx.e = ctx.e, None
        e = _rest(x, t, ctx.dim, top) if e is None else e
        return e.mul_(rate).scatter_(ctx.dim, t, rate.mul_(total).neg_()), *nothing


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
