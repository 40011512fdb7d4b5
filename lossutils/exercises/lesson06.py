"""Lesson 06, squared error against cross entropy."""

import math

import torch
from torch.nn.functional import one_hot, poisson_nll_loss, softplus

from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, bits, sign, summed, tens

START = "One neuron, one example, two starts"
COSTS = "Two costs for the same mistake"
CHAIN = "But a neuron learns from the gradient, not from the cost"
SLOPE = "The sigmoid's slope is tiny where the neuron is sure"
CANCEL = "Squared error keeps the small slope, cross entropy cancels it"
HAND = "By hand, at the bad start: 0.0173 and 0.9820"
BOTH = "Which neuron learns more from the example?"
FOUR = "The same gradient four times"
HALF = COSTS
LETS_GO = "Move: cost and push over the score"
STEPS = "A worse start: how many times as many steps?"
BRIER = "Where squared error on probabilities is right: scoring forecasts"
PROPER = "Move: three expected scores"
JUDGE = "Train with cross entropy, judge with both"

P = 1 / (1 + math.exp(-4))  # the output of the bad start
FLAT = P * (1 - P)  # the sigmoid's slope there
P_3 = 1 / (1 + math.exp(-3))


def brier(p, target):
    return ((p - one_hot(target, p.shape[-1])) ** 2).sum(-1).mean()


def forecasts(generator):
    def drawn(n, classes):
        p = torch.rand(n, classes, generator=generator) + 0.05
        return p / p.sum(-1, keepdim=True), torch.randint(classes, (n,), generator=generator)

    return [
        (torch.tensor([[0.7, 0.2, 0.1]]), torch.tensor([1])),
        (torch.tensor([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3]]), torch.tensor([1, 1, 0])),
        *(drawn(n, classes) for n, classes in ((4, 3), (5, 3), (2, 4), (6, 5))),
    ]


def curvature(s, y):
    p = torch.sigmoid(s)
    slope = torch.sigmoid(s) * torch.sigmoid(-s)
    return slope * (slope + (p - y) * (1 - 2 * p))


def of_p(formula):
    """A mistake in the output p, as a function of the score."""
    return lambda s, y: formula(torch.sigmoid(s), y)


def scores(generator):
    random = 2 * torch.randn(4, 5, generator=generator), torch.randint(2, (4, 5), generator=generator).float()
    return [
        (torch.tensor([4.0]), torch.tensor([0.0])),
        (torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.0, 0.0, 1.0])),
        *zip(*random, strict=True),
    ]


def matching(s, y):
    return torch.exp(s) - y * s


def counts(generator):
    random = torch.randn(4, 5, generator=generator), torch.randint(6, (4, 5), generator=generator).float()
    return [
        (torch.tensor([-0.5]), torch.tensor([3.0])),
        (torch.tensor([0.5, -1.0, 2.0]), torch.tensor([0.0, 2.0, 5.0])),
        *zip(*random, strict=True),
    ]


def pull(f, s, y, h=0.01):
    """The slope, by a difference wide enough for an answer that computes in float32 whatever it is given."""
    s, y = s.double(), y.double()
    return ((f(s + h, y) - f(s - h, y)) / (2 * h)).detach()


