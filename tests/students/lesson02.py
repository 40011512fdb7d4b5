"""Answers to the exercises of lesson 02, written from their texts alone."""

import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F


# ---- chance-behind
def chance_logit(p_w, w):
    p_w = torch.as_tensor(p_w) * 1.0
    w = torch.as_tensor(w, dtype=p_w.dtype)
    return torch.sigmoid(torch.logit(p_w) - torch.log(w))


def chance_odds_halfway(p_w, w):
    return p_w / (1 - p_w + 1e-12) / w  # the odds, never turned back


# ---- weighted-mean
def wm_divide_by_n(p, y, w):
    losses = -(w * y * p.log() + (1 - y) * (1 - p).log())
    return losses.mean()


def wm_weight_on_no(p, y, w):
    weight = torch.where(y == 1, 1.0, w)
    losses = F.binary_cross_entropy(p, y, reduction="none")
    return (weight * losses).sum() / weight.sum()


def wm_weights_below_only(p, y, w):
    weight = 1 + (w - 1) * y
    return F.binary_cross_entropy(p, y, reduction="sum") / weight.sum()


def wm_divide_by_w_plus_1(p, y, w):
    yes = -p[y == 1].log().mean()
    no = -(1 - p[y == 0]).log().mean()
    return (w * yes + no) / (w + 1)  # right only where yes and no are equally many


def wm_wrong_count(p, y, w):
    losses = -(w * y * p.log() + (1 - y) * (1 - p).log())
    return losses.sum() / (w * y.sum() + len(y))  # a yes counts w + 1 times below


def wm_right_loop(p, y, w):
    above = below = 0.0
    for pi, yi in zip(p, y, strict=False):
        if yi == 1:
            above, below = above - w * torch.log(pi), below + w
        else:
            above, below = above - torch.log(1 - pi), below + 1
    return above / below


def wm_right_library(p, y, w):
    weight = torch.where(y == 1, w, 1.0).to(p.dtype)
    return F.binary_cross_entropy(p, y.to(p.dtype), weight=weight, reduction="sum") / weight.sum()


# ---- balanced-bce
def bal_no_factor(s, y, alpha):
    return F.binary_cross_entropy_with_logits(s, y, pos_weight=torch.tensor(alpha / (1 - alpha)))


def bal_alpha_as_weight(s, y, alpha):
    return F.binary_cross_entropy_with_logits(s, y, pos_weight=torch.tensor(alpha))


def bal_wrong_side(s, y, alpha):
    return alpha * F.binary_cross_entropy_with_logits(s, y, pos_weight=torch.tensor((1 - alpha) / alpha))


def bal_alpha_factor(s, y, alpha):
    return alpha * F.binary_cross_entropy_with_logits(s, y, pos_weight=torch.tensor(alpha / (1 - alpha)))


def bal_sigmoid_too_many(s, y, alpha):
    p = torch.sigmoid(s)
    return (1 - alpha) * F.binary_cross_entropy_with_logits(p, y, pos_weight=torch.tensor(alpha / (1 - alpha)))


def bal_right(s, y, alpha):
    w = torch.as_tensor(alpha / (1 - alpha), dtype=s.dtype)
    return (1 - alpha) * F.binary_cross_entropy_with_logits(s, y, pos_weight=w)


def bal_right_turned(s, y, alpha):
    """Yes and no change places: -s, 1 - y, and 1 - alpha for alpha."""
    w = torch.as_tensor((1 - alpha) / alpha, dtype=s.dtype)
    return alpha * F.binary_cross_entropy_with_logits(-s, 1 - y, pos_weight=w)


# ---- weighted-pull
def pull_right(s, r, w):
    p = torch.sigmoid(torch.as_tensor(s))
    return w * r * (p - 1) + (1 - r) * p


def pull_right_autograd(s, r, w):
    with torch.enable_grad():
        s = (torch.as_tensor(s) * 1.0).detach().requires_grad_(True)
        cost = -(w * r * F.logsigmoid(s) + (1 - r) * F.logsigmoid(-s))
        return torch.autograd.grad(cost.sum(), s)[0]


# ---- priced-threshold
def _price(s, y, t, missed=20, alarm=1):
    return missed * ((y == 1) & (s <= t)).sum() + alarm * ((y == 0) & (s > t)).sum()


