"""Lesson 12, temperature, margins and label smoothing."""

import math

import torch
from torch.nn import functional as F

from .exercise import Condition, Exercise, Mistake
from .lesson04 import (
    A_SOFTMAX_TOO_MANY,
    COLUMNS,
    PROBABILITIES_TO_NLL,
    ROUNDED,
    SATURATED,
    SCORES_TO_NLL,
    labelled,
    one_hot,
)
from .mistakes import sign, summed

BASICS = "What you bring from lesson 04"
HAND = "By hand: two scores and three temperatures"
MARGIN = "Margin softmax asks for more than a lead"
TARGET = "Label smoothing: a target that is a little unsure"
SMOOTHING = "Move: how much smoothing, how large a lead?"


def with_epsilons(generator):
    return [(*case, e) for case, e in zip(labelled(generator), (0.1, 0.1, 0.0, 0.3, 0.5), strict=True)]


def with_margins(generator):
    return [(*case, m) for case, m in zip(labelled(generator), (1.0, 1.0, 0.0, 0.5, 2.0), strict=True)]


def margin_cross_entropy(s, target, m):
    return F.cross_entropy(s - m * one_hot(s, target), target)


def off_whole_columns(s, target, m):
    return F.cross_entropy(s - m * one_hot(s, target).amax(0), target)


def off_columns_in_place(s, target, m):
    """The same value; torch counts a class that comes twice in the gradient twice."""
    s = s.clone()
    s[:, target] -= m
    return F.cross_entropy(s, target)


def smoothed(s, target):
    return F.cross_entropy(s, target, label_smoothing=0.1)


def pull(f, s, target, lead):
    """The gradient by the true score, when it stands `lead` above the others."""
    x = (lead * one_hot(s, target[:1])).to(s.dtype).requires_grad_()
    return torch.autograd.grad(f(x, target[:1]).sum(), x)[0][0, target[0]]


def change_beside(f, s, target):
    """By how much the gradient of a row changes with the row beside it, sure and right or sure and wrong."""
    true = one_hot(s, target[:1])
    first = torch.cat([s[:1], *(lead * true.to(s.dtype) for lead in (-2, 0, 2, 3, 4, 5))])
    gradients = []
    for other in (s[:1] + 1.5, s[:1].flip(1) - 3, 30 * true.to(s.dtype), -30 * true.to(s.dtype)):
        rows = [torch.cat([row[None], other]).requires_grad_() for row in first]
        gradients.append(torch.stack([torch.autograd.grad(f(x, target[:1].repeat(2)).sum(), x)[0][0] for x in rows]))
    return torch.stack([gradient - gradients[0] for gradient in gradients])


