"""The numbers in the words of lesson 07."""

from math import cosh, exp, log, pi

import torch
from torch import nn
from torch.testing import assert_close

from lossutils import autograd, gradients
from lossutils.gradients import finite_difference
from lossutils.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from tests.lessons import Lesson

OTHER = torch.tensor([2.5, 3, 6, 7, 13])


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def nearly(a, b, room):
    return bool((torch.as_tensor(a) - torch.as_tensor(b)).abs().max() < room)


def share(losses):
    """Of the last bus."""
    return losses[-1] / losses.sum()


def five(last):
    return torch.tensor([4.0, 5, 6, 7, last])


def bottom(valley, last, delta=4.0):
    """Where a valley of c is lowest."""
    c = torch.linspace(2, 12, 1001)
    return c[valley(c, torch.tensor(last), torch.tensor(delta)).argmin()]


def three_gradients(x, y):
    """Each loss's gradient in closed form, which autograd and the difference agree with."""
    found = {}
    for name, loss in {"l1": l1_loss, "mse": mse_loss}.items():
        found[name] = getattr(gradients, f"{name}_loss_grad")(x, y)
        assert_close(autograd(lambda x, loss=loss: loss(x, y, reduction="sum"), x), found[name])
        slope = finite_difference(lambda x, loss=loss: loss(x, y.double(), reduction="none"), x)
        assert_close(slope, found[name], atol=1e-5, rtol=0)
    return found


def at(line, bmi, px, py):
    """The height at a BMI of the line that is fitted with the patient at (px, py)."""
    return float(line(*(torch.tensor([float(v)], dtype=torch.float64) for v in (bmi, px, py))))


def heights(three, bmi, px, py):
    return [at(line, bmi, px, py) for line in three.values()]


def turned(three, px, py):
    """The slopes of the three lines."""
    return [at(line, 1, px, py) - at(line, 0, px, py) for line in three.values()]


def passes_two(line, twenty, px, py):
    """The line of L1 goes through two of the points, and no line through two of them is better."""
    points = torch.cat([twenty, torch.tensor([[px, py]], dtype=torch.float64)])
    i, j = torch.combinations(torch.arange(len(points))).T
    slope = (points[j, 1] - points[i, 1]) / (points[j, 0] - points[i, 0])
    costs = (points[i, 1:] + slope[:, None] * (points[:, 0] - points[i, :1]) - points[:, 1]).abs().sum(1)
    a, b = at(line, 0, px, py), at(line, 1, px, py) - at(line, 0, px, py)
    mine = (a + b * points[:, 0] - points[:, 1]).abs().sum()
    return bool(mine < costs.min() * 1.001)


def average(lines, place):
    """What each line says for the average patient."""
    return [line[0, place] for line in lines.values()]


def written(lines, place=4):
    """Each line as its two numbers."""
    return {name: line[:, place] for name, line in lines.items()}


def exact_lines(bmi, versions):
    design = torch.stack([torch.ones_like(bmi), bmi], dim=1)
    return torch.linalg.lstsq(design, versions.T).solution


def slopes_of(fit, losses_of_lines, targets):
    return [fit(loss, targets[None])[1].item() for loss in losses_of_lines.values()]


def judged(fit, huber, versions, bmi, disease, deltas):
    """How far off the true numbers the Huber lines of the data with 20 typing errors are."""
    column = torch.tensor(deltas, dtype=torch.float64)[:, None]
    a, b = fit(lambda x, y, reduction: huber(x - y, column), versions[4].expand(len(deltas), 442))
    return (a[:, None] + b[:, None] * bmi - disease).abs().mean(dim=1)


def best_tenth(disease, solution_3):
    tried = torch.arange(25.0, 347.0, dtype=torch.float64)
    return tried[solution_3(tried[:, None], disease, 0.9).mean(dim=1).argmin()]


def wild(noise_runs, name):
    each, printed = noise_runs[name]
    return each.mean(), (each.mean(dim=1) >= printed).double().mean()