EXERCISES = (
    Exercise(
        "two-pushes",
        "06",
        (3 * P * FLAT, 3 * P),
        (
            Mistake(
                "the input x is missing: this is the gradient on b", CHAIN, spoil=lambda a: tuple(x / 3 for x in a)
            ),
            Mistake("the ½ is forgotten under squared error", HALF, spoil=lambda a: (2 * a[0], a[1])),
            Mistake("the two gradients are swapped", CANCEL, spoil=lambda a: a[::-1]),
            sign(CHAIN, "the sign is flipped: the error is p - y, not y - p"),
            Mistake("the costs, where their gradients are asked for", COSTS, (P**2 / 2, -math.log(1 - P))),
            Mistake("the sigmoid's slope is missing under squared error", SLOPE, (3 * P, 3 * P)),
            Mistake("cross entropy keeps the sigmoid's slope, which it cancels", CANCEL, (3 * P * FLAT, 3 * P * FLAT)),
            Mistake("the gradients by p, where those by w are asked for", CHAIN, (P, 1 / (1 - P))),
            Mistake("y = 1 is taken, where the label is 0", CHAIN, (-3 * (1 - P) * P * (1 - P), -3 * (1 - P))),
            Mistake("b is not added to the score", START, (3 * P_3**2 * (1 - P_3), 3 * P_3)),
        ),
    ),
    Exercise(
        "brier-of-classes",
        "06",
        brier,
        (
            Mistake(
                "the mean over the classes too, as nn.MSELoss() takes it",
                BRIER,
                spoil=lambda f: lambda p, target: f(p, target) / p.shape[-1],
            ),
            Mistake(
                "a sum over the samples and a mean over the classes: the wrong dimension",
                BRIER,
                lambda p, target: ((p - one_hot(target, p.shape[-1])) ** 2).mean(-1).sum(),
            ),
            summed(BRIER),
            Mistake(
                "the scores are not averaged",
                BRIER,
                lambda p, target: ((p - one_hot(target, p.shape[-1])) ** 2).sum(-1),
            ),
            Mistake("a ½ that the Brier score does not have", HALF, spoil=lambda f: lambda *inputs: f(*inputs) / 2),
            Mistake(
                "a square root, which squared error does not take",
                BRIER,
                spoil=lambda f: lambda *inputs: f(*inputs).sqrt(),
            ),
            Mistake(
                "a square root of each sample's score, where none is taken",
                BRIER,
                lambda p, target: (p - one_hot(target, p.shape[-1])).norm(dim=-1).mean(),
            ),
            Mistake(
                "only the true class is counted",
                BRIER,
                lambda p, target: ((1 - p.gather(1, target[:, None])) ** 2).mean(),
            ),
            Mistake(
                "the absolute error, a score that can be cheated",
                PROPER,
                lambda p, target: (p - one_hot(target, p.shape[-1])).abs().sum(-1).mean(),
            ),
            Mistake(
                "cross entropy, where squared error is asked for",
                JUDGE,
                lambda p, target: -p.gather(1, target[:, None]).log().mean(),
            ),
            Mistake(
                "the class indices are no one-hot labels",
                BRIER,
                lambda p, target: ((p - target) ** 2).sum(-1).mean(),
            ),
            Mistake(
                "one_hot counts the classes that it sees: give it C",
                BRIER,
                lambda p, target: ((p - one_hot(target)) ** 2).sum(-1).mean(),
            ),
            Mistake(
                "a softmax too many: p are probabilities already",
                BRIER,
                spoil=lambda f: lambda p, target: f(p.exp() / p.exp().sum(-1, keepdim=True), target),
            ),
        ),
        inputs=forecasts,
        edges=((torch.tensor([[1 - 2e-6, 1e-6, 1e-6], [1e-6, 1e-6, 1 - 2e-6]]), torch.tensor([1, 2])),),
        gradient=0,
    ),
    Exercise(
        "strongest-push",
        "06",
        (2 / 3, 4 / 27, math.log(2)),
        (
            Mistake("p(1 - p) alone is strongest at one half", SLOPE, (0.5, 0.125, 0.0)),
            Mistake("the factor 2 is forgotten in the derivative of p²", LETS_GO, (1 / 3, 2 / 27, -math.log(2))),
            Mistake("the label is taken for 1", LETS_GO, (1 / 3, -4 / 27, -math.log(2))),
            Mistake("the push is p · p(1 - p), and this is p(1 - p) alone", SLOPE, (2 / 3, 2 / 9, math.log(2))),
            Mistake("the push of cross entropy at this p", CANCEL, (2 / 3, 2 / 3, math.log(2))),
            Mistake("the ½ is forgotten: twice the push", HALF, spoil=lambda a: (a[0], 2 * a[1], a[2])),
            Mistake("the score's sign is flipped: it is ln(p/(1 - p))", START, spoil=lambda a: (a[0], a[1], -a[2])),
            Mistake(tens("").said, START, spoil=lambda a: (a[0], a[1], a[2] / math.log(10))),
            Mistake(bits("").said, START, spoil=lambda a: (a[0], a[1], a[2] / math.log(2))),
        ),
    ),
    Exercise(
        "curvature",
        "06",
        curvature,
        (
            sign(CHAIN, "the sign is flipped"),
            Mistake(
                "the derivative by p, where the score's is asked for: the factor p(1 - p) is missing",
                CHAIN,
                of_p(lambda p, y: p * (1 - p) + (p - y) * (1 - 2 * p)),
            ),
            Mistake(
                "the derivative by p, where the score's is asked for, and for y = 0 only",
                CHAIN,
                of_p(lambda p, y: 2 * p - 3 * p**2 + 0 * y),
            ),
            Mistake(
                "the derivative of the sigmoid's slope alone: the error p - y is missing",
                SLOPE,
                of_p(lambda p, y: p * (1 - p) * (1 - 2 * p) + 0 * y),
            ),
            Mistake(
                "a minus between the two halves of the product rule",
                CHAIN,
                of_p(lambda p, y: p * (1 - p) * (p * (1 - p) - (p - y) * (1 - 2 * p))),
            ),
            Mistake(
                "half of the product rule: the slope p(1 - p) changes too", SLOPE, of_p(lambda p, y: (p * (1 - p)) ** 2)
            ),
            Mistake(
                "half of the product rule: the error p - y changes too",
                LETS_GO,
                of_p(lambda p, y: (p - y) * (1 - 2 * p) * p * (1 - p)),
            ),
            Mistake(
                "the factor 2 is forgotten: the derivative of p - p² is 1 - 2p",
                SLOPE,
                of_p(lambda p, y: p * (1 - p) * (p * (1 - p) + (p - y) * (1 - p))),
            ),
            Mistake("the ½ is forgotten: twice the curvature", HALF, spoil=lambda f: lambda s, y: 2 * f(s, y)),
            Mistake("the curvature of cross entropy", CANCEL, of_p(lambda p, y: p * (1 - p) + 0 * y)),
            Mistake("the push itself, not yet its derivative", CANCEL, of_p(lambda p, y: (p - y) * p * (1 - p))),
            Mistake(
                "the push without the label: right for y = 0 only",
                LETS_GO,
                of_p(lambda p, y: p**2 * (1 - p) * (2 - 3 * p)),
            ),
            Mistake("the two labels are swapped", LETS_GO, spoil=lambda f: lambda s, y: f(s, 1 - y)),
        ),
        inputs=scores,
        edges=((torch.tensor([15.0, -15.0, 90.0, -90.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])),),
    ),
    Exercise(
        "matching-rate",
        "06",
        0.15 / FLAT,
        (
            Mistake("the factor 56.6 alone: cross entropy's rate is 0.15, not 1", HAND, 1 / FLAT),
            Mistake("the ratio is upside down: squared error needs the larger rate", HAND, 0.15 * FLAT),
            Mistake("the gradient without the ½, as nn.MSELoss() has it", HALF, 0.15 / FLAT / 2),
            Mistake("cross entropy's gradient is p, not 1", HAND, 0.15 / (P * FLAT)),
            Mistake("the costs are compared, not the gradients", CHAIN, -0.15 * math.log(1 - P) / (P**2 / 2)),
            Mistake("the mild start's slope", BOTH, 0.15 * (1 + math.exp(-1)) * (1 + math.exp(1))),
            Mistake("the numbers of steps are compared, not the first step", STEPS, 0.15 * 232 / 17),
            Mistake("the strongest slope 0.25 is taken: the neuron is at p = 0.982", SLOPE, 0.15 / 0.25),
        ),
    ),
    Exercise(
        "matching-loss",
        "06",
        matching,
        (
            sign(CHAIN, "the sign is flipped: the gradient is y - e^s"),
            averaged(FOUR),
            Mistake("the gradient itself: integrate it", CHAIN, lambda s, y: s.exp() - y),
            Mistake(
                "the half squared error of e^s, whose gradient keeps the factor e^s",
                CANCEL,
                lambda s, y: (s.exp() - y) ** 2 / 2,
            ),
            Mistake(
                "the squared error of e^s, whose gradient keeps the factor e^s", CANCEL, lambda s, y: (s.exp() - y) ** 2
            ),
            Mistake(
                "integrated by λ, where the gradient by s is asked for",
                CHAIN,
                lambda s, y: s.exp() ** 2 / 2 - y * s.exp(),
            ),
            Mistake("half squared error of the score: its gradient is s - y", CANCEL, lambda s, y: (s - y) ** 2 / 2),
            Mistake("y is integrated by s to y·s, not to y", CANCEL, lambda s, y: s.exp() - y**2 / 2),
            Mistake(
                "log_input=False takes λ itself, not the score",
                START,
                lambda s, y: poisson_nll_loss(s, y, log_input=False, reduction="none"),
            ),
            Mistake("cross entropy, which fits the sigmoid and not e^s", CANCEL, lambda s, y: softplus(s) - y * s),
        ),
        inputs=counts,
        holds=(
            Condition("one loss for each score", lambda f, s, y: f(s, y), lambda loss, s, y: loss.shape == s.shape),
            Condition(
                "a loss whose slope over s is e^s - y",
                pull,
                lambda found, s, y: (found - (s.double().exp() - y)).abs() < 1e-3 * (1 + s.double().exp()),
            ),
        ),
    ),
)
