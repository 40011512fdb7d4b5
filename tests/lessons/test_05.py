"""The numbers in the words of lesson 05."""

from math import exp, log

import torch
from torch.nn import functional as F
from torch.testing import assert_close

from lossutils import finite_difference, softmax
from lossutils.information import cross_entropy, entropy, kl_divergence, self_information
from tests.lessons import Lesson

DESERT, COIN, DIE = torch.tensor([0.9, 0.1]), torch.tensor([0.5, 0.5]), torch.full((6,), 1 / 6)
AT_2 = torch.tensor(2.0)
NEVER = torch.tensor([1.0, 0.0])  # it never rains


def same(*values):
    """True; where the values differ, torch's error says by how much."""
    for value in values[1:]:
        assert_close(value, values[0], equal_nan=True)
    return True


def round4(value):
    return round(float(value), 4)


def low(figure, title, **at):
    """The value of the only curve or map of a panel."""
    (value,) = figure.at(**at)[title].values()
    return value


def valley(kl, low, high):
    """Mean, width and height of the lowest place between two means, which must not lie on the edge."""
    m, w = torch.linspace(low, high, 201, dtype=torch.float64), torch.linspace(0.4, 3, 521, dtype=torch.float64)
    heights = torch.stack([kl(each.expand(1), w) for each in m])
    i, j = divmod(int(heights.argmin()), len(w))
    assert 0 < i < 200
    assert 0 < j < 520
    return [float(m[i]), float(w[j]), float(heights.min())]


