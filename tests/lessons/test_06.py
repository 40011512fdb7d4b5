"""The numbers in the words of lesson 06."""

from math import log

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.testing import assert_close

from lossutils import autograd, finite_difference, gradients
from tests.lessons import Lesson

LN2 = torch.tensor(log(2))


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def rounded(values, digits=4):
    if isinstance(values, dict):
        return {name: rounded(value, digits) for name, value in values.items()}
    return round(float(values), digits)


def changes_its_mind(neuron, start, lr):
    """The first step at which the output is below one half."""
    outputs = neuron(torch.arange(301.0)[None], torch.tensor([[float(start)]]), torch.tensor([[lr]]))
    return int((outputs < 0.5).int().argmax())


def at(figure, name, **where):
    """Where a run has come to."""
    return figure.at(**where)[f"mean {name}"][f"{name} run"]


def hill(three, t):
    """Where squared error's gradient by s is largest."""
    s = torch.linspace(-8, 8, 161)
    p = three(s, torch.tensor(t))
    slope = p[..., 0] * (p[..., 0] - (p**2).sum(-1) + p[..., 1])
    return s[slope.argmax()]


def sure(loss):
    """What a loss takes from a score: the gradient at s = 20 of a no."""
    return autograd(lambda s: loss(s, torch.zeros(1)), torch.tensor([20.0])).item()


