"""The numbers in the words of lesson 11."""

import functools
import math
import re
import warnings
from math import log

import nbformat
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import autograd, entropy
from tests.lessons import NOTEBOOKS, Lesson

VERDICTS = ("misleading", "wrong", "outdated", "not repeatable")
FIVE = torch.tensor([5.0, 1, 1, 1])
COIN = torch.tensor([0.5, 0.5])
SURE = torch.sigmoid(torch.tensor(4.0))
SEVEN = torch.tensor([1.0, 2, 3, 4, 1, 2, 3])


def agree(*values, **room):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], **room)
    return True


@functools.cache
def ledger():
    """{article: (rows that hold, misleading, wrong, outdated, not repeatable)}, counted in the lesson's own tables."""
    (path,) = NOTEBOOKS.glob("11_*.ipynb")
    found = {f"00{i}": dict.fromkeys(("holds", *VERDICTS), 0) for i in range(5)}
    for cell in nbformat.read(path, as_version=4).cells:
        if title := re.match(r"## (00\d): |### What holds in article (00\d)", cell.source):
            for row in re.findall(r"^\| (?!section \|).+\|$", cell.source, flags=re.M):
                found[title[1] or title[2]][row.split(" | ")[3] if title[1] else "holds"] += 1
    return {article: tuple(row.values()) for article, row in found.items()}


def summary():
    """The rows that the lesson's last table must have."""
    rows = [(article, *map(str, counts)) for article, counts in ledger().items()]
    total = ["all", *(str(sum(column)) for column in zip(*ledger().values(), strict=True))]
    return [f"| {' | '.join(row)} |" for row in (*rows, [f"**{part}**" for part in total])]


def counted(row):
    return lambda: [int(part) for part in re.findall(r"\d+", row)]


def gap(d, p=0.09):
    h = 0.5 * 10.0**-d
    return -log(p - h), -log(p + h)


def scaled(scale, optimizer, decay=0.0, steps=300, rate=0.1):
    """The weights of a logistic model after a training on `scale` times its loss."""
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    y, w = (x[:, 0] + 0.5 * x[:, 1] ** 2 > 0.3).float(), torch.zeros(2, requires_grad=True)
    steppers = optimizer([w], lr=rate, weight_decay=decay)
    for _ in range(steps):
        steppers.zero_grad()
        (scale * F.binary_cross_entropy_with_logits(x @ w, y)).backward()
        steppers.step()
    return w.detach()


def base_10_changes(optimizer, **more):
    return not torch.allclose(scaled(1, optimizer, **more), scaled(1 / log(10), optimizer, **more), rtol=1e-2)


def pull(p_t):
    s = torch.logit(torch.tensor(p_t, dtype=torch.float64))
    return autograd(lambda s: -F.logsigmoid(s), s).abs()


def deprecated():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        nn.MSELoss(size_average=True)
        nn.NLLLoss2d()
    return [warning.category for warning in said] == [UserWarning, FutureWarning]


