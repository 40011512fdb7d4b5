"""Lesson 03, focal loss."""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, softplus

from ..gradients import autograd
from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, bits, sign, summed, swapped, tens, through

FACTOR = "One factor more: how wrong the model still is"
BY_HAND = "By hand: $p_t = 0.9$ and $p_t = 0.6$, with $\\gamma = 2$"
ONE = "Then as one expression"
ZERO = "$\\gamma = 0$ is cross entropy"
TWO_PARTS = "The gradient has two parts"
FORGETS = "The trap: a factor that forgets its gradient"
TOO_SMALL = "The loss is right, the gradient is too small"
WRONG_CLASS = "The trap: $\\alpha$ given to the wrong class"
VERY_SURE = "The trap: $\\gamma < 1$ and a very sure model"
HALF = "Half a repair: a stable logarithm"
REPAIR = "The repair: never subtract from 1"
MEAN = "The mean divides by the number of predictions, not by the sum of the $\\alpha$"
BASE = BY_HAND  # its last line is about base 10
LISTENS = "Move: each example's share of the pull"

CE = -math.log(0.9)
ON_THE_MEAN = "γ is applied after the mean, where each prediction has a factor of its own"
IN_THE_FACTOR = "the factor is p_t^γ, which silences the hard ones: (1 - p_t)^γ is meant"


def p_t(p, y):
    return torch.where(y == 1, p, 1 - p)


def alpha_t(y, alpha):
    return alpha * y + (1 - alpha) * (1 - y)


def each_focal(p, y, gamma, alpha):
    q = torch.where(y == 1, 1 - p, p)
    return -alpha_t(y, alpha) * q**gamma * p_t(p, y).log()


def alpha_focal(p, y, gamma, alpha):
    return each_focal(p, y, gamma, alpha).mean()


def cross_entropies(p, y):
    return -p_t(p, y).log()


def focal_of(ce, gamma):
    return (-torch.expm1(-ce)) ** gamma * ce


def both_labels(generator):
    """Random labels, a yes and a no among each row."""
    random = torch.randint(2, (4, 4), generator=generator).float()
    return torch.cat([torch.tensor([1.0, 0.0]).expand(4, 2), random], dim=1)


def probabilities(generator):
    random = torch.rand(4, 6, generator=generator).clamp(0.01, 0.99)
    return [
        (torch.tensor([0.9]), torch.tensor([1.0]), 2.0, 0.25),
        (torch.tensor([0.9, 0.3, 0.6]), torch.tensor([1.0, 0.0, 0.0]), 2.0, 0.25),
        *zip(random, both_labels(generator), (2.0, 1.5, 3.0, 5.0), (0.25, 0.75, 0.9, 0.4), strict=True),
    ]


def stable_focal(s, y, gamma):
    z = (2 * y - 1) * s
    return -torch.exp(gamma * logsigmoid(-z)) * logsigmoid(z)


def copied_focal(s, y, gamma, eps=0.0, low=0.0):
    """The formula, typed as it reads."""
    p = p_t(s.sigmoid(), y)
    return -((1 - p) ** gamma) * (p.clamp(min=low) + eps).log()


def clamped_focal(s, y, gamma, eps):
    p = p_t(s.sigmoid().clamp(eps, 1 - eps), y)
    return -((1 - p) ** gamma) * p.log()


def half_repaired(s, y, gamma):
    log_p = logsigmoid((2 * y - 1) * s)
    return -((1 - log_p.exp()) ** gamma) * log_p


def half_repaired_otherwise(s, y, gamma):
    p = s.sigmoid()
    loss = binary_cross_entropy_with_logits(s, y, reduction="none")
    return loss * (1 - (p * y + (1 - p) * (1 - y))) ** gamma


def scores(generator):
    random = 2 * torch.randn(4, 6, generator=generator)
    return [
        (torch.tensor([2.0]), torch.tensor([1.0]), 2.0),
        (torch.tensor([0.5, -1.0, 3.0]), torch.tensor([1.0, 1.0, 0.0]), 2.0),
        *zip(random, both_labels(generator), (0.5, 2.0, 1.0, 5.0), strict=True),
    ]


def focal_from_ce(ce, gamma):
    return focal_of(ce, gamma).mean()


