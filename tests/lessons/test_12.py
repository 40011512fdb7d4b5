"""The numbers in the words of lesson 12."""

from math import exp, log

import torch
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import cross_entropy, nll_loss, softmax
from tests.lessons import Lesson


def same(*values, **how):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], **how)
    return True


def at_border(angles, m, border):
    """Half sure there: the two scores are equal."""
    scores = angles.at(angle=border, m=m)["score"]
    return same(scores["L-Softmax"], scores["other class"], atol=1e-4, rtol=1e-4)


def wrong(gap, images, labels, m, of=(0, 1)):
    """How many images of these classes are less than half sure."""
    gaps = gap(2.0 * labels - 1, images[:, 0], images[:, 1], torch.tensor(float(m)))
    return sum(int((gaps[labels == kind] < 0).sum()) for kind in of)


def cone(gap, m, beyond):
    """Is an image of A, so many degrees from its arrow, half sure on both sides of the cone, and not outside?"""
    angle = torch.deg2rad(torch.tensor([-45.0 + 0.99 * beyond, -45.0 + 1.01 * beyond]))
    return (gap(-1, 3 * angle.cos(), 3 * angle.sin(), torch.tensor(float(m))) > 0).tolist() == [True, False]


def of_a(cones, x1, x2, m):
    return cones.at(x1=x1, x2=x2, m=m)["features"]["loss of A"]


def trap(lead):
    scores, target = lead * torch.eye(3), torch.arange(3)
    return F.cross_entropy(scores, target), F.cross_entropy(scores, target, label_smoothing=0.1)


def lowest(at_T):
    """The best T of each model and its cross entropy there."""
    found = {}
    for name in ("plain", "smoothing 0.1", "margin 2", "margin 4"):
        found[name] = min((at_T.at(T=i / 100)["cross entropy"][name], i / 100) for i in range(30, 201, 5))
    return found


def spreads(models, answer):
    """How far the seeds' cross entropies spread."""
    return [scores.log_softmax(1).gather(1, answer).mean((1, 2)).std() for scores in models.values()]


def shares(models, answer):
    return [(scores.argmax(1, keepdim=True) == answer).double().mean((1, 2)) for scores in models.values()]


def level(rights):
    means = [each.mean() for each in rights]
    return bool(max(means) - min(means) < min(each.std() for each in rights))