class TestLesson11(Lesson):
    HELD = {
        "90a60bd4": {
            "$2.42475 \\approx 2.4250$": lambda: (-log(0.0885), 2.4250),
            "$-\\ln 0.0885 = -2.42475$": lambda: (0.0885, log(0.0885)),
        },
        "12a08d51": {
            "0.0885 is below 1": lambda: (0.0885, 1),
            "2.424753 gives 2.4248, not 2.4250": lambda by_hand: (by_hand, by_hand, 2.4250),
        },
        "fe01f8cf": {
            "From 2.3539 to 2.4651: they are 0.1112 apart": lambda digits: (
                digits.at(p=0.09, d=2)["loss"]["smallest"],
                digits.at(p=0.09, d=2)["loss"]["largest"],
                gap(2)[0] - gap(2)[1],
            ),
            "multiplied by 11 at 0.09, and by almost 1 at 0.98": lambda: (1 / 0.09, 0.09, 1 / 0.98, 0.98),
            "an error below 0.00005": lambda: 0.5e-4,
            "With 5 decimals of $p$ it is 0.000056": lambda digits: (
                5,
                digits.at(p=0.09, d=5)["error"]["half the gap"],
            ),
            "with 6 it is 0.0000056": lambda digits: (6, digits.at(p=0.09, d=6)["error"]["half the gap"]),
            "2.4250 and 2.4248 are both right": lambda p: (-p[0, 2].log(), -log(0.0885)),
            "the full $p = 0.088477$, one from the printed 0.0885": lambda p: (p[0, 2], p[0, 2]),
        },
        "9ad8fdc3": {"the *smallest* of the three, 0.3700": lambda costs: min(costs)},
        "74f9095e": {
            "which is right, and then as": lambda: agree(-0.7 / 0.2 + 0.3 / 0.8, (0.2 - 0.7) / (0.2 - 0.2**2)),
        },
        "b9b0ff29": {"Three ways say $-4$": lambda closed: closed, "fraction says $+4$": lambda closed: -closed},
        "b50ccbd0": {"starts at $s = 0$, so $p = 0.5$": lambda: (0, torch.tensor(0.0).sigmoid())},
        "2c83784f": {
            "at $p = 0.9506$ with a loss of 0.0506": lambda walks: (
                walks.at(step=20, rate=1)["probability"]["p - y"],
                walks.at(step=20, rate=1)["loss"]["p - y"],
            ),
            "near $p = 0$, and its loss is 18.6443": lambda walks: (
                round(walks.at(step=20, rate=1)["probability"]["y - p"], 4),
                walks.at(step=20, rate=1)["loss"]["y - p"],
            ),
            "its loss rises by 1.0 per step": lambda walks: (
                walks.at(step=20, rate=1)["loss"]["y - p"] - walks.at(step=19, rate=1)["loss"]["y - p"]
            ),
            "at 0.1 its loss is 1.5106 after 20 steps": lambda walks: (
                0.1,
                walks.at(step=20, rate=0.1)["loss"]["y - p"],
                20,
            ),
            "it started at 0.6931": lambda walks: walks.at(step=0)["loss"]["y - p"],
        },
        "f349c364": {"Is $-\\ln 0.0885$ equal to 2.4250": lambda p: (p[0, 2], -p[0, 2].log())},
        "b34e1f5d": {
            "same(": lambda same, p, by_torch: (
                [
                    same("1.5242", F.binary_cross_entropy(p[0], torch.tensor([0.0, 0, 1]))),
                    same("1.1325", F.binary_cross_entropy(p[1], torch.tensor([1.0, 0, 0]))),
                    not same("1.1324", F.binary_cross_entropy(p[1], torch.tensor([1.0, 0, 0]))),
                    same("1.3654", 1.36537),
                    not same("0.1365", by_torch),
                ]
                == [True] * 5
            ),
        },
        "453f1776": {
            "4.5e-4 at $p = 0.9$ and 3.5e-2 at $p = 0.6$": lambda: (
                math.floor(-1e5 * 0.1**2 * math.log10(0.9)) / 1e5,
                0.9,
                -(0.4**2) * math.log10(0.6),
                0.6,
            ),
            "100 and 6.25 times less": lambda: (1 / 0.1**2, 1 / 0.4**2),
        },
        "3703ae11": {
            "4.576e-4 at 0.9 and 3.550e-2 at 0.6": lambda base: (
                base.at(p=0.9, gamma=2)["loss"]["log10"],
                0.9,
                base.at(p=0.6, gamma=2)["loss"]["log10"],
                0.6,
            ),
            "Even 4.576e-4 is not 4.5e-4": lambda base: (
                base.at(p=0.9, gamma=2)["loss"]["log10"],
                math.floor(1e5 * base.at(p=0.9, gamma=2)["loss"]["log10"]) / 1e5,
            ),
            "1.0536e-3 and 8.1732e-2": lambda base: [base.at(p=p, gamma=2)["loss"]["ln"] for p in (0.9, 0.6)],
            "The same, 100 and 6.25": lambda base: [
                base.at(p=p, gamma=0)["loss"]["log10"] / base.at(p=p, gamma=2)["loss"]["log10"] for p in (0.9, 0.6)
            ],
            "A gradient that is 2.3026 times smaller": lambda base: (
                base.at(p=0.4)["gradient"]["ln"] / base.at(p=0.4)["gradient"]["log10"]
            ),
            "because the penalty now counts 2.3026 times as much": lambda: log(10),
            "For SGD that is a smaller learning rate": lambda: agree(
                scaled(1 / log(10), torch.optim.SGD, rate=0.1 * log(10)), scaled(1, torch.optim.SGD)
            ),
            "hardly notices": lambda: not base_10_changes(torch.optim.Adam, steps=50),
            "the valley does not move": lambda: not base_10_changes(torch.optim.SGD, rate=3, steps=3000),
            "and the valley does move": lambda: base_10_changes(torch.optim.SGD, decay=0.05, rate=3, steps=3000),
            "a loss of 4.5e-4 can be": lambda: math.floor(-1e5 * 0.1**2 * math.log10(0.9)) / 1e5,
        },
        "da427664": {
            "$-\\ln 0.0885 = -2.42475$ | $+2.42475$: the sign": lambda by_hand: (0.0885, -by_hand, by_hand),
            "2.4248; two different $p$": lambda by_hand: by_hand,
            "$0.685774 \\approx 0.6857$ | 0.6858": lambda loss: (-log(1 - 0.4963), loss[0, 0], -log(1 - 0.4963)),
            "$1.461880 \\approx 1.4620$ | 1.4619": lambda loss: (-log(1 - 0.7682), loss[0, 1], -log(1 - 0.7682)),
            "$2.42475 \\approx 2.4250$": lambda loss: (-log(0.0885), loss[0, 2]),
            "$p_t = e^{-\\mathrm{BCE}}$": lambda p, y, loss: agree(torch.exp(-loss), torch.where(y == 1, p, 1 - p)),
        },
        "8d6eaf38": {
            "all of it is parabola": lambda: agree(
                F.smooth_l1_loss(torch.linspace(-1, 1, 10_001), torch.zeros(10_001), reduction="none"),
                torch.linspace(-1, 1, 10_001) ** 2 / 2,
            ),
        },
        "54ba6cdb": {"outdated": deprecated},
        "03b6abb9": {
            "not for small scores: 0.3321": lambda: (FIVE / 10).softmax(0)[0],
            "it still pulls with 0.0521": lambda: 1 - FIVE.softmax(0)[0],
        },
        "ccd78429": {
            "never above 0": lambda s: bool((s.log_softmax(dim=1) < 0).all()),
            "1.3654 on its log table": lambda s, target: F.nll_loss(s.log_softmax(dim=0), target),
            "`NLLLoss` gives $-0.1399$": lambda s, target: F.nll_loss(s, target),
            "later $-0.1399$": lambda s, target: F.nll_loss(s, target),
            "| 1.0778 |": lambda by_torch: by_torch,
        },
        "4e48484a": {"Sign finds −0.1399": lambda s, target: F.nll_loss(s, target)},
        "d613a4d2": {
            "$1.0536 \\cdot 10^{-3}$, $8.1732 \\cdot 10^{-2}$: theirs are base 10": lambda: (
                -(0.1**2) * log(0.9),
                -(0.4**2) * log(0.6),
                10,
            ),
            "4.5e-4 at 0.9, 3.5e-2 at 0.6": lambda: (
                math.floor(-1e5 * 0.1**2 * math.log10(0.9)) / 1e5,
                0.9,
                -(0.4**2) * math.log10(0.6),
                0.6,
            ),
        },
        "7a309844": {"pulls 0.9 against 0.01": lambda: (pull(0.1), pull(0.99))},
        "19d652e8": {
            **{row: counted(row) for row in summary()},
            "more holds than anything else": lambda: (
                sum(row[0] for row in ledger().values()) > sum(map(sum, ledger().values())) / 2
            ),
        },
        "156cc324": {
            "1.132433 is wrong": lambda: (2.0247 + 0.3673 + 1.0053) / 3,
            "prints 2.72 and 114.98": lambda: (math.e, SEVEN.exp().sum()),
        },
        "968921f6": {"at most ln 3 = 1.0986": lambda: (3, log(3))},
        "b76d471d": {"the loss of a yes is 0.3219": lambda: -math.log2(0.8)},
        "87037af6": {"$-\\ln 0.8 = 0.2231$": lambda: (0.8, -log(0.8))},
        "16a9c630": {"$h = \\frac12 10^{-d}$": lambda: (0.5, 10)},
        "8f632454": {
            "More than 2.4250 - 2.42475": lambda loss, by_hand, solution_4: (loss[0, 2], by_hand),
            "so both numbers": lambda by_hand, solution_4: abs(2.4250 - by_hand) < solution_4,
            "solution_4": lambda solution_4: (
                agree(solution_4, 0.000565, atol=5e-7, rtol=0)
                and agree(solution_4, 0.00005 / 0.0885, rtol=1e-5, atol=0)
            ),
        },
        "f0holds0": {
            "| 0.6857 1.4620 2.4250, 2.0247 0.3673 1.0053 | the same": lambda loss: loss,
            "1.524233, 1.132433, 1.328333 |": lambda loss: [
                *(means := [sum(round(v, 4) for v in row) / 3 for row in loss.tolist()]),
                sum(means) / 2,
            ],
            "1.524223, 1.132465, 1.328344 without": lambda loss: (*loss.mean(dim=1), loss.mean()),
            "the loss is 1.3283": lambda p, y: nn.BCELoss()(p, y),
            "at 98 to 2 it has 49 times the pull": lambda: (98, 2, 98 / 2),
            "cap 11.513; but $-0.00001$ at $p = 1$": lambda: (-log(1e-5), -log(1 + 1e-5), 1),
        },
        "f0holds1": {
            "then it is `MultiLabelSoftMarginLoss`": lambda p, y: agree(
                nn.SoftMarginLoss()(p, 2 * y - 1), nn.MultiLabelSoftMarginLoss()(p, y)
            ),
        },
        "f0holds2": {
            "largest, 0.69 | 0.6931": lambda: (entropy(COIN), entropy(COIN)),
            "1 bit": lambda: entropy(COIN, base=2),
            "0.0079 at $p = 0.999$": lambda: (entropy(torch.tensor([0.999, 0.001])), 0.999),
            "0.3681 and 0.5108": lambda: (
                log(2) - entropy(torch.tensor([0.9, 0.1])),
                -log(0.6),
            ),
            "0.0173 at $s = 4$": lambda: (SURE * (SURE * (1 - SURE)), 4),
            "| 0.9820 |": lambda: SURE,
            "| 0.0535 |": lambda: F.cross_entropy(FIVE, torch.tensor(0)),
            "apart `nan` from a score of 89": lambda: bool(
                torch.tensor(89.0).exp().isinf() and torch.tensor(88.0).exp().isfinite()
            ),
            "score of 89": lambda: next(s for s in range(200) if torch.tensor(float(s)).exp().isinf()),
        },
        "f0holds3": {
            "| exponentials, sum 114.98": lambda: SEVEN.exp().sum(),
            "| .024 .064 .175 .475 .024 .064 .175 |": lambda: SEVEN.softmax(0),
            "the sum is 1.001": lambda: sum(round(v, 3) for v in SEVEN.softmax(0).tolist()),
            "by hand 1.3654": lambda s, target: F.nll_loss(s.log_softmax(dim=0), target),
        },
        "f0holds4": {
            "yes; 0.6109, not 0, at $Y = 0.7$": lambda: (entropy(torch.tensor([0.7, 0.3])), 0, 0.7),
            "factor 0.81 at $p_t = 0.1$": lambda: ((1 - 0.1) ** 2, 0.1),
            "100 and 6.25 times less": lambda: (1 / 0.1**2, 1 / 0.4**2),
        },
        "f0slips1": {
            "prints $-2.424752726968253$ for the loss of 0.0885": lambda p: (log(0.0885), p[0, 2]),
            "this to 2.4250": lambda loss: loss[0, 2],
        },
        "f0slips3": {
            "moved $p$ by 0.00002": lambda p: 0.0885 - p[0, 2],
            "and the loss by 0.0003": lambda loss, by_hand: loss[0, 2] - by_hand,
            "eleven times as much": lambda p, loss, by_hand: (
                round(float((loss[0, 2] - by_hand) / (0.0885 - p[0, 2]))) == 11
            ),
            "$-1/p = -11.3$": lambda p: (-1, -1 / p[0, 2]),
            "rounds 0.685774 to 0.6857 and": lambda loss: (-log(1 - 0.4963), loss[0, 0]),
            "and 1.461880 to 1.4620": lambda loss: (-log(1 - 0.7682), loss[0, 1]),
            "0.4963 and 0.7682, you get 0.6858 and 1.4619": lambda p: (
                *p[0, :2],
                -log(1 - 0.4963),
                -log(1 - 0.7682),
            ),
            "0.6857 and 1.4620 come from the full": lambda loss: loss[0, :2],
            "losses of photo 2 is 1.1324": lambda: (2, (2.0247 + 0.3673 + 1.0053) / 3),
            "full ones 1.1325": lambda loss: loss[1].mean(),
        },
        "f0softm3": {
            "never fall below 0.4621": lambda: F.binary_cross_entropy(
                torch.tensor([0.5, 0.5, 0]), torch.tensor([1.0, 1, 0])
            ),
            "With softmax": lambda scores, outdoors_and_dog: agree(
                2 / 3 * log(2), F.binary_cross_entropy(scores.softmax(0), outdoors_and_dog).item()
            ),
        },
        "f0flip01": {"Take $y = 1$ and $p = 0.5$": lambda: (1, 0.5)},
        "f0slope1": {"pulls the 5 up with 0.0521": lambda slope: (5, -slope[0])},
        "83917498": {
            "tables and 1.3654 belong": lambda s, target: F.nll_loss(s.log_softmax(dim=0), target),
            "(0.1365 has the same digits": lambda s, target: F.nll_loss(s.log_softmax(dim=0), target) / 10,
        },
        "a53f1f71": {
            "softmax_0 = torch.tensor": lambda s, softmax_0, logs_0: (
                agree(s.softmax(dim=0), softmax_0, atol=1.5e-4, rtol=0)
                and agree(s.log_softmax(dim=0), logs_0, atol=1.5e-4, rtol=0)
            )
        },
        "da23920b": {
            "1.1879, −1.9253 and 1.1570 is +0.1399": lambda s: (*s.diag(), s.diag().mean()),
            "the “loss” is −0.1399": lambda s, target: F.nll_loss(s, target),
        },
        "c69301cf": {
            "($p_t = 0.1$) pulls 90 times": lambda: (0.1, pull(0.1) / pull(0.99)),
            "an easy one ($p_t = 0.99$)": lambda: 0.99,
        },
        "c5d654ab": {
            "with_label": lambda with_label, p, y: agree(
                with_label, -((1 - torch.where(y == 1, p, 1 - p)) ** 2) * torch.where(y == 1, p, 1 - p).log()
            ),
        },
        "9f53ff78": {"So with $\\alpha = 0.25$ the positives get 0.75": lambda: (0.25, 1 - 0.25)},
        "621e2ca7": {"f1 =": lambda dice, answers, y, f1: agree(dice(answers, y), 1 - f1)},
    }
    GIVEN = {
        "90a60bd4": ["focal loss 4.5e-4", "| 1.4177 |"],
        "a99248ec": ["“$-\\ln 0.0885 = -2.424752726968253 \\approx 2.4250$”"],
        "1761e358": ["$p = 0.09$ is printed"],
        "fbcc2dd0": ["can it be 0.1365", "`CrossEntropyLoss` = 0.1365"],
        "d33effc0": ["1.524233 and 1.132433"],
        "8d6eaf38": ["## 001: the"],
        "03b6abb9": ["## 002: no"],
        "d613a4d2": ["## 004: the"],
        "7a309844": ["## 004: what"],
        "4e48484a": ["again finds `Out[26]`"],
        "f0holds0": ["`log(pt + 1e-5)`"],
        "9ad8fdc3": ["more than 0.1365"],
        "74f9095e": ["$p = 0.25$"],
        "b50ccbd0": ["after 20 steps"],
        "453f1776": ["curves gives 4.5e-4"],
        "da427664": ["## 000: what"],
        "54ba6cdb": ["## 001: outdated", "L1 1.4177", "MSE 1.7956", "BCE 0.6214 and 0.7346", "CE 2.9503 and 1.6307"],
        "ccd78429": [
            "## 003: softmax",
            "`NLLLoss` gives 0.1365",
            "`Out[26]` is 0.1365",
            "only one `Out[26]`",
            "`CrossEntropyLoss` gives 0.1365",
        ],
        "cf81f08b": ["A BCE of $-0.02$", "(b) A cross entropy of 2.1", "(c) An entropy of 1.2", "of 0.3"],
        "b76d471d": ["$p = 0.8$"],
        "16a9c630": ["at $p = 0.0885$"],
        "f0holds4": ["$\\alpha = 0.25$: positives"],
        "9f53ff78": ["$\\alpha = 0.25$ looks like"],
        "354d40fe": ["“yes” above 0.1"],
    }