EXERCISES = (
    Exercise(
        "temperatures",
        "12",
        (1 / (1 + math.exp(-1.5)), 3 / math.log(3)),
        (
            Mistake(
                "the scores are multiplied by T: a temperature divides them",
                HAND,
                (1 / (1 + math.exp(-6)), math.log(3) / 3),
            ),
            Mistake(
                "the temperature belongs to the scores, before the softmax: here it divides the probability",
                HAND,
                (1 / (1 + math.exp(-3)) / 2, 1 / (1 + math.exp(-3)) / 0.75),
            ),
            Mistake("the two classes are swapped", HAND, spoil=lambda a: (1 - a[0], a[1])),
            Mistake("a base-10 logarithm in place of ln", HAND, spoil=lambda a: (a[0], a[1] * math.log(10))),
            Mistake("a base-2 logarithm in place of ln", HAND, spoil=lambda a: (a[0], a[1] * math.log(2))),
            Mistake(
                "0.75 is the probability: the ratio of the two probabilities is 3",
                HAND,
                spoil=lambda a: (a[0], 3 / math.log(0.75)),
            ),
            Mistake(
                "T is the other way up: the difference of the scores stands above",
                HAND,
                spoil=lambda a: (a[0], 1 / a[1]),
            ),
        ),
    ),
    Exercise(
        "smooth-cross-entropy",
        "12",
        lambda s, target, epsilon: F.cross_entropy(s, target, label_smoothing=epsilon),
        (
            Mistake(
                "ε goes to the other classes only, where all C classes get an equal part",
                TARGET,
                lambda s, t, e: F.cross_entropy(
                    s, one_hot(s, t) * (1 - e) + (1 - one_hot(s, t)) * e / (s.shape[1] - 1)
                ),
            ),
            Mistake(
                "nothing is taken from the true class: the target's sum is above 1",
                TARGET,
                lambda s, t, e: F.cross_entropy(s, one_hot(s, t) + e / s.shape[1]),
            ),
            Mistake(
                "every class gets the whole ε, not its part ε/C",
                TARGET,
                lambda s, t, e: F.cross_entropy(s, one_hot(s, t) * (1 - e) + e),
            ),
            Mistake(
                "what is taken from the true class is given to no class",
                TARGET,
                lambda s, t, e: (1 - e) * F.cross_entropy(s, t),
            ),
            Mistake(
                "ε is divided by the number of examples, where it is shared among the classes",
                TARGET,
                lambda s, t, e: F.cross_entropy(s, one_hot(s, t) * (1 - e) + e / len(s)),
            ),
            Mistake("ε and 1 − ε are swapped", TARGET, spoil=lambda f: lambda s, t, e: f(s, t, 1 - e)),
            Mistake(
                "the model's probabilities are smoothed, where the target is meant",
                TARGET,
                lambda s, t, e: F.nll_loss(((1 - e) * s.softmax(1) + e / s.shape[1]).log(), t),
            ),
            Mistake(
                "the target is not smoothed: this is plain cross entropy", TARGET, lambda s, t, e: F.cross_entropy(s, t)
            ),
            Mistake(A_SOFTMAX_TOO_MANY, BASICS, spoil=lambda f: lambda s, t, e: f(s.softmax(1), t, e)),
            Mistake(
                "the losses are not averaged",
                BASICS,
                lambda s, t, e: F.cross_entropy(s, t, label_smoothing=e, reduction="none"),
            ),
            summed(BASICS),
            sign(BASICS),
        ),
        inputs=with_epsilons,
        gradient=0,
    ),
    Exercise(
        "margin-cross-entropy",
        "12",
        margin_cross_entropy,
        (
            Mistake(
                "the margin is on the wrong side: the true score has it easier",
                MARGIN,
                spoil=lambda f: lambda s, t, m: f(s, t, -m),
            ),
            Mistake("a margin off every score changes nothing", BASICS, spoil=lambda f: lambda s, t, m: f(s, t, 0 * m)),
            Mistake(
                "the margin comes after the softmax, where it only adds m to the loss",
                MARGIN,
                lambda s, t, m: F.nll_loss(s.log_softmax(1) - m * one_hot(s, t), t),
            ),
            *(
                Mistake("the margin is taken off whole columns, not off one score a row", BASICS, wrong)
                for wrong in (off_whole_columns, off_columns_in_place)
            ),
            Mistake(
                A_SOFTMAX_TOO_MANY,
                BASICS,
                lambda s, t, m: F.cross_entropy((s - m * one_hot(s, t)).softmax(1), t),
            ),
            Mistake(A_SOFTMAX_TOO_MANY, BASICS, spoil=lambda f: lambda s, t, m: f(s.softmax(1), t, m)),
            Mistake(
                PROBABILITIES_TO_NLL,
                BASICS,
                lambda s, t, m: F.nll_loss((s - m * one_hot(s, t)).softmax(1), t),
            ),
            Mistake(SCORES_TO_NLL, BASICS, lambda s, t, m: F.nll_loss(s - m * one_hot(s, t), t)),
            Mistake(COLUMNS, BASICS, lambda s, t, m: F.nll_loss((s - m * one_hot(s, t)).log_softmax(0), t)),
            Mistake(ROUNDED, BASICS, lambda s, t, m: F.nll_loss((s - m * one_hot(s, t)).softmax(1).log(), t)),
            Mistake(
                "the losses are not averaged",
                BASICS,
                lambda s, t, m: F.cross_entropy(s - m * one_hot(s, t), t, reduction="none"),
            ),
            summed(BASICS),
            sign(BASICS),
        ),
        inputs=with_margins,
        edges=((*SATURATED, 1.0), (SATURATED[0], torch.tensor([0, 1]), 2.0)),
        gradient=0,
    ),
    Exercise(
        "enough-lead",
        "12",
        smoothed,
        (
            Mistake("this is cross entropy, which never has enough", SMOOTHING, F.cross_entropy),
            Mistake(
                "this is cross entropy, which never has enough",
                SMOOTHING,
                lambda s, t: F.cross_entropy(s, t, reduction="none"),
            ),
            Mistake("a margin asks for more, not for less", MARGIN, lambda s, t: margin_cross_entropy(s, t, 1)),
            Mistake("a margin asks for more, not for less", MARGIN, lambda s, t: margin_cross_entropy(s, t, 2)),
            Mistake(A_SOFTMAX_TOO_MANY, BASICS, lambda s, t: F.cross_entropy(s.softmax(1), t)),
            Mistake(A_SOFTMAX_TOO_MANY, BASICS, spoil=lambda f: lambda s, t: f(s.softmax(1), t)),
            Mistake(PROBABILITIES_TO_NLL, BASICS, lambda s, t: F.nll_loss(s.softmax(1), t)),
            Mistake(SCORES_TO_NLL, BASICS, F.nll_loss),
            *(
                Mistake(
                    "a loss that is cut off above gives up on the worst mistakes",
                    BASICS,
                    lambda s, t, top=top: F.cross_entropy(s, t, reduction="none").clamp(max=top).mean(),
                )
                for top in (1, 2, 3, 5)
            ),
            *(
                Mistake(
                    "scores that are clamped lose the pull of the worst mistakes too",
                    BASICS,
                    lambda s, t, end=end: F.cross_entropy(s.clamp(-end, end), t),
                )
                for end in (1, 2, 3, 4, 5)
            ),
            Mistake(
                "the scores themselves are held down, and only their differences count",
                BASICS,
                lambda s, t: F.cross_entropy(s, t) + 0.01 * (s * s).sum(1).mean(),
            ),
            Mistake(COLUMNS, BASICS, lambda s, t: F.nll_loss(s.log_softmax(0), t)),
            sign(BASICS),
        ),
        inputs=lambda generator: [
            (torch.tensor([[-6.0, 0.0, 0.0]]), torch.tensor([0])),
            *labelled(generator)[1:4],
        ],
        holds=(
            Condition("one number: the mean", lambda f, s, t: f(s, t), lambda loss, s, t: loss.shape == ()),
            Condition(
                "the same loss for a batch and for that batch twice: the difference is 0",
                lambda f, s, t: f(s.repeat(2, 1), t.repeat(2)) - f(s, t),
                lambda gap, s, t: gap.abs() < 1e-4,
            ),
            Condition(
                "a gradient below -0.3 by the true score at (-6, 0, 0)",
                lambda f, s, t: pull(f, s, t, -6.0),
                lambda g, s, t: g < -0.3,
            ),
            Condition(
                "a gradient below -0.01 by the true score at (1, 0, 0)",
                lambda f, s, t: pull(f, s, t, 1.0),
                lambda g, s, t: g < -0.01,
            ),
            Condition(
                "a gradient of 0 or more by the true score at (8, 0, 0)",
                lambda f, s, t: pull(f, s, t, 8.0),
                lambda g, s, t: g > -1e-6,
            ),
            Condition(
                "the same loss when 50 is added to every score: the difference is 0",
                lambda f, s, t: f(s + 50, t) - f(s, t),
                lambda gap, s, t: gap.abs() < 1e-3 * (1 + s.abs().max()),
            ),
            Condition(
                "a gradient of the first photo that the second one does not change: it changes by",
                change_beside,
                lambda change, s, t: change.abs().max() < 1e-4,
            ),
        ),
    ),
)
