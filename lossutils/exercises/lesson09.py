"""Lesson 09, objective functions."""

import torch

from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, sign
from .trials import slope

TWO = "Two penalties: the sum of sizes, the sum of squares"
NUMBERS = "Loop, vectorised, `lossutils`, torch: the same two numbers"
PULLS = "L1 pulls with a constant force, L2 in proportion"
STOPS = "Move: one weight, without and with a penalty"
VALLEYS = "The valleys have names: rescale, and soft-threshold"
DECAY = "`weight_decay` in SGD is an L2 penalty, with a factor ½"
STEP = "One step with either: the same weights"
COLUMNS = "One run for many λ at once: a column for each"
TURN = "Move: training and validation, step by step"


def weight_penalty(*parameters):
    return sum(p.square().sum() for p in parameters if p.ndim > 1)


def of_weights(price):
    return lambda *parameters: sum(price(p) for p in parameters if p.ndim > 1)


def networks(generator):
    sizes = (((2, 3), (2,), (1, 2), (1,)), ((1, 4), (1,)), ((3, 2), (3,), (2, 3), (2,)))
    return [
        (torch.tensor([[2.0]]), torch.tensor([1.0])),
        (torch.tensor([[2.0, -0.5]]), torch.tensor([3.0])),
        (torch.tensor([[1.0, -2.0], [0.5, 3.0]]), torch.tensor([[2.0, 1.0]])),  # layers without bias
        (torch.tensor([[1.0, 2.0]]),),
        *(tuple(torch.randn(*size, generator=generator) for size in shapes) for shapes in sizes),
    ]


WEIGHTS = torch.tensor([0.002, 0.05, 0.2, 0.7, 1.5, 3.0, 8.0, 20.0])


def soft(a, amount):
    return a.sign() * (a.abs() - amount).clamp(min=0)


def elastic(a, l1, l2):
    return soft(a, l1) / (1 + 2 * l2)


def wishes(generator):
    random = 2 * torch.randn(4, 5, generator=generator)
    strengths = ((0.3, 0.5), (1.0, 0.1), (0.1, 2.0), (0.6, 0.25))
    return [
        (torch.tensor([2.0]), 0.5, 0.25),
        (torch.tensor([2.0, 0.25, -1.0]), 0.5, 0.2),
        *((a, *both) for a, both in zip(random, strengths, strict=True)),
    ]


def early(h, a, rate, k):
    return a * (1 - (1 - rate * h) ** k)


def descents(generator):
    h = 0.1 + 4 * torch.rand(4, 3, generator=generator)
    a = 0.5 + torch.randn(4, 3, generator=generator).abs()
    return [
        (torch.tensor([1.0]), torch.tensor([2.0]), 0.1, 2),
        (torch.tensor([0.1, 1.0, 5.0]), torch.tensor([1.0, -1.0, 2.0]), 0.1, 10),
        *zip(h, a, (0.1, 0.05, 0.2, 0.1), (5, 20, 3, 7), strict=True),
    ]


def sparing(w):
    return torch.log1p(w.abs())


