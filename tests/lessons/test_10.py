"""The numbers in the words of lesson 10."""

import math

import torch
from torch import nn
from torch.testing import assert_close

import lossutils
from lossutils import autograd
from tests.lessons import Lesson

TYPES = (torch.float32, torch.float16, torch.bfloat16)


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def limits(dtype):
    info = torch.finfo(dtype)
    return lambda: (info.max, info.tiny, info.eps)


def row(formula, truth, side, first_wrong):
    return [first_wrong(formula, truth, dtype, side) for dtype in TYPES]


def walls(name, formulas, true_loss, first_wrong):
    """Where a formula for the loss of a sure mistake ends, as numbers."""
    return [int(cell.split()[0]) for cell in row(formulas[name], true_loss, 1, first_wrong)]


def slope_wall(name, formulas, slopes, first_wrong):
    return int(first_wrong(slopes(formulas)[name], torch.sigmoid, torch.float32, 1).split()[0])


def recap(name):
    def found(formulas, true_loss, slopes, first_wrong):
        return *walls(name, formulas, true_loss, first_wrong), slope_wall(name, formulas, slopes, first_wrong)

    return found


def silent(dtype, c):
    """Whether the plain formula is exactly 0 at c, and not yet a step before."""
    return lambda plain_in: bool(plain_in(dtype)(torch.tensor(c)) == 0 < plain_in(dtype)(torch.tensor(c + 1)))


def plain(c, dtype="float32"):
    return lambda shifted: shifted.at(c=c)["loss"][f"plain, {dtype}"]


def largest_k(value):
    return max(k for k in range(40) if (torch.tensor(value, dtype=torch.float64) * 2**k).half().isfinite())


def smallest_k(value):
    return min(k for k in range(40) if value * 2**k >= torch.finfo(torch.float16).tiny)


def fused_and_apart(score):
    x = torch.tensor([[score, 0.0]])
    apart = -torch.log(torch.exp(x) / torch.exp(x).sum())[0, 0]
    return apart, nn.CrossEntropyLoss()(x, torch.tensor([0]))


