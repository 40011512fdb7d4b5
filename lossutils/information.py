"""Information measured: surprise, entropy, the divergence of two distributions, and torch's kl_div.

Distributions are tensors of probabilities along one dimension. `base` is the logarithm's: None counts in nats, 2 in
bits, 10 in hartleys. What cannot happen costs nothing: 0·log 0 = 0, and its derivative by that 0 is set to 0 as well.
"""

import math
import warnings

import torch
from torch import Tensor

from lossutils import _contract


def self_information(p, base=None) -> Tensor:
    """Surprise of an event of probability `p`.

    Formula: I = -log p, elementwise: 0 for the certain, infinite for the impossible. dI/dp = -1/p (in nats).
    Shape: any. Unit: nats, or what `base` says. Raises: ValueError for a p outside [0, 1] or NaN (looked at on the CPU
    only) and for a base that is not positive or is 1; NotImplementedError for integers.
    Source: Shannon, A Mathematical Theory of Communication, 1948.
    """
    _probabilities(p=p)
    return _surprise(p, base)


def entropy(p, dim=-1, base=None) -> Tensor:
    """Expected surprise of a distribution.

    Formula: H(P) = -Σ p·log p along `dim`, between 0 (certainty) and log C (all alike). ∂H/∂p = -(ln p + 1) in nats.
    Shapes: (..., C) gives (...). Unit, errors and source as for `self_information`; that p adds up to 1 is not checked.
    """
    _probabilities(p=p)
    return (p * _surprise(p.where(p > 0, 1), base)).sum(dim)


def cross_entropy(p, q, dim=-1, base=None) -> Tensor:
    """Expected surprise of who believes Q while P holds. The truth comes first, other than in the losses.

    Formula: H(P, Q) = -Σ p·log q = H(P) + KL(P‖Q) along `dim`. Infinite where q = 0 and p > 0; where p = 0, nothing.
    For a fixed P it is smallest at Q = P, where it is H(P) and not 0. ∂H/∂q = -p/q in nats.
    Shapes: `p` and `q` (..., C), broadcast, give (...). Unit, errors and source as for `self_information`.
    """
    _probabilities(p=p, q=q)
    return (p * _surprise(q.where(p > 0, 1), base)).sum(dim)


def kl_divergence(p, q, dim=-1, base=None) -> Tensor:
    """Surprise in excess for believing Q while P holds. The truth comes first, other than in `kl_div`.

    Formula: KL(P‖Q) = Σ p·(log p - log q) along `dim`, 0 for Q = P and never below, up to rounding. Infinite where q
    = 0 and p > 0; where p = 0, nothing. Not symmetric. ∂KL/∂q = -p/q in nats.
    Shapes: `p` and `q` (..., C), broadcast, give (...). Unit and errors as for `self_information`.
    Source: Kullback and Leibler, On Information and Sufficiency, 1951.
    """
    _probabilities(p=p, q=q)
    return (p * (_surprise(q.where(p > 0, 1), base) - _surprise(p.where(p > 0, 1), base))).sum(dim)


def _probabilities(**tensors):
    """Floating point, every value in [0, 1]; the values only where looking is free."""
    for name, tensor in tensors.items():
        _contract.floating(name, tensor)
        low, high = _contract.span(tensor) or (0, 1)
        if not (low >= 0 and high <= 1):
            raise ValueError(
                f"{name} must hold probabilities between 0 and 1, and reaches from {low:.6g} to {high:.6g}; "
                "take scores through softmax first."
            )
    _contract.stretchable(**tensors)


def _surprise(x, base):
    if base is not None and not (base > 0 and base != 1):
        raise ValueError(f"base is {base}; use a positive number other than 1: 2 for bits, 10, or None for nats.")
    log = torch.log(x) if base is None else torch.log2(x) if base == 2 else torch.log(x) / math.log(base)
    return 0 - log  # the certain surprises by 0, and not by -0


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False) -> Tensor:
    """Divergence of log-probabilities `input` from `target`; torch's `kl_div`. The truth comes second.

    Formula, elementwise, and then its reduction:
        L = t·(ln t - x), with t the target, or e^target for log_target=True
        "none": L; "sum": ΣL; "mean": ΣL over the number of elements (with torch's warning); "batchmean": ΣL/N, N the
        length of dimension 0, which is Σ KL(T‖e^x)/N for a batch of distributions.
        ∂L/∂x = -t

    Shapes: `input` and `target` any that broadcast. Any floating dtypes; float16 and bfloat16 are computed in float32.
    Unit: nats. Second derivatives work.

    Values: x is taken as log-probabilities, t as probabilities; neither is checked (nor does torch): a negative t gives
    NaN. An empty mean is NaN.

    Better than torch: a target of 0 (or of -inf with log_target=True) contributes 0 also where x is -inf (torch says
    NaN), and no NaN reaches the target's gradient.

    Raises: ValueError for an unknown reduction, RuntimeError for integer tensors, unequal devices and shapes that do
    not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
    """
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(KL_MEAN, stacklevel=2)
    reduction = _contract.reduction_of(reduction, size_average, reduce, also=("batchmean",))
    x, t, log_t = _with_logarithm(input, target, log_target)
    # Where the target is 0 nothing is lost, also where the log-probability is -inf.
    loss = t * (log_t - x).masked_fill(t == 0, 0)
    dtype = torch.promote_types(input.dtype, target.dtype)
    if reduction == "batchmean":
        return (loss.sum() / (input.shape[0] if input.dim() else 1)).to(dtype)
    return _contract.reduced(loss, reduction, dtype)


KL_MEAN = (
    "reduction='mean' divides the divergence by the number of classes too; write reduction='batchmean' for the "
    "divergence as mathematics defines it."
)


def _with_logarithm(input, target, log_target):
    """Log-probabilities, target and its logarithm to compute with."""
    for name, tensor in (("input", input), ("target", target)):
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise RuntimeError(f"kl_div: {name} has dtype {tensor.dtype}, and it must be floating point.")
    _contract.same_device(input, target=target)
    _contract.stretchable(input=input, target=target)
    x, t = _contract.widened(input, target)
    return (x, torch.exp(t), t) if log_target else (x, t, torch.log(t.where(t != 0, 1)))