EXERCISES = (
    Exercise(
        "copied-columns",
        "09",
        (2.0, 2.0, 2.0, 4.0, 2.0, 4.0),
        (
            Mistake("L1 and L2 are exchanged", TWO, spoil=lambda answer: answer[3:] + answer[:3]),
            Mistake("the squaring is forgotten in L2", TWO, (2.0,) * 6),
            Mistake(
                "the root belongs to the norm: the penalty is the sum of squares", NUMBERS, (2, 2, 2, 2, 2**0.5, 2)
            ),
            Mistake("first each weight is squared, then the sum is taken", TWO, (2, 2, 2, 4, 4, 4)),
            Mistake("means where the sums are meant", TWO, (1, 1, 1, 2, 1, 2)),
            Mistake("½ belongs to weight_decay, not to this penalty", DECAY, (2, 2, 2, 2, 1, 2)),
            Mistake("the largest weight is not the sum of all", TWO, (2, 1, 2, 4, 1, 4)),
        ),
    ),
    Exercise(
        "decay-from-lambda",
        "09",
        (0.002, 0.9998),
        (
            Mistake("weight_decay is not λ: the derivative of λw² has a factor 2", DECAY, (0.001, 0.9999)),
            Mistake("weight_decay is not λ: the derivative of λw² has a factor 2", DECAY, (0.001, 0.9998)),
            Mistake("the factor 2 is on the wrong side: λ is half of weight_decay", DECAY, (0.0005, 0.99995)),
            Mistake("the factor 2 is on the wrong side: λ is half of weight_decay", DECAY, (0.0005, 0.9998)),
            Mistake("the step is made with λ, where weight_decay is meant", STEP, (0.002, 0.9999)),
            Mistake("the factor 2 is in weight_decay already", STEP, (0.002, 0.9996)),
            Mistake("the learning rate is forgotten", STEP, (0.002, 0.998)),
            Mistake("this is what a weight loses: the factor is what it keeps", STEP, (0.002, 0.0002)),
            Mistake("decay makes weights smaller, not larger", STEP, (0.002, 1.0002)),
            Mistake("the learning rate belongs to the step, not to weight_decay", DECAY, (0.0002, 0.9998)),
        ),
        digits=5,
    ),
    Exercise(
        "weight-penalty",
        "09",
        weight_penalty,
        (
            Mistake("the biases are counted too", COLUMNS, lambda *all_of: sum(p.square().sum() for p in all_of)),
            Mistake(
                "the biases are counted, and the weights are not",
                COLUMNS,
                lambda *p: sum(b.square().sum() for b in p[1::2]),
            ),
            Mistake(
                "a layer with one output has one row: its weights are no bias",
                COLUMNS,
                lambda *p: sum(w.square().sum() for w in p if len(w) > 1),
            ),
            Mistake(
                "every second one is counted: a layer without a bias breaks that order",
                COLUMNS,
                lambda *p: sum(w.square().sum() for w in p[::2]),
            ),
            Mistake("this is L1: sizes, where squares are meant", TWO, of_weights(lambda p: p.abs().sum())),
            Mistake("the squaring is forgotten", TWO, of_weights(lambda p: p.sum())),
            Mistake("first each weight is squared, then the sum is taken", TWO, of_weights(lambda p: p.sum() ** 2)),
            Mistake(
                "the norms are added: each has a root that the penalty has not", NUMBERS, of_weights(lambda p: p.norm())
            ),
            Mistake(
                "the root belongs to the norm: the penalty is the sum of squares",
                NUMBERS,
                spoil=lambda f: lambda *p: torch.as_tensor(f(*p)).abs().sqrt(),
            ),
            Mistake("½ belongs to weight_decay, not to this penalty", DECAY, spoil=lambda f: lambda *p: f(*p) / 2),
            Mistake("means of squares where their sums are meant", TWO, of_weights(lambda p: p.square().mean())),
            Mistake("only the first layer is counted", NUMBERS, lambda w, *_: w.square().sum()),
        ),
        inputs=networks,
        gradient=0,
    ),
    Exercise(
        "elastic-net",
        "09",
        elastic,
        (
            Mistake("the derivative of λ₂w² has a factor 2", VALLEYS, lambda a, l1, l2: soft(a, l1) / (1 + l2)),
            Mistake("L1 and L2 are exchanged", VALLEYS, spoil=lambda f: lambda a, l1, l2: f(a, l2, l1)),
            Mistake("only L1 acts", VALLEYS, lambda a, l1, l2: soft(a, l1)),
            Mistake("only L2 acts", VALLEYS, lambda a, l1, l2: a / (1 + 2 * l2)),
            Mistake("first shift and cut, then shrink", VALLEYS, lambda a, l1, l2: soft(a / (1 + 2 * l2), l1)),
            Mistake("max(0, …) is missing: L1 stops at 0", STOPS, lambda a, l1, l2: (a - l1 * a.sign()) / (1 + 2 * l2)),
            Mistake("below 0 the shift is in the other direction", VALLEYS, lambda a, l1, l2: (a - l1) / (1 + 2 * l2)),
            Mistake("a wish below 0 is cut to 0", VALLEYS, lambda a, l1, l2: (a - l1).clamp(min=0) / (1 + 2 * l2)),
            Mistake("the sign is lost", VALLEYS, lambda a, l1, l2: elastic(a.abs(), l1, l2)),
            Mistake(
                "the small ones are cut, but the others are not shifted",
                VALLEYS,
                lambda a, l1, l2: torch.where(a.abs() > l1, a, 0) / (1 + 2 * l2),
            ),
            Mistake("L2 divides by 1 + 2λ₂: it is no shift", VALLEYS, lambda a, l1, l2: soft(a, l1) - 2 * l2 * a),
            Mistake(
                "L1 has no factor 2: its derivative is λ₁ · sign",
                PULLS,
                lambda a, l1, l2: soft(a, 2 * l1) / (1 + 2 * l2),
            ),
            sign(VALLEYS, "the sign is flipped"),
        ),
        inputs=wishes,
        edges=((torch.tensor([0.01, -0.01]), 0.5, 0.25), (torch.tensor([3.0, -3.0]), 0.0, 0.5)),
    ),
    Exercise(
        "early-stopping",
        "09",
        early,
        (
            Mistake("this is the distance that is left, not w", TURN, lambda h, a, rate, k: a * (1 - rate * h) ** k),
            Mistake("this is w - a, not w", TURN, lambda h, a, rate, k: -a * (1 - rate * h) ** k),
            Mistake("this is the share that is left, not w", TURN, lambda h, a, rate, k: (1 - rate * h) ** k),
            Mistake("a is missing", TURN, lambda h, a, rate, k: 1 - (1 - rate * h) ** k),
            Mistake(
                "each step starts where the last one ended: the pull becomes weaker",
                TURN,
                lambda h, a, rate, k: a * rate * h * k,
            ),
            Mistake(
                "the derivative of ½h(w - a)² has no factor 2", VALLEYS, lambda h, a, rate, k: early(2 * h, a, rate, k)
            ),
            Mistake(
                "h is missing in the gradient", VALLEYS, lambda h, a, rate, k: early(torch.ones_like(h), a, rate, k)
            ),
            Mistake(
                "the exponential is only its limit for tiny steps",
                TURN,
                lambda h, a, rate, k: a * (1 - (-rate * h * k).exp()),
            ),
            Mistake("one step too few", TURN, lambda h, a, rate, k: early(h, a, rate, k - 1)),
            Mistake("one step too many", TURN, lambda h, a, rate, k: early(h, a, rate, k + 1)),
            Mistake("gradient descent walks against the gradient", STEP, lambda h, a, rate, k: early(-h, a, rate, k)),
            Mistake(
                "this is the L2 solution, with λ = 1/(2ηk)", VALLEYS, lambda h, a, rate, k: a * h / (h + 1 / (rate * k))
            ),
        ),
        inputs=descents,
        edges=(
            (torch.tensor([1e-4]), torch.tensor([1.0]), 0.1, 10),
            (torch.tensor([15.0]), torch.tensor([1.0]), 0.1, 4),
        ),
    ),
    Exercise(
        "sparing-penalty",
        "09",
        sparing,
        (
            Mistake("this is L1: it pulls with the same force always", PULLS, torch.abs),
            *(Mistake("this is L2: it hardly pulls a small weight", PULLS, lambda w, c=c: c * w**2) for c in (1, 0.5)),
            Mistake("round at 0, like L2: it hardly pulls a small weight", PULLS, lambda w: w**2 / (1 + w**2)),
            Mistake("round at 0, like L2: it hardly pulls a small weight", PULLS, lambda w: torch.log1p(w**2)),
            *(
                Mistake(
                    "a rounded corner is no corner: it hardly pulls a small weight",
                    STOPS,
                    lambda w, e=e: (w**2 + e).sqrt() - e**0.5,
                )
                for e in (1.0, 0.1, 0.01)
            ),
            Mistake("both at once pull a large weight harder than either", PULLS, lambda w: w.abs() + w**2),
            Mistake("without |w|, weights below 0 are rewarded", TWO, torch.tanh),
            Mistake("without |w|, the logarithm has no value below -1", TWO, torch.log1p),
            Mistake("a weight of 0 must be free", TWO, lambda w: -torch.exp(-w.abs())),
            Mistake("a reward for small weights is highest at 0: turn it round", TWO, lambda w: torch.exp(-w.abs())),
            sign(TWO, "the sign is flipped: weights are rewarded"),
            averaged(TWO),
        ),
        inputs=lambda generator: [
            (torch.tensor([1.0]),),
            (torch.tensor([2.0, -0.5, 0.25]),),
            (2 * torch.randn(5, generator=generator),),
        ],
        edges=((torch.tensor([-5.0, 5.0]),), (torch.tensor([-0.001, 0.001]),)),
        gradient=0,
        holds=(
            Condition("one number for each weight", lambda f, w: f(w), lambda price, w: price.shape == w.shape),
            Condition(
                "a price of 0 for a weight of 0",
                lambda f, w: f(torch.zeros_like(w)),
                lambda price, w: price.abs() < 1e-6,
            ),
            Condition("a price above 0 for any other weight", lambda f, w: f(w), lambda price, w: price > 0),
            Condition(
                "the same price for w and -w: their difference is 0",
                lambda f, w: f(w) - f(-w),
                lambda gap, w: gap.abs() < 1e-5,
            ),
            Condition(
                "a pull of at least 0: the price never falls as |w| grows",
                lambda f, w: slope(f, torch.cat([w.flatten(), WEIGHTS.to(w.dtype)]).abs()),
                lambda pull, w: pull >= -1e-6,
            ),
            Condition(
                "a pull above 0.5 at w = 0.001",
                lambda f, w: slope(f, torch.full_like(w, 0.001)),
                lambda pull, w: pull > 0.5,
            ),
            Condition(
                "a pull below 0.5 at w = 5", lambda f, w: slope(f, torch.full_like(w, 5.0)), lambda pull, w: pull < 0.5
            ),
        ),
    ),
)
