"""Lesson 04, softmax, NLL and cross entropy."""

import math

import torch
from torch.nn import functional as F

from .exercise import Exercise, Mistake
from .mistakes import bits, sign, tens, through

LOG = "`log_softmax` is never above 0"
PICK = "NLL picks one number per row and flips its sign"
SHARE = "Why not just the share of the sum? The article's “hardmax”"
NO_LOG = "`NLLLoss` takes no logarithm; the name only says what comes in"
TWICE = "The trap: softmax twice, and the loss looks *better*"
NO_IDEA = "Is 1.0778 a lot? Compare with “no idea”"
ROWS = "Classes compete within a row: `dim=1`"
OVERFLOW = "Does the formula survive large scores?"
LARGEST = "Log-sum-exp: take the largest score out first"
DIFFERENCES = "Only the differences between scores count"
GRADIENT = "The gradient is again *prediction minus truth*"
WEIGHTS = "Class weights: the sum is divided by $\\sum w_t$, not by $N$"

A_SOFTMAX_TOO_MANY = "softmax twice: cross entropy does one of its own"
PROBABILITIES_TO_NLL = "probabilities are handed to NLL, which takes log-probabilities"
SCORES_TO_NLL = "raw scores are handed to NLL, which takes log-probabilities"
COLUMNS = "softmax with dim=0: the photos compete, not the classes"
ROUNDED = "the softmax rounds to 0 before the logarithm"


def one_hot(s, target):
    return F.one_hot(target, s.shape[1])


def pair_loss(lead):
    return math.log1p(math.exp(-lead))


TWO_P = 1 / (1 + math.exp(-2))  # what the scores (2, 0) give the first class


def scores(generator):
    return [
        (torch.tensor([[2.0, 0.0]]),),
        (torch.tensor([[0.5, -1.0, 3.0], [2.0, 1.0, 0.0], [-1.0, -2.0, 0.5]]),),
        *((3 * torch.randn(4, 5, generator=generator),) for _ in range(3)),
    ]


def labelled(generator):
    drawn = [(2 * torch.randn(6, 4, generator=generator), torch.randint(4, (6,), generator=generator)) for _ in "123"]
    return [
        (torch.tensor([[2.0, 0.0]]), torch.tensor([0])),
        (torch.tensor([[0.5, -1.0, 3.0], [2.0, 1.0, 0.0], [-1.0, -2.0, 0.5]]), torch.tensor([1, 1, 0])),
        *drawn,
    ]


SATURATED = (torch.tensor([[1000.0, 0.0, -1000.0], [-1000.0, 200.0, 0.0]]), torch.tensor([2, 0]))


def with_weights(generator):
    fixed = [torch.tensor([1.0, 4.0]), torch.tensor([1.0, 4.0, 2.0])]
    drawn = [0.5 + 3 * torch.rand(4, generator=generator) for _ in "123"]
    return [(*case, w) for case, w in zip(labelled(generator), fixed + drawn, strict=True)]


def weighted_gradient(s, target, w):
    return share_of(target, w) * (s.softmax(1) - one_hot(s, target))


def share_of(target, w):
    """What each row counts in the weighted mean, as a column."""
    return (w[target] / w[target].sum())[:, None]


def through_two(s, target, w):
    """The gradient of a weighted mean behind two softmaxes."""
    p = s.softmax(1)
    error = p.softmax(1) - one_hot(s, target)
    return share_of(target, w) * p * (error - (p * error).sum(1, keepdim=True))


