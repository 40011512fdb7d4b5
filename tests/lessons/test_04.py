"""The numbers in the words of lesson 04."""

from math import e as EULER
from math import exp, isinf, isnan, log

import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import autograd, cross_entropy, log_softmax, nll_loss, softmax
from tests.lessons import Lesson

ONE = torch.tensor(0)


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def half_sure(classes):
    """The least loss of softmax twice."""
    return log(1 + (classes - 1) / EULER)


def spread(curves, name, rate=1):
    """Mean and standard deviation of the accuracy at the end, from 0 and from far."""
    return [(end.mean(), end.std()) for end in curves[name][0][:, :, rate, -1].T]


def hardest(trap, name):
    return min(range(-80, 81), key=lambda i: trap.at(s=i / 10)["gradient"][name]) / 10


def picked(road, **given):
    return road.at(class_="dog", **given)["−ln p"]["pick"]


def right(training, **given):
    return training.at(step=200, **given)["right, unseen"]


class TestLesson04(Lesson):
    HELD = {
        "b8ee0f5a": {
            "$e^4 = 54.598$, and $54.598 / 114.98 = 0.475$": lambda e, total, p: (exp(4), e[3], total, p[3]),
            "the score 0, and $e^0 = 1$": lambda: (0, exp(0)),
            "to the 0.475?": lambda p: p[3],
        },
        "02656a52": {
            "$1 / 115.98 = 0.0086$": lambda seven, total: (1, total + 1, softmax(F.pad(seven, (0, 1)), dim=0)[7]),
            "The score 4 now has $54.598 / 115.98 = 0.4707$": lambda seven, e, total: (
                *(4, e[3], total + 1),
                softmax(F.pad(seven, (0, 1)), dim=0)[3],
            ),
        },
        "d04bd283": {"a factor of $e = 2.718$": lambda p: p[3] / p[2]},
        "64deca93": {
            "Add 50 to every score": lambda: 50,
            "the probabilities stay the same": lambda p, seven: same(
                p, softmax(seven + 50, 0), torch.softmax(seven, 0)
            ),
        },
        "7b3ef386": {
            "BCE on one score": lambda: same(
                F.binary_cross_entropy_with_logits(torch.tensor([2.0]), torch.ones(1)),
                cross_entropy(torch.tensor([[2.0, 0.0]]), torch.tensor([0])),
            ),
        },
        "12de0781": {
            "The score 5 gets a share of 0.625, and 0.9479 from softmax": lambda four: (
                *(5, four[0] / four.sum()),
                softmax(four, dim=0)[0],
            ),
        },
        "7589b4df": {
            "*lowest* one, $-1.9253$, gets the largest share, 0.5004": lambda s, share: (s[1].min(), share[1].max()),
            "gets the largest": lambda s, share: bool(s[1].argmin() == share[1].argmax()),
            "$-1.6424$ and $2.8889$": lambda share: share[2, [0, 2]],
        },
        "b0997cc7": {
            "the model gives “dog” only 0.1378": lambda rows: rows[1, 1],
            "Each row sums to 1": lambda rows: same(rows.sum(1), torch.ones(3)),
            "the *columns* would sum": lambda s: same(softmax(s, dim=0).sum(0), torch.ones(3)),
        },
        "4ca09feb": {
            "$$\\ln p_i = s_i - \\ln \\sum_j e^{s_j}$$": lambda seven, total, p: same(
                p.log(), seven - total.log(), log_softmax(seven, 0), F.log_softmax(seven, 0)
            ),
            "`log_softmax` is never above 0": lambda: bool(
                (log_softmax(100 * torch.randn(1000, 7, generator=torch.Generator().manual_seed(0)), dim=1) <= 0).all()
            ),
        },
        "10aa4744": {
            "The largest one here is $-0.3700$; for the\nseven scores it is $-0.7448$": lambda log_rows, p: (
                log_rows.max(),
                p.log().max(),
            )
        },
        "737d0e37": {
            "The mean of $0.8815$, $1.9818$ and $0.3700$ is the loss: **1.0778**": lambda each: (*each, each.mean()),
        },
        "3994b908": {
            "every probability is $1/3$, and every $-\\ln p$ is 1.0986": lambda road: (
                road.at(cat=0, dog=0, fox=0)["softmax p"]["softmax"],
                road.at(cat=0, dog=0, fox=0)["−ln p"]["−ln p"],
            ),
            "The bar of *dog* is picked: 2.4076": lambda road: picked(road, truth="dog", cat=1, dog=-1, fox=0),
            "It grows to 4.0659": lambda road: picked(road, truth="dog", cat=3, dog=-1, fox=0),
            "Only the true class": lambda road: same(0.0, picked(road, truth="fox")),
        },
        "92b325fd": {
            "2.3026 for 10 classes, 6.9078 for 1000": lambda: (log(10), 10, log(1000), 1000),
            "barely better": lambda torch_one, no_idea: same(torch_one < no_idea, torch.tensor(True)),
        },
        "455e98e4": {"Each row sums to 0": lambda error: same(torch.zeros(3), error.sum(1))},
        "9a96e573": {
            "divided by the number of rows": lambda s, target, error: same(
                error / 3, autograd(lambda s: cross_entropy(s, target), s)
            ),
        },
        "161c5e5a": {
            "$3.4 \\cdot 10^{38} = e^{88.72}$": lambda: (
                torch.finfo(torch.float32).max,
                log(torch.finfo(torch.float32).max),
            ),
        },
        "a26c6d1f": {
            "do this inside": lambda large, log_sum: (
                same(log_softmax(large, 0), F.log_softmax(large, 0))
                and bool((log_softmax(large, 0) - large + log_sum).abs().max() < 1e-4)
                and same(log_sum, torch.logsumexp(large, 0))
            ),
            "never write": lambda: same(log_softmax(torch.tensor([0.0, 200]), dim=0), torch.tensor([-200.0, 0])),
        },
        "5631755e": {
            "torch gives 1.5298: the sum divided by $1 + 4 + 1 = 6$": lambda s, target, w: (
                F.cross_entropy(s, target, weight=w),
                *w,
                w[target].sum(),
            ),
            "costs the same with and without weights": lambda s, target, w, each: same(
                each[1], cross_entropy(s[1:2], target[1:2], weight=w)
            ),
        },
        "fee54bc5": {
            "1.0400 is below 1.0778": lambda s, rows, target: (
                F.cross_entropy(rows, target),
                cross_entropy(s, target),
            ),
            "It is the mean of $-p_t$": lambda rows, target: same(nll_loss(rows, target), -rows.diagonal().mean()),
        },
        "8a478603": {
            "0.5514 for 3 classes, 1.4612 for 10, 5.9095 for 1000": lambda: [
                x for classes in (3, 10, 1000) for x in (half_sure(classes), classes)
            ],
            "0.5514": lambda perfect, target: cross_entropy(perfect, target),
        },
        "0c7a7473": {"about 0.001": lambda: torch.tensor([-6.0, 0, 0]).softmax(0)[0]},
        "3cd27c5f": {
            "= 6.6944$": lambda trap: trap.at(s=-6)["loss"]["cross entropy"],
            "With $-0.9988$": lambda trap: trap.at(s=-6)["gradient"]["cross entropy"],
            "Softmax twice: $-0.0014$": lambda trap: trap.at(s=-6)["gradient"]["softmax twice"],
            "NLL on probabilities: $-0.0012$": lambda trap: trap.at(s=-6)["gradient"]["NLL of probabilities"],
            "Near $s = 0.4$ and $s = 0.7$": lambda trap: (
                hardest(trap, "softmax twice"),
                hardest(trap, "NLL of probabilities"),
            ),
            "between 0.4 and 0.5": lambda three: [
                p.softmax(-1)[0] for p in (three(torch.tensor(0.4)), three(torch.tensor(0.7)))
            ],
        },
        "f3e36223": {"for 100 steps of size 0.5": lambda: (100, 0.5)},
        "38d5686d": {
            "1000 handwritten digits\n\n500 images": lambda: (500 + 500, 500),
            "of 8 × 8 pixels": lambda: load_digits().images.shape[1:],
            "the 64 pixels and a 1": lambda: (load_digits().data.shape[1], 1),
        },
        "effb7874": {
            "seen, unseen =": lambda seen, unseen: seen.shape == unseen.shape == (5, 65, 500),
            "pixels[order": lambda seen: same(torch.ones(5, 500), seen[:, -1]),
        },
        "105b67eb": {"both_starts =": lambda both_starts: both_starts[:, 0, :, 0].numel() == 30},
        "4e1689e8": {
            "uses all 500 images": lambda seen: seen.shape[-1],
            "holds all 30 models": lambda: 2 * 3 * 5,
        },
        "0fd02a02": {
            "After 200 steps it is right on 0.71": lambda training: (
                200,
                right(training, start="0", rate="0.5")["softmax twice"],
            ),
            "the other two on 0.93 and 0.92": lambda training: [
                right(training, start="0", rate="0.5")[name] for name in ("cross entropy", "squared error")
            ],
            "At rate 8 it reaches 0.95": lambda training: (8, right(training, start="0", rate="8")["softmax twice"]),
            "like cross entropy": lambda training: (
                round(right(training, start="0", rate="8")["cross entropy"], 2) == 0.95
            ),
            "is right\n   on about half of the images there, and the seeds differ a lot": lambda training, curves: (
                0.4 < right(training, start="0", rate="8")["squared error"] < 0.62
                and curves["squared error"][0][:, 0, 2, -1].std().item() > 0.15
            ),
            "cross entropy reaches 0.91": lambda training: right(training, start="far", rate="8")["cross entropy"],
            "squared error 0.56 and": lambda training: right(training, start="far", rate="8")["squared error"],
            "softmax twice 0.30": lambda training: right(training, start="far", rate="8")["softmax twice"],
            "never falls below 1.4612": lambda: half_sure(10),
            "right on 0.95 of the images, and its loss still reads 1.51": lambda training: (
                right(training, start="0", rate="8")["softmax twice"],
                training.at(step=200, start="0", rate="8")["printed loss"]["softmax twice"],
            ),
        },
        "57998f3a": {
            "| `cross_entropy(s, target)` | 1.0778 |": lambda s, target: cross_entropy(s, target),
            "| `nll_loss(log_p, target)` | 1.0778 |": lambda log_rows, target: nll_loss(log_rows, target),
            "| `nll_loss(p.log(), target)` | 1.0778, but": lambda rows, target: nll_loss(rows.log(), target),
            "but `inf` where": lambda: isinf(nll_loss(torch.tensor([[0.0, 1.0]]).log(), torch.tensor([0]))),
            "| log-probabilities |": lambda log_rows, target, torch_one: same(
                torch_one, cross_entropy(log_rows, target)
            ),
        },
        "dce591e8": {"With $e^2 = 7.389$": lambda: exp(2)},
        "4b1f3b40": {"$p_1 = 7.389 / 8.389$": lambda: (exp(2), 1 + exp(2))},
        "bdd1f29f": {"0.1269 and 2.1269": lambda solution_1: solution_1},
        "de5ceb4e": {
            "4.6052 is right for a network that knows nothing: $0.01$": lambda solution_2: (solution_2[0], 1 / 100),
        },
        "b123cd2f": {
            "def solution_4": lambda solution_4, s, target, w: same(
                solution_4(s, target, w), autograd(lambda s: cross_entropy(s, target, weight=w), s)
            ),
        },
        "5ec9b7db": {
            "def solution_3": lambda solution_3, s, log_rows: (
                same(solution_3(s), log_rows) and same(solution_3(1000 * s), F.log_softmax(1000 * s, dim=1))
            ),
        },
        "fe2187ef": {
            "log_softmax, pick, flip the sign: 1.0778": lambda torch_one: torch_one,
            "after 200 steps of size 2": lambda curves, rate: (
                5 * (curves["cross entropy"].shape[-1] - 1),
                rate.flatten()[1],
            ),
            "| cross entropy | 0.95 ± 0.01 | 0.86 ± 0.01 |": lambda curves: spread(curves, "cross entropy"),
            "| squared error | 0.94 ± 0.01 | 0.28 ± 0.06 |": lambda curves: spread(curves, "squared error"),
            "| softmax twice | 0.87 ± 0.04 | 0.20 ± 0.05 |": lambda curves: spread(curves, "softmax twice"),
        },
        "756f74db": {
            "$(0.8815 + 0.3700) / 2 = 0.6257$": lambda s, target, some, each: (
                each[0],
                each[2],
                2,
                F.cross_entropy(s, some),
            ),
            "`nan`, in torch too": lambda s, none: isnan(cross_entropy(s, none)) and isnan(F.cross_entropy(s, none)),
        },
        "6dd61ed3": {
            "the best is 1002": lambda large: large.max(),
            "the loss is 2.4076": lambda large: cross_entropy(large, ONE),
            "between $M$ and $M + \\ln C$": lambda M, log_sum: bool(M <= log_sum <= M + log(3)),
        },
        "ba370fc4": {
            "| sum 114.98; 0.024 0.064 0.175 0.475 …": lambda total, p: (total, *p[:4]),
            "1.3654 for `dim=0`, 1.0778 for": lambda s, target: (
                nll_loss(log_softmax(s, dim=0), target),
                0,
                cross_entropy(s, target),
            ),
            "by hand 1.3654": lambda s, target: nll_loss(log_softmax(s, dim=0), target),
            "`NLLLoss` $-0.1399$": lambda s, target: nll_loss(s, target),
            "“hardmax” 0.625": lambda four: four[0] / four.sum(),
        },
        "0b7b5df0": {
            "share 1 within each *class*": lambda s, target, columns: same(
                nll_loss(columns, target), cross_entropy(s.T, target)
            ),
        },
        "7ef8be6f": {"all 27 targets": lambda: 3**3},
        "3f3dd231": {
            "$1.3654 / 10$ does": lambda columns, target: (nll_loss(columns, target), 10),
            "the decimal point moved": lambda columns, target: (
                round(nll_loss(columns, target).item() / 10, 4) == 0.1365
            ),
            "`1.3654` → `0.1365`": lambda columns, target: (
                nll_loss(columns, target),
                nll_loss(columns, target) / 10,
            ),
            "and with $-0.1399$": lambda s, target: nll_loss(s, target),
            "Nothing gives": lambda found: (
                bool(((found - 0.1365).abs() > 1e-4).all()) and bool(((3 * found - 0.1365).abs() > 1e-4).all())
            ),
        },
        "53258e96": {
            "With 5 classes “no idea” costs 1.6094": lambda: (5, log(5)),
        },
        "269bfd4c": {
            "nll_loss(log_softmax(picture_scores, dim=1), labels)": lambda picture_scores, labels: same(
                cross_entropy(picture_scores, labels), F.nll_loss(F.log_softmax(picture_scores, dim=1), labels)
            ),
        },
    }
    GIVEN = {
        "0c811735": ["after 200 steps of size 2"],
        "38d5686d": ["to train on, 500 others"],
        "275a1d92": ["“PyTorch, part 11:"],
        "ccf9c83d": ["From 0, at rate 0.5"],
        "87e45bce": [
            "network for 100 classes",
            "a loss of 11.3",
            "(`1.23e-4` is\n$1.23 \\cdot 10^{-4}$)",
        ],
        "de5ceb4e": ["To pay 11.3"],
        "bca4d317": ["survives a score of 1000", "finite ones for\n`1000 * s`"],
        "b87ff32e": ["“PyTorch, part 11”"],
        "ba370fc4": ["= 0.1365 | neither", "| 001 | 2.9503 and 1.6307 |"],
        "3f3dd231": ["`Out[26]` appears twice, with 0.1365"],
        "53258e96": ["gets 2.9503 and\n1.6307"],
    }
