"""Answers to the exercises of lesson 01, written from their texts alone."""

import math
from decimal import Decimal

import numpy as np
import torch
import torch.nn.functional as F


# ---- bce
def bce_only_yes(p, y):
    return -(y * torch.log(p)).mean()


def bce_labels_swapped(p, y):
    p_t = torch.where(y == 1, 1 - p, p)
    return -torch.log(p_t).mean()


def bce_log_of_mean(p, y):
    p_t = torch.where(y == 1, p, 1 - p)
    return -torch.log(p_t.mean())


def bce_sigmoid_first(p, y):
    p = torch.sigmoid(p)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def bce_bits_and_sum(p, y):
    total = 0.0
    for pi, yi in zip(p, y, strict=False):
        total = total - torch.log2(pi if yi == 1 else 1 - pi)
    return total


def bce_loop(p, y):
    total = 0.0
    for pi, yi in zip(p, y, strict=False):
        if yi == 1:
            total += -torch.log(pi)
        else:
            total += -torch.log(1 - pi)
    return total / len(p)


def bce_library(p, y):
    return F.nll_loss(torch.stack([1 - p, p], dim=1).log(), y.long())


# ---- bce-with-logits
def bwl_naive(s, y):
    return torch.log1p(torch.exp(s)) - y * s


def bwl_no_abs(s, y):
    return s.clamp(min=0) - y * s + torch.log1p(torch.exp(-s))


def bwl_clamped_score(s, y):
    s = s.clamp(-30, 30)
    return torch.log1p(torch.exp(s)) - y * s


def bwl_plus_ys(s, y):
    return s.clamp(min=0) + y * s + torch.log1p(torch.exp(-s.abs()))


def bwl_mean(s, y):
    return (s.clamp(min=0) - y * s + torch.log1p(torch.exp(-s.abs()))).mean()


def bwl_right_formula(s, y):
    return s.clamp(min=0) - y * s + torch.log1p(torch.exp(-s.abs()))


def bwl_right_flip(s, y):
    z = (1 - 2 * y) * s  # a yes with score s is a no with score -s
    return (z + z.abs()) / 2 + torch.log1p(torch.exp(-torch.abs(z)))


# ---- best-constant
def bc_no_mean(y):
    p = y.sum() / len(y)
    return p, -(torch.xlogy(y, p) + torch.xlogy(1 - y, 1 - p)).sum()


def bc_bits(y):
    p = y.sum() / len(y)
    return p, -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)) / math.log(2)


def bc_majority(y):
    p = (y.sum() / len(y)).round().clamp(0.01, 0.99)
    return p, -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def bc_yes_part_only(y):
    p = y.sum() / len(y)
    return p, -torch.xlogy(p, p)


def bc_chance_of_no(y):
    p = 1 - y.sum() / len(y)
    return p, -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p))


def bc_right_math(y):
    n, m = len(y), int(sum(y.tolist()))
    loss = 0.0
    if m > 0:
        loss -= m / n * math.log(m / n)
    if m < n:
        loss -= (n - m) / n * math.log((n - m) / n)
    return m / n, loss


def bc_right_entr(y):
    p = y.sum() / y.numel()
    return p, torch.special.entr(p) + torch.special.entr(1 - p)


WRONG = {
    "two-losses": [
        ("the two swapped", (1.6094, 0.2231)),
        ("forgot the minus", (-0.2231, -1.6094)),
        ("base 2", (0.3219, 2.3219)),
        ("base 10", (0.0969, 0.6990)),
        ("8 taken as 2 squared: ln 10 - 2 ln 2", (0.917, 1.610)),
    ],
    "bce": [
        ("only the yes answers cost", bce_only_yes),
        ("the two sides of torch.where swapped", bce_labels_swapped),
        ("logarithm of the mean, not mean of the logarithms", bce_log_of_mean),
        ("a sigmoid too many", bce_sigmoid_first),
        ("two slips: bits and the sum", bce_bits_and_sum),
    ],
    "bce-with-logits": [
        ("naive, overflows at 1000", bwl_naive),
        ("the abs forgotten in the exponent", bwl_no_abs),
        ("score clamped to ±30, not exact at 1000", bwl_clamped_score),
        ("plus y·s in place of minus", bwl_plus_ys),
        ("mean in place of one for each", bwl_mean),
    ],
    "stuck": [
        ("thinks it still reaches 0", 0.0),
        ("only the yes: ln(1 + 1/e)", 0.3133),
        ("only the no: ln 2", 0.6931),
        ("the no costs ln(1 + e), as if its score were 1", (0.3133 + 1.3133) / 2),
        ("the sum of the two, not the mean", 1.0064),
    ],
    "best-constant": [
        ("the sum of the losses", bc_no_mean),
        ("loss in bits", bc_bits),
        ("the majority's answer", bc_majority),
        ("only the yes part of the loss", bc_yes_part_only),
        ("the share of no as p", bc_chance_of_no),
    ],
    "forgiving-loss": [
        ("BCE itself: slope -0.9975 at -6", lambda s: F.softplus(-s)),
        ("below 0: only -sigmoid", lambda s: -torch.sigmoid(s)),
        ("BCE cut off at 3: flat at -6, does not fall there", lambda s: F.softplus(-s).clamp(max=3.0)),
        ("too weak at 0: slope -0.075", lambda s: 0.3 * torch.sigmoid(-s)),
        ("falls to the wrong side: it rises", lambda s: torch.sigmoid(s)),
    ],
}
RIGHT = {
    "two-losses": [
        (2.303 - 3 * 0.693, 2.303 - 0.693),
        (Decimal("0.22314355"), Decimal("1.60943791")),
    ],
    "bce": [bce_loop, bce_library],
    "bce-with-logits": [bwl_right_formula, bwl_right_flip],
    "stuck": [
        0.5032,
        np.mean(np.log1p(np.exp([-1.0, 0.0]))),
    ],
    "best-constant": [bc_right_math, bc_right_entr],
    "forgiving-loss": [
        lambda s: math.pi / 2 - torch.atan(s),
        lambda s: torch.sigmoid(-s) ** 2,
    ],
}