class TestLesson05(Lesson):
    HELD = {
        "ae29e8f9": {"loss stops at 0.3251": lambda: entropy(DESERT)},
        "1cd95caf": {
            "90 % of the days are dry, 10 % bring rain": lambda: DESERT,
            "a fair coin: 50 % each": lambda: COIN[0],
        },
        "8a564d70": {
            "| probability $p$ | 0.9 | 0.5 | 0.1 |": lambda: (DESERT[0], COIN[0], DESERT[1]),
            "| 0.1054 | 0.6931 | 2.3026 |": lambda: self_information(torch.tensor([0.9, 0.5, 0.1])),
        },
        "79756ce1": {
            "surprises nobody: $-\\ln 1 = 0$": lambda: (1, self_information(torch.tensor(1.0))),
            "by the sum": lambda surprise: same(-log(0.9 * 0.1), (surprise[0] + surprise[2]).item()),
        },
        "3183f297": {
            "90 % of the days surprise you by 0.1054, 10 % by 2.3026": lambda P, surprise: (
                P[0],
                surprise[0],
                P[1],
                surprise[2],
            )
        },
        "62082488": {
            "entropy(P)": lambda P: same(torch.distributions.Categorical(P).entropy(), entropy(P)),
        },
        "0f768ae7": {"by $\\ln 2 = 0.6931$": lambda: (2, log(2)), "fair coin: 0.6931 nats": lambda: entropy(COIN)},
        "8772c2b8": {
            "nats, bits": lambda P, Q: (
                same(entropy(Q, base=2), entropy(Q) / log(2), torch.tensor(1.0))
                and same(entropy(P, base=2), entropy(P) / log(2))
            ),
        },
        "308da262": {
            "3 nats means perplexity 20.09": lambda: (3, exp(3)),
            "among 20 equally likely": lambda: exp(3),
        },
        "8243cab6": {
            "At $p = 0.5$: 0.6931 nats, which is 1 bit": lambda peak: (0.5, *peak.at(p=0.5)["entropy"].values()),
            "It goes to 0 at both ends": lambda peak: all(
                peak.at(p=p)["entropy"]["in nats"] < 0.06 for p in (0.01, 0.99)
            ),
            "Zero, as at": lambda peak: same(0.0, peak.at(p=0.5)["gradient"]["in nats"]),
            "The slope is": lambda peak: same(log(0.1 / 0.9), peak.at(p=0.9)["gradient"]["in nats"]),
            "constant factor, 1.4427": lambda: 1 / log(2),
        },
        "daf0f6c8": {"surprised by 0.6931 every day": lambda P, Q: cross_entropy(P, Q)},
        "94b6beb0": {
            "lesson 04's loss": lambda P: same(cross_entropy(torch.tensor([1.0, 0]), P), -P[0].log()),
        },
        "8710261c": {
            "surprised by 0.325083 nats": lambda: entropy(DESERT.double()),
            "coin tosser by 0.693147": lambda: cross_entropy(DESERT, COIN),
            "$0.693147 - 0.325083 = 0.368064 \\approx 0.3681$": lambda P, Q: (
                log(2),
                entropy(P),
                kl_divergence(P, Q),
                kl_divergence(P, Q),
            ),
        },
        "f706822e": {"0 only for": lambda P: same(kl_divergence(P, P).item(), 0.0)},
        "7912f7a8": {
            "$P = [0.9,\\ 0.1]$": lambda P: P,
            "opens at the coin, $q = 0.5$": lambda Q: Q[0],
            "rain's term": lambda rain: rain < 0,
        },
        "250e3ae8": {
            "too much, 0.5 instead of 0.1": lambda terms: tuple(terms.at(day="rain", q=0.5)["probability"].values())[
                ::-1
            ],
            "dry days' term, $-0.0766$": lambda terms: low(terms, "term of KL", day="dry", q=0.98),
            "change at $q = 0.9$, where both terms are 0": lambda terms: (
                0.9,
                low(terms, "term of KL", day="dry", q=0.9) + abs(low(terms, "term of KL", day="rain", q=0.9)),
            ),
            "At $q = 0.98$ the sum is 0.0843": lambda terms: (0.98, low(terms, "term of KL", day="sum", q=0.98)),
            "0 only at $q = 0.9$": lambda terms: (low(terms, "term of KL", day="sum", q=0.9), 0.9),
        },
        "a3234ea2": {
            "$P = [0.9,\\ 0.1]$": lambda P: P,
            "becomes a coin, $p = 0.5$": lambda Q: Q[0],
        },
        "84089407": {
            "Both at $q = p$": lambda both_ways: (
                same(both_ways.at(q=0.9, p=0.9)["divergence"], {"KL(P‖Q)": 0.0, "KL(Q‖P)": 0.0})
                and same(both_ways.at(q=0.5, p=0.5)["divergence"], {"KL(P‖Q)": 0.0, "KL(Q‖P)": 0.0})
            ),
            "grows without bound": lambda P: bool(kl_divergence(P, NEVER).isinf()),
            "at most $-\\ln 0.9 = 0.1054$": lambda P: (0.9, kl_divergence(NEVER, P)),
            "0.5108: the coin happens": lambda both_ways: both_ways.at(q=0.9, p=0.5)["divergence"]["KL(P‖Q)"],
            "of the slide before": lambda both_ways, back: same(
                round4(back), round4(both_ways.at(q=0.5)["divergence"]["KL(Q‖P)"])
            ),
            "own mirror image": lambda both_ways: same(
                both_ways.at(q=0.2, p=0.5)["divergence"], both_ways.at(q=0.8, p=0.5)["divergence"]
            ),
            "$\\ln 2 = 0.6931$": lambda Q: (2, kl_divergence(NEVER, Q)),
        },
        "5c7954d1": {
            "both_ways": lambda both_ways: same(
                {name: round4(value) for name, value in both_ways.at(q=0.5, p=0.9)["divergence"].items()},
                {"KL(P‖Q)": 0.3681, "KL(Q‖P)": 0.5108},
            ),
        },
        "50161cf0": {
            "$m = 0$, $w = 2.06$": lambda forward_kl: valley(forward_kl, -1, 1)[:2],
            "$m = 2$ or $m = -2$, $w = 0.5$": lambda reverse_kl: (
                valley(reverse_kl, 1, 3)[0],
                *valley(reverse_kl, -3, -1)[:2],
            ),
            "It costs $\\ln 2 = 0.6931$": lambda reverse_kl: (2, valley(reverse_kl, 1, 3)[2]),
            "twice $P$": lambda hill, two_hills: same(hill(AT_2, 2, 0.5), 2 * two_hills(AT_2)),
            "1.87 at $m = 0$, $w = 1.7$": lambda reverse_kl: [valley(reverse_kl, -0.5, 0.5)[i] for i in (2, 0, 1)],
        },
        "338d0b46": {
            "below $10^{-9}$": lambda near, scores: bool(
                (kl_divergence(scores.double().softmax(-1), near.double().softmax(-1)) > 0).all()
                and (kl_divergence(scores.double().softmax(-1), near.double().softmax(-1)) < 1e-9).all()
            )
        },
        "0c7f9ab4": {
            "$P = [0.9,\\ 0.1]$": lambda P: P,
            "towards 0.9": lambda P: P[0],
        },
        "ccee8a7c": {
            "$H(P) = 0.3251$, at $q = 0.9$": lambda parts: (sum(parts.at(q=0.9)["cross entropy"].values()), 0.9),
            "The KL divergence shrinks": lambda parts: (
                same(
                    {name: round4(value) for name, value in parts.at(q=0.5)["cross entropy"].items()},
                    {"H(P)": 0.3251, "KL(P‖Q)": 0.3681},
                )
                and same(parts.at(q=0.9)["cross entropy"]["KL(P‖Q)"], 0.0)
            ),
            "$p = 0.5$: the floor is then 0.6931": lambda parts: (0.5, parts.at(q=0.5, p=0.5)["cross entropy"]["H(P)"]),
            "floor there is 0.0560": lambda pair: entropy(pair(torch.tensor(0.99))),
        },
        "e0bbbc67": {
            "highest loss that": lambda country_1, model_1: same(kl_divergence(country_1, model_1).item(), 0.0)
        },
        "e296e8a3": {
            "its entropy is 0": lambda: entropy(NEVER),
            "Label smoothing of 0.1 makes $[1, 0]$ into $[0.95, 0.05]$": lambda: (
                0.1,
                NEVER,
                0.9 * NEVER + 0.1 * COIN,
            ),
        },
        "6584ca2c": {
            "entropy(smooth)": lambda smooth: same(
                F.cross_entropy(smooth.log(), torch.tensor(0), label_smoothing=0.1), entropy(smooth)
            ),
        },
        "96754df8": {"no model gets below 0.3251": lambda P: entropy(P)},
        "835ad695": {
            "print(by_scores, Q - P": lambda P, Q, s, by_scores: same(
                by_scores, Q - P, finite_difference(lambda s: kl_divergence(P, softmax(s, -1)), s)
            ),
        },
        "f2ec5997": {
            "| $-1.1451$ |": lambda kl, P: kl(P, P),
            "| `nan` | `nan` |": lambda kl, P: bool(kl(P.log(), P.log()).isnan()),
            "| 5.1281 |": lambda kl_log, P: kl_log(P.log(), P),
            "| above 0, plausible | 0 |": lambda kl, P: (0, kl(P.log(), P)),
        },
        "dbe9fb97": {"The truth is $p = 0.9$": lambda P: P[0]},
        "fe5f89c4": {
            "1. At $q = 0.9$": lambda trap: (1, 0.9 + trap.at(q=0.9)["gradient"]["right"]),
            "2. At $q = 0.9$ too": lambda trap: (2, 0.9 + trap.at(q=0.9)["gradient"]["swapped"]),
            "slope $-(2p - 1) = -0.8$": lambda trap: (2, 1, trap.at(q=0.9)["gradient"]["log forgotten"]),
            "a straight line": lambda trap: same(
                *(trap.at(q=q)["gradient"]["log forgotten"] for q in (0.1, 0.5, 0.99))
            ),
            "It falls all the way": lambda trap: same(
                {name: round4(value) for name, value in trap.at(q=0.5)["loss"].items()},
                {"right": 0.3681, "swapped": 0.5108, "log forgotten": -0.8251},
            ),
        },
        "f9d87272": {
            "batchmean": lambda truth, model, per_sample: same(per_sample, kl_divergence(truth, model).mean()),
        },
        "a970d194": {"`sum` is 0.3681 + 0.5108": lambda there, back: (there, back)},
        "85c0e7ad": {
            "solution_1": lambda solution_1: (
                same([round4(value) for value in solution_1], [1.7918, 2.5850])
                and same(entropy(DIE, base=2).item(), solution_1[1])
            ),
        },
        "422231cf": {
            "gives nan": lambda: bool((NEVER * torch.log(NEVER / COIN)).sum().isnan()),
            "$\\ln 2$ against $Q = [0.5, 0.5]$": lambda: (exp(kl_divergence(NEVER, COIN)), COIN),
        },
        "bbbe77f3": {
            "solution_2": lambda solution_2, truth, model: (
                same(solution_2(truth, model), kl_divergence(truth, model))
                and same(solution_2(NEVER, COIN).item(), log(2))
            ),
        },
        "79b00d32": {"[0.5, 0.5]": lambda: COIN},
        "9746a673": {
            "solution_3": lambda solution_3, P, Q: (
                same(solution_3(P, Q), solution_3(Q, P))
                and same(round4(solution_3(P, Q)), 0.1017)
                and same(solution_3(NEVER, 1 - NEVER).item(), log(2))
            ),
        },
        "0b8cf085": {
            "solution_4": lambda solution_4, P, Q, truth, model: (
                same(solution_4(P, Q).sum(), kl_divergence(P, Q)) and bool((solution_4(truth, model) >= 0).all())
            ),
        },
        "d38b8b8a": {"do not sum to 1": lambda Q: abs(Q.exp().sum().item() - 1) > 1},
        "e686515e": {
            "is 0.3564 for *wide* and 1.5934 for *narrow*": lambda forward: forward,
            "is 0.9052 and 0.6303": lambda reverse: reverse,
        },
        "1f9f9d9b": {"at most 1, and 0.4 for the desert": lambda solution_6, P, Q: (1, solution_6(P, Q))},
        "0dc86317": {
            "1 bit = 0.4690 + 0.5310": lambda P, Q: (
                cross_entropy(P, Q, base=2),
                entropy(P, base=2),
                kl_divergence(P, Q, base=2),
            )
        },
        "709f12a2": {
            "largest, 0.69 | holds: 0.6931": lambda Q: (entropy(Q), entropy(Q)),
            "holds: 0.3681 and 0.5108": lambda there, back: (there, back),
            "the floor is": lambda P: same(cross_entropy(P, P), entropy(P)) and float(entropy(P)) > 0.3,
            "entropy is 0.0079 nats": lambda pair: entropy(pair(torch.tensor(0.999))),
        },
    }
    GIVEN = {
        "ae29e8f9": ["PyTorch, part 11:"],
        "7912f7a8": ["negative at $q = 0.98$"],
        "0c7f9ab4": ["Your loss is 0.69", "another country, is 0.33"],
        "27c9ab8a": ["both in Chinese: 002, “Getting", "PyTorch, part 11:", "in depth”; 001, “Common"],
        "338d0b46": ["below $10^{-9}$"],
        "a3234ea2": ["at $q = 0.9$ then"],
        "ccee8a7c": ["desert with $p = 0.99$"],
        "013b5d67": ["set p to 0.5 and back to 0.9"],
        "f2ec5997": ["something like $-10^{-7}$"],
        "a970d194": ["With 1000 classes", "gradient 1000 times"],
        "5c866d65": ["add 1e-8 inside", "says $10^{-12}$", "from the 1e-8 and not"],
        "b9872d54": ["$[0.495,\\ 0.01,\\ 0.495]$", "$[0.98,\\ 0.01,\\ 0.01]$"],
        "709f12a2": ["$p = 0.999$"],
    }
