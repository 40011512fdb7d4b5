"""Lesson 02, weighted binary cross entropy."""

import math

import torch
from torch.nn.functional import logsigmoid

from .exercise import Condition, Exercise, Mistake
from .mistakes import bits, sign, summed, swapped, tens, through

SIX = "The six predictions of lesson 01: two yes, four no"
THREE = "Three things are called “weight”"
TWICE = "By hand: a yes counts twice ($w = 2$)"
SHARED = "By hand: the attention is shared ($\\alpha = 2/3$)"
FORMULA = "Then as one expression, then `lossutils`, then torch"
MEAN = "What “mean” means here: divided by 6, not by the weights"
SCORES = "The gradient in scores: the error, times the weight of its label"
BELIEVES = "What a weighted model believes"
TRAINED = "Train with $w$ = 1, 7, 49 and 2401, one for each model"
MOVES = "Weighting moves the decision threshold"
FALLS = "Recall rises, precision falls, the order hardly changes"
SHORT = "But it moved less far than the formula says"
PRICED = "If a miss costs 49 false alarms, the formula's threshold is cheaper"
DOUBLE = "The trap: weighting twice"

MISSED = 20.0  # what a missed nine costs, where a false alarm costs 1


def weighted(p, w):
    return w * p / (w * p + 1 - p)


def chance_behind(p, w):
    return p / (p + w * (1 - p))


def answers_of_a_weighted_model(generator):
    random = torch.rand(4, 5, generator=generator).clamp(0.01, 0.99)
    return [
        (torch.tensor([0.5]), 9.0),
        (torch.tensor([0.9, 0.5, 0.2]), 4.0),
        *zip(random, (2.0, 49.0, 0.5, 7.0), strict=True),
    ]


def losses(p, y):
    return -(y * p.log() + (1 - y) * torch.log1p(-p))


def weights(y, w):
    return w * y + 1 - y


def weighted_mean(p, y, w):
    v = weights(y, w)
    return (v * losses(p, y)).sum() / v.sum()


def both_labels(generator, rows):
    """Random labels, a yes and a no among each row."""
    random = torch.randint(2, (rows, 4), generator=generator).float()
    return torch.cat([torch.tensor([1.0, 0.0]).expand(rows, 2), random], dim=1)


def probabilities(generator):
    random = torch.rand(4, 6, generator=generator).clamp(0.01, 0.99)
    return [
        (torch.tensor([0.8]), torch.tensor([1.0]), 2.0),
        (torch.tensor([0.9, 0.3, 0.6]), torch.tensor([1.0, 0.0, 0.0]), 2.0),
        *zip(random, both_labels(generator, 4), (3.0, 49.0, 0.5, 7.0), strict=True),
    ]


def balanced(s, y, alpha):
    return _balanced(s, y, alpha).mean()


def _balanced(s, y, alpha):
    return -alpha * y * logsigmoid(s) - (1 - alpha) * (1 - y) * logsigmoid(-s)


def _pos_weighted(s, y, w):
    return (-w * y * logsigmoid(s) - (1 - y) * logsigmoid(-s)).mean()


def scores(generator):
    random = 3 * torch.randn(4, 6, generator=generator)
    return [
        (torch.tensor([2.0]), torch.tensor([0.0]), 0.75),
        (torch.tensor([0.5, -1.0, 3.0]), torch.tensor([1.0, 1.0, 0.0]), 0.75),
        *zip(random, both_labels(generator, 4), (2 / 3, 0.9, 0.25, 0.98), strict=True),
    ]


def pull(s, r, w):
    return (w * r + 1 - r) * torch.sigmoid(s) - w * r


def chances(generator):
    random = 2 * torch.randn(4, 5, generator=generator)
    return [
        (torch.tensor([0.0]), 0.5, 9.0),
        (torch.tensor([-1.0, 0.0, 2.0]), 0.2, 4.0),
        *zip(random, (0.02, 0.3, 0.6, 0.9), (49.0, 7.0, 0.5, 2.0), strict=True),
    ]