EXERCISES = (
    Exercise(
        "two-scores",
        "04",
        (pair_loss(2), pair_loss(-2)),
        (
            sign(PICK),
            tens(LOG),
            bits(LOG),
            Mistake("the two classes are swapped", PICK, spoil=lambda answer: answer[::-1]),
            Mistake(
                "these are the probabilities: the loss is -ln of them", PICK, spoil=through(lambda x: math.exp(-x))
            ),
            Mistake(PROBABILITIES_TO_NLL, NO_LOG, (-TWO_P, TWO_P - 1)),
            Mistake(SCORES_TO_NLL, NO_LOG, (-2.0, 0.0)),
            Mistake(A_SOFTMAX_TOO_MANY, TWICE, (pair_loss(2 * TWO_P - 1), pair_loss(1 - 2 * TWO_P))),
            Mistake("the plain share of the sum: the exponential is missing", SHARE, (0.0, math.inf)),
        ),
    ),
    Exercise(
        "first-loss",
        "04",
        (math.log(100), math.exp(-11.3)),
        (
            Mistake("the minus sign is missing", NO_IDEA, spoil=lambda a: (-a[0], a[1])),
            Mistake("a base-10 logarithm in place of ln", NO_IDEA, spoil=lambda a: (a[0] / math.log(10), a[1])),
            Mistake(bits("").said, NO_IDEA, spoil=lambda a: (a[0] / math.log(2), a[1])),
            Mistake("2 takes e's place, in the logarithm and in the power", NO_IDEA, (math.log2(100), 2**-11.3)),
            Mistake("10 takes e's place, in the logarithm and in the power", NO_IDEA, (2.0, 10**-11.3)),
            Mistake(
                "1/C is the probability of “no idea”, and the loss is -ln of it",
                NO_IDEA,
                spoil=lambda a: (math.exp(-a[0]), a[1]),
            ),
            Mistake(
                "one over the loss is no probability: turn the logarithm round",
                NO_IDEA,
                spoil=lambda a: (a[0], 1 / 11.3),
            ),
            Mistake(
                "a probability above 1: the loss is minus the logarithm", NO_IDEA, spoil=lambda a: (a[0], 1 / a[1])
            ),
            Mistake(
                "1/C is the probability at a loss of ln C, not at another one", NO_IDEA, spoil=lambda a: (a[0], 0.01)
            ),
            Mistake("a fresh network does not start at 0, it knows nothing yet", NO_IDEA, spoil=lambda a: (0.0, a[1])),
        ),
    ),
    Exercise(
        "log-softmax",
        "04",
        lambda s: F.log_softmax(s, 1),
        (
            Mistake("exp(s) overflows", OVERFLOW, lambda s: s - s.exp().sum(1, keepdim=True).log()),
            Mistake("exp(s) overflows", OVERFLOW, lambda s: (s.exp() / s.exp().sum(1, keepdim=True)).log()),
            Mistake(ROUNDED, OVERFLOW, lambda s: s.softmax(1).log()),
            *(
                Mistake(
                    "a little is added inside the logarithm, where the stable form needs none",
                    LARGEST,
                    lambda s, eps=eps: (s.softmax(1) + eps).log(),
                )
                for eps in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake(
                "one maximum for the whole table: each row needs its own",
                LARGEST,
                lambda s: s - s.max() - (s - s.max()).exp().sum(1, keepdim=True).log(),
            ),
            Mistake(
                "the largest score is taken out of the sum and not put back",
                LARGEST,
                lambda s: s - (s - s.amax(1, keepdim=True)).exp().sum(1, keepdim=True).log(),
            ),
            *(
                Mistake("keepdim=True is missing: a row's number is taken off another row's scores", ROWS, wrong)
                for wrong in (
                    lambda s: s - s.logsumexp(1),
                    lambda s: F.log_softmax(s - s.amax(1), 1),
                    lambda s: s - s.amax(1) - (s - s.amax(1)).logsumexp(1),
                )
            ),
            Mistake("one sum for the whole table: each row has its own", ROWS, lambda s: s - s.flatten().logsumexp(0)),
            Mistake(COLUMNS, ROWS, spoil=lambda f: lambda s: f(s.T).T),
            Mistake("these are probabilities: the logarithm is missing", LOG, spoil=through(torch.exp)),
            Mistake("a softmax too many", TWICE, spoil=lambda f: lambda s: f(s.softmax(1))),
            sign(LOG, "the sign is turned: a log-probability is never above 0"),
            bits(LOG),
            tens(LOG),
        ),
        inputs=scores,
        edges=(
            (torch.tensor([[1000.0, 0.0, -1000.0], [-1000.0, -1001.0, -1002.0]]),),
            (torch.tensor([[0.0, 200.0], [-1000.0, 1000.0]]),),
        ),
        gradient=0,
    ),
    Exercise(
        "weighted-softmax-gradient",
        "04",
        weighted_gradient,
        (
            Mistake(
                "divided by N, where torch's weighted mean is divided by the weights of the true classes",
                WEIGHTS,
                lambda s, t, w: w[t][:, None] * (s.softmax(1) - one_hot(s, t)) / len(s),
            ),
            Mistake(
                "divided by the sum of all weights, where only those of the true classes count, row by row",
                WEIGHTS,
                lambda s, t, w: w[t][:, None] * (s.softmax(1) - one_hot(s, t)) / w.sum(),
            ),
            Mistake(
                "the gradient of the sum, where the weighted mean's is asked",
                WEIGHTS,
                lambda s, t, w: w[t][:, None] * (s.softmax(1) - one_hot(s, t)),
            ),
            *(
                Mistake(
                    "the weights are on the columns, where a row takes the weight of its true class",
                    WEIGHTS,
                    lambda s, t, w, whole=whole: w * (s.softmax(1) - one_hot(s, t)) / whole(w, t),
                )
                for whole in (lambda w, t: w[t].sum(), lambda w, t: len(t), lambda w, t: w.sum(), lambda w, t: 1)
            ),
            Mistake(
                "only the entry of the true class is weighted, where its whole row is",
                WEIGHTS,
                lambda s, t, w: s.softmax(1) / len(s) - one_hot(s, t) * w[t][:, None] / w[t].sum(),
            ),
            Mistake(
                "w[target] needs [:, None], so that it multiplies rows",
                WEIGHTS,
                lambda s, t, w: w[t] * (s.softmax(1) - one_hot(s, t)) / w[t].sum(),
            ),
            Mistake("the weights are not used", WEIGHTS, spoil=lambda f: lambda s, t, w: f(s, t, torch.ones_like(w))),
            sign(GRADIENT, "the sign is turned: it is prediction minus truth"),
            Mistake(
                "the gradient by the probabilities, where the scores' is asked",
                GRADIENT,
                lambda s, t, w: -share_of(t, w) * one_hot(s, t) / s.softmax(1),
            ),
            Mistake(
                "the gradient by the log-probabilities that NLL takes, where the scores' is asked",
                GRADIENT,
                lambda s, t, w: -share_of(t, w) * one_hot(s, t),
            ),
            Mistake("the truth y is not subtracted", GRADIENT, lambda s, t, w: share_of(t, w) * s.softmax(1)),
            Mistake(COLUMNS, ROWS, lambda s, t, w: share_of(t, w) * (s.softmax(0) - one_hot(s, t))),
            Mistake("a softmax too many", TWICE, spoil=lambda f: lambda s, t, w: f(s.softmax(1), t, w)),
            Mistake("a softmax too many", TWICE, through_two),
        ),
        inputs=with_weights,
        edges=((*SATURATED, torch.tensor([1.0, 4.0, 2.0])),),
    ),
)