def thr_prices_swapped(s, y):
    below = torch.cat([s, s.min().reshape(1) - 1])
    return min(below.tolist(), key=lambda t: float(_price(s, y, t, missed=1, alarm=20)))


def thr_most_right_answers(s, y):
    below = torch.cat([s, s.min().reshape(1) - 1])
    return min(below.tolist(), key=lambda t: float(_price(s, y, t, missed=1, alarm=1)))


def thr_none_below(s, y):
    return min(s.tolist(), key=lambda t: float(_price(s, y, t)))  # cannot call all of them nine


def thr_right_search(s, y):
    s_np, y_np = s.detach().cpu().numpy(), y.detach().cpu().numpy()
    best_t, best = s_np.min() - 1, np.sum(y_np == 0) * 1.0
    for t in np.unique(s_np):
        price = 20.0 * np.sum((y_np == 1) & (s_np <= t)) + np.sum((y_np == 0) & (s_np > t))
        if price < best:
            best_t, best = t, price
    return float(best_t)


WRONG = {
    "balancing-weight": [
        ("all pictures over yes", (50.0, 50 / 51)),
        ("alpha of the other class", (49.0, 0.02)),
        ("upside down: yes over no", (30 / 1470, 30 / 1500)),
        ("alpha = 1/w", (49.0, 1 / 49)),
        ("pos_weight is the count of no", (1470.0, 1470 / 1471)),
    ],
    "chance-behind": [
        ("hard-coded to the example's 9", lambda p_w, w: p_w / (p_w + 9 * (1 - p_w))),
        ("the weight applied once more", lambda p_w, w: w * p_w / (w * p_w + 1 - p_w)),
        ("the chance divided in place of the odds", lambda p_w, w: p_w / w),
        ("divided by 1 + w: right only for 0.5", lambda p_w, w: 2 * p_w / (1 + w)),
        ("returns the odds", chance_odds_halfway),
    ],
    "weighted-mean": [
        ("divided by the number of answers", wm_divide_by_n),
        ("the no counts w times", wm_weight_on_no),
        ("weights below the bar only", wm_weights_below_only),
        ("mean of each class, divided by w + 1", wm_divide_by_w_plus_1),
        ("sum of weights miscounted: n + w·m", wm_wrong_count),
    ],
    "balanced-bce": [
        ("factor 1 - alpha missing", bal_no_factor),
        ("alpha itself as pos_weight, nothing for the no", bal_alpha_as_weight),
        ("alpha on the no", bal_wrong_side),
        ("factor alpha in place of 1 - alpha", bal_alpha_factor),
        ("a sigmoid too many", bal_sigmoid_too_many),
    ],
    "weighted-pull": [
        ("sign turned", lambda s, r, w: w * r * (1 - torch.sigmoid(s)) - (1 - r) * torch.sigmoid(s)),
        ("the weight on the no too", lambda s, r, w: w * (torch.sigmoid(s) - r)),
        ("w forgotten", lambda s, r, w: torch.sigmoid(s) - r),
        (
            "slope by p, the last link of the chain missing",
            lambda s, r, w: -w * r / torch.sigmoid(s) + (1 - r) / (1 - torch.sigmoid(s)),
        ),
        ("p minus p_w: same zero, other slope", lambda s, r, w: torch.sigmoid(s) - w * r / (w * r + 1 - r)),
    ],
    "priced-threshold": [
        ("the usual 0", lambda s, y: 0.0),
        ("the chance 1/21 in place of a score", lambda s, y: 1 / 21),
        ("the two prices swapped", thr_prices_swapped),
        ("counts mistakes, ignores prices", thr_most_right_answers),
        ("search without a threshold below all", thr_none_below),
    ],
}
RIGHT = {
    "balancing-weight": [
        (1470 / 30, 49 / 50),
        (torch.tensor(49.0), Fraction(49, 50)),
    ],
    "chance-behind": [
        lambda p_w, w: p_w / (p_w + w * (1 - p_w)),
        chance_logit,
    ],
    "weighted-mean": [wm_right_loop, wm_right_library],
    "balanced-bce": [bal_right, bal_right_turned],
    "weighted-pull": [pull_right, pull_right_autograd],
    "priced-threshold": [
        lambda s, y: -math.log(20),
        thr_right_search,
    ],
}