def price(threshold, s, y, missed=MISSED, alarm=1.0):
    yes = s > threshold
    return (missed * ((y == 1) & ~yes) + alarm * ((y == 0) & yes)).sum()


def cheapest(s, y, missed, alarm):
    tried = torch.cat([s.min().reshape(1) - 1, s])
    return tried[torch.stack([price(t, s, y, missed, alarm) for t in tried]).argmin()]


def detectors(generator):
    """Scores that are no number with one decimal, so that a search in such steps is as good as any."""
    s = (3 * torch.randn(4, 9, generator=generator) - 2).mul(10).round().div(10) + 0.05
    y = (torch.rand(4, 9, generator=generator) < torch.sigmoid(s)).float()
    y[:, 0] = 1
    return [
        (torch.tensor([-3.5, -2.05, -1.05, 0.55]), torch.tensor([0.0, 1.0, 0.0, 1.0])),
        (torch.tensor([-6.05, -4.05, -2.55, -1.55, 0.45, 2.05]), torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0, 1.0])),
        *zip(s, y, strict=True),
    ]


# Each of these must be called nine: the best threshold is below all scores.
ALL_NINES = torch.tensor([-2.55, -2.05, -1.55]), torch.tensor([1.0, 0.0, 1.0])
# One nine below 24 others: to find it costs more than to miss it.
HOPELESS = torch.tensor([-6.15, *(-6.05 + 0.1 * i for i in range(24)), 0.55]), torch.tensor([1.0, *[0.0] * 24, 1.0])

