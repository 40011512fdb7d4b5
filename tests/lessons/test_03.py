"""The numbers in the words of lesson 03."""

from math import exp, inf, log, log10

import torch
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import autograd, focal_loss, sigmoid_focal_loss, softmax_focal_loss
from lossutils.gradients import focal_loss_grad, sigmoid_focal_loss_grad
from tests.lessons import Lesson

SCORES = torch.linspace(-200, 200, 4001)


def same(*values, **room):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], **room)
    return True


def gain(marks, name):
    """By how much a loss beats cross entropy in average precision, seed by seed."""
    return marks[name][2] - marks["CE"][2]


def ranked_at_the_minimum(gamma, x, nine, learn, new, metrics):
    """The average precision in each seed of the linear model that costs least: the lesson stops before it is there."""
    x, nine, found = x.double(), nine.double(), []
    for known, unseen in zip(learn, new, strict=True):
        w = torch.zeros(65, dtype=torch.float64, requires_grad=True)
        solver = torch.optim.LBFGS([w], max_iter=2000, tolerance_change=1e-12, line_search_fn="strong_wolfe")

        def cost(w=w, known=known, solver=solver):
            solver.zero_grad()
            s = x[known] @ w[:64] + w[64]
            total = sigmoid_focal_loss(s, nine[known], gamma=gamma, reduction="mean") + 1e-4 * w @ w
            total.backward()
            return total

        solver.step(cost)
        scores = (x[unseen] @ w[:64] + w[64]).detach()
        found.append(metrics.average_precision_score(nine[unseen], scores))
    return torch.tensor(found)


def finite(gamma):
    return bool(autograd(lambda s: sigmoid_focal_loss(s, 1, gamma=gamma), SCORES).isfinite().all())


def wrong_share(z, kind, gamma):
    """The share of the farthest no, if its label were wrong."""
    z = z.clone()
    far = z.where(kind == 0, -inf).argmax()
    z[far] = -z[far]
    pull = sigmoid_focal_loss_grad(z, 1, gamma=gamma).abs()
    return pull[far] / pull.sum()


def valley_at(r):
    """The p that is cheapest under focal loss with γ = 2."""
    p = torch.linspace(0.01, 0.99, 9801, dtype=torch.float64)
    return p[(-(r * (1 - p) ** 2 * p.log() + (1 - r) * p**2 * torch.log1p(-p))).argmin()]


