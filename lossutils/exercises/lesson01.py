"""Lesson 01, binary cross entropy by hand."""

import math

import torch
from torch.nn.functional import logsigmoid

from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, bits, sign, summed, swapped, tens
from .trials import slope

SURPRISE = "The loss is the surprise: $-\\ln p_t$"
TRUTH = "Only the probability of what really happened counts"
HALVES = "One formula serves both labels: $y$ switches one half off"
MEAN = "`lossutils` and torch return the same number"
SCORE = "`nn.BCEWithLogitsLoss` takes the scores themselves"
EPS = "Repair 1, the article's: add a little inside the logarithm"
LASTS = "The repair that lasts: give the loss the score"
PULL = "In scores, the gradient is the error: $\\sigma(s) - y$"
SOFT = "Move: the loss of a label between 0 and 1"


def bce(p, y):
    return -(y * p.log() + (1 - y) * torch.log1p(-p)).mean()


def probabilities(generator):
    random = torch.rand(4, 5, generator=generator), torch.randint(2, (4, 5), generator=generator).float()
    return [
        (torch.tensor([0.8]), torch.tensor([1.0])),
        (torch.tensor([0.9, 0.3, 0.6]), torch.tensor([1.0, 0.0, 0.0])),
        *zip(random[0].clamp(0.01, 0.99), random[1], strict=True),
    ]


def bce_with_logits(s, y):
    return -y * logsigmoid(s) - (1 - y) * logsigmoid(-s)


def scores(generator):
    random = 3 * torch.randn(4, 5, generator=generator), torch.randint(2, (4, 5), generator=generator).float()
    return [
        (torch.tensor([2.0]), torch.tensor([0.0])),
        (torch.tensor([0.5, -1.0, 3.0]), torch.tensor([1.0, 1.0, 0.0])),
        *zip(*random, strict=True),
    ]


def best_constant(y):
    p = y.mean()
    return p, -torch.special.xlogy(p, p) - torch.special.xlogy(1 - p, 1 - p)


def labels(generator):
    both = torch.tensor([1.0, 0.0])
    random = torch.randint(2, (5, 5), generator=generator).float()
    return [(torch.tensor([1.0, 0.0, 0.0, 0.0]),), *((torch.cat([both, y]),) for y in random)]


