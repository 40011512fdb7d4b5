import math

import torch
from torch import nn
from torch.nn import functional as F

from lossutils import binary_cross_entropy, binary_cross_entropy_with_logits


def average_as_a_loop(p, y, w):
    paid = total = 0.0
    for one, label in zip(p, y, strict=True):
        weight = w if label == 1 else 1
        paid = paid - weight * torch.log(one if label == 1 else 1 - one)
        total += weight
    return paid / total


def average_of_two_groups(p, y, w):
    yes, no = -p[y == 1].log().sum(), -torch.log(1 - p[y == 0]).sum()
    return (w * yes + no) / (w * (y == 1).sum() + (y == 0).sum())


def average_by_weight(loss):
    return lambda p, y, w: loss(p, y, weight=1 + (w - 1) * y) * len(y) / (1 + (w - 1) * y).sum()


def balanced_in_python(s, y, alpha):
    paid = 0.0
    for score, label in zip(s.double().tolist(), y.tolist(), strict=True):
        z = score if label == 1 else -score
        paid += (alpha if label == 1 else 1 - alpha) * (max(-z, 0) + math.log1p(math.exp(-abs(z))))
    return paid / len(s)


def pull_unsimplified(s, r, w):
    p = 1 / (1 + torch.exp(-s))
    return (-w * r / p + (1 - r) / (1 - p)) * p * (1 - p)


def pull_by_autograd(s, r, w):
    s = s.clone().requires_grad_()
    loss = -(w * r * F.logsigmoid(s) + (1 - r) * F.logsigmoid(-s)).sum()
    return torch.autograd.grad(loss, s)[0]


def searched_in_steps(s, y):
    def price(t):
        return 20 * ((y == 1) & (s <= t)).sum().item() + ((y == 0) & (s > t)).sum().item()

    return min((step / 2 for step in range(-12, 5)), key=price)


def searched_among_the_scores(s, y):
    tried = torch.cat([s, s.min()[None] - 1])
    price = [20 * (y * (s <= t)).sum() + ((1 - y) * (s > t)).sum() for t in tried]
    return tried[torch.stack(price).argmin()]


ANSWERS = {
    "balancing-weight": ((49, 0.98), torch.tensor([49.0, 0.98]), (1470 / 30, 1470 / 1500)),
    "chance-behind": (
        lambda p_w, w: 1 / (1 + w * (1 - p_w) / p_w),
        lambda p_w, w: torch.sigmoid(torch.logit(p_w) - math.log(w)),
        lambda p_w, w: (p_w / w) / (p_w / w + 1 - p_w),
        lambda p_w, w: [q / (q + w * (1 - q)) for q in p_w.tolist()],
        lambda p_w, w: 1 - w * (1 - p_w) / (p_w + w * (1 - p_w)),
    ),
    "weighted-mean": (
        average_as_a_loop,
        average_of_two_groups,
        average_by_weight(F.binary_cross_entropy),
        average_by_weight(binary_cross_entropy),
        lambda p, y, w: F.cross_entropy(
            torch.stack([1 - p, p], 1).log(), y.long(), weight=torch.tensor([1, w], dtype=p.dtype)
        ),
        lambda p, y, w: (
            ((w * y + 1 - y).double() / (w * y + 1 - y).sum()) @ nn.BCELoss(reduction="none")(p, y).double()
        ),
    ),
    "balanced-bce": (
        balanced_in_python,
        lambda s, y, alpha: (
            (1 - alpha) * F.binary_cross_entropy_with_logits(s, y, pos_weight=torch.tensor(alpha / (1 - alpha)))
        ),
        lambda s, y, alpha: (
            (1 - alpha) * nn.BCEWithLogitsLoss(pos_weight=torch.tensor([alpha / (1 - alpha)], dtype=s.dtype))(s, y)
        ),
        lambda s, y, alpha: F.binary_cross_entropy_with_logits(s, y, weight=torch.where(y == 1, alpha, 1 - alpha)),
        lambda s, y, alpha: binary_cross_entropy_with_logits(s, y, weight=alpha * y + (1 - alpha) * (1 - y)),
    ),
    "weighted-pull": (
        pull_unsimplified,
        pull_by_autograd,
        lambda s, r, w: (1 - r) * torch.sigmoid(s) - w * r * torch.sigmoid(-s),
        lambda s, r, w: (w * r + 1 - r) * (torch.sigmoid(s) - w * r / (w * r + 1 - r)),
        lambda s, r, w: [(1 - r) / (1 + math.exp(-x)) - w * r / (1 + math.exp(x)) for x in s.tolist()],
    ),
    "priced-threshold": (
        searched_in_steps,
        searched_among_the_scores,
        lambda s, y: math.log(1 / 20),
        lambda s, y: torch.logit(torch.tensor(1 / 21)),
        lambda s, y: torch.tensor([-math.log(20)]),
    ),
}