def losses(generator):
    random = 3 * torch.rand(4, 5, generator=generator) + 0.01
    return [
        (torch.tensor([0.5]), 2.0),
        (torch.tensor([0.1, 0.7, 2.3]), 2.0),
        *zip(random, (0.5, 2.0, 3.0, 5.0), strict=True),
    ]


def power(f, p):
    """The γ at which (1 - p)^γ is this factor, for a few p."""
    p = torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9], dtype=torch.float64)
    return f(p).double().log() / torch.log1p(-p)


def hidden_loss(p):
    return -p.log() + 2 * p - p**2 / 2 - 3 / 2


EXERCISES = (
    Exercise(
        "focal-0.9",
        "03",
        0.1**2 * CE,
        (
            sign(ONE),
            tens(BASE),
            bits(BASE),
            Mistake("this is cross entropy: the factor (1 - p)^γ is missing", FACTOR, CE),
            Mistake("4.5e-4 is made with a base-10 logarithm, and cut off", BASE, 4.5e-4),
            Mistake(IN_THE_FACTOR, FACTOR, 0.9**2 * CE),
            Mistake("this is the loss for y = 0", ONE, 0.9**2 * -math.log(0.1)),
            Mistake("the logarithm is taken of 1 - p, where p is what the truth was given", ONE, -0.01 * math.log(0.1)),
            Mistake("γ is a power, and here it multiplies", FACTOR, 2 * 0.1 * CE),
            Mistake("the factor has the power 1: γ is not used", FACTOR, 0.1 * CE),
            Mistake("the power is taken of the cross entropy", FACTOR, CE**2),
            Mistake("this is the factor alone", BY_HAND, 0.01),
            Mistake("this is how many times less it is", BY_HAND, 100.0),
            Mistake("an α of 0.25 is applied, and none is asked for", ZERO, spoil=through(lambda x: x / 4)),
        ),
    ),
    Exercise(
        "alpha-focal",
        "03",
        alpha_focal,
        (
            Mistake(
                "the factor's p_t is detached: the loss is right, and its gradient is too small",
                FORGETS,
                lambda p, y, gamma, alpha: (
                    alpha_t(y, alpha) * (1 - p_t(p, y).detach()) ** gamma * cross_entropies(p, y)
                ).mean(),
            ),
            Mistake(
                "α is reversed: it belongs to the yes",
                WRONG_CLASS,
                spoil=lambda answer: lambda p, y, gamma, alpha: answer(p, y, gamma, 1 - alpha),
            ),
            Mistake(
                ON_THE_MEAN,
                ONE,
                lambda p, y, gamma, alpha: focal_of((alpha_t(y, alpha) * cross_entropies(p, y)).mean(), gamma),
            ),
            Mistake(
                ON_THE_MEAN,
                ONE,
                lambda p, y, gamma, alpha: (
                    (1 - torch.exp(-cross_entropies(p, y).mean())) ** gamma
                    * (alpha_t(y, alpha) * cross_entropies(p, y)).mean()
                ),
            ),
            Mistake(
                ON_THE_MEAN,
                ONE,
                lambda p, y, gamma, alpha: (
                    (1 - p_t(p, y)).mean() ** gamma * (alpha_t(y, alpha) * cross_entropies(p, y)).mean()
                ),
            ),
            Mistake(
                ON_THE_MEAN,
                ONE,
                lambda p, y, gamma, alpha: alpha_t(y, alpha).mean() * focal_of(cross_entropies(p, y).mean(), gamma),
            ),
            Mistake(ON_THE_MEAN, ONE, lambda p, y, gamma, alpha: alpha * focal_of(cross_entropies(p, y).mean(), gamma)),
            Mistake(
                "divided by the number of yes, where the number of predictions is meant",
                MEAN,
                lambda p, y, gamma, alpha: each_focal(p, y, gamma, alpha).sum() / y.sum(),
            ),
            Mistake(
                "divided by the sum of the α, where the number of predictions is meant",
                MEAN,
                lambda p, y, gamma, alpha: each_focal(p, y, gamma, alpha).sum() / alpha_t(y, alpha).sum(),
            ),
            Mistake(
                "α weighs the yes only: a no counts 1 - α, not 1",
                ZERO,
                lambda p, y, gamma, alpha: (
                    torch.where(y == 1, alpha, 1.0) * (1 - p_t(p, y)) ** gamma * cross_entropies(p, y)
                ).mean(),
            ),
            Mistake(
                "every prediction is weighted with α: a no counts 1 - α",
                ZERO,
                lambda p, y, gamma, alpha: (alpha * (1 - p_t(p, y)) ** gamma * cross_entropies(p, y)).mean(),
            ),
            Mistake(
                "α is not used",
                ZERO,
                lambda p, y, gamma, alpha: ((1 - p_t(p, y)) ** gamma * cross_entropies(p, y)).mean(),
            ),
            Mistake(
                IN_THE_FACTOR,
                FACTOR,
                lambda p, y, gamma, alpha: (alpha_t(y, alpha) * p_t(p, y) ** gamma * cross_entropies(p, y)).mean(),
            ),
            Mistake(
                "the factor is missing: this is balanced cross entropy",
                ZERO,
                lambda p, y, gamma, alpha: (alpha_t(y, alpha) * cross_entropies(p, y)).mean(),
            ),
            Mistake(
                "the factor has p where p_t is meant: wrong for each no",
                ONE,
                lambda p, y, gamma, alpha: (alpha_t(y, alpha) * (1 - p) ** gamma * cross_entropies(p, y)).mean(),
            ),
            Mistake("the losses are not averaged", MEAN, each_focal),
            summed(MEAN),
            swapped(ONE),
            sign(ONE),
            tens(BASE),
            bits(BASE),
        ),
        inputs=probabilities,
        edges=(
            (torch.tensor([1e-6, 1 - 1e-6]), torch.tensor([1.0, 0.0]), 2.0, 0.25),
            (torch.tensor([1e-6, 1 - 1e-6]), torch.tensor([0.0, 1.0]), 2.0, 0.25),
        ),
        beyond=(
            (
                torch.tensor([[0.9, 0.3, 0.6], [0.2, 0.8, 0.4]]),
                torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
                2.0,
                0.25,
            ),
        ),
        gradient=0,
        graph=True,
    ),
    Exercise(
        "stable-focal",
        "03",
        stable_focal,
        (
            Mistake(
                "the factor is detached: the loss is right, and its gradient is too small",
                FORGETS,
                lambda s, y, gamma: torch.sigmoid((1 - 2 * y) * s).detach() ** gamma * softplus((1 - 2 * y) * s),
            ),
            Mistake("the sigmoid rounds to 0 or 1, and the formula has no value there", VERY_SURE, copied_focal),
            Mistake("1 - p_t rounds to 0, where the power has no slope", HALF, half_repaired),
            Mistake("1 - p_t rounds to 0, where the power has no slope", HALF, half_repaired_otherwise),
            Mistake(
                "even σ(-z) rounds to 0 in float32, where the power has no slope: take the power as exp(γ ln q)",
                REPAIR,
                lambda s, y, gamma: torch.sigmoid((1 - 2 * y) * s) ** gamma * softplus((1 - 2 * y) * s),
            ),
            *(
                Mistake(
                    "p is kept away from 0 by a little (added or clamped), where the stable form needs nothing",
                    VERY_SURE,
                    lambda s, y, gamma, eps=eps, way=way: way(s, y, gamma, eps),
                )
                for way, tried in (
                    (copied_focal, (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)),
                    (lambda s, y, gamma, eps: copied_focal(s, y, gamma, low=eps), (1e-6, 1e-7, 1e-8)),
                    (clamped_focal, (1e-6, 1e-7, 1e-8)),
                )
                for eps in tried
            ),
            Mistake(
                IN_THE_FACTOR,
                FACTOR,
                lambda s, y, gamma: torch.exp(gamma * logsigmoid((2 * y - 1) * s)) * softplus((1 - 2 * y) * s),
            ),
            Mistake(
                "the factor is missing: this is cross entropy", ZERO, lambda s, y, gamma: softplus((1 - 2 * y) * s)
            ),
            Mistake(
                "γ is a power, and here it multiplies",
                FACTOR,
                lambda s, y, gamma: gamma * torch.sigmoid((1 - 2 * y) * s) * softplus((1 - 2 * y) * s),
            ),
            Mistake(
                "the label is not used: every answer is priced as a yes",
                ONE,
                lambda s, y, gamma: stable_focal(s, torch.ones_like(y), gamma),
            ),
            averaged(ONE),
            swapped(ONE),
            sign(ONE),
        ),
        inputs=scores,
        edges=((torch.tensor([200.0, -200.0, 200.0, -200.0]), torch.tensor([1.0, 1.0, 0.0, 0.0]), 0.5),),
        gradient=0,
        graph=True,
    ),
    Exercise(
        "focal-from-ce",
        "03",
        focal_from_ce,
        (
            Mistake(ON_THE_MEAN, ONE, lambda ce, gamma: focal_of(ce.mean(), gamma)),
            Mistake(ON_THE_MEAN, ONE, lambda ce, gamma: (1 - torch.exp(-ce.mean())) ** gamma * ce.mean()),
            Mistake(ON_THE_MEAN, ONE, lambda ce, gamma: (-torch.expm1(-ce)).mean() ** gamma * ce.mean()),
            Mistake(
                "the factor is detached: the loss is right, and its gradient is too small",
                TOO_SMALL,
                lambda ce, gamma: ((-torch.expm1(-ce.detach())) ** gamma * ce).mean(),
            ),
            Mistake(
                "1 - exp(-ce) rounds to 0 for a small loss, and the power has no slope there",
                HALF,
                lambda ce, gamma: ((1 - torch.exp(-ce)) ** gamma * ce).mean(),
            ),
            Mistake(IN_THE_FACTOR, FACTOR, lambda ce, gamma: (torch.exp(-gamma * ce) * ce).mean()),
            Mistake(
                "the cross entropy is taken for p_t",
                ONE,
                lambda ce, gamma: ((1 - ce) ** gamma * ce).mean(),
            ),
            Mistake(
                "the factor alone: it has to multiply the loss",
                FACTOR,
                lambda ce, gamma: (focal_of(ce, gamma) / ce).mean(),
            ),
            Mistake(
                "p_t is 10^(-ce) only for a base-10 logarithm",
                BASE,
                lambda ce, gamma: ((1 - 10 ** (-ce)) ** gamma * ce).mean(),
            ),
            Mistake(
                "the minus in exp(-ce) is missing", ONE, lambda ce, gamma: ((1 - torch.exp(ce)) ** gamma * ce).mean()
            ),
            Mistake("the power is taken of the cross entropy", FACTOR, lambda ce, gamma: (ce**gamma).mean()),
            Mistake(
                "p_t is e^(-ce): the minus is missing", ONE, lambda ce, gamma: (torch.expm1(ce) ** gamma * ce).mean()
            ),
            Mistake("the cross entropy is taken for 1 - p_t", FACTOR, lambda ce, gamma: (ce ** (gamma + 1)).mean()),
            Mistake("the losses are not averaged", ONE, focal_of),
            summed(ONE),
            sign(ONE),
        ),
        inputs=losses,
        edges=((torch.tensor([1e-8, 20.0]), 0.5), (torch.tensor([1e-6, 100.0]), 2.0)),
        beyond=((torch.tensor([[0.1, 0.7, 2.3], [1.2, 0.3, 0.05]]), 2.0),),
        gradient=0,
    ),
    Exercise(
        "hidden-loss",
        "03",
        hidden_loss,
        (
            Mistake("this is focal loss, whose gradient has both parts", FORGETS, lambda p: -((1 - p) ** 2) * p.log()),
            Mistake(
                "a detached factor has this gradient, and another value: find the loss whose value fits too",
                FORGETS,
                lambda p: -((1 - p.detach()) ** 2) * p.log(),
            ),
            Mistake("it is not 0 at p = 1: the constant is missing", TOO_SMALL, lambda p: hidden_loss(p) + 1.5),
            Mistake("the sign is flipped: it grows while p grows", TWO_PARTS, spoil=through(lambda x: -x)),
            *(
                Mistake(
                    "the signs of two terms are exchanged",
                    TOO_SMALL,
                    lambda p, a=a, b=b, c=c: a * p.log() + b * p + c * p**2 / 2 - b - c / 2,
                )
                for a, b, c in ((-1, -2, -1), (-1, -2, 1), (-1, 2, 1), (1, 2, -1), (1, 2, 1), (1, -2, -1))
            ),
            Mistake(
                "this is the gradient itself: a function whose slope it is was asked for",
                FORGETS,
                lambda p: -((1 - p) ** 2) / p,
            ),
            Mistake("the 1/p is forgotten", TOO_SMALL, lambda p: (1 - p) ** 3 / 3),
            Mistake("the middle term of (1 - p)² is lost", TOO_SMALL, lambda p: -p.log() - p**2 / 2 + 1 / 2),
            Mistake("the last term of (1 - p)² is lost", TOO_SMALL, lambda p: -p.log() + 2 * p - 2),
            Mistake("the integral of p is p²/2, not p²", TOO_SMALL, lambda p: -p.log() + 2 * p - p**2 - 1),
            Mistake("this is cross entropy, whose gradient is -1/p", ZERO, lambda p: -p.log()),
            Mistake(
                "the slope of a base-10 logarithm is not 1/p",
                BASE,
                lambda p: hidden_loss(p) + p.log() - p.log10(),
            ),
        ),
        inputs=lambda generator: [
            (torch.tensor([0.5]),),
            (torch.tensor([0.1, 0.5, 0.9]),),
            *((row,) for row in torch.rand(4, 5, generator=generator).clamp(0.01, 0.99)),
        ],
        edges=((torch.tensor([1e-6, 1 - 1e-6]),),),
        gradient=0,
        graph=True,
    ),
    Exercise(
        "own-focus",
        "03",
        lambda p: 1 - p**3,
        (
            Mistake("it listens to the easy ones: the factor must fall while p_t grows", LISTENS, lambda p: p**2),
            Mistake(
                "this is the loss: the factor alone is asked for",
                FACTOR,
                lambda p: -((1 - p) ** 2) * p.log(),
            ),
            Mistake("a constant is what α is: it does not tell easy from hard", ZERO, lambda p: 0 * p + 1),
            Mistake(
                "p_t is detached: the factor forgets its gradient",
                FORGETS,
                spoil=lambda answer: lambda p: answer(p.detach()),
            ),
            Mistake("it falls below 0, where the easy ones would be unlearned", FACTOR, lambda p: 1 - 2 * p),
            *(
                Mistake("it falls too little: the easy ones keep half of their loss", FACTOR, f)
                for f in (lambda p: 1 - p / 2, lambda p: 1 / (1 + p), lambda p: 2 * torch.sigmoid(-p))
            ),
            Mistake("a step has no slope: training never sees the factor", TWO_PARTS, lambda p: (p < 0.5).to(p.dtype)),
            Mistake("this is 1/p_t, which is no share of the loss: it grows beyond 1", FACTOR, lambda p: 1 / p),
            Mistake("an α in front takes from the hard ones, too", ZERO, spoil=through(lambda x: x / 4)),
            sign(FACTOR),
        ),
        inputs=lambda generator: [
            (torch.tensor([0.01, 0.5, 0.99]),),
            *((row,) for row in torch.rand(4, 5, generator=generator).clamp(0.02, 0.98)),
        ],
        holds=(
            Condition("one factor for each p_t", lambda f, p: f(p), lambda factor, p: factor.shape == p.shape),
            Condition(
                "a factor between 0 and 1",
                lambda f, p: f(p),
                lambda factor, p: (factor >= -1e-6) & (factor <= 1 + 1e-6),
            ),
            Condition(
                "a factor of at least 0.9 at p_t = 0.01",
                lambda f, p: f(torch.full_like(p, 0.01)),
                lambda factor, p: factor >= 0.9,
            ),
            Condition(
                "a factor of at most 0.2 at p_t = 0.99",
                lambda f, p: f(torch.full_like(p, 0.99)),
                lambda factor, p: factor <= 0.2,
            ),
            Condition("a slope below 0, seen by autograd", autograd, lambda fall, p: fall < 0),
            Condition("another factor than (1 - p_t)^γ: here γ would be", power, lambda g, p: g.max() - g.min() > 1e-3),
        ),
    ),
)