EXERCISES = (
    Exercise(
        "two-losses",
        "01",
        (-math.log(0.8), -math.log(0.2)),
        (
            sign(SURPRISE),
            tens(SURPRISE),
            bits(SURPRISE),
            Mistake("the two labels are swapped", TRUTH, spoil=lambda answer: answer[::-1]),
        ),
    ),
    Exercise(
        "bce",
        "01",
        bce,
        (
            sign(SURPRISE),
            tens(SURPRISE),
            bits(SURPRISE),
            swapped(HALVES),
            summed(MEAN),
            Mistake("the losses are not averaged", MEAN, lambda p, y: -(y * p.log() + (1 - y) * torch.log1p(-p))),
            Mistake("the half of the noes is missing", HALVES, lambda p, y: -(y * p.log()).mean()),
            Mistake("the label is not used: p where p_t is meant", HALVES, lambda p, y: -p.log().mean()),
            *(
                Mistake(
                    "what is added inside the logarithm flattens the loss of a confident mistake",
                    EPS,
                    lambda p, y, eps=eps: -(y * (p + eps).log() + (1 - y) * (1 - p + eps).log()).mean(),
                )
                for eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
            ),
        ),
        inputs=probabilities,
        edges=((torch.tensor([1e-6, 1 - 1e-6]), torch.tensor([1.0, 0.0])),),
        beyond=((torch.tensor([[0.9, 0.3, 0.6], [0.2, 0.8, 0.4]]), torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])),),
        gradient=0,
    ),
    Exercise(
        "bce-with-logits",
        "01",
        bce_with_logits,
        (
            Mistake("exp(s) overflows", LASTS, lambda s, y: torch.log1p(torch.exp(s)) - s * y),
            Mistake(
                "the sigmoid rounds to 0 or 1 before the logarithm",
                LASTS,
                lambda s, y: -(y * s.sigmoid().log() + (1 - y) * (1 - s.sigmoid()).log()),
            ),
            *(
                Mistake(
                    "a little is added inside the logarithm, where the stable form needs none",
                    EPS,
                    lambda s, y, eps=eps: -(y * (s.sigmoid() + eps).log() + (1 - y) * (1 - s.sigmoid() + eps).log()),
                )
                for eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake("a sigmoid too many", SCORE, spoil=lambda answer: lambda s, y: answer(s.sigmoid(), y)),
            Mistake("every answer is priced as a no: - s * y is missing", LASTS, lambda s, y: -logsigmoid(-s)),
            averaged(MEAN),
            sign(SURPRISE),
            bits(SURPRISE),
            swapped(HALVES),
        ),
        inputs=scores,
        edges=((torch.tensor([1000.0, -1000.0, 1000.0, -1000.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])),),
        gradient=0,
    ),
    Exercise(
        "stuck",
        "01",
        (math.log1p(math.exp(-1)) + math.log(2)) / 2,
        (
            Mistake("only the yes is counted", SCORE, math.log1p(math.exp(-1))),
            Mistake("only the no is counted", SCORE, math.log(2)),
            Mistake("a perfect no has the score 0, not 1", SCORE, (math.log1p(math.exp(-1)) + math.log1p(math.e)) / 2),
            Mistake("a sum where the mean is meant", MEAN, math.log1p(math.exp(-1)) + math.log(2)),
            Mistake("the loss takes the probabilities for scores, so it cannot reach 0", SCORE, 0.0),
        ),
    ),
    Exercise(
        "best-constant",
        "01",
        best_constant,
        (
            Mistake(
                "a coin is the best answer only if half of the answers are yes",
                SOFT,
                lambda y: (torch.tensor(0.5), torch.tensor(math.log(2))),
            ),
            Mistake("a sum where the mean is meant", MEAN, spoil=lambda f: lambda y: (f(y)[0], f(y)[1] * len(y))),
            Mistake("the share of the noes is taken for p", SOFT, spoil=lambda f: lambda y: (1 - f(y)[0], f(y)[1])),
            Mistake(bits("").said, SURPRISE, spoil=lambda f: lambda y: (f(y)[0], f(y)[1] / math.log(2))),
            Mistake("the half of the noes is missing", HALVES, lambda y: (y.mean(), -y.mean() * y.mean().log())),
        ),
        inputs=labels,
        edges=((torch.ones(3),), (torch.zeros(2),)),
    ),
    Exercise(
        "forgiving-loss",
        "01",
        lambda s: torch.sigmoid(-s),
        (
            Mistake("this is BCE, which never gives an example up", PULL, lambda s: -logsigmoid(s)),
            Mistake("it grows with the score, so that training would turn every yes into a no", PULL, torch.sigmoid),
            sign(SURPRISE),
        ),
        inputs=lambda generator: [(torch.tensor([-6.0, 0.0, 6.0]),), (torch.linspace(-8, 8, 5),)],
        holds=(
            Condition("one loss for each score", lambda f, s: f(s), lambda loss, s: loss.shape == s.shape),
            Condition("a loss that is never below 0", lambda f, s: f(s), lambda loss, s: loss >= 0),
            Condition("a slope below 0: it falls while the score grows", slope, lambda pull, s: pull < 0),
            Condition(
                "a slope nearer to 0 than 0.1 at s = -6",
                lambda f, s: slope(f, torch.full_like(s, -6)),
                lambda pull, s: pull > -0.1,
            ),
            Condition(
                "a slope nearer to 0 than 0.1 for worse scores too: at s = -8, -12, -20, -40",
                lambda f, s: slope(f, torch.tensor([-8.0, -12.0, -20.0, -40.0], dtype=s.dtype)),
                lambda pull, s: (pull > -0.1) & (pull <= 0),
            ),
            Condition(
                "a slope below -0.1 at s = 0",
                lambda f, s: slope(f, torch.zeros_like(s)),
                lambda pull, s: pull < -0.1,
            ),
        ),
    ),
)
