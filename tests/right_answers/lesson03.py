import math

import torch
from torch.nn import functional as F

from lossutils import focal_loss, sigmoid_focal_loss


def alpha_focal_as_a_loop(p, y, gamma, alpha):
    total = 0.0
    for one, label in zip(p, y, strict=True):
        if label == 1:
            total = total - alpha * (1 - one) ** gamma * torch.log(one)
        else:
            total = total - (1 - alpha) * one**gamma * torch.log(1 - one)
    return total / len(p)


def alpha_focal_from_ce(p, y, gamma, alpha):
    ce = F.binary_cross_entropy(p, y, reduction="none")
    return (torch.tensor([1 - alpha, alpha], dtype=p.dtype)[y.long()] * (1 - torch.exp(-ce)) ** gamma * ce).mean()


def stable_as_a_loop(s, y, gamma):
    each = []
    for score, label in zip(s, y, strict=True):
        z = score if label == 1 else -score
        each.append(torch.exp(gamma * F.logsigmoid(-z)) * F.softplus(-z))
    return torch.stack(each)


ANSWERS = {
    "focal-0.9": (0.00105361, 0.00105, 1.0536e-3, torch.tensor([0.0010536]), 0.01 * math.log(10 / 9)),
    "alpha-focal": (
        alpha_focal_as_a_loop,
        alpha_focal_from_ce,
        lambda p, y, gamma, alpha: focal_loss(p, y, gamma=gamma, alpha=alpha, reduction="mean"),
        lambda p, y, gamma, alpha: (
            -(alpha * y * (1 - p) ** gamma * torch.log(p) + (1 - alpha) * (1 - y) * p**gamma * torch.log(1 - p)).mean()
        ),
        lambda p, y, gamma, alpha: (
            sigmoid_focal_loss(torch.logit(p.double()), y.double(), gamma=gamma, alpha=alpha).sum() / y.numel()
        ),
    ),
    "stable-focal": (
        stable_as_a_loop,
        lambda s, y, gamma: sigmoid_focal_loss(s, y, gamma=gamma),
        lambda s, y, gamma: torch.where(
            y == 1,
            -torch.exp(gamma * F.logsigmoid(-s)) * F.logsigmoid(s),
            -torch.exp(gamma * F.logsigmoid(s)) * F.logsigmoid(-s),
        ),
        lambda s, y, gamma: (
            (-gamma * F.softplus((2 * y - 1) * s)).exp() * F.binary_cross_entropy_with_logits(s, y, reduction="none")
        ),
    ),
    "focal-from-ce": (
        lambda ce, gamma: ((-torch.expm1(-ce)) ** gamma * ce).sum() / len(ce),
        lambda ce, gamma: (torch.exp(gamma * torch.log(-torch.expm1(-ce))) * ce).mean(),
        lambda ce, gamma: sum((-torch.expm1(-one)) ** gamma * one for one in ce) / len(ce),
        lambda ce, gamma: ((1 - torch.exp(-ce.double())) ** gamma * ce).mean(),
        lambda ce, gamma: sum((-math.expm1(-x)) ** gamma * x for x in ce.tolist()) / len(ce),
    ),
    "hidden-loss": (
        lambda p: 2 * p - torch.log(p) - 0.5 * p * p - 1.5,
        lambda p: -torch.log(p) - 2 * (1 - p) + (1 - p**2) / 2,
        lambda p: torch.log(1 / p) - (1 - p) - (1 - p) ** 2 / 2,
    ),
    "own-focus": (
        lambda p: 1 - p**10,
        lambda p: 2 * (1 - torch.sigmoid(5 * p)),
        lambda p: torch.cos(math.pi / 2 * p),
        lambda p: torch.exp(-5 * p),
    ),
}
