import math

import torch
from torch import nn
from torch.nn import functional as F

from lossutils import binary_cross_entropy


def bce_as_a_loop(p, y):
    total = 0.0
    for one, label in zip(p, y, strict=True):
        total = total - torch.log(one if label == 1 else 1 - one)
    return total / len(p)


def bce_in_python(p, y):
    return sum(-math.log(a) if b == 1 else -math.log(1 - a) for a, b in zip(p.tolist(), y.tolist(), strict=True)) / len(
        p
    )


def softplus_by_cases(s, y):
    return torch.stack(
        [(a if b == 0 else -a).clamp(min=0) + (-a.abs()).exp().log1p() for a, b in zip(s, y, strict=True)]
    )


ANSWERS = {
    "two-losses": ((0.223, 1.61), torch.tensor([0.2231, 1.6094])),
    "bce": (
        bce_as_a_loop,
        bce_in_python,
        F.binary_cross_entropy,
        nn.BCELoss(),
        binary_cross_entropy,
        lambda p, y: -torch.where(y == 1, p, 1 - p).log().sum() / y.numel(),
        lambda p, y: F.binary_cross_entropy(p.double(), y.double()),
        lambda p, y: -torch.stack([1 - p, p], -1).log().gather(-1, y.long().unsqueeze(-1)).flip(0).mean(),
    ),
    "bce-with-logits": (
        softplus_by_cases,
        nn.BCEWithLogitsLoss(reduction="none"),
        lambda s, y: s.clamp(min=0) - s * y + torch.log1p(torch.exp(-s.abs())),
        lambda s, y: -F.logsigmoid((2 * y - 1) * s),
        lambda s, y: torch.logaddexp(torch.zeros_like(s), (1 - 2 * y) * s),
    ),
    "stuck": (0.503, torch.tensor(0.50320)),
    "best-constant": (
        lambda y: (y.mean().item(), F.binary_cross_entropy(y.mean().expand(len(y)), y).item()),
        lambda y: torch.stack([y.mean(), nn.BCELoss()(y.mean().expand_as(y), y)]),
    ),
    "forgiving-loss": (lambda s: 1 - torch.sigmoid(s), lambda s: (1 - torch.sigmoid(s)) ** 2),
}