class TestLesson06(Lesson):
    HELD = {
        "b2f74975": {
            "98.2 % sure": lambda: torch.tensor(4.0).sigmoid(),
            "57 times as hard": lambda: 1 / gradients.sigmoid_grad(torch.tensor(4.0)),
        },
        "ecd76152": {
            "**mild** with $w = b = 0.5$": lambda: 0.5,
        },
        "9818946f": {"scores": lambda s: same(s, torch.tensor([1.0, 4.0]))},
        "865d7cbc": {"sure of it: 0.9820": lambda p: p[1]},
        "e134b3fe": {
            "0.1966 at the mild start and 0.0177 at the bad one": lambda slope: slope,
            "above 0.25 (at $p = 0.5$)": lambda: (
                gradients.sigmoid_grad(torch.tensor(0.0)),
                torch.tensor(0.0).sigmoid(),
            ),
        },
        "77c8fd55": {"print(slope)": lambda slope, s: same(slope, gradients.sigmoid_grad(s))},
        "434cca95": {"0.0173 and 0.9820": lambda p, y: (((p - y) * p * (1 - p))[1], p[1])},
        "31057c22": {"56.6 times as hard": lambda slope: 1 / slope[1], "$1 / \\sigma'(4)$": lambda slope: (1, 4)},
        "d7f4dfd4": {"the neuron at 0.73 or the one at 0.98": lambda p: p},
        "f3603d29": {
            "$s = \\ln 2 = 0.69$, where $p = \\frac23$: 0.1481": lambda over_s: (
                2,
                log(2),
                LN2.sigmoid(),
                over_s.at(s=log(2))["gradient on w"]["MSE"],
            ),
            "Not at the worst mistake": lambda over_s: same(
                rounded(over_s.at(s=4)),
                {"cost": {"MSE": 0.4822, "CE": 4.0181}, "gradient on w": {"MSE": 0.0173, "CE": 0.9820}},
            ),
            "It is mirrored": lambda over_s: same(
                rounded(over_s.at(s=-4, y=1)["gradient on w"]), {"MSE": -0.0173, "CE": -0.9820}
            ),
            "proportional to $x$: doubled, 0": lambda over_s: (
                over_s.at(s=4, x=2)["gradient on w"]["CE"]
                - 2 * over_s.at(s=4)["gradient on w"]["CE"]
                + sum(over_s.at(s=4, x=0)["gradient on w"].values()),
            ),
        },
        "bddf4a16": {
            "badly, at 0.9820": lambda p: p[1],
            "when $p < 0.5$": lambda: 0.5,
        },
        "808ba0b5": {
            "1. 17 steps": lambda ce_neuron: (1, changes_its_mind(ce_neuron, 2, 0.15)),
            "2. 232 steps": lambda mse_neuron: (2, changes_its_mind(mse_neuron, 2, 0.15)),
            "After 100 steps its output is still 0.9641, while cross entropy is at 0.0411": lambda learning: (
                100,
                *learning.at(step=100, start=2)["output p"].values(),
            ),
            "With 0.5, squared error needs 71 steps and cross entropy 5": lambda mse_neuron, ce_neuron: (
                0.5,
                changes_its_mind(mse_neuron, 2, 0.5),
                changes_its_mind(ce_neuron, 2, 0.5),
            ),
            "5. 0.9908": lambda learning: (5, learning.at(step=300, start=3, lr=0.5)["output p"]["MSE"]),
            "Cross entropy is fast": lambda learning: same(
                rounded(learning.at(step=0, start=2)["cost"]), {"MSE": 0.4822, "CE": 4.0181}
            ),
        },
        "3a5fc4fc": {"$p = 0.982$": lambda p: p[1], "so $p = 0.5$": lambda: torch.tensor(0.0).sigmoid()},
        "153dd675": {
            "After 100 steps it is at $w = 1.28$, $b = 2.43$, and the first score is still 3.70": lambda from_above: (
                100,
                *at(from_above, "MSE", step=100, n=2),
                sum(at(from_above, "MSE", step=100, n=2)),
            ),
            "$w = -2.40$, $b = 0.20$": lambda from_above: at(from_above, "CE", step=100, n=2),
            "has both right": lambda from_above: (
                sum(at(from_above, "CE", step=100, n=2)) < 0
                and at(from_above, "CE", step=100, n=2)[1] > at(from_above, "CE", step=100, n=2)[0]
            ),
            "*raises* $b$": lambda from_above: (
                at(from_above, "MSE", step=50, n=2)[0] < 2 and at(from_above, "MSE", step=50, n=2)[1] > 2
            ),
            "Cross entropy lowers": lambda from_above: max(at(from_above, "CE", step=50, n=2)) < 2,
            "After 100 steps the run is near the bottom, at $w = -1.25$, $b = 0.13$": lambda from_above: (
                100,
                *at(from_above, "CE", step=100, n=6),
            ),
            "after 300 steps its run is at $w = -0.09$, $b = 1.59$": lambda from_above: (
                300,
                *at(from_above, "MSE", step=300, n=6),
            ),
        },
        "fb628a25": {
            "so $s = 20$": lambda: 10 + 10,
            "$\\sigma(20)$ is rounded to exactly 1": lambda: (20, torch.tensor(20.0).sigmoid()),
        },
        "cdbe6903": {
            "$10^{12}$ at $p = 1$, but $10^{12} \\cdot 0 = 0$": lambda ways: (
                autograd(lambda p: nn.BCELoss()(p, torch.zeros(1)), torch.ones(1)),
                1,
                1e12,
                0,
                sure(ways["BCE of p"]),
            ),
            "stuck for ever": lambda ways: sure(ways["MSE of p"]) == 0.0,
        },
        "fddd9691": {
            "print(p3": lambda p3, ce3, mse3, scores, truth: same(
                ce3,
                autograd(lambda s: nn.CrossEntropyLoss()(s, truth), scores),
                gradients.cross_entropy_grad(scores, truth),
            ),
        },
        "3023a770": {
            "0.9823 from cross entropy and 0.0335 from squared error": lambda ce3, mse3: (-ce3[2], -mse3[2]),
            "$0.9647 - 0.9135$": lambda p3, truth: (p3[0], (p3 * (p3 - truth)).sum()),
        },
        "cfd82ab9": {
            "0.9647 and 0.0493 at $s = 4$": lambda with_softmax: (
                with_softmax.at(s=4)["gradient"]["CE"],
                with_softmax.at(s=4)["gradient"]["MSE"],
                4,
            ),
            "0.9990 at $s = 8$": lambda with_softmax: (with_softmax.at(s=8)["loss"]["MSE"], 8),
            "By 3: 0.3333 against 0.1111": lambda with_softmax: (
                3,
                with_softmax.at(s=0)["gradient"]["CE"],
                with_softmax.at(s=0)["gradient"]["MSE"],
            ),
            "2. From $s = 1.4$ to $s = 4.7$": lambda three: (2, hill(three, 0.0), hill(three, 4.0)),
        },
        "b5c4d888": {
            "$C^2/2$ times weaker": lambda: same(
                autograd(lambda s: nn.CrossEntropyLoss()(s, torch.tensor(0)), torch.zeros(10))[0],
                50 * autograd(lambda s: nn.MSELoss()(s.softmax(0), torch.eye(10)[0]), torch.zeros(10))[0],
            ),
            "from the first step on": lambda: same(
                autograd(lambda s: nn.CrossEntropyLoss()(s, torch.tensor(0)), torch.zeros(10)),
                10 * autograd(lambda s: (s.softmax(0) - torch.eye(10)[0]).square().sum() / 2, torch.zeros(10)),
            ),
        },
        "f36a3d5b": {
            "1797 images of 8 × 8 pixels": lambda: load_digits().images.shape,
            "turns 64 pixels into 10 scores": lambda: (load_digits().data.shape[1], len(load_digits().target_names)),
        },
        "8afd8c30": {
            "to 26.5 ± 10.4 %": lambda curves: (
                100 * curves["MSE"][1, 1, -1].mean(),
                curves["MSE"][1, 1, -1].std(),
            ),
        },
        "d53c75ba": {
            "seen, unseen": lambda seen, unseen: all(
                not set(a.tolist()) & set(b.tolist()) for a, b in zip(seen, unseen, strict=True)
            ),
        },
        "7288367c": {
            "pulls": lambda pulls, pixels, true: same(
                pulls["MSE"](pixels[:, :10].softmax(-2)),
                autograd(lambda s: (s.softmax(-2) - true).square().sum(-2) / 2, pixels[:, :10]),
            ),
        },
        "1f718a12": {"brier_score_loss": lambda forecast, rained: rounded(((forecast - rained) ** 2).mean()) == 0.125},
        "44c281ce": {
            "brier": lambda q, brier: same(brier, 0.3 * 0.7 + (q - 0.3) ** 2) and rounded(brier.min()) == 0.21,
        },
        "48f6ea4d": {"rains on 30 %": lambda q, brier: q[brier.argmin()]},
        "74e6f820": {
            "Brier and cross entropy: 0.3": lambda proper: same(
                rounded(proper.at(q=0.3)["gradient"]), {"Brier": 0.0, "cross entropy": 0.0, "absolute": 0.4}
            ),
            "Cross entropy: 3.2266": lambda proper: proper.at(q=0.99)["score"]["cross entropy"],
            "Brier says 0.6861 and can never exceed 1": lambda proper: (proper.at(q=0.99)["score"]["Brier"], 1),
            "honest 0.3": lambda proper: proper.at(q=0.01)["score"]["absolute"] < proper.at(q=0.3)["score"]["absolute"],
        },
        "1312fd6a": {"| 0.9980 | 6.9078 |": lambda: (0.999**2, -log(1 - 0.999))},
        "10b27c1d": {
            "solution_1": lambda solution_1: same([rounded(value) for value in solution_1], [0.0520, 2.9460]),
        },
        "248b87c5": {
            "$\\frac49 \\cdot \\frac13 = \\frac{4}{27} = 0.1481$": lambda: (4 / 9, 1 / 3, (2 / 3) ** 2 / 3, 4 / 27),
            "$s = \\ln 2 = 0.6931$": lambda: (2, log(2)),
        },
        "50b56af1": {
            "solution_3": lambda solution_3: same(
                [
                    round(
                        float(
                            torch.linspace(0, 1, 3001)[(lambda p: p**2 * (1 - p))(torch.linspace(0, 1, 3001)).argmax()]
                        ),
                        3,
                    ),
                    rounded((lambda p: p**2 * (1 - p))(torch.linspace(0, 1, 3001)).max()),
                ],
                [round(solution_3[0], 3), rounded(solution_3[1])],
            ),
        },
        "3bcd6ce5": {
            "solution_4": lambda solution_4, s, y: same(
                solution_4(s, y),
                finite_difference(lambda s: torch.sigmoid(s) * gradients.sigmoid_grad(s), s),
            ),
        },
        "a01c287d": {
            "it is $p^2 (1 - p)(2 - 3p)$": lambda solution_4, s, y, p: same(
                solution_4(s, y), p**2 * (1 - p) * (2 - 3 * p)
            ),
            "is $-0.0278$ and $-0.0164$": lambda solution_4, s, y: solution_4(s, y),
            "Up to $p = \\frac23$": lambda solution_4: rounded(solution_4(LN2, 0.0), 6) == 0,
        },
        "fc441788": {"until $p < 0.5$": lambda: 0.5},
        "13c7dc4c": {
            "a rate of 8.49 works: 6 steps from the bad start, and 1 from the mild one": (
                lambda solution_5, mse_neuron: (
                    solution_5,
                    changes_its_mind(mse_neuron, 2, solution_5),
                    changes_its_mind(mse_neuron, 0.5, solution_5),
                )
            ),
            "11.1 times as large": lambda mild_step: mild_step,
        },
        "a6fb0c9f": {
            "solution_6": lambda solution_6, count_score, count: same(
                solution_6(count_score, count), nn.PoissonNLLLoss()(count_score, count)
            ),
        },
        "fb8f3934": {
            "0.0173 against 0.9820": lambda under_mse, under_ce: (under_mse[1], under_ce[1]),
            "232 steps against 17": lambda mse_neuron, ce_neuron: (
                changes_its_mind(mse_neuron, 2, 0.15),
                changes_its_mind(ce_neuron, 2, 0.15),
            ),
            "steps to $p < 0.5$": lambda: 0.5,
            "| 0.4822 | 0.0173 | 232 |": lambda squared, under_mse, mse_neuron: (
                squared[1],
                under_mse[1],
                changes_its_mind(mse_neuron, 2, 0.15),
            ),
            "| 4.0181 | 0.9820 | 17 |": lambda crossed, under_ce, ce_neuron: (
                crossed[1],
                under_ce[1],
                changes_its_mind(ce_neuron, 2, 0.15),
            ),
        },
        "8877df91": {
            "0.0347 at the bad start": lambda without: without[1],
            "print 0.0173": lambda with_half: with_half[1],
        },
        "1226de5c": {"without": lambda without, with_half: same(without, 2 * with_half)},
        "2f170fbe": {
            "points the other way": lambda with_softmax: all(
                with_softmax.at(s=s / 10, t=-4)["gradient"]["MSE"] < 0 for s in range(-80, 0)
            ),
            "has the larger share": lambda three: all(
                p[2] > p[0] for p in three(torch.arange(-8, 0, 0.1), torch.tensor(-4.0))
            ),
        },
        "6f422117": {
            "0.0173 at $s = 4$, exactly 0 at $s = 20$": lambda under_mse, ways: (
                under_mse[1],
                4,
                sure(ways["MSE of p"]),
                20,
            ),
            "from $s = 0$ it is 4 times": lambda over_s: (
                0,
                over_s.at(s=0)["gradient on w"]["CE"] / over_s.at(s=0)["gradient on w"]["MSE"],
            ),
            "half true": lambda over_s: same(rounded(over_s.at(s=0)["gradient on w"]), {"MSE": 0.125, "CE": 0.5}),
            "holds: 0.9820": lambda under_ce: under_ce[1],
            "holds: 0.0335 against 0.9823": lambda ce3, mse3: (-mse3[2], -ce3[2]),
        },
    }
    GIVEN = {
        "808ba0b5": ["and 300 steps are not"],
        "3a5fc4fc": ["with rate 0.15"],
        "b2f74975": ["PyTorch, part 11:"],
        "bddf4a16": [
            "learning rate 0.15",
            "about 5, 20 or 100",
            "learning rate 0.5",
            "after 300 steps",
            "mild start, 0.5",
        ],
        "fb628a25": ["for 1000 steps"],
        "48f6ea4d": ["You announce 0.99"],
        "1312fd6a": ["$q = 0.999$"],
        "fc441788": ["cross entropy with 0.15"],
        "da076b40": ["mse_neuron, 2.0, rate"],
        "54fa1895": ["both in Chinese: 002, “Getting", "PyTorch, part 11:", "in depth”; 001, “Common"],
        "8371bdb3": ["After 200 steps"],
    }
