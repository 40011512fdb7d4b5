"""Lesson 10, numerical stability."""

import math

import torch
from torch.nn.functional import binary_cross_entropy

from ..gradients import autograd
from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, sign
from .trials import slope

FLOAT = "A float has few digits and a limited range"
FOUR = "Where exp and σ saturate"
NO = "Six scores, one answer: no"
DIRECT = "The formula as it stands fails on both sides"
EPS = "Two usual repairs: an ε, or a clamp"
CLAMP = EPS
LOG1P = "`log1p(x)` is $\\ln(1 + x)$ without ever computing $1 + x$"
OVERFLOWS = "From the score: the left is right, the right overflows"
LARGE = "Take the large part out of the exponential"
TRAP = "The trap: two right branches, one wrong gradient"
CORNER = "A corner has no slope: autograd must choose one"
SOFTMAX = "Softmax has the same illness, and the same cure"
ANY = "By hand: (5, 1, 1, 1), and the same plus 1000"
FOCAL = "Focal loss, as the libraries' formulas read"
THROUGH_P = "γ = 2, the loss: whatever goes through $p$ fails"
HALF = "γ = 0.5: a sure and *right* answer gives `nan`"


def ramp(s):
    return torch.logaddexp(s, torch.zeros_like(s))


def log1mexp(x):
    border = -math.log(2)
    near = torch.log(-torch.expm1(x.clamp(min=border)))
    return torch.where(x > border, near, torch.log1p(-torch.exp(x.clamp(max=border))))


def negatives(generator):
    random = -3 * torch.rand(4, 5, generator=generator).clamp(min=0.01)
    return [(torch.tensor([-1.0]),), (torch.tensor([-0.5, -2.0, -3.0]),), *((x,) for x in random)]


def logsumexp(x):
    m = x.amax(-1, keepdim=True)
    m = torch.where(m.isinf(), 0, m)
    return (m + (x - m).exp().sum(-1, keepdim=True).log()).squeeze(-1)


def rows(generator):
    small = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    sizes = ((4, 3), (2, 5), (3, 3), (5, 2))
    return [
        (torch.tensor([[1.0, 2.0]]),),
        (small,),
        *((3 * torch.randn(*size, generator=generator),) for size in sizes),
    ]


def without_maximum(x):
    return x.exp().sum(-1).log()


def unguarded(x):
    m = x.amax(-1)
    return m + (x - m[..., None]).exp().sum(-1).log()


def wrong_dim(x):
    m = x.amax(0)
    return m + (x - m).exp().sum(-1).log()


def focal_slope(s, gamma):
    q = s.sigmoid()
    return torch.exp(-gamma * ramp(-s)) * (gamma * (1 - q) * ramp(s) + q)


def no_scores(generator):
    random = 2 * torch.randn(4, 5, generator=generator)
    return [
        (torch.tensor([0.0]), 2.0),
        (torch.tensor([-1.0, 0.5, 2.0]), 0.5),
        *zip(random, (2.0, 0.5, 1.0, 3.0), strict=True),
    ]


def by_division(eps=0.0):
    """The product rule as it stands, with q to the power γ - 1."""

    def slope(s, gamma):
        q = s.sigmoid()
        return gamma * (q + eps) ** (gamma - 1) * q * (1 - q) * ramp(s) + q**gamma * q

    return slope


def through_probability(log_no):
    """The right formula, but for ln(1 - q)."""

    def slope(s, gamma):
        q = s.sigmoid()
        return torch.exp(-gamma * ramp(-s)) * (gamma * (1 - q) * -log_no(q) + q)

    return slope


def by_autograd(s, gamma):
    return autograd(lambda s: s.sigmoid() ** gamma * ramp(s), s)


def two_branches(s):
    return torch.where(s > 20, s, s.exp().log1p())


def through_bce(s):
    return binary_cross_entropy(s.sigmoid(), torch.zeros_like(s), reduction="none")