class TestLesson07(Lesson):
    HELD = {
        "494fc250": {"e = x - y": lambda e: same(e, torch.tensor([-0.5, 1, 0, -2, -10]))},
        "7feff12a": {"13 minutes instead of 3": lambda x, y: (y[-1], x[-1])},
        "fb843afa": {
            "absolute": lambda absolute, x, y, e: (
                same(absolute, torch.tensor([0.5, 1, 0, 2, 10]))
                and same(absolute.mean(), l1_loss(x, y), nn.L1Loss()(x, y), torch.tensor(sum(map(abs, e.tolist())) / 5))
            )
        },
        "31f072b1": {
            "$(0.5 + 1 + 0 + 2 + 10)/5 = 13.5/5 = 2.7$": lambda absolute: (
                *absolute,
                5,
                absolute.sum(),
                5,
                absolute.mean(),
            ),
            "we are 2.7": lambda absolute: absolute.mean(),
        },
        "894165ac": {
            "squared": lambda squared, x, y, e: (
                same(squared, torch.tensor([0.25, 1, 0, 4, 100]))
                and same(
                    squared.mean(), mse_loss(x, y), nn.MSELoss()(x, y), torch.tensor(sum(v * v for v in e.tolist()) / 5)
                )
            )
        },
        "45e70b12": {
            "$(0.25 + 1 + 0 + 4 + 100)/5 = 105.25/5 = 21.05$": lambda squared: (
                *squared,
                5,
                squared.sum(),
                5,
                squared.mean(),
            ),
            "root, 4.5880 minutes": lambda squared: squared.mean().sqrt(),
            "returns 21.05": lambda x, y: nn.MSELoss()(x, y),
        },
        "d8f26248": {"is 95 % of": lambda squared: share(squared)},
        "d79816fd": {
            "absolute[-1] / absolute.sum()": lambda absolute, squared: nearly(
                [share(absolute), share(squared)], [0.741, 0.950], 5e-4
            )
        },
        "342aa278": {
            "10 becomes 100": lambda absolute, squared: (absolute[-1], squared[-1]),
            "0.5 becomes 0.25": lambda absolute, squared: (absolute[0], squared[0]),
        },
        "fb39976b": {
            "$\\;0.5 \\to \\tfrac12\\cdot 0.25 = 0.125$": lambda x, y: (
                0.5,
                1 / 2,
                0.25,
                huber_loss(x, y, reduction="none")[0],
            ),
            "$\\;1 \\to 0.5$": lambda x, y: (1, huber_loss(x, y, reduction="none")[1]),
            "2 \\to 2 - 0.5 = 1.5$": lambda x, y: (2, 2, 0.5, huber_loss(x, y, reduction="none")[3]),
            "10 \\to 10 - 0.5 = 9.5$": lambda x, y: (10, 10, 0.5, huber_loss(x, y, reduction="none")[4]),
        },
        "5d168a11": {
            "Sum 11.625, mean **2.325**": lambda x, y: (huber_loss(x, y, reduction="sum"), huber_loss(x, y)),
            "same value and the same slope": lambda: same(
                autograd(lambda e: huber_loss(e, 0 * e, reduction="sum"), torch.tensor([0.9999, 1.0001])),
                torch.tensor([0.9999, 1.0]),
            ),
        },
        "6f45c761": {
            "huber(e, 1.0)": lambda huber, e: same(huber(e, 1.0), torch.tensor([0.125, 0.5, 0, 1.5, 9.5])),
        },
        "28eb3f33": {
            "smooth": lambda x, y: (
                same(
                    torch.stack([nn.HuberLoss(delta=0.5)(x, y), nn.SmoothL1Loss(beta=0.5)(x, y)]),
                    torch.tensor([1.25, 2.5]),
                )
                and same(smooth_l1_loss(x, y, beta=0.5), torch.tensor(2.5))
                and same(huber_loss(x, y, delta=2.0), torch.tensor(4.125))
            )
        },
        "38fa0db5": {
            "Half the square 4.5, L1 3, Huber and SmoothL1 both 2.5": lambda over_e: [
                over_e.at(e=3, delta=1)["loss"][name] for name in ("MSE / 2", "L1", "Huber")
            ],
            "SmoothL1 both": lambda over_e: same(*list(over_e.at(e=3, delta=1)["loss"].values())[2:]),
            "Their gradients: 3, 1, 1, 1": lambda over_e: over_e.at(e=3, delta=1)["gradient"],
            "the parabola's: 6. The": lambda over_e: over_e.at(e=6, delta=1)["gradient"]["MSE / 2"],
            "other three push with 1,": lambda over_e: same(
                [1.0] * 3, list(over_e.at(e=6, delta=1)["gradient"].values())[1:]
            ),
            "On the parabola": lambda over_e: same(
                *[over_e.at(e=-5, delta=6)["loss"][name] for name in ("MSE / 2", "Huber")]
            ),
            "apart from a rounded tip": lambda over_e: same(over_e.at(e=-5, delta=0.1)["loss"]["SmoothL1"], 4.95),
        },
        "ec8c53fb": {
            "pushes with 20 under": lambda x, y: -three_gradients(x, y)["mse"][-1],
            "with 1 under": lambda x, y: -three_gradients(x, y)["l1"][-1],
            "the other two": lambda x, y: same(gradients.huber_loss_grad(x, y, delta=1.0)[-1].item(), -1.0),
            "twice the error": lambda x, y: same(three_gradients(x, y)["mse"], torch.tensor([-1.0, 2, 0, -4, -20])),
            "near or far": lambda x, y: same(three_gradients(x, y)["l1"], torch.tensor([-1.0, 1, 0, -1, -1])),
        },
        "eb25ae93": {
            "by_hand": lambda by_hand, x, y: same(
                by_hand, torch.tensor([-0.5, 1, 0, -1, -1]), gradients.huber_loss_grad(x, y, delta=1.0)
            )
        },
        "9cfb7d06": {
            "$35/5 = 7$": lambda mse_valley: (35 / 5, bottom(mse_valley["MSE"], 13.0)),
            "**mean**, $35/5": lambda: same(five(13).sum().item(), 35.0),
            "order: 6.": lambda two_valleys: bottom(two_valleys["L1"], 13.0),
            "$47/5 = 9.4$": lambda mse_valley: (sum(five(25)) / 5, bottom(mse_valley["MSE"], 25.0)),
            "$47/5": lambda: same(five(25).sum().item(), 47.0),
            "bottom stays at 6": lambda two_valleys: bottom(two_valleys["L1"], 25.0),
            "The L1 valley rises": lambda valleys: same(
                [valleys.at(c=6, last=last, delta=4)["loss, closer"]["L1"] for last in (13, 25)], [2.2, 4.6]
            ),
            "at 6.5 for $\\delta = 4$": lambda two_valleys: (bottom(two_valleys["Huber"], 13.0), 4),
            "whether *last* is": lambda two_valleys: nearly(
                [bottom(two_valleys["Huber"], last) for last in (13.0, 25.0)], 6.5, 1e-5
            ),
            "$(4 + 1 + 0 + 1 + 361)/5 = 73.4$": lambda valleys: (
                *(6 - five(25)).square(),
                5,
                valleys.at(c=6, last=25)["loss"]["MSE"],
            ),
            "At 13 it was 11": lambda valleys: (13, valleys.at(c=6, last=13)["loss"]["MSE"]),
            "off by 19 instead of 7": lambda: (25 - 6, 13 - 6),
            "that is 361 instead of 49": lambda: ((25 - 6) ** 2, (13 - 6) ** 2),
        },
        "9a5fe3da": {
            "every 5 minutes more move the mean by 1": lambda pulled: (
                5,
                pulled.at(last=18)["best constant"]["mean (MSE)"] - pulled.at(last=13)["best constant"]["mean (MSE)"],
            ),
            "From 10.5 on: the level is 6.5, and $10.5 - 6.5 = 4": lambda pulled: (
                10.5,
                pulled.at(last=10.5, delta=4)["best constant"]["Huber"],
                10.5,
                6.5,
                10.5 - 6.5,
            ),
            "Below that": lambda pulled: pulled.at(last=10, delta=4)["best constant"]["Huber"] < 6.49,
            "only so far": lambda pulled: (
                same(
                    [list(pulled.at(last=last, delta=4)["best constant"].values()) for last in (10.5, 13, 40)],
                    [[6.5, 6.0, 6.5], [7.0, 6.0, 6.5], [12.4, 6.0, 6.5]],
                )
                and same([pulled.at(last=13, delta=d)["best constant"]["Huber"] for d in (1, 6)], [6.0, 7.0])
            ),
        },
        "cb8e099b": {
            "$\\tfrac12 e^2 + 0.9189$": lambda: (1 / 2, log(2 * pi) / 2),
            "\\lvert e\\rvert + 0.6931$": lambda: log(2),
            "| binary cross entropy |": lambda: same(
                -torch.distributions.Bernoulli(0.8).log_prob(torch.tensor(1.0)),
                nn.functional.binary_cross_entropy(torch.tensor(0.8), torch.tensor(1.0)),
            ),
            "cross entropy (lesson 04)": lambda: same(
                -torch.distributions.Categorical(logits=torch.tensor([1.0, 2, 0])).log_prob(torch.tensor(1)),
                nn.functional.cross_entropy(torch.tensor([1.0, 2, 0]), torch.tensor(1)),
            ),
        },
        "d021b48f": {
            "is $e^{-50}$ times": lambda: (-(10**2) / 2,),
            "it is $e^{-10}$ times": lambda: (-10,),
        },
        "5babd3fd": {
            "Real data: 442 patients": lambda: 442,
            "of 442 patients, and": lambda: 442,
            "(25 to 346)": lambda: (25, 346),
        },
        "0d620858": {
            "bmi, disease": lambda bmi, disease: (
                same([disease.min().item(), disease.max().item()], [25.0, 346.0]) and len(bmi) == 442
            )
        },
        "4683f502": {
            "at bmi 1 it rises from 183 to 214": lambda three: (
                1,
                at(three["MSE"], 1, 1, 200),
                at(three["MSE"], 1, 1, 600),
            ),
            "Huber goes from 186 to 192": lambda three: [at(three["Huber, δ = 50"], 1, 1, py) for py in (200, 600)],
            "L1 does not move at all": lambda three, twenty: (
                nearly(
                    [at(three["L1"], z, 1, 200) for z in (-2, 4)], [at(three["L1"], z, 1, 600) for z in (-2, 4)], 0.5
                )
                and passes_two(three["L1"], twenty, 1, 200)
                and passes_two(three["L1"], twenty, 4, 0)
            ),
            "was above the line before": lambda three: at(three["L1"], 1, 1, 200) < 200,
            "Their slopes were 50, 57 and 60; now they are 9, 15 and 5": lambda three: (
                *turned(three, 1, 200),
                *turned(three, 4, 0),
            ),
        },
        "41ab37a0": {"δ = 50": lambda: 50},
        "5b706e78": {
            "types 20 of the 442 targets": lambda disease: (20, len(disease)),
            "with all 442?": lambda disease: len(disease),
        },
        "9f3ac506": {
            "clean data is 44.": lambda lines, bmi, disease: (
                (lines["L1"][0, 0] + lines["L1"][1, 0] * bmi - disease).abs().median()
            ),
            "is 44": lambda lines, bmi, versions: same(nearly(lines["MSE"], exact_lines(bmi, versions), 1e-3), True),
        },
        "fe1f33cb": {"against 20 typing errors": lambda counts: counts[4]},
        "6daf19f6": {
            "Only 20 of the 442 numbers are wrong, 4.5 %": lambda counts, disease: (
                counts[4],
                len(disease),
                20 / 442,
            ),
            "double the slope": lambda lines: bool(lines["MSE"][1, 4] > 2 * lines["MSE"][1, 0]),
            "442 *true* numbers": lambda disease: len(disease),
            "always say 140.5, the median, you are 65 off": lambda disease: (
                disease.quantile(0.5),
                (140.5 - disease).abs().mean(),
            ),
        },
        "85959bd5": {
            "off": lambda lines, bmi, disease: nearly(
                torch.stack([line[:, [0, 4]].T.flatten() for line in lines.values()]),
                torch.tensor(
                    [[152.1, 45.2, 219.3, 100.5], [149.8, 49.5, 155.1, 52.3], [146.3, 52.7, 152.7, 55.2]]
                ).double(),
                0.1,
            )
        },
        "871c6d46": {
            "110 of the 442 patients": lambda disease: (110, len(disease)),
            "At 40 errors (9 %)": lambda counts, disease: (counts[-1], 40 / len(disease)),
        },
        "2637e962": {
            "average patient 152, 150 and 146": lambda lines: average(lines, 0),
            "166 for the average patient": lambda lines: lines["MSE"][0, 1],
            "by 2.1 at most": lambda lines: max(
                abs(after - before) for before, after in zip(average(lines, 0)[1:], average(lines, 1)[1:], strict=True)
            ),
            "It says 160 for the average patient, the MSE line 278": lambda lines: (
                lines["Huber, δ = 50"][0, 6],
                lines["MSE"][0, 6],
            ),
            "with 20 of them, 17 are above 800, the largest is 2740": lambda versions: (
                20,
                (versions[4] > 800).sum(),
                800,
                versions[4].max(),
            ),
            "so the mean is above the median": lambda disease: bool(disease.mean() > disease.median()),
            "a vote of limited size": lambda lines: nearly(
                torch.tensor([average(lines, k) for k in (0, 1, 6)]),
                torch.tensor([[152.1, 149.8, 146.3], [166.4, 151.1, 148.4], [278.0, 160.4, 158.2]]),
                0.1,
            ),
        },
        "6a7dff4b": {
            "nearly $|e| - 0.6931$": lambda log_cosh, x: -(log_cosh(x + 30, x).mean() - 30),
            "gradient is $\\tanh e$": lambda log_cosh, x, y, e: nearly(
                autograd(lambda x: log_cosh(x, y), x), torch.tanh(e), 1e-6
            ),
            "near 0 it is": lambda log_cosh: nearly(
                log_cosh(torch.tensor(0.01), torch.tensor(0.0)), torch.tensor(0.01**2 / 2), 1e-6
            ),
        },
        "6aa4934b": {
            'print(f"{LogCosh()(x, y):.3f}': lambda LogCosh, log_cosh, x, y: (
                same(LogCosh()(x, y), log_cosh(x, y).mean()) and nearly(LogCosh(width=4.0)(x, y), 6.312, 5e-4)
            )
        },
        "383a043a": {
            "The number is right": lambda lost, log_cosh, x, y: (
                same(lost.float(), log_cosh(x, y)) and not lost.requires_grad
            ),
        },
        "0421c43a": {
            "a 5 × 5 table": lambda column, y: tuple((column - y).shape),
            "torch warns": lambda caught: "different to the input size" in str(caught[0].message),
            "against *every* target": lambda wrong, column, y: (
                same(wrong, ((column - y) ** 2).mean()) and nearly(wrong, 16.85, 5e-5)
            ),
        },
        "22cdfee8": {
            "all 442 targets": lambda disease: len(disease),
            "their mean: slope 0": lambda disease, train, bmi, a, b: (
                nearly(train((442,)), exact_lines(bmi, disease[None])[:, 0], 1e-3)
                and nearly(a, disease.mean(), 1e-3)
                and bool(abs(b) < 1e-3)
            ),
        },
        "8740b6a8": {
            "is as good": lambda strict_mse, column, x, y: same(
                strict_mse(column, y.unsqueeze(1)), strict_mse(column.squeeze(1), y), nn.MSELoss()(x, y)
            ),
            "removes the batch dimension": lambda: torch.zeros(1, 1).squeeze().shape == (),
        },
        "62bbb195": {"$-0.5, 1, 0, -2, -10$ again": lambda e: e},
        "428ab257": {
            "solution_1": lambda solution_1, x, y: (
                same(solution_1, huber_loss(x, y, delta=2.0, reduction="none"))
                and same(solution_1.mean().item(), 4.125)
            )
        },
        "2651c5fd": {
            "solution_2": lambda solution_2, prices: (
                same(solution_2, [4.0, 2.0, 2.5]) and same((2.5 - prices).clamp(-2, 2).sum().item(), 0.0)
            )
        },
        "a4e0901d": {
            "torch.maximum": lambda solution_3, x, y: (
                same(solution_3(x, y, 0.5), l1_loss(x, y, reduction="none") / 2)
                and same(solution_3(x, y, 0.9), torch.tensor([0.45, 0.1, 0, 1.8, 9.0]))
            )
        },
        "bec31f5e": {"which of the 442": lambda disease: len(disease)},
        "7539345d": {
            "(y < c)": lambda solution_3, solution_4, y: nearly(
                finite_difference(lambda c: solution_3(c, y.to(c), 0.9).mean(), torch.tensor(6.5)),
                solution_4(6.5, y, 0.9),
                1e-5,
            )
        },
        "21b21737": {
            "$q = 0.9$ it is 265": lambda disease, solution_3: (0.9, best_tenth(disease, solution_3)),
            "nine of ten": lambda disease: nearly((disease <= 265).double().mean(), 0.9, 0.005),
        },
        "ec7f9e01": {
            "Solution5.apply": lambda Solution5, x, y: (
                same(autograd(lambda x: Solution5.apply(x, y), x), torch.tensor([0.0, 2, 0, -4, -20]))
                and same(autograd(lambda x: (torch.round(x) - y) ** 2, x), torch.zeros(5))
            )
        },
        "7f73c322": {
            "changes: 51.4, 51.6 and 52.5": lambda fit, huber, versions, bmi, disease: judged(
                fit, huber, versions, bmi, disease, (20.0, 50.0, 200.0)
            ),
            "heard again: 64.6": lambda fit, huber, versions, bmi, disease: judged(
                fit, huber, versions, bmi, disease, (1000.0,)
            ),
            "for 44 that is about 88": lambda: (44, 1.345 * 1.483 * 44),
            "takes 1.345 times": lambda solution_6: solution_6(torch.ones(3)) / 1.483,
            "as 1.483 times": lambda solution_6: solution_6(torch.ones(3)) / 1.345,
            "the MSE's 84.7": lambda lines, bmi, disease: (
                (lines["MSE"][0, 4] + lines["MSE"][1, 4] * bmi - disease).abs().mean()
            ),
        },
        "7d5134a7": {
            "| L1 | 2.7 | 74 % | 153 + 55 bmi |": lambda absolute, lines: (
                absolute.mean(),
                share(absolute),
                *written(lines)["L1"],
            ),
            "| Huber | 2.325 ($\\delta = 1$) | 82 % | 155 + 52 bmi ($\\delta = 50$) |": lambda huber, e, lines: (
                huber(e, 1.0).mean(),
                1,
                share(huber(e, 1.0)),
                *written(lines)["Huber, δ = 50"],
                50,
            ),
            "| MSE | 21.05 | 95 % | 219 + 100 bmi |": lambda squared, lines: (
                squared.mean(),
                share(squared),
                *written(lines)["MSE"],
            ),
            "line with 20 typing": lambda counts: counts[4],
        },
        "54d44c00": {
            "$\\cosh 90 \\approx \\tfrac12 e^": lambda x, y: (100 + x[-1] - y[-1], 1 / 2),
            "is more than": lambda: same(cosh(90), exp(90) / 2),
            "more than float32 can hold": lambda: bool(exp(90) / 2 > torch.finfo(torch.float32).max),
        },
        "becb332a": {
            "torch.tanh(e)": lambda Outside, x, y, e: same(autograd(lambda x: Outside.apply(x, y), x), torch.tanh(e))
        },
        "58693713": {
            "no root": lambda x, y: same(torch.mean(torch.square(x - y)), nn.MSELoss()(x, y)),
            "| L1 1.4177 and MSE 1.7956 |": lambda: (1.4177, 1.7956),
        },
        "9056eaf7": {"Repeat that 10,000 times": lambda: 10_000},
        "432dc2fc": {
            "gap": lambda: same(
                [
                    (end**2 / 2 - nn.SmoothL1Loss()(torch.tensor(end), torch.tensor(0.0))).item()
                    for end in (1.0, 2.0, 6.0)
                ],
                [0.0, 0.5, 12.5],
            )
        },
        "e7dfbefc": {
            "higher": lambda runs: nearly(
                [*wild(runs, "L1"), *wild(runs, "MSE")], torch.tensor([1.1284, 0.10, 2, 0.56]).double(), 0.02
            )
        },
        "c8503024": {"$2/\\sqrt\\pi = 1.1284$": lambda: (2, 2 / pi**0.5)},
        "fd0d7b81": {
            "for 2.5, 3, 6, 7, 13 and": lambda: OTHER,
            "is 5.375, below": lambda: 5.375,
            "best constant is": lambda: same((5.375 - OTHER).clamp(-3, 3).sum().item(), 0.0),
            "the median (6) and below the mean (6.3)": lambda: (OTHER.median(), OTHER.mean()),
            "pull with 2.875 and 2.375, the two above with 0.625 and 1.625, and 13 with only 3": lambda: (
                *(5.375 - OTHER[:4]).abs(),
                13,
                -(5.375 - OTHER).clamp(-3, 3)[-1],
            ),
        },
        "fb9ed8f9": {
            "blank": lambda fit, losses_of_lines, blank: nearly(
                slopes_of(fit, losses_of_lines, blank), [16.3, 34.1, 38.2], 0.1
            )
        },
        "ce25e28d": {
            "The slope was 45 to 53": lambda lines: (lines["MSE"][1, 0], lines["L1"][1, 0]),
            "20 points have": lambda disease, blank: (disease != blank).sum(),
        },
        "562b2d37": {
            "off_clean": lambda off_clean: nearly(off_clean, torch.tensor([51.4, 51.6, 52.5, 64.6]).double(), 0.1)
        },
    }
    GIVEN = {
        "9597c8f8": ["$\\delta$ to 0.1"],
        "9cfb7d06": ["is 13 or 25"],
        "9f3ac506": ["from 20 to nearly 0", "Why $\\delta = 50$"],
        "871c6d46": ["from 0 to 40"],
        "9056eaf7": ["15 random predictions against 15 random targets"],
        "dd047650": ["Now 20 other numbers"],
        "54d44c00": ["e^{90}$ is"],
        "21c483bf": ["with 20 typing errors, with $\\delta$ = 20, 50, 200 and 1000"],
        "33769d7f": ["*last* to 13", "*last* to 25", "once *last* is 25"],
        "f4c76137": ["with 16 digits"],
        "41ab37a0": ["from 200 to 600"],
        "5b706e78": ["151.0 becomes 1510"],
        "fcd26fb0": [
            "(errors 60 times as large give a $\\delta$ 60 times as large)",
            "by less than 10 %",
            "with 20 typing errors",
        ],
        "43a3a684": ["number 001", "sections 1, 2.1 to 2.3 and 2.6"],
        "eff663ab": ["sections 1, 2.1 to 2.3 and 2.6"],
        "bec31f5e": ["at $q = 0.9$"],
        "21b21737": ["For $q = 0.5$"],
        "7f73c322": ["Between 20 and 200", "At 1000"],
        "58693713": ["from $-1$ to $1$"],
    }