class TestLesson12(Lesson):
    HELD = {
        "d823b9fa": {
            "= 7.389 / 8.389 = 0.8808$": lambda: (exp(2), exp(2) + 1, exp(2) / (exp(2) + 1)),
            "= 2.718 / 3.718 = 0.7311$": lambda: (exp(1), exp(1) + 1, exp(1) / (exp(1) + 1)),
            "| 0.5 | $(4, 0)$ | your turn: $e^4 = 54.598$": lambda: (0.5, 2 / 0.5, 0, exp(4)),
        },
        "df5d37f5": {
            "$54.598 / 55.598 = 0.9820$": lambda two: (exp(4), exp(4) + 1, softmax(two / 0.5, 0)[0]),
        },
        "341a1753": {
            "D falls from 0.4748 to 0.1970": lambda warm: [
                warm.at(class_="D: 4", T=T)["p"]["tempered"] for T in (1, 5)
            ],
            "2. 0.7620. $T = 0.5$ doubles": lambda warm: (2, warm.at(class_="D: 4", T=0.5)["p"]["tempered"], 0.5),
            "at $T = 0.1$ it has 0.9999": lambda warm: (0.1, warm.at(class_="D: 4", T=0.1)["p"]["tempered"]),
            "$1/7 = 0.1429$": lambda seven: (1 / 7, softmax(seven / 1e6, dim=0)[0]),
            "the **one-hot** row": lambda seven: same(
                softmax(seven / 0.01, dim=0), F.one_hot(seven.argmax(), 7).float()
            ),
        },
        "bb2e9052": {
            "from 0.25 to 0.9479": lambda: [torch.tensor([top, 1.0, 1, 1]).softmax(0)[0] for top in (1, 5)],
        },
        "c8b15569": {
            "all four are equal: 0.25 each": lambda three_ways: three_ways.at(class_="A: top", top=1)["p"]["softmax"],
            "At `top` = 1": lambda three_ways: same(
                *[three_ways.at(class_="A: top", top=1)["p"][name] for name in ("softmax", "share")]
            ),
            "To 0.9990": lambda three_ways: three_ways.at(class_="A: top", top=9)["p"]["softmax"],
        },
        "d16e3b7a": {
            "with $-0.75$": lambda early: early.at(top=1)["gradient"]["softmax"],
            "equally hard": lambda early: same(*early.at(top=1)["gradient"].values()),
            "the softmax loss is 0.0535 and pulls with $-0.0521$": lambda early: (
                early.at(top=5)["loss"]["softmax"],
                early.at(top=5)["gradient"]["softmax"],
            ),
            "a loss of 0.4700 and pulls with $-0.0750$": lambda early: (
                early.at(top=5)["loss"]["share"],
                early.at(top=5)["gradient"]["share"],
            ),
            "softmax pulls with $-0.0004$, the share still with $-0.0231$": lambda early: early.at(top=10)["gradient"],
            "the softmax loss is": lambda early: same(
                early.at(top=5)["loss"]["softmax"],
                cross_entropy(torch.tensor([5.0, 1, 1, 1]), torch.tensor(0)).item(),
                atol=1e-6,
                rtol=1e-5,
            ),
        },
        "e80c6f43": {
            "with $-0.0180$ at $d = 4$": lambda margin: (margin.at(d=4, m=2)["gradient"]["softmax"], 4),
            "makes it $-0.1192$": lambda margin: margin.at(d=4, m=2)["gradient"]["with margin"],
            "makes it $-0.5$": lambda margin: margin.at(d=4, m=4)["gradient"]["with margin"],
            "the two curves coincide": lambda margin: same(*margin.at(d=1.5, m=0)["loss"].values()),
        },
        "a4c9d46e": {
            "at 90° to one another": lambda: torch.rad2deg(
                torch.acos(torch.tensor([1.4142, -1.4142]) @ torch.tensor([1.4142, 1.4142]) / 4)
            ),
        },
        "c0d04567": {
            "1. None": lambda gap, images, labels: wrong(gap, images, labels, 1) == 0,
            "2. Four": lambda gap, images, labels: 6 - wrong(gap, images, labels, 4, of=[0]) == 4,
            "it ends 18° from": lambda: 90 / (4 + 1),
            "on the side of the other class": lambda gap: cone(gap, 4, 18),
            "on the far side\n   30°": lambda: 90 / (4 - 1),
            "on the far side": lambda gap: cone(gap, 4, -30),
            "classified correctly": lambda images, labels: bool(((images[:, 1] > 0) == (labels == 1)).all()),
            "from 0.2176 to 0.0574": lambda cones: (of_a(cones, 1.5, -0.5, 1), of_a(cones, 3, -1, 1)),
            "from 2.3952 to 4.6093": lambda cones: (of_a(cones, 1.5, -0.5, 4), of_a(cones, 3, -1, 4)),
        },
        "5dce9a60": {"Softmax decides at 45°": lambda: 90 / 2},
        "dba93f40": {
            "$\\theta = 90°/(m + 1)$: 45° for\nsoftmax, 30° for $m = 2$, 22.5° for $m = 3$, 18° for $m = 4$": lambda: (
                *(90, 1, 90 / 2),
                *(90 / 3, 2),
                *(90 / 4, 3),
                *(90 / 5, 4),
            ),
            "“L-Softmax” crosses “other class”": lambda angles: all(
                at_border(angles, m, 90 / (m + 1)) for m in (1, 2, 3, 4)
            ),
            "At 20° softmax\nis content with a loss of 0.0491; $m = 4$ still charges 1.2002": lambda angles: (
                20,
                angles.at(angle=20, m=4)["loss"]["softmax"],
                4,
                angles.at(angle=20, m=4)["loss"]["L-Softmax"],
            ),
        },
        "5281031c": {
            "gives the same 1.0427": lambda s, votes: cross_entropy(s, votes),
            "the same": lambda s, votes, soft: same(soft.mean(), cross_entropy(s, votes), F.cross_entropy(s, votes)),
            "Its lowest value": lambda votes, best: same(best.mean(), cross_entropy(votes.log(), votes)),
        },
        "9e8be22a": {
            "\\varepsilon = 0.1,\\ C = 3: \\quad (1, 0, 0) \\to (0.9333,\\ 0.0333,\\ 0.0333)$$": lambda: (
                *(0.1, 3, 1, 0, 0),
                *(0.9 * torch.tensor([1, 0, 0]) + 0.1 / 3),
            ),
        },
        "093c965a": {
            "smooth = 0.9 * y": lambda s, smooth, target: same(
                cross_entropy(s, smooth),
                cross_entropy(s, target, label_smoothing=0.1),
                F.cross_entropy(s, target, label_smoothing=0.1),
            ),
        },
        "ebb61b8e": {
            "$p_1 = 0.9333$, the others 0.0333": lambda smooth: smooth[0, :2],
            "$0.9333 / 0.0333 = 28$": lambda smooth: (*smooth[0, :2], smooth[0, 0] / smooth[0, 1]),
            "$s = \\ln 28 = 3.3322$": lambda: (28, log(28)),
            "The gradient is 0": lambda lead_wanted: (
                abs(lead_wanted.at(s=log(28), epsilon=0.1)["gradient"]["label smoothing"]) < 1e-6
            ),
            "/C = 0.0667$": lambda: 0.1 * 2 / 3,
            "with a slope that goes to": lambda lead_wanted: (
                abs(lead_wanted.at(s=10, epsilon=0.1)["gradient"]["label smoothing"] - 0.1 * 2 / 3) < 2e-4
            ),
        },
        "4b959c01": {"the log says 0.29, then 0.67": lambda: (trap(3)[1], trap(10)[1])},
        "115f2c62": {
            "plain cross entropy falls from 0.0949 to 0.0001": lambda: (trap(3)[0], trap(10)[0]),
            "it rises from 0.2949 to 0.6668": lambda: (trap(3)[1], trap(10)[1]),
            "the margin's 0.5514 at a lead of 3 is no worse than the plain 0.0949": lambda: (trap(1)[0], 3, trap(3)[0]),
        },
        "830b51ad": {
            "All four are right equally often,\nwithin their spread": lambda models, answer: level(
                shares(models, answer)
            ),
        },
        "f89250d7": {
            "At $T = 0.45$ its cross entropy is 0.167 instead of 0.301": lambda at_T: (
                lowest(at_T)["smoothing 0.1"][1],
                lowest(at_T)["smoothing 0.1"][0],
                at_T.at(T=1)["cross entropy"]["smoothing 0.1"],
            ),
            "At $T = 1.5$ it is 0.169 instead of 0.189": lambda at_T: (
                lowest(at_T)["margin 4"][1],
                lowest(at_T)["margin 4"][0],
                at_T.at(T=1)["cross entropy"]["margin 4"],
            ),
            "all four lie between 0.167 and 0.169": lambda at_T: (
                min(low for low, _ in lowest(at_T).values()),
                max(low for low, _ in lowest(at_T).values()),
            ),
            "by ten times as much": lambda at_T, models, answer: bool(
                min(spreads(models, answer))
                > 10 * (max(low for low, _ in lowest(at_T).values()) - min(low for low, _ in lowest(at_T).values()))
            ),
        },
        "5229e454": {"the difference from 1.0778": lambda plain: plain},
        "9f16ec8e": {
            "def solution_3": lambda solution_3, s, target, plain: same(solution_3(s, target, 0), plain),
        },
        "ded68595": {
            "The loss is 1.7549": lambda solution_3, s, target: solution_3(s, target, 1),
            "passes too": lambda solution_3, s, target, y: same(
                solution_3(s, target, 1), cross_entropy(s.log_softmax(1) - y, target)
            ),
            "only grows by\n$m$": lambda plain, s, target, y: same(plain + 1, nll_loss(s.log_softmax(1) - y, target)),
        },
        "8507b284": {
            "gradients $-0.9321$, $-0.3572$ and $0.0660$": lambda pulls: pulls,
            "150 iris flowers (4 measurements, 3 kinds)": lambda: (150, 4, 3),
        },
        "ea296b29": {
            "load_iris": lambda flowers, kind: flowers.shape == (150, 4) and len(set(kind.tolist())) == 3,
        },
        "cb0ce21f": {
            "a lead of $\\ln 28$ at $\\varepsilon = 0.1$, $C = 3$": lambda: ((0.9 + 0.1 / 3) / (0.1 / 3), 0.1, 3),
        },
    }
    GIVEN = {
        "974ff5b9": ["“PyTorch, part 11:"],
        "b6112e28": ["at $T = 0.5$? Then"],
        "a4c9d46e": ["stands at $(1.5, -0.5)$"],
        "dba93f40": ["= \\cos(90° - \\theta)$"],
        "effb7874": ["500 images to train on, 500 others", "500 full-batch steps"],
        "b7be80fb": ["at which $T$ does it get 0.75?"],
        "53a49ed4": ["0.75 against 0.25"],
        "d1df4f5d": ["below $-0.3$", "below $-0.01$", "adding 50 to"],
        "05504674": ["larger than $\\ln 28$?"],
        "8507b284": ['`F.cross_entropy(s, target, reduction="none").clamp(min=0.05).mean()`', "for 100 steps: on"],
        "b87ff32e": ["“PyTorch, part 11:"],
    }