class TestLesson03(Lesson):
    HELD = {
        "3a2cbf52": {
            "costs only 0.0101 nats": lambda easy: easy,
            "they cost 10.05, four times": lambda easy: 1000 * easy,
            "four times as much": lambda easy, hard: bool(4 < 1000 * easy / hard < 4.5),
            "eleven times as hard": lambda: bool(round(1000 * 0.01 / 0.9) == 11),
            "turning 0.99 into 0.995": lambda: (0.99, 1 - 0.01 / 2),
        },
        "3b6e991e": {
            "| 0.1 | 0.5 | 0.9 | 0.99 |": lambda: (0.1, 0.5, 0.9, 0.99),
            "| 0.81 | 0.25 | 0.01 | 0.0001 |": lambda: [(1 - p) ** 2 for p in (0.1, 0.5, 0.9, 0.99)],
        },
        "d0b92cc5": {
            "loss: 1000": lambda easy, hard: same([0.001, 1.865], [0.1 * easy, 0.81 * hard], atol=5e-4, rtol=0),
        },
        "3e4c3fe9": {
            "| 0.9 | $0.1^2 = 0.01$ | 0.10536 | **0.0010536** | 100 |": lambda: (
                0.9, 0.1**2, 0.01, -log(0.9), focal_loss(torch.tensor(0.9).double(), 1, gamma=2), 1 / 0.1**2
            ),
            "| 0.6 | $0.4^2 = 0.16$ | 0.51083 | **0.081732** | 6.25 |": lambda: (
                0.6, 0.4**2, 0.16, -log(0.6), focal_loss(torch.tensor(0.6).double(), 1, gamma=2), 1 / 0.4**2
            ),
            "everything is 2.3026 times": lambda: log(10),
        },
        "a5d7c36c": {
            "$p_t = 0.0885$": lambda p_t: p_t[0, 2],
            "$p_t = 0.6926$": lambda p_t: p_t[1, 1],
            "keeps a tenth": lambda focal, cross_entropy: bool(0.09 < (focal / cross_entropy)[1, 1] < 0.11),
        },
        "60d6caf2": {
            "gamma=0, reduction=\"none\"": lambda p, y, cross_entropy: same(
                cross_entropy,
                focal_loss(p, y, gamma=0, reduction="none"),
                sigmoid_focal_loss(torch.logit(p), y, gamma=0),
            ),
        },
        "34a24911": {
            "a yes counts $\\alpha$": lambda p, y, focal: same(
                (0.25 * y + 0.75 * (1 - y)) * focal, focal_loss(p, y, gamma=2, alpha=0.25, reduction="none")
            ),
        },
        "7ebe1362": {
            "The loss goes from 0.1054 to 0.00105": lambda seen: [
                seen.at(p=0.9, alpha=1)["loss"][f"γ = {k}"] for k in (0, 2)
            ],
            "from $-1.1111$ to $-0.0322$, 35 times": lambda seen: (
                *(seen.at(p=0.9, alpha=1)["gradient"][f"γ = {k}"] for k in (0, 2)),
                seen.at(p=0.9, alpha=1)["gradient"]["γ = 0"] / seen.at(p=0.9, alpha=1)["gradient"]["γ = 2"],
            ),
            "At $p = 0.1$ and $\\gamma = 2$ the gradient is $-12.24$; cross entropy has $-10$": lambda seen: (
                0.1, 2, seen.at(p=0.1, alpha=1)["gradient"]["γ = 2"], seen.at(p=0.1, alpha=1)["gradient"]["γ = 0"]
            ),
            "0.1733, a quarter of cross entropy's 0.6931": lambda seen: [
                seen.at(p=0.5, alpha=1)["loss"][f"γ = {k}"] for k in (2, 0)
            ],
            "$0.5^2$": lambda: 0.25,
        },
        "ae0e8a35": {
            "of_score": lambda by_hand, s, p, y: same(
                by_hand, sigmoid_focal_loss_grad(s, y, gamma=2), focal_loss_grad(p, y, gamma=2) * p * (1 - p)
            ),
        },
        "7bdd0f46": {
            "down to 0.0049, cross entropy still has 0.1192": lambda over_s: [
                -over_s.at(s=2, gamma=2)["gradient"][k] for k in ("focal", "cross entropy")
            ],
            "it is 0.2983 against 0.5": lambda over_s: [
                -over_s.at(s=0, gamma=2)["gradient"][k] for k in ("focal", "cross entropy")
            ],
            "about $s = -0.86$, where $p < 0.3$": lambda: (-0.86, torch.tensor(-0.86).sigmoid()),
            "left of about": lambda over_s: same(*over_s.at(s=-0.86, gamma=2)["gradient"].values(), atol=3e-3, rtol=0),
            "At $s = -2$ it pulls with 1.0767 and cross entropy with 0.8808": lambda over_s: (
                -2, *(-over_s.at(s=-2, gamma=2)["gradient"][k] for k in ("focal", "cross entropy"))
            ),
            "1.0221 in place of 0.9975": lambda over_s: [
                -over_s.at(s=-6, gamma=2)["gradient"][k] for k in ("focal", "cross entropy")
            ],
        },
        "998e9410": {
            "one half, 0.50": lambda whose: whose.at(gamma=0)["share"]["yes"],
            "The 216 easy no have 0.13": lambda whose, group: (
                (group == 0).sum(), whose.at(gamma=0)["share"]["easy no"]
            ),
            "0.000002": lambda whose: whose.at(gamma=5)["share"]["easy no"],
            "It would raise it": lambda z, kind: bool(wrong_share(z, kind, 0) < wrong_share(z, kind, 5)),
        },
        "0445713b": {"near 0.19. Focal": lambda: valley_at(0.02), "say “19 %”": lambda: valley_at(0.02),
                     "“19 %” is not 19 in": lambda: (valley_at(0.02), 100 * valley_at(0.02)),
                     "2. At 0.5": lambda: (2, valley_at(0.5))},
        "3f100955": {
            "At $p$ = 0.1, 0.5 and 0.9 the gradient is 1.51, 2.39 and 2.90": lambda three, true, cut: (
                *three, *(true / cut)
            ),
            "is correct": lambda three, detached: same(
                detached(three, 2), focal_loss(three, 1, gamma=2, reduction="none")
            ),
            "too small": lambda p, y, p_t: bool(
                (
                    autograd(lambda p: F.binary_cross_entropy(p, y, weight=(1 - p_t) ** 2, reduction="sum"), p).abs()
                    < focal_loss_grad(p, y, gamma=2).abs()
                ).all()
            ),
        },
        "fc4e9303": {"\\frac{p\\,(-\\ln p)}{q}": lambda three, true, cut: same(
            true / cut, 1 - 2 * three * three.log() / (1 - three)
        )},
        "e9573fb7": {
            "0.21 in place of 0.48": lambda grade, fives, cut_fives: [grade(s)[1].mean() for s in (cut_fives, fives)],
            "hardly see it (0.47, not 0.49)": lambda grade, fit, detached_loss: [
                grade(fit(loss, gamma=2))[1].mean() for loss in (detached_loss, sigmoid_focal_loss)
            ],
        },
        "68145c0e": {
            "The repair": lambda alpha, y, meant, focal, p: same(meant, torch.tensor([1 - alpha, alpha])[y.long()])
            and same((meant * focal).mean(), focal_loss(p, y, alpha=0.25, reduction="mean")),
            "three times": lambda alpha: same((1 - alpha) / alpha, 3.0),
        },
        "f414245f": {
            "The recall rises from 0.33 to 0.49": lambda grade, plain, focused: [
                grade(s)[1].mean() for s in (plain, focused)
            ],
            "calls as many pictures": lambda plain, moved, focused: bool(
                ((plain > moved).sum(1) == (focused > 0).sum(1)).all()
            ),
            "the same 0.92 and 0.49": lambda grade, plain, moved: grade(plain, moved).mean(1)[:2],
            "has the same": lambda grade, plain, moved, focused: same(
                grade(plain, moved).mean(1)[:2], grade(focused).mean(1)[:2]
            ),
            "is 0.02 higher": lambda grade, plain, focused: (grade(focused) - grade(plain))[2].mean(),
            "in each of the five": lambda grade, plain, focused: bool((grade(focused) > grade(plain))[2].all()),
            "ahead by 0.00 ± 0.01": lambda x, nine, learn, new, metrics: (
                (
                    gap := ranked_at_the_minimum(2.0, x, nine, learn, new, metrics)
                    - ranked_at_the_minimum(0.0, x, nine, learn, new, metrics)
                ).mean(),
                gap.std(),
            ),
        },
        "39c22929": {
            "cross entropy keeps 0.44, $\\gamma = 5$ only 0.29": lambda grade, misled: (
                grade(misled[0])[2].mean(), 5, grade(misled[5])[2].mean()
            ),
            "precision and precision fall": lambda grade, misled: bool(
                (torch.stack([grade(s).mean(1)[[0, 2]] for s in misled.values()]).diff(dim=0) < 0).all()
            ),
        },
        "d5b9f443": {"the price of 64": lambda found, kept, target: (
            (found["CE, bird × 50"].argmax(1) == 2) & kept & (target != 2)
        ).sum()},
        "9d640692": {
            "After 40 steps it has 0.57, cross entropy 0.06": lambda ranked: (
                40, ranked["focal"][:, 4].mean(), ranked["CE"][:, 4].mean()
            ),
            "± 0.42": lambda ranked: ranked["focal"][:, 4].std(),
            "after 20 steps, with 0.85": lambda ranked: (20, ranked["CE, prior"][:, 2].mean()),
            "Both are there": lambda ranked: bool(abs(ranked["focal, prior"][:, 2].mean() - 0.85) < 0.005),
            "0.85 to 0.87": lambda ranked: [f(a[:, 8].mean() for a in ranked.values()) for f in (min, max)],
        },
        "2abdeb46": {
            "no power below": lambda: all(map(finite, (0.0, 0.1, 0.5, 1.0, 2.0, 5.0))),
            "no division": lambda exact, slope_there: same(
                torch.tensor([exp(-30), -1.5 * exp(-30)]), torch.stack([exact[0], slope_there[0]])
            ),
        },
        "d7d0dec2": {"$\\ln 3 = 1.0986$ and $\\ln 10 = 2.3026$": lambda: (3, log(3), 10, log(10))},
        "17763955": {"is $0.1^2$": lambda: 0.01},
        "025287d7": {"solution_3": lambda solution_3, s, y, focal, sure, exact: same(focal, solution_3(s, y, 2))
                     and same(exact, solution_3(sure, torch.ones(2), 0.5))},
        "6c789ce2": {"solution_4": lambda solution_4, cross_entropy, focal: same(
            focal.mean(), solution_4(cross_entropy, 2)
        )},
        "512de345": {"solution_2": lambda solution_2, p, y: same(
            solution_2(p, y, 2, 0.25), focal_loss(p, y, gamma=2, alpha=0.25, reduction="mean")
        )},
        "35bf6a30": {"solution_5": lambda solution_5, three, cut: same(cut, autograd(solution_5, three))},
        "6024c865": {
            "| factor | 0.81 | 0.25 | 0.01 |": lambda three: (1 - three) ** 2,
            "$p_t = 0.1$ | $p_t = 0.5$ | $p_t = 0.9$": lambda three: three,
            "true | −12.24 | −1.19 | −0.032 |": lambda true: true,
            "detached | −8.10 | −0.50 | −0.011 |": lambda cut: cut,
        },
        "158cfc23": {"(At $p = 0.99$: 5.97.)": lambda both: (
            0.99, both.at(p=0.99, gamma=5)["ratio"]["true / detached"]
        )},
        "086a1999": {
            "gains 0.02 ± 0.01": lambda marks: (gain(marks, "focal, γ = 2").mean(), gain(marks, "focal, γ = 2").std()),
            "the weight 0.03 ± 0.01": lambda marks: (gain(marks, "CE, w = 49").mean(), gain(marks, "CE, w = 49").std()),
            "ahead in all": lambda marks: bool(
                (gain(marks, "CE, w = 49") > 0).sum() == (gain(marks, "focal, γ = 2") > 0).sum() == 5
            ),
            "With 15 nines": lambda: 15,
            "Between $\\gamma = 0.5$": lambda: 0.5,
            "after 150 steps": lambda: 150,
        },
        "d1337ccd": {"among 960. The 64 pixels": lambda target: ((target != 255).sum(), (target == 255).sum())},
        "d3b61e48": {
            "the 960 known pixels": lambda kept: kept.sum(),
            "The mean is over": lambda photo, target, pixels, kept, by_lossutils: same(
                pixels[kept].mean(), by_lossutils
            ) and same(
                F.cross_entropy(photo, target, ignore_index=255),
                softmax_focal_loss(photo, target, gamma=0, ignore_index=255, reduction="mean"),
            ) and not softmax_focal_loss(photo, target, gamma=2, ignore_index=255)[~kept].any().item(),
        },
        "7411e78e": {"They are 0.007 of": lambda: 7 / 960},
        "c9115bad": {
            "| 1.0536e-3, 8.1732e-2 |": lambda: (-0.01 * log(0.9), -0.16 * log(0.6)),
            "| 004: 100 and 6.25 times less | 100 and 6.25 |": lambda: (4, 100, 6.25, 1 / 0.1**2, 1 / 0.4**2),
            "from 0.5 to 5": lambda: (0.5, 5),
            "$p_t = e^{-\\text{BCE}}$": lambda p, y, p_t: same(
                p_t, torch.exp(-F.binary_cross_entropy(p, y, reduction="none"))
            ),
        },
        "e9822758": {
            "$4.576\\cdot10^{-4}$ and $3.550\\cdot10^{-2}$": lambda: (-0.01 * log10(0.9), -0.16 * log10(0.6)),
            "2.3026 times too small": lambda: log(10),
            "100 and 6.25, comes": lambda: (1 / 0.1**2, 1 / 0.4**2),
        },
    }  # fmt: skip
    GIVEN = {
        "becd181b": ["Easy: $p_t = 0.99$. Hard: $p_t = 0.1$"],
        "3e4c3fe9": ["By hand: $p_t = 0.9$ and $p_t = 0.6$"],
        "071173d7": ["in a plane, 12 of them", "$p_t > 0.9$", "or the 12 yes"],
        "e8080a91": ["15 nines and 735 others"],
        "4319d521": ["Flip 2 %"],
        "e263a52e": ["$s = 20$"],
        "25a3797a": ["$10^5$ boxes", "precision of 31.1", "$\\alpha = 0.25$ gives 34.0"],
        "67482103": ["At $p = 0.9$", "is 100 times", "at $p = 0.5$"],
        "6836e520": ["$r = 0.02$", "above 0.02", "$r = 0.5$", "below 0.5 and"],
        "79b469bc": ["$\\alpha = 0.25$", "$p = 0.01$ for", "$-\\ln 99$. 100 boxes with an object, $10^5$"],
        "c0eaacb2": ["From $p = 0.5$", "Why $\\alpha = 0.25$ goes", "was 0.75", "$\\alpha = 0.25$ counts"],
        "68145c0e": ["$\\alpha = 0.25$ so"],
        "0a39a378": ["among 5,000 easy", "plane: 20 yes", "60 hard no", "around them, 5,000 easy", "rate 0.1",
                     "$p = 0.5$", "$p = 0.01$", "After 80 steps", "every 10 steps"],
        "d7d0dec2": ["says $p = 0.9$"],
        "e585d412": ["$s = \\pm 200$ for $\\gamma = 0.5$"],
        "c4d4004c": ["as $10^{-8}$ and $\\gamma = 0.5$"],
        "348efe09": ["at least 0.9 at $p_t = 0.01$ and at most 0.2 at $p_t = 0.99$"],
        "86a90f38": ["$\\alpha = 0.25$", "004, “Cross", "section 3 of 000"],
        "c9115bad": ["004: 4.5e-4 at $p = 0.9$, 3.5e-2 at 0.6", "torch before 0.4"],
    }  # fmt: skip
