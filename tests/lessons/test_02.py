"""The numbers in the words of lesson 02."""

from math import atan2, degrees, log

import torch
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import focal_loss
from tests.lessons import Lesson


def same(*values, **room):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], **room)
    return True


def mean(marks):
    return marks.mean(0)


def gain(marks):
    """By how much w = 49 beats w = 1 in average precision, seed by seed."""
    return marks["w = 49"][:, 2] - marks["w = 1"][:, 2]


def flat(valley, **at):
    return bool(abs(valley.at(**at)["gradient"]["average"]) < 1e-6)


def moved(lines, at, kind, w):
    """What the model trained with w = 1 misses, and its false alarms, at the threshold -ln w."""
    a, b, c = lines[0]
    called = a * at[:, 0] + b * at[:, 1] + c > -log(w)
    return (~called & (kind == 1)).sum(), (called & (kind == 0)).sum()


def is_lowest(trained, rare, x, nine):
    """Where scikit-learn stops, torch's loss with pos_weight 49, and the penalty, has no slope left."""
    learn, ones = rare(0)[0], F.pad(x, (0, 1), value=1.0)
    numbers = torch.linalg.lstsq(ones, trained(0, 49)[:, None], driver="gelsd").solution[:, 0].requires_grad_()
    s, w = ones[learn] @ numbers, torch.tensor(49.0)
    loss = F.binary_cross_entropy_with_logits(s, nine[learn], pos_weight=w, reduction="sum")
    (slope,) = torch.autograd.grad(10 * loss + (numbers[:-1] ** 2).sum() / 2, numbers)
    return bool(slope.abs().max() < 1e-3)


def alarms(s, truth, threshold):
    return ((s > threshold) & (truth == 0)).sum()


def count(boundary, w):
    found = boundary.at(w=w)["mistakes"]
    return found["yes missed"], found["false alarm"]


