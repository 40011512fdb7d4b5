"""The numbers in the words of lesson 09."""

from math import exp, log1p

import torch
from sklearn.datasets import load_breast_cancer
from torch.testing import assert_close

from lossutils import autograd, binary_cross_entropy_with_logits, l1_penalty, l2_penalty
from tests.lessons import Lesson

WORST = {"radius": 20, "perimeter": 22}


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def elastic(w, a, l1, l2):
    return (w - a) ** 2 / 2 + l1 * w.abs() + l2 * w**2


def lowest(objective):
    """Where a function of a weight is smallest, to three digits."""
    grid = torch.linspace(-1, 2, 3001, dtype=torch.float64)
    return grid[objective(grid).argmin()]


def valley_of(penalty, strength):
    return lowest(lambda w: (w - 1) ** 2 / 2 + strength * penalty(w))


def jump(valley, strength):
    """The gradient of the L1 objective just left and just right of 0."""
    return [valley.at(w=w, lambda_=strength)["gradient"]["+ λ|w|"] for w in (-1e-9, 1e-9)]


def touching_point(a, strength, penalty):
    """The best of a fine grid of two weights."""
    grid = torch.linspace(-0.5, 2, 501, dtype=torch.float64)
    w1, w2 = torch.meshgrid(grid, grid, indexing="ij")
    best = (((w1 - a[0]) ** 2 + (w2 - a[1]) ** 2) / 2 + strength * (penalty(w1) + penalty(w2))).argmin()
    return w1.flatten()[best].item(), w2.flatten()[best].item()


def in_two(strength, penalty, a=(0.5, 1.5)):
    return torch.tensor(touching_point(a, strength, penalty))


def nearly(a, b, room):
    return same(*(torch.as_tensor(x, dtype=torch.float64) for x in (a, b))) if room == 0 else bool(
        (torch.as_tensor(a) - torch.as_tensor(b)).abs().max() < room)  # fmt: skip


def chosen(w_l1, w_l2, b_l1, b_l2):
    """Without a penalty, with the chosen L1, with the chosen L2."""
    return torch.stack([w_l1[:, 0], w_l1[:, 2], w_l2[:, 1]], dim=1), torch.stack([b_l1[0], b_l1[2], b_l2[1]])


def costs_of_the_test(costs, test, w_l1, w_l2, b_l1, b_l2):
    return costs(*chosen(w_l1, w_l2, b_l1, b_l2), *test)


def right_answers(test, w, b):
    return ((test[0] @ w + b > 0) == (test[1][:, None] > 0)).double().mean(0)


def gains(trials, column):
    gain = trials[:, 0] - trials[:, column]
    return gain.mean(), gain.std()


def moved_by_descent(steps=10, rate=0.1):
    h, w = torch.tensor([0.1, 1, 5]), torch.zeros(3)
    for _ in range(steps):
        w = w - rate * h * (w - 1)
    return w


