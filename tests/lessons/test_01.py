"""The numbers in the words of lesson 01."""

from math import exp, log

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy as torch_bce
from torch.nn.functional import binary_cross_entropy_with_logits as torch_bce_with_logits
from torch.testing import assert_close

from lossutils import autograd, binary_cross_entropy
from lossutils.gradients import binary_cross_entropy_grad
from tests.lessons import Lesson

CHANCES = (1, 0.5, 0.1, 0.01, 0.001)
YES, NO = torch.ones(1), torch.zeros(1)
GRID = torch.linspace(0.01, 0.99, 99)


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def no_at(s, loss=lambda s: torch_bce(s.sigmoid(), NO)):
    """The loss of a no with the score s, and the loss's gradient in s."""
    score = torch.tensor([float(s)])
    return loss(score), autograd(loss, score)


def with_eps(epsilon):
    return lambda s: -torch.log(1 - torch.sigmoid(s) + epsilon)


def stuck_sigmoid(y):
    """The least loss of an answer when a sigmoid comes before a loss that has one already."""
    return torch_bce_with_logits(torch.tensor(float(y)), torch.tensor(float(y)))


class TestLesson01(Lesson):
    HELD = {
        "723beec4": {
            "says 0.7682 for “dog”": lambda p: p[0, 1],
            "$p_t = 1 - 0.7682 = 0.2318$": lambda p, p_t: (1, p[0, 1], p_t[0, 1]),
            "A coin has $p_t = 0.5$": lambda: 1 / 2,
        },
        "a63379a4": {
            "| 1 | 0.5 | 0.1 | 0.01 | 0.001 |": lambda: CHANCES,
            "| 0 | 0.6931 | 2.3026 | 4.6052 | 6.9078 |": lambda: [-log(p) for p in CHANCES],
            "factor of 10 costs the same again: 2.3026": lambda: (10, log(0.01) - log(0.001)),
        },
        "b4da64b4": {"It pays one and a half times as much": lambda: same(log(0.001) / log(0.01), 1.5)},
        "1997e926": {"turns this product into a sum": lambda p_t: same(-p_t.prod().log(), -p_t.log().sum())},
        "e7ec81f6": {"One bit is 0.6931 nats": lambda: log(2)},
        "3c372bc8": {"$p = 0.4963$, the answer is no: $-\\ln(1 - 0.4963)$": lambda p: (p[0, 0], 1, p[0, 0])},
        "301e8bc0": {"$p = 0.7682$, the answer is no: $-\\ln(1 - 0.7682)$": lambda p: (p[0, 1], 1, p[0, 1])},
        "4679b8ec": {"$p = 0.0885$, the answer is yes: $-\\ln 0.0885$": lambda p: (p[0, 2], p[0, 2])},
        "b59f9e1f": {
            "| $p$ | 0.1320 | 0.3074 | 0.6341 |": lambda p: p[1],
            "| $y$ | 1 | 0 | 0 |": lambda y: y[1],
        },
        "fda82ab5": {
            "$-\\ln 0.1320 = 2.025$": lambda: (0.1320, -log(0.1320)),
            "$\\;-\\ln(1 - 0.3074) = 0.367$": lambda: (1, 0.3074, -log(1 - 0.3074)),
            "$\\;-\\ln(1 - 0.6341) = 1.005$": lambda: (1, 0.6341, -log(1 - 0.6341)),
            "only 13 % to the truth": lambda p_t: p_t[1, 0],
        },
        "7d771fc4": {"the mean of all: **1.3283**": lambda loss: loss.mean()},
        "01fcbc52": {
            '`"none"` keeps them': lambda p, y, loss: same(loss, binary_cross_entropy(p, y, reduction="none")),
            '`"sum"` adds them': lambda p, y, loss: same(loss.sum(), binary_cross_entropy(p, y, reduction="sum")),
        },
        "c1b3433a": {"Is 1.3283 a lot": lambda by_torch: by_torch},
        "13cfff78": {
            "worse than a coin": lambda by_torch, coin: bool(by_torch > coin),
            "says 2/6 every time": lambda y: y.mean(),
            "does better still": lambda base_rate, coin: bool(base_rate < coin),
        },
        "92c4a6e0": {"torch.sigmoid(s)": lambda p, s: same(p, torch.sigmoid(s))},
        "2c081942": {
            "A yes costs $\\ln(1 + e^{-s})$": lambda s, y, loss: same(loss[y == 1], torch.log1p(torch.exp(-s))[y == 1]),
            "a no costs $\\ln(1 + e^{s})$": lambda s, y, loss: same(loss[y == 0], torch.log1p(torch.exp(s))[y == 0]),
        },
        "db863e51": {"the fifth way to 1.3283": lambda by_logits: by_logits},
        "c89bd8cb": {"The model says $p = 0.9$": lambda: 0.9, "From $p = 0.9$ to $p = 0.99$": lambda: (0.9, 0.99)},
        "1e82b96d": {
            "$-\\ln 0.9 = 0.1054$": lambda over_p: (0.9, over_p.at(p=0.9)["loss"]["y = 1"]),
            "$-\\ln 0.1 = 2.3026$": lambda over_p: (0.1, over_p.at(p=0.9)["loss"]["y = 0"]),
            "almost 22 times as much": lambda: log(0.1) / log(0.9),
            "At $p = 0.5$, where both cost 0.6931": lambda over_p: (0.5, over_p.at(p=0.5)["loss"]["y = 1"]),
            "where both cost": lambda over_p: same(*over_p.at(p=0.5)["loss"].values()),
            "from $-1.1111$ to $-1.0101$": lambda over_p: [over_p.at(p=p)["gradient"]["y = 1"] for p in (0.9, 0.99)],
            "wrong label goes from 10 to 100": lambda over_p: [
                over_p.at(p=p)["gradient"]["y = 0"] for p in (0.9, 0.99)
            ],
        },
        "0806f569": {"holds the closed forms": lambda p, y, by_hand: same(by_hand, binary_cross_entropy_grad(p, y))},
        "d90c3e61": {
            "slope 0.25. There $p = 0.5$": lambda steepness: (steepness.at(s=0)["slope"], steepness.at(s=0)["value"]),
            "$p(1 - p) = 0.25$": lambda: (1, 0.5 * (1 - 0.5)),
            "The slope is only 0.0025": lambda steepness: steepness.at(s=6)["slope"],
        },
        "a52eb973": {"nearer to 6, to 36 or": lambda: (6, 6**2)},
        "8cb60b83": {
            "$s = 0$ means $p = 0.5$": lambda: (0, torch.tensor(0.0).sigmoid()),
            "both losses are 0.6931": lambda over_s: over_s.at(s=0)["loss"]["y = 1"],
            "both losses": lambda over_s: same(*over_s.at(s=0)["loss"].values()),
            "The gradients are $-0.5$ and $+0.5$": lambda over_s: over_s.at(s=0)["gradient"],
            "the loss is 6.0025": lambda over_s: over_s.at(s=6)["loss"]["y = 0"],
            "wrong label pulls with 0.9975": lambda over_s: over_s.at(s=6)["gradient"]["y = 0"],
            "the right one with only $-0.0025$": lambda over_s: over_s.at(s=6)["gradient"]["y = 1"],
        },
        "ee764c17": {"and seven said “dog”. Take $y = 0.7$": lambda: 7 / 10},
        "463c1651": {
            "At $p = y = 0.7$": lambda soft_label: GRID[soft_label(GRID, 0.7).argmin()],
            "is 0 exactly there": lambda soft: same(0.0, soft.at(p=0.7, y=0.7)["gradient"]["soft_label"]),
            "It is 0.6109 at $y = 0.7$": lambda soft: (soft.at(p=0.7, y=0.7)["loss"], 0.7),
            "$-\\ln 0.1 = 2.3026$": lambda soft: (0.1, soft.at(p=0.9, y=0)["loss"]),
        },
        "39703dfd": {
            "print(naive)": lambda naive: same(naive, torch.tensor([torch.inf, torch.nan, torch.nan, torch.inf])),
        },
        "bdaf3060": {
            "less than zero": lambda with_eps: same(with_eps[[1, 2]], torch.tensor([-1e-5, -1e-5]).log1p()),
            "rise above 11.513": lambda with_eps: with_eps[0],
            "$-\\ln(0 + 0.00001) = 11.513$": lambda with_eps: (0, 0.00001, with_eps[3]),
        },
        "91e23463": {
            "no logarithm goes below −100": lambda: -torch_bce(NO, YES),
        },
        "e990e826": {
            "Right costs 0, wrong costs 100": lambda clamped: (clamped[1], clamped[0]),
            "$e^{-100}$, about $4 \\cdot 10^{-44}$": lambda: (-100, exp(-100)),
        },
        "b8e2f3e0": {
            "clamped": lambda sure, label, clamped: same(
                clamped, torch.tensor([100.0, 0, 0, 100]), binary_cross_entropy(sure, label, reduction="none")
            ),
        },
        "21cd8ee8": {
            "The true loss is $2.3026\\,k$": lambda: log(10),
            "does `log(p + 1e-5)` leave": lambda: 1e-5,
            "Would `1e-12` be better": lambda: 1e-12,
        },
        "8b5055bd": {
            "as small as the $10^{-5}$ that was added": lambda: 1e-5,
            "At $k = 10$ it says 11.5129": lambda cut: (10, cut.at(k=10, epsilon=1e-5)["loss"]["p + ε"]),
            "the truth is 23.0259": lambda cut: cut.at(k=10)["loss"]["exact"],
            "up to $k = 12$ and is cut off at 27.63": lambda: (12, -log(1e-12)),
            "float32 rounds $1 + 10^{-12}$ to 1": lambda: (1, 1e-12, int(torch.tensor(1.0) + 1e-12)),
            "rounds $10^{-12}$ itself to 0": lambda: (1e-12, torch.tensor(1e-12).half()),
            "Near $k = 43.4$": lambda: 100 / log(10),
            "$100 / 2.3026 = 43.43$": lambda: (100, log(10), 100 / log(10)),
        },
        "7a30f5ce": {
            "At 16.5 the loss should be 16.50 and is 15.94": lambda: (
                16.5,
                torch_bce_with_logits(torch.tensor(16.5), NO[0]),
                no_at(16.5)[0],
            ),
            "At 17 it jumps to 100": lambda: (17, no_at(17)[0]),
        },
        "f4d204da": {
            "the score is 20: the model is very sure": lambda: 20,
            "rounds $\\sigma(20)$ to 1": lambda: (20, torch.tensor(20.0).sigmoid()),
        },
        "56184151": {
            "the gradient is 0, and the loss reads 100": lambda: no_at(20)[::-1],
            "the gradient is 1 and the loss is 20": lambda: no_at(20, lambda s: torch_bce_with_logits(s, NO))[::-1],
        },
        "287f6e79": {
            "gradient in p: 10¹² at p = 1": lambda: (autograd(lambda p: nn.BCELoss()(p, NO), YES), 1),
            "slope p(1 − p) is exactly 0 there": lambda wrong: (1, autograd(torch.sigmoid, wrong)),
            "10¹² times 0 is 0": lambda: (1e12, 0, 1e12 * 0),
        },
        "6c047fce": {
            "The model says $p = 0.8$": lambda: 0.8,
            "Use $\\ln 2 = 0.693$ and $\\ln 10 = 2.303$": lambda: (2, log(2), 10, log(10)),
        },
        "0b142378": {"$0.8 = 8/10 = 2^3/10$ and $0.2 = 2/10$": lambda: (0.8, 8 / 10, 8, 10, 1 - 0.8, 0.2)},
        "5212210d": {"torch.log1p": lambda solution_3, s, y, loss: same(solution_3(s, y), loss)},
        "868507e9": {
            "costs at least 0.3133 and a no at least 0.6931": lambda: (stuck_sigmoid(1), stuck_sigmoid(0)),
            "solution_4": lambda solution_4: same(solution_4, float(stuck_sigmoid(1) + stuck_sigmoid(0)) / 2),
        },
        "7b4fed13": {"solution_5": lambda solution_5, y, base_rate: same(solution_5(y), (y.mean(), base_rate))},
        "c8b75b49": {
            "BCE pulls with 0.9975": lambda solution_6: -solution_6.at(s=-6)["gradient"]["BCE, y = 1"],
            "$1 - p_t$ pulls with 0.0025": lambda solution_6: (1, -solution_6.at(s=-6)["gradient"]["1 - p_t"]),
        },
        "689f1052": {
            "The mean of our six is 1.3283": lambda loss: loss.mean(),
            "gradient at $s = 20$": lambda wrong: wrong,
            "and right: `nan`) | `nan` |": lambda: bool(no_at(20, with_eps(0))[1].isnan()),
            "| `log(p + 1e-5)` | $p$ | 11.513 | 0 |": lambda: (1e-5, *no_at(20, with_eps(1e-5))),
            "| `nn.BCELoss` | $p$ | 100 | 0 |": lambda: no_at(20),
            "cannot happen | 1 |": lambda: no_at(20, lambda s: torch_bce_with_logits(s, NO))[1],
        },
    }
    GIVEN = {
        "689f1052": ["article\n[000]"],
        "7210d77d": ["77 % sure"],
        "b4da64b4": ["one model gives 1 % to what happened, another gives 0.1 %"],
        "0806f569": ["with 16 digits"],
        "ee764c17": ["at $p = 0.9$ when"],
        "e274c837": ["a score of 1000", "is `inf` at $s = 1000$"],
        "371ff394": ["between $-0.1$ and 0 at $s = -6$, and below $-0.1$ at"],
    }