class TestLesson10(Lesson):
    HELD = {
        "79a85f8a": {
            r"| `float32` | $3.4\cdot10^{38}$ | $1.2\cdot10^{-38}$ | $1.2\cdot10^{-7}$ |": limits(torch.float32),
            r"| `float16` | 65504 | $6.1\cdot10^{-5}$ | $9.8\cdot10^{-4}$ |": limits(torch.float16),
            r"| `bfloat16` | $3.4\cdot10^{38}$ | $1.2\cdot10^{-38}$ | $7.8\cdot10^{-3}$ |": limits(torch.bfloat16),
            "is 1 when a positive $x$ is less than half the gap": lambda: all(
                1 + torch.tensor(0.49 * torch.finfo(dtype).eps, dtype=dtype) == 1 for dtype in TYPES
            ),
        },
        "7ed2819c": {
            "$1/8$ up and $1/16$ down": lambda floats: (
                floats.at(x=1, lowest=-4)["gap to the next one"]["3 bits"],
                floats.at(x=0.99, lowest=-4)["gap to the next one"]["3 bits"],
            ),
            "The readout counts 48": lambda floats: floats.at(lowest=-4)["which numbers exist"]["3 bits"],
            "Only 8 of them lie from 1 up to 2; the other 40 lie below 1": lambda toy, bits: (
                ((bits == 3) & (toy >= 1)).sum(),
                1,
                2,
                ((bits == 3) & (toy < 1)).sum(),
                1,
            ),
            "float32 has 23 bits and $2^{23}$ numbers from 1 up to 2": lambda: (
                -math.log2(torch.finfo(torch.float32).eps),
                torch.tensor([1.0, 2.0]).view(torch.int32).diff(),
                1,
                2,
            ),
            "It has 127 times as many below 1": lambda: (torch.tensor(1.0).view(torch.int32) / 2**23, 1),
            "spends its 16 bits": lambda: torch.finfo(torch.float16).bits,
        },
        "fda6b425": {
            r"$\sigma(20) = 1 - 0.0000000021$": lambda s: (20, 1, torch.sigmoid(-s[4])),
            "just below 1 is $1 - 0.00000006$": lambda: (
                1,
                1,
                1 - torch.nextafter(torch.tensor(1.0), torch.tensor(0.0)),
            ),
            r"So $\sigma(20)$ is rounded to 1": lambda s: (20, torch.sigmoid(s[4])),
            "The true loss is 20": lambda: math.log1p(math.exp(20)),
        },
        "94e61b5e": {
            "from a score of 17 on": lambda: torch.sigmoid(torch.arange(0.0, 30)).eq(1).nonzero()[0],
            r"0 instead of $2.061\cdot10^{-9}$": lambda direct: (direct[0], math.log1p(math.exp(-20))),
            "exact to 7 digits": lambda s: same(torch.sigmoid(s[0]).item(), 1 / (1 + math.exp(20))),
        },
        "f31578c7": {
            r"$-\ln 10^{-5} = 11.51$": lambda with_eps: (1e-5, with_eps[5]),
            "below $-100$: a score of 20 costs 100, as much as a score of 100": lambda clamped: (
                -clamped[5],
                20,
                clamped[4],
                100,
            ),
            r"$2.061\cdot10^{-9}$ is right": lambda: math.log1p(math.exp(-20)),
        },
        "b6704ddd": {
            "A score of 20 costs 20": lambda s, from_score: (s[4], from_score[4]),
            "$e^{100}$ is larger than any float32": lambda: math.exp(100) > torch.finfo(torch.float32).max,
        },
        "096edd63": {
            "All six are right": lambda s, stable: same(stable, torch.logaddexp(s.double(), 0 * s.double()).float()),
            "`-logsigmoid(-s)`": lambda s, stable: same(stable, -nn.functional.logsigmoid(-s)),
        },
        "ad614384": {
            "at $s = 6$ it says 5.5312 instead of 6.0025, and at 7 it is gone": lambda walls: (
                6,
                walls.at(s=6, epsilon=0)["loss"]["bfloat16"],
                walls.at(s=6, epsilon=0)["loss"]["true"],
                7 if not math.isfinite(walls.at(s=7, epsilon=0)["loss"]["bfloat16"]) else 0,
            ),
            "float16 is gone at 9, float32 at 17": lambda walls: [
                next(s for s in range(25) if not math.isfinite(walls.at(s=s, epsilon=0)["loss"][name]))
                for name in ("float16", "float32")
            ],
            r"$-\ln 10^{-5} = 11.5$": lambda: (1e-5, -math.log(1e-5)),
            "All three end near": lambda walls, types: all(
                abs(walls.at(s=25, epsilon=1e-5)["loss"][name] + math.log(1e-5)) < 0.05 for name in types
            ),
            "bfloat16 from 5.5312": lambda walls: walls.at(s=6.2, epsilon=1e-5)["loss"]["bfloat16"],
            "there $10^{-8}$ itself is 0": lambda: (1e-8, torch.tensor(1e-8).half()),
            r"bfloat16 and float32 end near $-\ln 10^{-8} = 18.4$": lambda walls: (1e-8, -math.log(1e-8)),
            "the gradient is 0 and should be 1": lambda walls: (
                walls.at(s=25, epsilon=1e-5)["gradient"]["float32"],
                walls.at(s=25, epsilon=1e-5)["gradient"]["true"],
            ),
            "(In float16 it is `nan`": lambda walls: math.isnan(walls.at(s=25, epsilon=1e-5)["gradient"]["float16"]),
            r"At 18.42, that is $-\ln 10^{-8}$": lambda walls: (walls.at(s=20, epsilon=1e-8)["loss"]["float32"], 1e-8),
            r"$1 - \sigma(20)$ is rounded to 0": lambda s: (1, 20, 1 - torch.sigmoid(s[4])),
            "The true loss is 20": lambda walls: walls.at(s=20, epsilon=1e-8)["loss"]["true"],
            "Where $\\sigma$ is rounded to 1": lambda walls: (
                math.isclose(walls.at(s=20, epsilon=1e-8)["loss"]["bfloat16"], 18.4, abs_tol=0.1)
                and math.isinf(walls.at(s=20, epsilon=1e-8)["loss"]["float16"])
            ),
        },
        "95be4140": {
            "every formula that goes through $p$ ends at a score of 9": lambda formulas, true_loss, first_wrong: [
                int(row(formulas[name], true_loss, 1, first_wrong)[1].split()[0]) for name in ("nn.BCELoss",)
            ],
            "right to 15 digits": lambda true_loss: same(
                true_loss(torch.tensor([-128.0, -20, 20, 128], dtype=torch.float64)).tolist(),
                [math.log1p(math.exp(v)) for v in (-128, -20, 20, 128)],
            ),
        },
        "fe237614": {
            r"$\sigma(-50) = 2\cdot10^{-22}$": lambda: (-50, 1 / (1 + math.exp(50))),
            "the loss is 50": lambda: -torch.log(torch.sigmoid(torch.tensor(-50.0))),
        },
        "737a31d0": {
            r"$\sigma(-50) - 1 = -1$": lambda lost: (-50, 1, lost.at(s=-50)["gradient"]["BCEWithLogits(s)"]),
            r"$-1.9\cdot10^{-10}$": lambda lost: lost.at(s=-50)["gradient"]["BCELoss(σ(s))"],
            "fall below $10^{-12}$, so $-1/p$ stops at $-10^{12}$": lambda: (1e-12, -1, -1e12),
            "right down to $-27$. At $-28$, where $\\sigma$ is below $10^{-12}$, it is $-0.69$, "
            "and at $-33$ only $-0.0047$": (
                lambda lost: (
                    -27,
                    -28,
                    1e-12,
                    lost.at(s=-28)["gradient"]["BCELoss(σ(s))"],
                    -33,
                    lost.at(s=-33)["gradient"]["BCELoss(σ(s))"],
                )
            ),
            "loss is right down to $-88$. At $-89$ the sigmoid is 0 and the loss is the clamp's 100": lambda lost: (
                -88,
                -89,
                torch.sigmoid(torch.tensor(-89.0)),
                lost.at(s=-89)["loss"]["BCELoss(σ(s))"],
            ),
            "So from $-28$ to $-88$": lambda: (-28, -88),
            "The gradient is right down": lambda lost: (
                same(lost.at(s=-27)["gradient"]["BCELoss(σ(s))"], -1.0)
                and same(lost.at(s=-88)["loss"]["BCELoss(σ(s))"], 88.0)
                and same(list(lost.at(s=-50)["loss"].values()), [50.0, 50.0])
            ),
            "where $\\sigma$ is below": lambda: bool(torch.sigmoid(torch.tensor(-28.0)) < 1e-12),
        },
        "a019b8ca": {
            "gradient is wrong from 10 on, the loss only from 13": lambda formulas, true_loss, slopes, first_wrong: (
                recap("ln(1 - σ + ε)")(formulas, true_loss, slopes, first_wrong)[::-3]
            ),
        },
        "64612381": {"two_branches(s)": lambda s, two_branches, stable: same(two_branches(s), stable)},
        "41789e4f": {
            "The loss at 100 is right, its gradient is `nan`": lambda s, two_branches: bool(
                autograd(two_branches, s)[5].isnan()
            ),
            "$e^{100}$, which is `inf`": lambda: bool(torch.tensor(100.0).exp().isinf()),
        },
        "2d88aa21": {"repaired(s)": lambda s, repaired, stable: same(repaired(s), stable)},
        "9d1799c7": {
            "at $s = -15$ less than one digit is left": lambda right_digits: bool(
                right_digits.at(s=-15, formula=3)["digits of the loss"]["float32"] < 1
                and right_digits.at(s=-15, formula=4)["digits of the loss"]["float32"] > 6
            ),
            "float32 at $s = -15$": lambda: (-15,),
            "both overflow at 89": lambda formulas, true_loss, first_wrong: walls(
                "log1p(exp s)", formulas, true_loss, first_wrong
            )[0],
            "On the left its loss keeps all digits": lambda right_digits: all(
                right_digits.at(s=s, formula=2)["digits of the loss"]["float32"] > 6 for s in range(-40, -4, 4)
            ),
            "only down to $-27$": lambda right_digits: next(
                s for s in range(0, -40, -1) if right_digits.at(s=s - 1, formula=2)["of its gradient"]["float32"] < 6
            ),
            "`nan` from $-18$ on": lambda formulas, slopes, first_wrong: int(
                first_wrong(slopes(formulas)["nn.BCELoss"], torch.sigmoid, torch.float16, -1).removesuffix(" nan")
            ),
            "On the right, in float32, both end at 17": lambda formulas, true_loss, slopes, first_wrong: (
                walls("nn.BCELoss", formulas, true_loss, first_wrong)[0]
                if slope_wall("nn.BCELoss", formulas, slopes, first_wrong) == 17
                else 0
            ),
            "Around a score of 100 its loss seems right again: the clamp says 100 to everything": lambda right_digits: (
                (100, 100) if right_digits.at(s=100, formula=2)["digits of the loss"]["float32"] > 6 else (0, 0)
            ),
            "Only `-logsigmoid`": lambda right_digits, types: all(
                right_digits.at(s=s, formula=6)[panel][name] > 0.85 * -math.log10(torch.finfo(types[name]).eps)
                for s in range(-40, 121, 4)
                for panel in ("digits of the loss", "of its gradient")
                for name in types
            ),
            "nearly 7, 3 and 2 digits": lambda: [round(-math.log10(torch.finfo(dtype).eps)) for dtype in TYPES],
        },
        "766537eb": {
            "the loss is 0.0535 both times": lambda naive: -torch.log(naive[0, 0]),
            "$e^{1005}$ is `inf`": lambda naive: bool(naive[1, 0].isnan()),
            "`m + ln …` is 1005.0535": lambda x, safe: 1005 - math.log(math.exp(5) / (math.exp(5) + 3 * math.e)),
            "nothing is lost": lambda x: bool(nn.functional.log_softmax(x, dim=1)[:, 0].diff() == 0),
            "Why 0.05347?": lambda safe: safe[1],
            "and `nn.CrossEntropyLoss` with it": lambda x: same(
                nn.CrossEntropyLoss(reduction="none")(x, torch.tensor([0, 0])),
                lossutils.cross_entropy(x, torch.tensor([0, 0]), reduction="none"),
            ),
        },
        "256df70d": {
            "the loss is 0.4076 for every $c$": lambda: math.log(1 + math.exp(-1) + math.exp(-2)),
            "at $c = 100$, where its numbers are 0.5 apart": lambda: (
                100,
                torch.tensor([100.0]).bfloat16().view(torch.int16).add(1).view(torch.bfloat16) - 100,
            ),
        },
        "bff26cb3": {
            "In float32 from $c = 87$: $e^{89}$ overflows": lambda shifted: (
                next(c for c in range(120) if not math.isfinite(plain(c)(shifted))),
                89 if math.exp(89) > torch.finfo(torch.float32).max > math.exp(88) else 0,
            ),
            "already from $c = 9$": lambda shifted: next(
                c for c in range(120) if math.isinf(plain(c, "float16")(shifted))
            ),
            "From $c = 10$ it is `nan`": lambda shifted: next(
                c for c in range(120) if math.isnan(plain(c, "float16")(shifted))
            ),
            "When all three exponentials are 0 it is $0/0$: `nan`": lambda shifted, types: all(
                math.isnan(plain(-120, name)(shifted)) for name in types
            ),
            "has those up to 256": lambda: (
                next(n for n in range(1000) if torch.tensor(float(n)).bfloat16().item() != n) - 1
            ),
            "It says 0.4082 instead of 0.4076": lambda shifted: (
                shifted.at(c=100)["loss"]["log_softmax, bfloat16"],
                shifted.at(c=86)["loss"]["plain, float32"],
            ),
            "1. In float32": lambda shifted: math.isclose(plain(8, "float16")(shifted), 0.4076, abs_tol=1e-3),
        },
        "2ffa84d5": {"The true loss is 0.4076": lambda: math.log(1 + math.exp(-1) + math.exp(-2))},
        "517874df": {
            "At $-105$": silent(torch.float32, -105.0),
            "In float16 this happens at $-19$, in bfloat16 at $-94$": lambda plain_in: [
                c if silent(dtype, float(c))(plain_in) else 0
                for dtype, c in ((torch.float16, -19), (torch.bfloat16, -94))
            ],
        },
        "16559493": {
            r"from about $3\cdot10^{-8}$ on, half": lambda: 2.0**-25,
            r"Smaller ones become 0. Up to $6.1\cdot10^{-5}$ they are": lambda: (
                torch.tensor(2.9e-8).half(),
                torch.finfo(torch.float16).tiny,
            ),
            "with $k = 26$, $10^{-3}$ is gone": lambda: (largest_k(1e-3) + 1, 1e-3),
            "From 16 to 25": lambda: (smallest_k(1e-9), largest_k(1e-3)),
            r"$10^{-9} \cdot 2^{16} = 6.6\cdot10^{-5}$": lambda: (1e-9, 2**16, 1e-9 * 2**16),
            r"$10^{-3} \cdot 2^{25} = 33{,}554$ is below 65504": lambda: (
                1e-3,
                2**25,
                1e-3 * 2**25,
                torch.finfo(torch.float16).max,
            ),
            "It starts at $2^{16}$": lambda: torch.amp.GradScaler("cpu", enabled=True).get_scale(),
            "halves the scale; after 2000 good steps it doubles it": lambda: (
                torch.amp.GradScaler("cpu").get_growth_interval()
                if torch.amp.GradScaler("cpu").get_backoff_factor()
                == 1 / torch.amp.GradScaler("cpu").get_growth_factor()
                == 1 / 2
                else 0
            ),
        },
        "b059e1ec": {
            "A mean over nothing is `nan` too": lambda: bool(
                torch.tensor([]).mean().isnan()
                and nn.CrossEntropyLoss()(torch.zeros(2, 3), torch.tensor([-100, -100])).isnan()
            ),
        },
        "166445fb": {r"float16's smallest number is $3\cdot10^{-8}$": lambda: 2.0**-25},
        "691a1852": {r"the gap after 1 is $9.8\cdot10^{-4}$": lambda: (1, torch.finfo(torch.float16).eps)},
        "38a60063": {"solution_1": lambda solution_1: same(solution_1, (1e-7, 1e-3))},
        "074122a5": {
            "it failed at 17 and at 9": lambda formulas, true_loss, first_wrong: walls(
                "ln(1 - σ)", formulas, true_loss, first_wrong
            )[:2],
        },
        "569e41f1": {
            "down to 1e-38; near 1 the gap is 6e-8": lambda: (
                10.0 ** math.floor(math.log10(torch.finfo(torch.float32).tiny)),
                1,
                torch.finfo(torch.float32).eps / 2,
            ),
            "walls_yes": lambda walls_yes: walls_yes == ["-89 inf", "-18 inf"],
        },
        "f06ec5b7": {
            "solution_3": lambda solution_3: (
                same(
                    solution_3(torch.tensor([-1e-9, -1.0, -50.0])),
                    torch.tensor([math.log(1e-9), math.log1p(-math.exp(-1)), -math.exp(-50)]),
                )
                and bool(autograd(solution_3, torch.tensor([-1e-9, -1.0, -50.0])).isfinite().all())
            ),
        },
        "f3c395c7": {
            "solution_4": lambda solution_4: same(
                solution_4(torch.tensor([[1000.0, 1000], [-math.inf, 5], [-math.inf, -math.inf]])),
                torch.tensor([1000.6931, 5, -math.inf]),
            ),
        },
        "564064d4": {
            "solution_5": lambda solution_5: (
                bool(solution_5(torch.tensor([-1000.0, -30, 0, 30, 1000]), 0.5).isfinite().all())
                and same(
                    solution_5(torch.tensor([-30.0, 0, 30]), 0.5),
                    lossutils.finite_difference(
                        lambda s: lossutils.sigmoid_focal_loss(s, torch.zeros_like(s), gamma=0.5, reduction="none"),
                        torch.tensor([-30.0, 0, 30]),
                    ),
                )
            ),
        },
        "10cbd010": {
            "at s = -10,000 float32 says 0, and 1e-4 is right": lambda: (
                -10_000,
                (torch.tensor(-10_000.0) + torch.sqrt(torch.tensor(1e8) + 4)) / 2,
                2 / (torch.sqrt(torch.tensor(1e8) + 4) + 10_000),
            ),
        },
        "1845a56c": {
            "where does it lose its digits": lambda true_loss, first_wrong: all(
                cell.endswith("inf")
                for cell in row(lambda s: -torch.log(0.5 * (1 - torch.tanh(s / 2))), true_loss, 1, first_wrong)
            ),
        },
        "2135391c": {
            "`inf` at 17 | 9 | 7 | `nan` at 17 |": recap("ln(1 - σ)"),
            "with $+10^{-5}$": lambda: 1e-5,
            "off at 13 | 9 | 7 | off at 10 |": recap("ln(1 - σ + ε)"),
            "| `nn.BCELoss` | off at 17 | 9 | 7 | off at 17 |": recap("nn.BCELoss"),
            "`inf` at 89 | 12 | 89 | `nan` at 89 |": recap("log1p(exp s)"),
        },
        "2d9edddc": {
            "from $-15$ on, float32 says 0": lambda entropies: (
                -next(k for k in range(60) if entropies["torch, from s"](torch.tensor(float(-k))) == 0),
                max(entropies["torch, from s"](torch.tensor(float(-k))) for k in range(15, 60)),
            ),
            "the search finds nothing wrong with it on either side": lambda entropies, slopes, first_wrong: all(
                set(row(slopes(entropies)[name], torch.sigmoid, side, first_wrong)) == {"-"}
                for name in ("torch, from s", "lossutils")
                for side in (1, -1)
            ),
        },
        "e26b8d8f": {
            "true_focal": lambda focal, true_focal: all(
                same(f(torch.tensor([-3.0, 0.5, 2.0]), 2.0), true_focal(2.0)(torch.tensor([-3.0, 0.5, 2.0])))
                for f in focal.values()
            ),
        },
        "a4376321": {
            "in float32 at $-30$ it is `nan` as well": lambda focal: (
                -30 if autograd(lambda s: focal["torchvision"](s, 0.5), torch.tensor([-30.0])).isnan() else 0
            ),
        },
        "2148fb81": {
            r"| 000 | so add $10^{-5}$ | cap 11.513, $-10^{-5}$ at $p = 1$; gradient off from a score of 10 |": (
                lambda formulas, slopes, first_wrong: (
                    0,
                    1e-5,
                    -math.log(1e-5),
                    -math.log(1 + 1e-5),
                    1,
                    slope_wall("ln(1 - σ + ε)", formulas, slopes, first_wrong),
                )
            ),
            "from a score of 89 (float16: 12) the parts give `nan`": lambda first, events: [
                first(events["exp(s) is inf"], dtype) for dtype in TYPES[:2]
            ],
            "the whole is right": lambda: bool(
                fused_and_apart(89.0)[0].isnan() and fused_and_apart(89.0)[1] == 0 and fused_and_apart(88.0)[0] == 0
            ),
        },
    }
    GIVEN = {
        "7c34ceaf": ["with 16 digits"],
        "94e61b5e": [r"$\sigma(-20)$ is exact"],
        "e189fb2a": ["Is a score of 17 realistic?", "scores of 20 and more"],
        "4d6b01ff": ["the score 20 cannot"],
        "c451e9c2": [
            r"2. With $\varepsilon = 10^{-5}$",
            r"3. With $\varepsilon = 10^{-8}$",
            r"at $s = 20$ with $\varepsilon = 10^{-8}$",
        ],
        "3fb4504d": ["and 002 ("],
        "d0629567": ["kornia added $10^{-8}$"],
        "95be4140": ["as far as we looked, to 128"],
        "fe237614": ["the score is $-50$"],
        "94be34c1": ["the same plus 1000"],
        "636e9ac6": ["between $10^{-9}$ and $10^{-3}$"],
        "166445fb": [r"$10^{-1}, 10^{-2}, \dots$"],
        "c74731b9": ["right for $x = -10^{-9}$ *and* for $x = -50$"],
        "69b64b65": ["the gradient at $-10^{-9}$"],
        "e067c15e": [r"Scores of $\pm 1000$"],
        "ce9c12f5": [r"right at $s = -30$ and finite at $s = \pm 1000$, for $\gamma = 0.5$"],
        "ecd23bca": ["above 0 from $-40$ on", "up to $s = 1000$"],
    }
