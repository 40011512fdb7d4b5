"""The numbers in the words of lesson 08."""

import math
import warnings

import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import autograd, finite_difference, gradients, kl_div, nll_loss
from lossutils.margin import margin_ranking_loss, multilabel_margin_loss, soft_margin_loss
from tests.lessons import Lesson

SIGNS = torch.tensor([1.0, 1.0, -1.0])


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def four_ways(by_loop, by_formula, by_lossutils, by_torch):
    return same(*(float(value) for value in (by_loop, by_formula, by_lossutils, by_torch)))


def lowest(figure, name, q):
    """The lead at which a curve of the figure is lowest."""
    leads = [round(-4 + 0.05 * i, 2) for i in range(161)]
    return min(leads, key=lambda lead: figure.at(lead=lead, q=q)["loss"][name])


def quietly(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns: deprecated, or not the divergence
        return call()


def best_dog(share=0.3):
    return math.log((math.exp(2) + math.exp(0.5)) * share / (1 - share))


class TestLesson08(Lesson):
    HELD = {
        "f405c88a": {"more than twenty losses": lambda: sum(name.endswith("Loss") for name in dir(nn)) > 20},
        "0955dcad": {"default is 0": lambda: nn.MarginRankingLoss().margin},
        "6e3f2e75": {"has the scores 0.5, 0.5, 0.2": lambda: (0.5, 0.5, 0.2)},
        "c520b4b8": {"lead = signs": lambda lead: same(lead, torch.tensor([1.5, -1.5, -0.3]))},
        "3812495a": {
            "| lead $y\\,(x_1 - x_2)$ | 1.5 | $-1.5$ | $-0.3$ |": lambda lead: lead,
            "| nothing: 0 | 2.5 | 1.3 |": lambda lead: (1 - lead).clamp(min=0),
            "Mean: $3.8/3 = 1.2667$": lambda lead: ((1 - lead).clamp(min=0).sum(), 3, (1 - lead).clamp(min=0).mean()),
        },
        "1ac94f28": {"by_loop": four_ways},
        "dc85d29c": {
            "soft_ranking": lambda soft_ranking, x, x2: same(
                soft_ranking, soft_margin_loss(x - x2, SIGNS, reduction="none")
            )
        },
        "00d2f371": {
            "The soft loss at $\\ln(0.8/0.2) = 1.386$": lambda preferred: (
                (0.8, 0.2, math.log(0.8 / 0.2)) if abs(lowest(preferred, "soft", 0.8) - 1.386) < 0.05 else (0, 0, 0)
            ),
            "of the lead is 0.8": lambda: torch.tensor(math.log(0.8 / 0.2)).sigmoid(),
            "The hinge at 1, its margin": lambda preferred: lowest(preferred, "hinge", 0.8),
            "$\\ln(0.6/0.4) = 0.405$": lambda preferred: (
                (0.6, 0.4, math.log(0.6 / 0.4)) if abs(lowest(preferred, "soft", 0.6) - 0.405) < 0.05 else (0, 0, 0)
            ),
            "The hinge stays at 1 for every share": lambda preferred: (
                {lowest(preferred, "hinge", round(0.55 + 0.05 * i, 2)) for i in range(9)} == {1.0}
            ),
            "the best lead is infinite": lambda preferred: lowest(preferred, "soft", 1.0) == 4,
            "The hinge is 0 from 1 on": lambda preferred: (preferred.at(lead=1, q=1.0)["loss"]["hinge"], 1),
        },
        "30ae00f0": {
            "$\\ln(1 + e^{-2}) = 0.1269$": lambda: (1, -2, math.log1p(math.exp(-2))),
            "$\\;\\ln(1 + e^{1}) = 1.3133$": lambda: (1, 1, math.log1p(math.exp(1))),
            "$\\;\\ln(1 + e^{0.5}) = 0.9741$": lambda: (1, 0.5, math.log1p(math.exp(0.5))),
            "Mean **0.8048**": lambda x: soft_margin_loss(x, SIGNS),
        },
        "b643de07": {"by_loop": four_ways},
        "d79398b3": {
            "one number per photo": lambda x, x2, many_hot: same(
                nn.MultiLabelSoftMarginLoss(reduction="none")(torch.stack([x, x2]), torch.stack([many_hot, many_hot])),
                nn.BCEWithLogitsLoss(reduction="none")(torch.stack([x, x2]), torch.stack([many_hot, many_hot])).mean(1),
            ),
        },
        "ab92eea9": {
            "the only non-label is night with 0.5": lambda x: x[2],
            "outdoors: $1 - (2 - 0.5) = -0.5$": lambda x: (1, x[0], x[2], 1 - (x[0] - x[2])),
            "dog: $1 - (-1 - 0.5) = 2.5$": lambda x: (1, x[1], x[2], 1 - (x[1] - x[2])),
            "Together $2.5/3 = 0.8333$": lambda x, indices: (2.5, 3, nn.MultiLabelMarginLoss()(x, indices)),
        },
        "2ae854cc": {"by_loop": four_ways},
        "39e8130a": {
            "comes after the first $-1$ is not looked at": lambda x: (
                -1 if same(*(nn.MultiLabelMarginLoss()(x, torch.tensor([1, -1, last])) for last in (0, -1))) else 0,
            ),
        },
        "6dbd9f95": {
            "1. From 1.5 on, that is night + 1": lambda over_dog: (
                1,
                1.5 if [over_dog.at(dog=d, night=0.5)["gradient"]["margin"] < 0 for d in (1.4, 1.6)] == [1, 0] else 0,
                1,
            ),
            "with $-0.0060$": lambda over_dog: over_dog.at(dog=4, night=0.5)["gradient"]["soft margin"],
            "its step from $-1/3$ to 0 moves along": lambda over_dog: [
                over_dog.at(dog=2, night=night)["gradient"]["margin"] for night in (2, 0.5)
            ],
            "The soft margin asks": lambda over_dog: same(
                *(over_dog.at(dog=2, night=night)["gradient"]["soft margin"] for night in (2, 0.5))
            ),
            "4. At 1, up from 0.1667": lambda over_dog: (
                4,
                over_dog.at(dog=1, night=2)["loss"]["margin"],
                over_dog.at(dog=1, night=0.5)["loss"]["margin"],
            ),
            "So the margin compares": lambda over_dog, x, indices: same(
                list(over_dog.at(dog=-1, night=0.5)["loss"].values()),
                [multilabel_margin_loss(x, indices).item(), soft_margin_loss(x, SIGNS).item()],
            ),
        },
        "140d8d64": {"The truth $t$ is $(0.6, 0.3, 0.1)$": lambda: (0.6, 0.3, 0.1)},
        "428c191b": {"Sum: **0.3934** nats": lambda t, log_q: (t * (t.log() - log_q)).sum()},
        "1ca3f2d0": {"by_loop": four_ways},
        "ff39a071": {
            "divides by the 3 classes: 0.1311": lambda t, log_q: (3, quietly(lambda: nn.KLDivLoss()(log_q, t))),
        },
        "baf00c63": {"outdoors has 2 and night 0.5": lambda x: (x[0], x[2])},
        "55f24017": {
            "the bottom is near 1.35": lambda: best_dog(),
            "$e^{1.35}/(e^{2} + e^{1.35} + e^{0.5}) = 0.30$": lambda: (
                1.35,
                2,
                1.35,
                0.5,
                math.exp(1.35) / (math.exp(2) + math.exp(1.35) + math.exp(0.5)),
            ),
            "the scores 2 and 0.5 split the rest 4.5 to 1, the people 6 to 1": lambda t: (
                2,
                0.5,
                math.exp(2 - 0.5),
                1,
                t[0, 0] / t[0, 2],
                1,
            ),
            "costs 0.0039 at the share 0.3": lambda votes: (votes.at(dog=best_dog(), share=0.3)["loss"]["kl"], 0.3),
            "it is 0 where $q = t$": lambda votes: abs(votes.at(dog=best_dog(), share=0.3)["gradient"]["kl"]) < 1e-9,
            "The gradient in a score is $q - t$": lambda votes, log_q, t: math.isclose(
                votes.at(dog=-1, share=0.3)["gradient"]["kl"], float((log_q.exp() - t)[0, 1]), abs_tol=1e-5
            ),
            "Above": lambda votes, by_torch: math.isclose(
                votes.at(dog=-1, share=0.3)["loss"]["kl"], 0.3934, abs_tol=5e-5
            ),
        },
        "d0046de6": {"$-\\ln 0.7856 = 0.2413$": lambda log_p: (log_p[0, 0, 0, 0].exp(), -log_p[0, 0, 0, 0])},
        "03378877": {"by_loop": four_ways},
        "2582d067": {
            "gives the same number": lambda pixels, target, by_torch: same(
                nn.CrossEntropyLoss()(pixels, target), by_torch
            ),
            "`NLLLoss2d` is deprecated": lambda log_p, target, by_torch: same(
                quietly(lambda: nn.NLLLoss2d()(log_p, target)), by_torch
            ),
        },
        "9b9dc6a2": {
            "One star off costs about 3, three stars off about 9": lambda: [
                F.binary_cross_entropy_with_logits(
                    torch.tensor(scores), torch.tensor([1.0, 1, 1, 0]), reduction="sum"
                ).round()
                for scores in ([3.0, 3, 3, 3], [-3.0, -3, -3, -3])
            ],
        },
        "4f786b0f": {
            "margin ranking, of one pair": lambda x, x2: all(
                same(
                    slope(lambda x: margin_ranking_loss(x, x2.to(x), SIGNS.to(x), margin=1, reduction="none"), x),
                    torch.tensor([0.0, -1, 1]),
                    gradients.margin_ranking_loss_grad(x, x2, SIGNS, margin=1),
                )
                for slope in (autograd, finite_difference)
            ),
            "multi-label margin, of one photo": lambda x, indices: all(
                same(slope(lambda x: multilabel_margin_loss(x, indices), x), torch.tensor([0.0, -1 / 3, 1 / 3]))
                for slope in (autograd, finite_difference)
            ),
            "| $-t$ |": lambda t, log_q: all(
                same(slope(lambda v: kl_div(v, t.to(v), reduction="none"), log_q), -t)
                for slope in (autograd, finite_difference)
            ),
            "| $-1$ at the true class": lambda log_p, target: (
                -1
                if all(
                    same(
                        slope(lambda v: nll_loss(v, target, reduction="sum"), log_p),
                        torch.zeros_like(log_p).scatter(1, target[:, None], -1.0),
                    )
                    for slope in (autograd, finite_difference)
                )
                else 0,
            ),
        },
        "472f3649": {
            "deaf": lambda x, many_hot: same(
                *(soft(x, many_hot, reduction="none") for soft in (soft_margin_loss, F.soft_margin_loss))
            ),
        },
        "68248066": {
            "\\ln 2 = 0.6931$": lambda: (2, math.log(2)),
            "Its gradient is 0": lambda deaf: deaf[2],
            "0.7111, below the right 0.8048": lambda x, many_hot: (
                nn.SoftMarginLoss()(x, many_hot),
                nn.SoftMarginLoss()(x, SIGNS),
            ),
        },
        "bfeb0cec": {
            "computes $e^{89}$ as it is written, and float32 ends at $e^{88.7}$": lambda very_wrong: (
                -very_wrong[1],
                math.log(torch.finfo(torch.float32).max),
            ),
            "and so does `MultiLabelSoftMarginLoss`": lambda very_wrong, yes: same(
                nn.MultiLabelSoftMarginLoss()(very_wrong, yes), -very_wrong.mean()
            ),
            "One more reason": lambda very_wrong, yes: same(
                soft_margin_loss(very_wrong, yes, reduction="none"),
                nn.BCEWithLogitsLoss(reduction="none")(very_wrong, yes),
                -very_wrong,
            ),
        },
        "ff42cc68": {
            "with the label $(y + 1)/2$: the same loss": lambda x: same(
                nn.BCEWithLogitsLoss()(x, (SIGNS + 1) / 2), nn.SoftMarginLoss()(x, SIGNS)
            ),
        },
        "e6b73f8d": {"The lead is 0.3": lambda: 1.2 - 0.9},
        "38b10be3": {
            "solution_1": lambda solution_1: (
                same(
                    [
                        F.margin_ranking_loss(torch.tensor([1.2]), torch.tensor([0.9]), torch.ones(1), margin=m).item()
                        for m in (0, 1)
                    ],
                    list(solution_1[:2]),
                )
                and abs(F.margin_ranking_loss(torch.tensor([1.9]), torch.tensor([0.9]), torch.ones(1), margin=1).item())
                < 1e-6
            ),
        },
        "28cd154e": {
            "solution_2": lambda solution_2: (
                same(
                    F.soft_margin_loss(torch.arange(5.0), solution_2(torch.tensor([0.0, 1, 0, 0, 1]))[0]),
                    F.binary_cross_entropy_with_logits(torch.arange(5.0), torch.tensor([0.0, 1, 0, 0, 1])),
                )
                and solution_2(torch.tensor([0.0, 1, 0, 0, 1]))[1].tolist() == [1, 4, -1, -1, -1]
                and multilabel_margin_loss(torch.arange(5.0), torch.tensor([1, 4, -1, -1, -1])).item() == 1
            ),
        },
        "22895d1f": {
            "solution_3": lambda solution_3, x: (
                same(nn.MultiLabelMarginLoss()(x, torch.tensor([1, 1, 0])).item(), solution_3)
                and round(solution_3, 4) == 1.6667
            ),
        },
        "f45c782e": {
            "solution_4": lambda solution_4, x, x2, many_hot: same(
                solution_4(torch.stack([x, x2]), many_hot.expand(2, 3)),
                nn.MultiLabelSoftMarginLoss(reduction="none")(torch.stack([x, x2]), many_hot.expand(2, 3)),
            ),
        },
        "8c592616": {
            "solution_5": lambda solution_5, x, x2: same(
                solution_5(x, x2, SIGNS), autograd(lambda v: F.softplus(-SIGNS * (v - x2)), x)
            ),
        },
        "d7fad1ea": {
            "still pushes with 0.1192": lambda three_6: -three_6.at(z=2)["gradient"]["soft"],
            "both hinges are satisfied and push with 0": lambda three_6: [
                three_6.at(z=2)["gradient"]["hinge"] + three_6.at(z=2)["gradient"]["smooth hinge"]
            ],
            "with 0.05 at a lead of 0.95": lambda three_6: (-three_6.at(z=0.95)["gradient"]["smooth hinge"], 0.95),
            "by at most $\\ln 2$": lambda: bool(
                0
                <= (-F.logsigmoid(z := torch.linspace(-50, 50, 1001).double()) - (-z).clamp(min=0)).min()
                <= (-F.logsigmoid(z) - (-z).clamp(min=0)).max()
                <= math.log(2) + 1e-12
            ),
        },
        "1033e7c4": {
            "are one loss: 0.8048": lambda x: soft_margin_loss(x, SIGNS),
            "| $\\pm 1$ | 1.2667 |": lambda x, x2: (1, margin_ranking_loss(x, x2, SIGNS, margin=1)),
            "| $\\pm 1$ | 0.9191 |": lambda soft_ranking: (1, soft_ranking.mean()),
            "| $\\pm 1$ | 0.8048 |": lambda x: (1, nn.SoftMarginLoss()(x, SIGNS)),
            "| 0 / 1 | 0.8048 |": lambda x, many_hot: (0, 1, nn.MultiLabelSoftMarginLoss()(x, many_hot)),
            "ended by $-1$ | 0.8333 |": lambda x, indices: (-1, nn.MultiLabelMarginLoss()(x, indices)),
            "probabilities | 0.3934 |": lambda log_q, t: kl_div(log_q, t, reduction="batchmean"),
        },
        "b1d32be1": {
            'and you get `"mean"`': lambda: quietly(lambda: nn.KLDivLoss("batchmean").reduction) == "mean",
        },
        "4969bc47": {
            "2.9503 is the odd one: only 4 runs in 100 are as high": lambda article: (article["NLL"][0], 4, 100),
        },
    }
    GIVEN = {
        "73ad5f4c": ["| 07 |", "| 01 |", "many | 04 |", "| 05, and here |"],
        "b9f3f4de": [
            "`MSELoss`; `HuberLoss`, `L1Loss` | [07]",
            "`BCEWithLogitsLoss` | [01]",
            "`CrossEntropyLoss` | [04]",
            "[05](05",
            "`pos_weight` | [02]",
            "[03](03",
            "[12](12",
            "); [06]",
        ],
        "a0308abd": ["scores $(2, -1, 0.5)$"],
        "3163045b": [r"scores of $\pm 1000$"],
        "70e79e38": ["a lead of $-1000$"],
        "1d392aa7": ["up to 0.9", "nearer to 0 than 0.2 at $z = 0.95$"],
        "afe8418c": ["10,000 times"],
        "b47492aa": ["1. $q = 0.8$", "lower $q$ to 0.6"],
        "678a2592": ["night = 0.5"],
        "baf00c63": ["At the share 0.3"],
        "48b343eb": ["which of 1000 things", "which of 80 things", "One in 500"],
        "ff42cc68": ["with 80 zeros and ones"],
        "02bc7bd6": ["1.2 and 0.9"],
        "4969bc47": ["1.4177 and 1.7956"],
    }