class TestLesson09(Lesson):
    HELD = {
        "3088c33c": {"s = x @ w": lambda s: same(s, torch.tensor([2.0, -1, 1]))},
        "a6ced99f": {"= -1$": lambda s: s[1], "third score, 1, is": lambda s: s[2]},
        "3d5b714c": {
            "$\\ln(1 + e^{-2}) = 0.1269$": lambda: (1, -2, log1p(exp(-2))),
            "$\\;\\ln(1 + e^{-1}) = 0.3133$": lambda: (1, -1, log1p(exp(-1))),
            "$\\;\\ln(1 + e^{1}) = 1.3133$": lambda: (1, 1, log1p(exp(1))),
            "Their mean is 0.5845": lambda losses: losses.mean(),
        },
        "cbd155d2": {
            "for $w = (2,\\, -0.5,\\, 0.25,\\, 0)$": lambda w: w,
            "$2 + 0.5 + 0.25 + 0 = 2.75$": lambda w: (*w.abs(), w.abs().sum()),
            "$4 + 0.25 + 0.0625 + 0 = 4.3125$": lambda w: (*w.square(), w.square().sum()),
            "pays 93 % of the bill": lambda w: w[0] ** 2 / l2_penalty(w),
            "In L1, 73 %": lambda w: w[0] / l1_penalty(w),
        },
        "d388f815": {
            "the **root** of the sum of squares": lambda w: same(torch.linalg.vector_norm(w), l2_penalty(w).sqrt()),
            "a *norm*, the 1-norm": lambda w: same(torch.linalg.vector_norm(w, 1), l1_penalty(w)),
        },
        "ba52a39a": {
            "with 0.8595 or": lambda w, cost, strength: cost + strength * l1_penalty(w),
            "one with 1.0157": lambda w, cost, strength: cost + strength * l2_penalty(w),
        },
        "c3e614df": {
            "by_hand": lambda by_hand: same(torch.stack(by_hand), torch.tensor([[1.0, -1, 1, 0], [4.0, -1, 0.5, 0]]))
        },
        "bfb5e7db": {
            "At a weight of 0.01, L2 pulls with only 0.02": lambda: (0.01, autograd(l2_penalty, torch.tensor([0.01]))),
            "L1 still pulls with 1": lambda: autograd(l1_penalty, torch.tensor([0.01])),
        },
        "236b63cd": {
            "Both at $w = 0.5$": lambda valley: valley_of(torch.abs, 0.5),
            "Both at": lambda valley: same(valley_of(torch.abs, 0.5), valley_of(torch.square, 0.5)),
            "it is at $1 - \\lambda$, with": lambda: same(valley_of(torch.abs, 0.3).item(), 0.7),
            "it stays there for every larger λ": lambda: same(
                *(valley_of(torch.abs, strength).item() for strength in (1, 1.5, 2)), 0.0
            ),
            "at $\\lambda = 1$ it is at $\\tfrac13$": lambda valley: nearly(valley_of(torch.square, 1), 1 / 3, 1e-3),
            "at $\\lambda = 2$ at 0.2.": lambda valley: (2, valley_of(torch.square, 2)),
            "With L2 never": lambda valley: same(
                valley.at(w=1 / 3, lambda_=1)["gradient"]["+ λw²"],
                valley.at(w=0.2, lambda_=2)["gradient"]["+ λw²"],
                0.0,
            ),
            "from $-1 - \\lambda$ to $-1 + \\lambda$": lambda valley: nearly(jump(valley, 1.5), [-2.5, 0.5], 1e-6),
            "reaches across 0, from": lambda valley: bool(jump(valley, 0.9)[1] < 0 < jump(valley, 1.1)[1]),
        },
        "4c21441a": {
            "$w = \\dfrac{a}{1 + 2\\lambda}$": lambda: nearly(
                lowest(lambda w: elastic(w, 0.9, 0, 0.4)), 0.9 / 1.8, 1e-3
            ),
            "The valley is the corner at 0": lambda: same(lowest(lambda w: elastic(w, 0.3, 0.4, 0)).item(), 0.0),
        },
        "70c22eb9": {
            "print(soft(w, 0.3)": lambda soft, w: same(soft(w, 0.3), torch.tensor([1.7, -0.2, 0, 0])),
            "w / (1 + 2 * 0.3)": lambda w: (1, 2, 0.3),
        },
        "0ffac0d4": {
            "Both weights shrink by the same factor": lambda: nearly(in_two(0.5, torch.square), [0.25, 0.75], 0.01),
            "weights lose the same amount λ": lambda: nearly(in_two(0.2, torch.abs), [0.3, 1.3], 0.01),
            "only $w_2$ shrinks": lambda: nearly(in_two(0.8, torch.abs), [0, 0.7], 0.01),
            "from $\\lambda = 0.5$ on": lambda best_l1: next(
                strength for strength in torch.arange(0, 1.2, 0.1) if best_l1(strength)[0] < 1e-6
            ),
            "$(0,\\; 1.5 - \\lambda)$": lambda best_l1: (best_l1(torch.tensor(0.7))[0], 1.5),
            "With L2 never": lambda best_l2: bool(best_l2(torch.tensor(1.2))[0] > 0.1),
            "as long as $|a_1| \\le \\lambda < |a_2|$": lambda: (
                all(abs(touching_point((a1, 1.4), 0.6, torch.abs)[0]) < 0.003 for a1 in (0.0, 0.3, 0.59))
                and touching_point((0.7, 1.4), 0.6, torch.abs)[0] > 0.05
            ),
        },
        "ef501177": {
            "λ slowly from 0.1 to 1.2": lambda touch: (0.1, 1.2),
            "the data wanted (0.5, 0.6)": lambda: (0.5, 0.6),
            "at the same λ": lambda: nearly(in_two(0.5, torch.abs, (0.5, 0.6)), [0, 0.1], 0.01),
        },
        "998b04fb": {
            "by_penalty": lambda w, x, y, by_penalty: same(
                by_penalty, w - 0.1 * (autograd(lambda w: binary_cross_entropy_with_logits(x @ w, y), w) + 0.5 * w)
            )
        },
        "15003640": {
            "$w \\leftarrow (1 - \\eta\\cdot\\text{wd})\\,w - \\eta\\,\\nabla C$": lambda w, x, y, by_decay: same(
                by_decay, (1 - 0.1 * 0.5) * w - 0.1 * autograd(lambda w: binary_cross_entropy_with_logits(x @ w, y), w)
            ),
            "each weight loses 5 %": lambda: 0.1 * 0.5,
        },
        "56394f09": {
            "SGD takes 5 % of": lambda decay_alone, w: -(decay_alone(torch.optim.SGD, 0.5) / w)[0],
            "moves **all three** by 0.1,": lambda decay_alone: decay_alone(torch.optim.Adam, 0.5)[1],
            "the decay strong or weak": lambda decay_alone, w: nearly(
                torch.stack([decay_alone(torch.optim.Adam, wd) for wd in (0.5, 0.0001)]), -0.1 * w.sign(), 1e-4
            ),
            "5 % of each weight again": lambda decay_alone, w: -(decay_alone(torch.optim.AdamW, 0.5) / w)[0],
            "out of the division": lambda decay_alone: same(
                decay_alone(torch.optim.AdamW, 0.5),
                decay_alone(torch.optim.SGD, 0.5),
                torch.tensor([-0.1, 0.025, -0.0125, 0]),
            ),
        },
        "b3bfe3db": {
            "to the last digit": lambda one_step: same(
                one_step(torch.optim.Adam, weight_decay=0.5),
                one_step(torch.optim.Adam, penalty=lambda w: 0.25 * l2_penalty(w)),
            ),
            "In AdamW it is not": lambda one_step: bool(
                (one_step(torch.optim.AdamW, weight_decay=0.5) - one_step(torch.optim.Adam, weight_decay=0.5))
                .abs()
                .max()
                > 0.02
            ),
        },
        "8e3675ae": {"best weight is exactly 0": lambda: same(lowest(lambda w: elastic(w, 0.3, 0.5, 0)).item(), 0.0)},
        "9a82e1da": {
            "It jumps around 0 and never lands": lambda jumping: bool(
                min(map(abs, jumping)) > 0 and max(jumping[-20:]) > 0 > min(jumping[-20:])
            ),
            "gives *small* weights": lambda jumping: bool(max(map(abs, jumping[-20:])) < 0.1),
        },
        "1bbea6ad": {
            "Exactly 0, and it stays there": lambda landing: landing[-1],
            "and it stays": lambda landing: same(landing[0], 0.25) and all(v == 0 for v in landing[-20:]),
        },
        "7c5382f5": {
            "? 30 measurements": lambda: load_breast_cancer().data.shape[1],
            "data: 569 patients": lambda: len(load_breast_cancer().data),
        },
        "cbe9001d": {
            "a thousand times less in L1": lambda: same(
                l1_penalty(torch.tensor(2.0)) / l1_penalty(torch.tensor(0.002)), torch.tensor(1000.0)
            ),
        },
        "9f3f385e": {
            "how many of the 30 weights": lambda w_l1: len(w_l1),
            "λ = 0.01. How many": lambda λs: λs[3],
        },
        "f36aceb0": {
            "With L1, 20 of the 30 are": lambda w_l1: ((w_l1[:, 3] == 0).sum(), len(w_l1)),
            "and 10 survive": lambda w_l1: (w_l1[:, 3] != 0).sum(),
            "With L2 none is 0, at any λ": lambda w_l2: bool((w_l2 != 0).all()),
            "only get smaller": lambda w_l2: bool((w_l2.norm(dim=0).diff() < 0).all()),
            "(correlation 0.998)": lambda train: torch.corrcoef(train[0].T)[0, 2],
            "$-0.376$ and $-0.369$ at λ = 0.01": lambda w_l2, λs: (*w_l2[[0, 2], 3], λs[3]),
            "L1 removes both": lambda w_l1: bool((w_l1[[0, 2], 3] == 0).all()),
            "at $-1.284$ and $-1.073$": lambda w_l1: w_l1[list(WORST.values()), 3],
            "those of the worst cells": lambda weights, w_l1: same(
                weights.at(feature="radius", lambda_=3)["worst cells"]["L1"], w_l1[20, 3].item()
            ),
            "If you train longer": lambda fit, train, λs, w_l1: bool(
                ((longer := fit(*train, λs[:4], 0 * λs[:4], steps=8000)[0]) == 0)
                .sum(0)
                .gt((w_l1[:, :4] == 0).sum(0))
                .any()
                and longer[20, 3] / longer[22, 3] > 1.4 > w_l1[20, 3] / w_l1[22, 3]
            ),
        },
        "4792892f": {
            "zeros": lambda zeros, on_valid: bool(
                zeros[[0, 3, 5]].tolist() == [0, 20, 26] and [cost.argmin().item() for cost in on_valid] == [2, 1]
            )
        },
        "c86d9b53": {
            "0.003 for L1 and 0.001 for L2": lambda on_valid, λs: [λs[cost.argmin()] for cost in on_valid],
            "With 285 patients for 31 numbers": lambda train, w_l1: (len(train[1]), len(w_l1) + 1),
            "a third of the measurements gone": lambda zeros: same(zeros[2].item() / 30, 1 / 3),
            "the gain is small too": lambda on_valid: nearly(
                [on_valid[0][0], on_valid[0][2], on_valid[1][1]], [0.086, 0.073, 0.076], 1e-3
            ),
        },
        "30c687d7": {
            "a penalty 0.063, with the chosen L1 0.053, with the chosen L2 0.056": costs_of_the_test,
            "97.9 %, 98.6 % and 98.6 % of the 142": lambda test, w_l1, w_l2, b_l1, b_l2: (
                *right_answers(test, *chosen(w_l1, w_l2, b_l1, b_l2)),
                len(test[1]),
            ),
            "a difference of one patient": lambda test, w_l1, w_l2, b_l1, b_l2: same(
                (right_answers(test, *chosen(w_l1, w_l2, b_l1, b_l2)) * 142).round().tolist(), [139.0, 140.0, 140.0]
            ),
        },
        "9e9cee76": {
            "to 0.020 at the last step": lambda history: history[-1, 0, 0],
            "falls to 0.103 at step 80": lambda history: (history[:, 1, 0].min(), 10 * history[:, 1, 0].argmin()),
            "ends at 0.239": lambda history: history[-1, 1, 0],
            "more than twice as high": lambda history: bool(history[-1, 1, 0] > 2 * history[:, 1, 0].min()),
            "At step 80": lambda turn, history: nearly(
                turn.at(step=80, lambda_=0)["cost"]["validation"], history[8, 1, 0].item(), 1e-9
            ),
            "and 0.103 is a": lambda history: history[8, 1, 0],
            "training ends at 0.208 and validation at 0.194": lambda history: history[-1, :2, 5],
            "far above 0.103": lambda history: history[8, 1, 0],
            "Here λ = 0.01 is the best at the end, with 0.118": lambda history, λs: (
                λs[history[-1, 1].argmin()],
                history[-1, 1].min(),
            ),
            "4. 0.194, and": lambda turn: (4, turn.at(step=1500, lambda_=5)["cost"]["validation"]),
            "no longer moves there": lambda history: bool((history[100:, 1, 5] - history[-1, 1, 5]).abs().max() < 5e-4),
            "With λ = 0 it is 0.215": lambda turn: (0, turn.at(step=1500, lambda_=0)["cost"]["validation"]),
        },
        "ae5d1489": {
            "0.033 ± 0.030 and 0.029 ± 0.039": lambda trials: (*gains(trials, 1), *gains(trials, 2)),
            "Stopping helps in all five splits, the best λ in four": lambda trials: bool(
                (trials[:, 1] < trials[:, 0]).all() and (trials[:, 2] < trials[:, 0]).sum() == 4
            ),
            "at seed 3 it was 0": lambda trials: same(trials[3, 2], trials[3, 0]),
            "The gains are alike": lambda trials: nearly(trials.mean(0), [0.142, 0.109, 0.113], 1e-3),
        },
        "b5821dc4": {"each of the 569 patients": lambda benign: len(benign)},
        "1c9a364d": {
            "**variance** goes down": lambda variance: bool((variance.diff() < 0).all()),
            "**bias** goes up": lambda off: bool((off.diff() > 0).all()),
            "of a single model": lambda off, variance, chances, benign: same(
                off + variance, (chances - benign[:, None]).square().mean((0, 1))
            ),
            "smallest in between": lambda off, variance: bool((off + variance).argmin() == 3),
        },
        "70c9cd34": {
            "has seen 60 of the 569 patients": lambda few, benign: (len(few[0][1]), len(benign)),
            "from the same 569 patients": lambda benign: len(benign),
        },
        "b12ea726": {
            "solution_1": lambda solution_1: same(solution_1, [[2.0, 2.0, 2.0], [4.0, 2.0, 4.0]]),
        },
        "2943d0a2": {
            "solution_2": lambda solution_2, one_step: (
                same(solution_2, [0.002, 0.9998])
                and same(
                    one_step(torch.optim.SGD, penalty=lambda w: 0.001 * l2_penalty(w)),
                    one_step(torch.optim.SGD, weight_decay=solution_2[0]),
                )
            ),
        },
        "bd73d28f": {
            "soft(a, l1) / (1 + 2 * l2)": lambda solution_4: (
                same(solution_4(torch.tensor([2.0, 0.25, -1]), 0.5, 0.25), torch.tensor([1.0, 0, -1 / 3]))
                and nearly(lowest(lambda w: elastic(w, -1.0, 0.5, 0.25)), -1 / 3, 1e-3)
            ),
        },
        "d8143e24": {
            "solution_5": lambda solution_5: same(
                solution_5(torch.tensor([0.1, 1, 5]), 1, 0.1, 10), moved_by_descent()
            ),
        },
        "4fb64f86": {
            "$2\\lambda \\approx 1/(\\eta k)$: here 1": lambda: (2, 1, 1 / (0.1 * 10)),
            "Both hold back": lambda shares_5: bool(
                max(shares_5.at(h=0.1)["share of a"].values()) < 0.1
                and min(shares_5.at(h=5)["share of a"].values()) > 0.8
            ),
        },
        "4bf8c57e": {
            "pulls with 0.999 at 0.001 and with 0.167 at 5": lambda solution_6: (
                autograd(solution_6, torch.tensor(0.001)),
                0.001,
                autograd(solution_6, torch.tensor(5.0)),
                5,
            ),
        },
        "fb71a0ab": {
            "zeros at λ = 0.01": lambda λs: λs[3],
            "or 0 | 20 of 30 |": lambda w_l1: (0, (w_l1[:, 3] == 0).sum(), len(w_l1)),
            "| 0 of 30 |": lambda w_l2: ((w_l2[:, 3] == 0).sum(), len(w_l2)),
            "$w = 1$ moves to": lambda: same(valley_of(torch.abs, 0.4).item(), 0.6),
        },
        "80f8189b": {
            "a million times more": lambda weight_per_metre, weight_per_mm: same(
                l2_penalty(weight_per_metre) / l2_penalty(weight_per_mm), torch.tensor(1e6)
            ),
            "under L1 a thousand times": lambda weight_per_metre, weight_per_mm: same(
                l1_penalty(weight_per_metre) / l1_penalty(weight_per_mm), torch.tensor(1e3)
            ),
        },
        "8eaac29a": {
            "fits.std(0).mean(0)": lambda fits: bool(fits.std(0).mean(0)[0] > 3 * fits.std(0).mean(0)[1]),
        },
    }
    GIVEN = {
        "8e3675ae": ["$w = 0.3$, the L1 strength is 0.5", "100 steps"],
        "9c19bd8a": ["`weight_decay=0.5` and η = 0.1", "move the weights 2, −0.5, 0.25", "with `weight_decay=0.0001`"],
        "8b2bea97": ["$w = (0.5,\\; 1.5)$"],
        "7c5382f5": ["285 are for", "142 for **validation**", "142 for the **test**"],
        "f36aceb0": ["after 2000 steps"],
        "52a445fd": [
            "at step 1500 when λ = 0.1",
            "Then move λ to 0.1",
            "only 60 patients",
            "fit 31 numbers to 60 patients",
            "200 other patients",
        ],
        "917a50e4": ["here with λ = 0.1"],
        "40983682": ["λ = 0.5. Where"],
        "15003640": ["here 0.1"],
        "9e9cee76": ["at λ = 0.1 training"],
        "4f0b3092": ["with $\\lambda = 0.001$", "learning rate 0.1"],
        "fb659dc9": ["a pull above 0.5 at $w = 0.001$ and below 0.5 at $w = 5$"],
        "43743061": ["number 002", "part 11:"],
    }