EXERCISES = (
    Exercise(
        "smallest-eps",
        "10",
        (1e-7, 1e-3),
        (
            Mistake("range and digits are exchanged: small numbers lie near 0, not near 1", FLOAT, (1e-3, 1e-7)),
            Mistake("below the smallest normal number there are subnormal ones", FLOAT, (1e-4, 1e-3)),
            Mistake("what is less than half of the smallest number is rounded to 0", FLOAT, (1e-8, 1e-3)),
            Mistake("what is less than half of the gap after 1 is swallowed", FLOAT, (1e-7, 1e-4)),
            Mistake("1 + x has its digits after the 1: it swallows what float16 can hold alone", FLOAT, (1e-7, 1e-7)),
            Mistake("what is above half a gap is not swallowed: it is rounded up", FLOAT, (1e-7, 1e-2)),
            Mistake("these are the exponents: give the numbers themselves, as 1e-…", FLOAT, (7, 3)),
            Mistake("these are the exponents: give the numbers themselves, as 1e-…", FLOAT, (-7, -3)),
            Mistake("this is what float32 can do", FLOAT, (1e-45, 1e-7)),
        ),
    ),
    Exercise(
        "other-label",
        "10",
        (-89.0, -18.0),
        (
            Mistake("these are the walls of the answer no, where 1 - σ loses its digits", DIRECT, (-17.0, -9.0)),
            Mistake("these are the walls of the answer no, where 1 - σ loses its digits", DIRECT, (17.0, 9.0)),
            sign(NO, "a model that is surely wrong about a yes has a score below 0"),
            Mistake("exp(s) is 0 only here, but σ(s) is 0 as soon as exp(-s) is inf", FOUR, (-104.0, -18.0)),
            Mistake("a float16 σ is not 0 yet where a float16 exp(-s) would be inf", FOUR, (-89.0, -12.0)),
            Mistake("below the smallest normal number there are subnormal ones", FLOAT, (-88.0, -10.0)),
            Mistake("these are the last scores that work, not the first that fail", FOUR, (-88.0, -17.0)),
            Mistake("the two types are exchanged", FOUR, spoil=lambda answer: answer[::-1]),
        ),
    ),
    Exercise(
        "log1mexp",
        "10",
        log1mexp,
        (
            Mistake("near 0, 1 - exp(x) loses its digits", DIRECT, lambda x: (1 - x.exp()).log()),
            Mistake("log1p cannot bring back what exp(x) has lost near 0", LOG1P, lambda x: torch.log1p(-x.exp())),
            Mistake("far from 0, expm1(x) swallows the small exp(x)", LOG1P, lambda x: torch.log(-torch.expm1(x))),
            Mistake(
                "both branches are computed, and the one not taken makes the gradient nan",
                TRAP,
                lambda x: torch.where(x > -math.log(2), torch.log(-torch.expm1(x)), torch.log1p(-x.exp())),
            ),
            Mistake(
                "the two branches are exchanged",
                LOG1P,
                lambda x: torch.where(x > -math.log(2), torch.log1p(-x.exp()), torch.log(-torch.expm1(x))),
            ),
            *(
                Mistake(
                    "a little is added inside the logarithm, where a stable form needs none",
                    EPS,
                    lambda x, eps=eps: (1 - x.exp() + eps).log(),
                )
                for eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            *(
                Mistake(
                    "a clamp keeps the logarithm finite, not right",
                    CLAMP,
                    lambda x, eps=eps: (1 - x.exp()).clamp(min=eps).log(),
                )
                for eps in (1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake("1 + exp(x) in place of 1 - exp(x)", LOG1P, lambda x: x.exp().log1p()),
            Mistake("the logarithm is missing", LOG1P, lambda x: -torch.expm1(x)),
            sign(NO, "the sign is wrong: ln(1 - p) is below 0, a loss would be above"),
            averaged(NO),
        ),
        inputs=negatives,
        edges=(
            (torch.tensor([-1e-9]),),
            (torch.tensor([-50.0]),),
            (torch.tensor([-1e-20, -80.0]),),
            (torch.tensor([-1e-6, -1e-4, -0.69, -0.7, -10.0, -17.0, -25.0]),),
        ),
        gradient=0,
        graph=True,
        atol=0.0,
    ),
    Exercise(
        "masked-logsumexp",
        "10",
        logsumexp,
        (
            Mistake("the largest score is not subtracted, so that exp overflows", SOFTMAX, without_maximum),
            Mistake("-inf - (-inf) is nan: a row without a finite score needs another m", SOFTMAX, unguarded),
            Mistake("the largest score is taken over the wrong dim: every row needs its own", SOFTMAX, wrong_dim),
            Mistake(
                "the largest score of the whole batch is subtracted, and a row far below it underflows",
                SOFTMAX,
                lambda x: x.max() + (x - x.max()).exp().sum(-1).log(),
            ),
            Mistake(
                "m is subtracted and never added again",
                SOFTMAX,
                lambda x: (x - x.amax(-1, keepdim=True)).exp().sum(-1).log(),
            ),
            Mistake("the sum runs over the wrong dim", SOFTMAX, lambda x: torch.logsumexp(x, 0)),
            Mistake("a mean where the sum is meant", SOFTMAX, spoil=lambda f: lambda x: f(x) - math.log(x.shape[-1])),
            Mistake("the nan is replaced by 0, where -inf is right", SOFTMAX, lambda x: unguarded(x).nan_to_num(0.0)),
            *(
                Mistake(
                    "a very low score stands in for -inf, and the answer is no longer -inf",
                    SOFTMAX,
                    lambda x, low=low: unguarded(x.clamp(min=low)),
                )
                for low in (-1e4, -1e5, -1e6, -1e9, -1e10, -1e20, -1e30)
            ),
            *(
                Mistake(
                    "ε inside the logarithm, where taking the largest score out is the cure",
                    EPS,
                    lambda x, eps=eps: (x.exp().sum(-1) + eps).log(),
                )
                for eps in (1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake("the dim that is summed is kept", SOFTMAX, spoil=lambda f: lambda x: f(x)[..., None]),
            sign(SOFTMAX, "the minus sign belongs to the loss, not to log-sum-exp"),
            averaged(ANY),
        ),
        inputs=rows,
        edges=(
            (torch.tensor([[1000.0, 1000.0], [-1000.0, -1000.0]]),),
            (torch.tensor([[-math.inf, 5.0]]),),
            (torch.full((1, 4), -math.inf),),
        ),
    ),
    Exercise(
        "stable-focal-slope",
        "10",
        focal_slope,
        (
            *(
                Mistake("q to the power γ - 1 is inf where q is rounded to 0, and inf · 0 is nan", HALF, wrong)
                for wrong in (by_division(), by_autograd)
            ),
            Mistake(
                "the chain rule's 1 - q is missing: dq/ds = q(1 - q)",
                HALF,
                lambda s, gamma: s.sigmoid() ** gamma * (gamma * torch.logaddexp(s, 0 * s) + s.sigmoid()),
            ),
            *(
                Mistake("ε on q keeps the number finite, and bends it where q is small", EPS, by_division(eps))
                for eps in (1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake(
                "1 - q is rounded to 0 for a large score, and its logarithm is -inf",
                THROUGH_P,
                through_probability(lambda q: (1 - q).log()),
            ),
            Mistake(
                "log1p(-q) comes too late: q itself is rounded to 1 for a large score",
                THROUGH_P,
                through_probability(lambda q: torch.log1p(-q)),
            ),
            *(
                Mistake("exp(s) overflows in the loss", OVERFLOWS, wrong)
                for wrong in (
                    lambda s, gamma: s.sigmoid() ** gamma * (gamma * (-s).sigmoid() * s.exp().log1p() + s.sigmoid()),
                    lambda s, gamma: s.sigmoid() ** gamma * (gamma * (1 - s.sigmoid()) * s.exp().log1p() + s.sigmoid()),
                )
            ),
            Mistake(
                "the gradient is by q, where the score's is asked: dq/ds = q(1 - q) is missing",
                FOCAL,
                lambda s, gamma: focal_slope(s, gamma) / (s.sigmoid() * (-s).sigmoid()),
            ),
            Mistake(
                "the factor γ is missing",
                HALF,
                lambda s, gamma: (-gamma * ramp(-s)).exp() * ((-s).sigmoid() * ramp(s) + s.sigmoid()),
            ),
            Mistake(
                "only q to the power γ is differentiated: half of the product rule is missing",
                HALF,
                lambda s, gamma: (-gamma * ramp(-s)).exp() * gamma * (-s).sigmoid() * ramp(s),
            ),
            Mistake(
                "only the cross entropy is differentiated: half of the product rule is missing",
                HALF,
                lambda s, gamma: (-(gamma + 1) * ramp(-s)).exp(),
            ),
            Mistake("this is the slope of a yes", FOCAL, lambda s, gamma: -focal_slope(-s, gamma)),
            Mistake(
                "this is the loss, not its slope",
                FOCAL,
                lambda s, gamma: (-gamma * ramp(-s)).exp() * ramp(s),
            ),
            sign(NO, "the sign is flipped: the loss of a no grows with the score"),
            averaged(NO),
        ),
        inputs=no_scores,
        edges=(
            (torch.tensor([-1000.0]), 0.5),
            (torch.tensor([-30.0]), 0.5),
            (torch.tensor([30.0, 1000.0]), 2.0),
        ),
        atol=1e-30,
    ),
    Exercise(
        "soft-ramp",
        "10",
        ramp,
        (
            Mistake("exp(s) overflows", OVERFLOWS, lambda s: s.exp().log1p()),
            Mistake("1 + exp(s) swallows a small exp(s), and a large one is inf", LOG1P, lambda s: (1 + s.exp()).log()),
            *(
                Mistake("1 - σ, or 1 - tanh, is rounded to 0, and its logarithm is -inf", DIRECT, wrong)
                for wrong in (lambda s: -(1 - s.sigmoid()).log(), lambda s: -(0.5 * (1 - torch.tanh(s / 2))).log())
            ),
            *(
                Mistake(
                    "ε lets no loss grow above -ln ε, and makes a right one negative",
                    EPS,
                    lambda s, eps=eps: -(1 - s.sigmoid() + eps).log(),
                )
                for eps in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake("behind the clamp every mistake costs 100", CLAMP, through_bce),
            Mistake("behind a clamp there is no gradient", CLAMP, lambda s: s.clamp(max=80).exp().log1p()),
            Mistake("both branches are computed, and the one not taken makes the gradient nan", TRAP, two_branches),
            Mistake(
                "max and |s| have a corner each, and autograd does not cancel them",
                CORNER,
                lambda s: s.clamp(min=0) + (-s.abs()).exp().log1p(),
            ),
            Mistake("a ramp with a corner has no gradient on its left", CORNER, torch.relu),
            Mistake("this is the ramp of a yes: it falls", NO, lambda s: ramp(-s)),
            averaged(NO),
        ),
        inputs=lambda generator: [
            (torch.tensor([1.0]),),
            (torch.tensor([-2.0, 0.0, 3.0]),),
            (4 * torch.randn(5, generator=generator),),
        ],
        edges=(
            (torch.tensor([20.0]),),
            (torch.tensor([-20.0]),),
            (torch.tensor([-40.0, 80.0]),),
            (torch.tensor([1000.0]),),
        ),
        gradient=0,
        holds=(
            Condition("one number for each score", lambda f, s: f(s), lambda loss, s: loss.shape == s.shape),
            Condition("a loss above 0", lambda f, s: f(s), lambda loss, s: loss > 0),
            Condition(
                "a loss at most 1 away from max(s, 0): it is away by",
                lambda f, s: f(s) - s.clamp(min=0),
                lambda gap, s: gap.abs() <= 1,
            ),
            Condition("a gradient above 0 and at most 1", slope, lambda pull, s: (pull > 0) & (pull <= 1 + 1e-4)),
            Condition(
                "a gradient that never falls: a step of 0.25 to the right it is larger by",
                lambda f, s: slope(f, s + 0.25) - slope(f, s),
                lambda growth, s: growth >= -1e-4,
            ),
        ),
        atol=1e-10,
    ),
)
