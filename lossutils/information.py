"""Information measured: surprise, entropy, the divergence of two distributions, and torch's kl_div."""

import math
import warnings

import torch
from torch import Tensor

from lossutils import _contract


def self_information(p, base=None) -> Tensor:
    """Surprise of an event of probability `p`: -log p."""
    _contract.probabilities(p=p)
    return -_log(p, base)


def entropy(p, dim=-1, base=None) -> Tensor:
    """Expected surprise of a distribution: H(P) = -Σ p·log p."""
    _contract.probabilities(p=p)
    return -(p * _log(p.where(p > 0, 1), base)).sum(dim)


def cross_entropy(p, q, dim=-1, base=None) -> Tensor:
    """Expected surprise of who believes Q while P holds: H(P, Q) = -Σ p·log q. The truth comes first."""
    _contract.probabilities(p=p, q=q)
    return -(p * _log(q.where(p > 0, 1), base)).sum(dim)


def kl_divergence(p, q, dim=-1, base=None) -> Tensor:
    """Surprise in excess for believing Q while P holds: KL(P‖Q) = Σ p·log(p/q). The truth comes first."""
    _contract.probabilities(p=p, q=q)
    return (p * (_log(p.where(p > 0, 1), base) - _log(q.where(p > 0, 1), base))).sum(dim)


def _log(x, base):
    _contract.logarithm_base(base)
    return torch.log(x) if base is None else torch.log2(x) if base == 2 else torch.log(x) / math.log(base)


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False) -> Tensor:
    """torch's divergence of log-probabilities from probabilities: t·(ln t - x). The truth comes second."""
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(_contract.KL_MEAN, stacklevel=2)
    reduction = _contract.reduction_of(reduction, size_average, reduce, also=("batchmean",))
    _contract.probabilities_or_logs(input, target)
    x, t = _contract.widened(input, target)
    log_t = t if log_target else torch.log(t.where(t != 0, 1))
    t = torch.exp(t) if log_target else t
    # Where the target is 0 nothing is lost, also where the log-probability is -inf.
    loss = (t * (log_t - x)).masked_fill(t == 0, 0)
    dtype = torch.promote_types(input.dtype, target.dtype)
    if reduction == "batchmean":
        return (loss.sum() / (input.shape[0] if input.dim() else 1)).to(dtype)
    return _contract.reduced(loss, reduction, dtype)