EXERCISES = (
    Exercise(
        "balancing-weight",
        "02",
        (49.0, 0.98),
        (
            Mistake("the weight is put on the wrong label, the no", THREE, (1 / 49, 0.02)),
            Mistake("the yes are compared with all the pictures, not with the noes", TWICE, (50.0, 50 / 51)),
            Mistake("this is the number of noes: how many are there for each yes?", TWICE, (1470.0, 1470 / 1471)),
            Mistake("α is reversed: this is the share of the noes, 1 - α", SHARED, (49.0, 0.02)),
            Mistake("α is a share of the attention, below 1, and not w", SHARED, (49.0, 49.0)),
            Mistake("α = w/(1 + w), not 1/w", SHARED, (49.0, 1 / 49)),
            Mistake("a square root is a compromise: the noes still weigh more", TRAINED, (7.0, 7 / 8)),
            Mistake("the balance is counted twice", DOUBLE, (2401.0, 2401 / 2402)),
            Mistake("the share of the noes is α; the weight is the noes divided by the yes", THREE, (0.98, 0.98)),
            Mistake("the two numbers are in each other's place", SHARED, spoil=lambda answer: answer[::-1]),
        ),
    ),
    Exercise(
        "chance-behind",
        "02",
        chance_behind,
        (
            Mistake("the weight is applied once more, not undone", MOVES, weighted),
            Mistake("the probability is divided by w, where the odds must be", MOVES, lambda p, w: p / w),
            Mistake("these are the odds, and the chance is asked for", MOVES, lambda p, w: p / (1 - p) / w),
            Mistake(
                "this is the score of the chance: the sigmoid is missing",
                MOVES,
                lambda p, w: torch.logit(p) - math.log(w),
            ),
            Mistake("ln w is a constant in the score, not in the probability", MOVES, lambda p, w: p - math.log(w)),
            Mistake("the score is divided by w", MOVES, lambda p, w: torch.sigmoid(torch.logit(p) / w)),
            Mistake("w stands in front of the wrong half of the sum", BELIEVES, lambda p, w: p / (w * p + 1 - p)),
            Mistake("this is the chance of a no", BELIEVES, spoil=through(lambda x: 1 - x)),
        ),
        inputs=answers_of_a_weighted_model,
        edges=((torch.tensor([1e-6, 1 - 1e-6]), 49.0),),
    ),
    Exercise(
        "weighted-mean",
        "02",
        weighted_mean,
        (
            Mistake(
                "divided by the number of answers, where the sum of the weights is meant",
                MEAN,
                lambda p, y, w: (weights(y, w) * losses(p, y)).mean(),
            ),
            Mistake(
                "the weight is put on the wrong label",
                THREE,
                spoil=lambda answer: lambda p, y, w: answer(p, y, 1 / w),
            ),
            Mistake(
                "the weight is put on the wrong label, and divided by the number of answers",
                MEAN,
                lambda p, y, w: (weights(1 - y, w) * losses(p, y)).mean(),
            ),
            Mistake("a sum where the mean is meant", MEAN, lambda p, y, w: (weights(y, w) * losses(p, y)).sum()),
            Mistake(
                "the sum of the weights is w for each yes and 1 for each no, not n + w·m",
                MEAN,
                lambda p, y, w: (weights(y, w) * losses(p, y)).sum() / (len(y) + w * y.sum()),
            ),
            *(
                Mistake(
                    "each class has its own mean here, where all answers share one",
                    MEAN,
                    lambda p, y, w, by=by: (w * losses(p, y)[y == 1].mean() + losses(p, y)[y == 0].mean()) / by(w),
                )
                for by in (lambda w: w + 1, lambda w: 1, lambda w: 2)
            ),
            Mistake("the weight is not used", THREE, lambda p, y, w: losses(p, y).mean()),
            Mistake(
                "the weight is in the divisor only", TWICE, lambda p, y, w: losses(p, y).sum() / weights(y, w).sum()
            ),
            Mistake(
                "each loss is divided by its own weight, so that the weight cancels",
                MEAN,
                lambda p, y, w: losses(p, y).sum(),
            ),
            Mistake(
                "the weight is inside the logarithm, where it adds a constant and pulls at nothing",
                FORMULA,
                lambda p, y, w: -(y * (w * p).log() + (1 - y) * torch.log1p(-p)).sum() / weights(y, w).sum(),
            ),
            swapped(SIX),
            sign(FORMULA),
            bits(SIX),
            tens(SIX),
        ),
        inputs=probabilities,
        edges=((torch.tensor([1e-6, 1 - 1e-6]), torch.tensor([1.0, 0.0]), 49.0),),
        gradient=0,
    ),
    Exercise(
        "balanced-bce",
        "02",
        balanced,
        (
            Mistake(
                "α is reversed: it belongs to the yes",
                THREE,
                spoil=lambda answer: lambda s, y, alpha: answer(s, y, 1 - alpha),
            ),
            Mistake(
                "the factor 1 - α is missing",
                SHARED,
                lambda s, y, alpha: _pos_weighted(s, y, alpha / (1 - alpha)),
            ),
            Mistake(
                "the factor in front is 1 - α, not α",
                SHARED,
                lambda s, y, alpha: alpha * _pos_weighted(s, y, alpha / (1 - alpha)),
            ),
            Mistake(
                "α is no pos_weight: the noes must count 1 - α",
                THREE,
                lambda s, y, alpha: _pos_weighted(s, y, alpha),
            ),
            Mistake(
                "pos_weight is α/(1 - α), not α",
                SHARED,
                lambda s, y, alpha: (1 - alpha) * _pos_weighted(s, y, alpha),
            ),
            Mistake("every answer is weighted with α", THREE, lambda s, y, alpha: alpha * _pos_weighted(s, y, 1)),
            Mistake(
                "divided by the sum of the weights, where the number of answers is meant",
                MEAN,
                lambda s, y, alpha: _balanced(s, y, alpha).sum() / (alpha * y + (1 - alpha) * (1 - y)).sum(),
            ),
            Mistake("the losses are not averaged", MEAN, _balanced),
            Mistake("a sigmoid too many", FORMULA, spoil=lambda answer: lambda s, *rest: answer(s.sigmoid(), *rest)),
            summed(MEAN),
            swapped(SIX),
            sign(FORMULA),
        ),
        inputs=scores,
        edges=((torch.tensor([1000.0, -1000.0, 1000.0, -1000.0]), torch.tensor([0.0, 1.0, 1.0, 0.0]), 0.75),),
        beyond=(
            (
                torch.tensor([[2.0, -1.0, 0.5], [-0.5, 1.0, -2.0]]),
                torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
                0.75,
            ),
        ),
        gradient=0,
    ),
    Exercise(
        "weighted-pull",
        "02",
        pull,
        (
            sign(SCORES, "the sign is flipped"),
            Mistake(
                "a term is missing: the yes count w r, not 0, beside the 1 - r in front of σ(s)",
                SCORES,
                lambda s, r, w: (1 - r) * s.sigmoid() - w * r,
            ),
            Mistake("the weight and the chance belong to both terms", SCORES, lambda s, r, w: s.sigmoid() - w * r),
            Mistake(
                "this is the slope in p: in the score it has the factor p(1 - p) more",
                SCORES,
                lambda s, r, w: (1 - r) / (1 - s.sigmoid()) - w * r / s.sigmoid(),
            ),
            Mistake(
                "the weight is put on the wrong label",
                THREE,
                lambda s, r, w: w * (1 - r) * s.sigmoid() - r * (1 - s.sigmoid()),
            ),
            Mistake(
                "the weight multiplies both labels, where it belongs to the yes",
                SCORES,
                lambda s, r, w: w * (s.sigmoid() - r),
            ),
            Mistake("the weight is forgotten", SCORES, lambda s, r, w: s.sigmoid() - r),
            Mistake(
                "divided by the total weight, which is not asked for",
                BELIEVES,
                spoil=lambda answer: lambda s, r, w: answer(s, r, w) / (w * r + 1 - r),
            ),
            Mistake("the half of the noes is missing", SCORES, lambda s, r, w: -w * r * torch.sigmoid(-s)),
            Mistake("the half of the yes is missing", SCORES, lambda s, r, w: (1 - r) * s.sigmoid()),
            Mistake(
                "the chances of yes and no are swapped",
                BELIEVES,
                spoil=lambda answer: lambda s, r, w: answer(s, 1 - r, w),
            ),
            Mistake(
                "this is the loss, and its slope is asked for",
                BELIEVES,
                lambda s, r, w: -(w * r * logsigmoid(s) + (1 - r) * logsigmoid(-s)),
            ),
        ),
        inputs=chances,
        edges=((torch.tensor([-8.0, 8.0]), 0.02, 49.0),),
        atol=1e-5,
    ),
    Exercise(
        "priced-threshold",
        "02",
        lambda s, y: -math.log(MISSED),
        (
            sign(MOVES),
            Mistake("0 is the right threshold only where both mistakes cost the same", PRICED, lambda s, y: 0.0),
            Mistake("1/21 is a probability, and the threshold is a score", MOVES, lambda s, y: 1 / (1 + MISSED)),
            Mistake(
                "the two prices are swapped: this one avoids false alarms",
                PRICED,
                lambda s, y: cheapest(s, y, 1, MISSED),
            ),
            Mistake(
                "every mistake costs the same here: the prices are forgotten",
                PRICED,
                lambda s, y: cheapest(s, y, 1, 1),
            ),
            Mistake("it misses nothing, and pays for every alarm", FALLS, lambda s, y: s.min() - 1),
            Mistake(
                "one hopeless nine is bought with many false alarms",
                PRICED,
                lambda s, y: s[y == 1].min() - 0.001,
            ),
            Mistake("it calls nothing a nine", FALLS, lambda s, y: s.max() + 1),
            bits(SHORT),
            tens(SHORT),
        ),
        inputs=detectors,
        edges=(HOPELESS, ALL_NINES),
        holds=(
            Condition("a single number", lambda f, s, y: torch.as_tensor(f(s, y)), lambda t, s, y: t.numel() == 1),
            Condition(
                "a threshold at which these cost no more than at -ln 20",
                lambda f, s, y: torch.as_tensor(f(s, y)),
                lambda t, s, y: price(t, s, y) <= price(-math.log(MISSED), s, y),
            ),
        ),
    ),
)
