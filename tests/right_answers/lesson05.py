import math

import torch
from torch.nn import functional as F

from lossutils.information import cross_entropy, entropy, kl_divergence


def kl_in_python(p, q):
    if p.dim() > 1:
        return [kl_in_python(*pair) for pair in zip(p, q, strict=True)]
    return sum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True) if a > 0)


def kl_in_a_loop(p, q):
    total = torch.zeros(p.shape[:-1], dtype=p.dtype)
    for c in range(p.shape[-1]):
        term = p[..., c] * torch.log(p[..., c] / q[..., c])
        total = total + torch.where(p[..., c] > 0, term, torch.zeros_like(term))
    return total


def kl_by_where(p, q):
    ratio = torch.where(p > 0, p, 1) / torch.where(p > 0, q, 1)
    return (p * torch.log(ratio)).sum(-1)


def js_in_python(p, q):
    m = (p + q) / 2
    if p.dim() > 1:
        return [js_in_python(*pair) for pair in zip(p, q, strict=True)]
    return (kl_in_python(p, m) + kl_in_python(q, m)) / 2


ANSWERS = {
    "fair-die": ((1.79, 2.58), (1.7918, 2.585), torch.tensor([1.7918, 2.5850])),
    "kl-divergence": (
        kl_in_python,
        kl_in_a_loop,
        kl_by_where,
        lambda p, q: cross_entropy(p, q) - entropy(p),
        lambda p, q: (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=-1),
        lambda p, q: torch.nansum(p * torch.log(p / q), dim=-1),
        lambda p, q: kl_divergence(p, q, base=2) * math.log(2),
        lambda p, q: (p * (p.clamp(min=1e-30).log() - q.where(p > 0, 1).log())).flip(-1).sum(-1),
    ),
    "js-divergence": (
        js_in_python,
        lambda p, q: (kl_in_a_loop(p, (p + q) / 2) + kl_in_a_loop(q, (p + q) / 2)) / 2,
        lambda p, q: entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2,
        lambda p, q: sum(F.kl_div(((p + q) / 2).log(), x, reduction="none").sum(-1) for x in (p, q)) / 2,
    ),
    "kl-gaps": (
        lambda p, q: p * (q / p - 1 - torch.log(q / p)),
        lambda p, q: q - p - p * (q.log() - p.log()),
        lambda p, q: F.kl_div(q.log(), p, reduction="none") + q - p,
    ),
    "wide-or-narrow": ((0.356, 0.630), (0.3564, 0.6303), torch.tensor([0.3564, 0.6303])),
    "own-divergence": (
        lambda p, q: (p - q).square().sum(-1),
        lambda p, q: (p - q).norm(dim=-1),
        lambda p, q: (p.sqrt() - q.sqrt()).norm(dim=-1) / math.sqrt(2),
        lambda p, q: (p - q).abs().amax(-1),
        lambda p, q: 1 - (p * q).sqrt().sum(-1),
        lambda p, q: kl_divergence(p, (p + q) / 2).add(kl_divergence(q, (p + q) / 2)).clamp(min=0).sqrt(),
    ),
}