class TestLesson02(Lesson):
    HELD = {
        "e1718474": {"is right 98 times": lambda: 100 - 2, "if a nine counts 49 times": lambda: 98 / 2},
        "36a5bc9f": {"cost 2.4250 and 2.0247": lambda loss: (loss[0, 2], loss[1, 0])},
        "4a0deb71": {"print(loss": lambda loss, p, y: same(loss, -torch.where(y == 1, p, 1 - p).log())},
        "63c5a169": {
            "sum_yes = 2.4250 + 2.0247": lambda loss: (loss[0, 2], loss[1, 0]),
            "sum_no = 0.6857 + 1.4620 + 0.3673 + 1.0053": lambda loss: (*loss[0, :2], *loss[1, 1:]),
            "sum_yes:.3f": lambda sum_yes, sum_no: same([4.4497, 3.5203], [sum_yes, sum_no]),
        },
        "8a650647": {"$w = 4/2$ both": lambda y: (y == 0).sum() / y.sum()},
        "22d6c87e": {
            "One third of 2.070": lambda sum_yes, sum_no: (2 * sum_yes + sum_no) / 6,
            "\\frac{\\alpha}{1-\\alpha}": lambda: same((2 / 3) / (1 - 2 / 3), 2.0),
        },
        "49fab26d": {
            "α = 2/3": lambda weights, p, y: same(
                F.binary_cross_entropy(p, y, weight=weights["α = 2/3"]),
                focal_loss(p, y, gamma=0, alpha=2 / 3, reduction="mean"),
            ),
            "dog × 3": lambda loss: same(
                torch.tensor(1.9381), (loss * torch.tensor([1, 3, 1])).mean(), atol=5e-5, rtol=0
            ),
        },
        "6e157ef1": {
            "2.0700 is not an average": lambda by_torch: by_torch,
            "($2\\cdot2 + 4 = 8$)": lambda: (2, 4, 8),
            "you get one: 1.5525": lambda weights, loss: (
                (weights["pos_weight 2"] * loss).sum() / weights["pos_weight 2"].sum()
            ),
        },
        "561c0c57": {
            "near $p = 0.72$": lambda pull: same(*pull.at(p=0.7245, w=4)["loss"].values(), atol=1e-3, rtol=0),
            "near $p = 0.72$. There": lambda: 0.7245,
            "At $p = 0.8$": lambda: 4 / 5,
            "$-4/0.8 = -5$ and $1/0.2 = 5$": lambda pull: (
                -4, 0.8, pull.at(p=0.8, w=4)["gradient"]["y = 1"], 1, 0.2, pull.at(p=0.8, w=4)["gradient"]["y = 0"]
            ),
            "agree on 0.5": lambda: 1 / (1 + 1),
            "the model says 0.8 about": lambda: 4 / (4 + 1),
        },
        "20681c5b": {"doubled": lambda by_hand, p: same(by_hand[0, 2], 2 * (p[0, 2] - 1))},
        "2c068f90": {"2 yes among 100": lambda: (2, 100)},
        "c54656fb": {
            "$2 \\cdot 0.98 = 98 \\cdot 0.02$": lambda: (2, 0.98, 98, 0.02),
            "pulls cancel": lambda up, down: same(2 * 0.98, 98 * 0.02) and same(49 * up, down),
            "0.02 *is*": lambda: 2 / 100,
            "until $p = 0.02$": lambda: 2 / 100,
            "cancel at once, at $p = 0.5$": lambda: 1 / 2,
        },
        "b9235400": {
            "$p = 0.02$: plain": lambda valley: flat(valley, p=0.02, r=0.02, w=1),
            "$p = 0.5$, because": lambda valley: flat(valley, p=0.5, r=0.02, w=49),
            "1. $p = 0.02$": lambda: (1, 0.02),
            "$49 \\cdot 0.02 = 0.98 = 1 - 0.02$": lambda: (49, 0.02, 49 * 0.02, 1, 0.02),
            "$9 = 0.9/0.1$": lambda: (9, 0.9, 1 - 0.9),
            "$w = 9$": lambda valley: flat(valley, p=0.9, r=0.5, w=9),
        },
        "c4dbf81c": {
            "s_w = s + \\ln w": lambda weighted, p, s: same(torch.logit(weighted(p, 49)), s + log(49)),
            "\\tfrac{1}{1+w}": lambda weighted: same(weighted(1 / 50, 49), 0.5),
        },
        "1888e0db": {
            "240 examples in a plane: 12 yes, 228 no": lambda: (240, 12, 240 - 12),
            "A yes is 19 times as rare as a no. Does $w = 19$ make": lambda: (228 / 12, 228 / 12),
        },
        "40843c48": {
            "it misses 4 of the 12 yes and raises 1 false": lambda boundary, kind: (
                count(boundary, 1)[0], kind.sum(), count(boundary, 1)[1]
            ),
            "to $w = 19$ by 3 degrees": lambda lines: (
                19, degrees(atan2(lines[0, 1], lines[0, 0])) - degrees(atan2(lines[18, 1], lines[18, 0]))
            ),
            "20 in place of 5": lambda boundary: (sum(count(boundary, 19)), sum(count(boundary, 1))),
            "it misses 1 yes in place of 4": lambda boundary: (count(boundary, 19)[0], count(boundary, 1)[0]),
            "as much as 19 false alarms, it pays 38 and": lambda boundary: (
                19, 19 * count(boundary, 19)[0] + count(boundary, 19)[1]
            ),
            "plain model 77": lambda boundary: 19 * count(boundary, 1)[0] + count(boundary, 1)[1],
            "At $w = 19$ the moved model also misses 1 and raises 19": lambda lines, at, kind: (
                19, *moved(lines, at, kind, 19)
            ),
        },
        "bbca3eed": {"yes[:15], no[:735]": lambda rare, nine: bool((nine[rare(0)[0][:15]] == 1).all())},
        "b16fced3": {
            "the loss is 0.011 on the pictures trained on and 0.059": lambda learning: list(
                learning.at(step=299)["loss"].values()
            ),
            "13 of the nines trained on are found, and only 5": lambda learning: list(
                learning.at(step=299)["nines found, of 15"].values()
            ),
            "From step 212 on": lambda costs: costs["new"].argmin(),
            "694 of the 750 new pictures nine": lambda seen, new: ((seen[0, new] > 0).sum(), len(new)),
            "finds all 15": lambda learning: learning.at(step=0)["nines found, of 15"]["new"],
            "At step 10 it calls none": lambda seen, new: bool((seen[10, new] <= 0).all()),
        },
        "ad6bbef7": {
            "1797 small pictures, 64 grey": lambda: (1797, 64),
            "15 nines and 735 others": lambda: (15, 735),
            "2 % are yes": lambda: 15 / 750,
        },
        "8465657a": {"the 15 new nines": lambda: 15},
        "67ba2299": {"seed 0, $w = 49$": lambda: (0, 49)},
        "16de5ac5": {"class_weight={1: w}": is_lowest},
        "85fbcdd5": {
            "pos_weight=torch.tensor(49.0)": lambda: 735 / 15,
            "$w$ = 1, 7, 49 and 2401": lambda: (1, 7, 735 / 15, (735 / 15) ** 2),
            "$w = 49 = 735/15$": lambda: (735 / 15, 49),
            "$w = 7 = \\sqrt{49}$": lambda: (49**0.5, 49),
            "$w = 2401 = 49^2$": lambda: (49**2, 2401),
        },
        "cb9b56fb": {
            "right 98 times in 100": lambda truth: (100 * (1 - truth.mean()), 100),
            "of 98 % says": lambda truth: 1 - truth.mean(),
        },
        "5227c940": {
            "marks": lambda truth, train, nine: same(
                torch.full((5,), 0.02, dtype=torch.float64), truth.mean(1), nine[train].mean(1)
            ),
        },
        "6cf4214d": {
            "rises by 0.17, and the precision falls by 0.30": lambda marks: (
                mean(marks["w = 49"] - marks["w = 1"])[[1, 0]] * torch.tensor([1, -1])
            ),
            "average precision stays at 0.77": lambda marks: mean(marks["w = 1"])[2],
            "stays at 0.77, even with $w = 2401$": lambda marks: (mean(marks["w = 2401"])[2], 2401),
            "average precision stays": lambda marks: same(*(mean(m)[2] for m in marks.values()), atol=0.006, rtol=0),
            "it varies by 0.1": lambda marks: marks["w = 1"][:, 2].std(),
        },
        "645b4ed5": {
            "agree to about a hundredth": lambda shifted, marks: bool(
                mean(shifted - marks["w = 49"])[:2].abs().max() < 0.015
            ),
            "this is a comparison": lambda shifted, marks: same(shifted[:, 2], marks["w = 1"][:, 2]),
        },
        "7c195ad4": {
            "$-\\ln 49$ recall is 0.84 and precision only 0.28": lambda grade, plain: (
                49, *mean(grade(plain, -log(49)))[[1, 0]]
            ),
        },
        "d2b9494f": {
            "about a third off the price": lambda prices: bool(0.6 < prices[1].mean() / prices[0].mean() < 0.7),
            "in every one of the five": lambda prices: bool((prices[2] < prices[1]).all()),
        },
        "6f99d84a": {
            "With 65 free numbers it has learned its 15 nines": lambda x: (x.shape[1] + 1, 15),
            "it finds all of them": lambda known: bool((known > 0.5).all()),
        },
        "4fbe26bc": {
            "in every one of the five": lambda strong, grade: bool(
                (grade(strong[1], -9)[:, 2] > grade(strong[0], -9)[:, 2]).all()
            ),
            "smaller than its noise": lambda marks: bool(gain(marks).mean() < gain(marks).std()),
        },
        "9d701d39": {
            "1 to 100 of the 750 pictures": lambda truth: (1, 100, truth.shape[1]),
            "perfect detector at $k = 15$": lambda: 15,
        },
        "59f060b0": {
            "(precision 1, recall 1/15)": lambda calls: calls.at(step=1)["mean of five seeds"]["w = 1"][::-1],
            "At $k = 15$ it is 0.69 against 0.68, at $k = 30$ both recalls are 0.80": lambda calls: (
                15, *(calls.at(step=15)["mean of five seeds"][k][0] for k in ("w = 1", "w = 49")),
                30, calls.at(step=30)["mean of five seeds"]["w = 1"][0],
            ),
            "both recalls": lambda calls: same(*(
                calls.at(step=30)["mean of five seeds"][k][0] for k in ("w = 1", "w = 49")
            )),
            "0.67 against 0.48 at $k = 15$": lambda calls: (
                *(calls.at(step=15)["mean of five seeds"][k][0] for k in ("strong w = 49", "strong w = 1")), 15,
            ),
        },
        "689c62bb": {
            "The model says 98 % about something with a chance of 2 %": lambda weighted, labels, r: (
                weighted(0.02, 2401), labels.mean()
            ),
            "says 98 %": lambda weighted, r: weighted(r, 49),
            "$49 \\cdot 49 = 2401$": lambda: (49, 49, 49 * 49),
            "precision: 0.58 in place of 0.70": lambda marks: (mean(marks["w = 2401"])[0], mean(marks["w = 49"])[0]),
        },
        "a6bccbc4": {
            "meant =": lambda silent, meant, loss: same(
                torch.stack([silent, meant]),
                torch.stack([(loss[:, :2] * torch.tensor(v)).mean() for v in ([[1.0, 3], [1, 3]], [[1.0, 1], [3, 3]])]),
            ),
        },
        "3f3d6ad4": {
            "`[[1, 3], [1, 3]]`": lambda photos: photos.expand(2, 2),
            "`[[1, 1], [3, 3]]`": lambda photos: photos[:, None].expand(2, 2),
        },
        "ce37297c": {"undoes a weight": lambda weighted, p: same(weighted(weighted(p, 49), 1 / 49), p)},
        "ffa7cfcf": {"solution_2": lambda solution_2, weighted, p: same(solution_2(weighted(p, 49), 49), p)},
        "53ecbff9": {"The six answers give 1.5525": lambda weights, loss: (
            (weights["pos_weight 2"] * loss).sum() / weights["pos_weight 2"].sum()
        )},
        "15c09c9a": {"solution_3": lambda solution_3, p, y: same(
            torch.tensor(1.5525), solution_3(p, y, 2.0), atol=5e-5, rtol=0
        )},
        "1bff9e87": {"The six give 0.6900": lambda p, y: focal_loss(p, y, gamma=0, alpha=2 / 3, reduction="mean")},
        "1029c123": {"solution_4": lambda solution_4, p, s, y: same(
            focal_loss(p, y, gamma=0, alpha=2 / 3, reduction="mean"), solution_4(s, y, 2 / 3)
        )},
        "c872e78b": {"solution_5": lambda solution_5, s: same(
            torch.zeros(2, 3), solution_5(s + log(2), torch.sigmoid(s), 2), atol=1e-6, rtol=0
        )},
        "9ff62c4e": {"above 1/21, so where $s > -\\ln 20$": lambda: (1 / (20 + 1), 20)},
        "a8a3e571": {
            "Between about $-4$ and $-2$ the price is nearly flat": lambda euros: bool(
                max(euros(t / 10) for t in range(-40, -19)) - min(euros(t / 10) for t in range(-40, -19)) <= 16
            ),
            "$-\\ln 20 = -3.0$ lies there": lambda: (20, -log(20)),
            "$-2.0$, was chosen": lambda euros: min((-5.0, -4.0, -log(20), -2.0, -1.0, 0.0), key=euros),
            "is 4 € of the average": lambda: 20 / 5,
        },
        "6991b0e0": {
            "| plain | 1.3283 |": lambda loss: loss.mean(),
            "| `pos_weight` 2 | 2.0700 |": lambda by_torch: (2, by_torch),
            "| $\\alpha = 2/3$ | 0.6900 |": lambda by_torch: (2 / 3, by_torch / 3),
            "| 1.9381 |": lambda weights, p, y: F.binary_cross_entropy(p, y, weight=weights["dog × 3"]),
        },
        "75f78690": {
            "by 0.005 ± 0.015": lambda marks: (gain(marks).mean(), gain(marks).std()),
            "less than the noise": lambda marks: bool(gain(marks).mean() < gain(marks).std()),
            "higher in four of the five": lambda marks: bool((gain(marks) > 0).sum() == 4),
            "is 0.07 of recall": lambda: 1 / 15,
            "Five seeds, 15 nines": lambda: 15,
            "only 15 nines in a test": lambda truth: truth[0].sum(),
        },
        "7c0c72be": {
            "From $p = 0.5$ on": lambda moved: moved.at(p=0.5, w=1)["says"]["weighted"],
            "$1/(1+9) = 0.1$": lambda: (1, 1, 9, 1 / (1 + 9)),
            "From $1/(1+9)": lambda moved: same(0.5, moved.at(p=0.1, w=9)["says"]["weighted"]),
            "3. 0.84": lambda moved: (3, moved.at(p=0.1, w=49)["says"]["weighted"]),
        },
        "e8bc884c": {
            "0.71 against 0.53": lambda marked: list(marked.at(threshold=0)["recall"].values())[::-1],
            "Near $-1.7$. There its precision is 0.69": lambda marked: (
                -1.7, marked.at(threshold=-1.7)["precision"]["plain"]
            ),
            "Near $-1.7$": lambda marked: same(
                marked.at(threshold=-1.7)["recall"]["plain"], marked.at(threshold=0)["recall"]["w = 49"]
            ),
            "at 0 is 0.67": lambda marked: (0, marked.at(threshold=0)["precision"]["w = 49"]),
            "With recall 0.68, precision is 0.76 for the weighted model (at 0.5)": lambda marked: (
                marked.at(threshold=0.5)["recall"]["w = 49"], marked.at(threshold=0.5)["precision"]["w = 49"], 0.5
            ),
            "and 0.71 for the plain one (at $-1.6$)": lambda marked: (
                marked.at(threshold=-1.6)["precision"]["plain"], -1.6
            ),
            "With recall 0.68": lambda marked: same(
                marked.at(threshold=0.5)["recall"]["w = 49"], marked.at(threshold=-1.6)["recall"]["plain"]
            ),
            "16 against 21 false alarms": lambda heavy, plain, truth: (
                alarms(heavy, truth, 0.5), alarms(plain, truth, -1.6)
            ),
            "With recall 0.63 the plain model is ahead, 0.92 against 0.90": lambda marked: (
                marked.at(threshold=1.5)["recall"]["w = 49"],
                marked.at(threshold=-0.8)["precision"]["plain"], marked.at(threshold=1.5)["precision"]["w = 49"],
            ),
        },
        "7a203727": {
            "| 49 times the pull": lambda up, down: down / up,
            "| 11.513 at most, times $w$; below 0 at $p = 1$ |": lambda: (-log(0 + 1e-5), 0, 1),
            "below 0": lambda: bool(-2 * log(1 + 1e-5) < 0),
            "recall 0.53; 0.72 with": lambda marks, shifted: (mean(marks["w = 1"])[1], mean(shifted)[1]),
        },
    }  # fmt: skip
    GIVEN = {
        "5a9ff24f": ["the same at $p = 0.5$"],
        "56c025c9": ["20 yes among 1000"],
        "83457efe": ["`C=0.1` in place of 10"],
        "9600d8e1": ["in a hundred, $r = 0.02$", "the model say 0.9 about an even chance, $r = 0.5$"],
        "226f4750": ["A data set has 1500 pictures, 30 of them"],
        "1e37f7f2": ["`pos_weight=9` says 0.5"],
        "9ff62c4e": ["costs 20 €"],
        "cd391788": ["000, “BCELoss"],
        "2b98b9e3": ["20 yes among 1000"],
        "7a203727": ["`log(pt + 1e-5)`"],
        "85efebb9": ["listing of 000", "that $10^{-5}$ is"],
        "8d2c917e": ["where $p_w > 0.5$", "chance of 10 %, $p = 0.1$, once $w = 49$"],
    }
