"""Lesson 07, regression losses."""

import torch

from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, sign, summed

L1 = "L1: take the absolute value, then the mean"
MSE = "MSE: take the square, then the mean. No root"
SHARE = "One late bus is 95 % of the MSE"
HUBER = "Huber: squared near 0, straight from δ on"
SMOOTH = "`SmoothL1Loss` is the Huber loss divided by δ"
JOINT = "Move: four losses of one error"
LOUD = "The gradient says how loudly each error may speak"
ZERO = "Why the mean and why the median: set the slope to 0"
WITHOUT_LIMIT = "Move: the best constant while the last bus gets later"
TYPING = "Move: add typing errors, watch three lines"
DIFFERENCE = "Now the answer is a number, and the error is a difference"
FUNCTION = "When is an `autograd.Function` needed? When autograd cannot see inside"


def pinball(x, y, q):
    return torch.maximum(q * (y - x), (q - 1) * (y - x))


def predictions(generator):
    def drawn(n, q):
        return 3 * torch.randn(n, generator=generator), 3 * torch.randn(n, generator=generator), q

    return [
        (torch.tensor([3.0]), torch.tensor([13.0]), 0.9),
        (torch.tensor([3.5, 6.0, 5.0]), torch.tensor([4.0, 5.0, 7.0]), 0.75),
        *(drawn(5, q) for q in (0.1, 0.3, 0.6, 0.95)),
    ]


def pinball_pull(c, y, q):
    return (y < c).to(y).mean(-1) - q


def constants(generator):
    def drawn(n, q):
        return torch.randn((), generator=generator), 2 * torch.randn(n, generator=generator), q

    five = torch.tensor([4.0, 5.0, 6.0, 7.0, 13.0])
    return [
        (torch.tensor(6.5), five, 0.9),
        (torch.tensor(4.5), five, 0.5),
        (torch.tensor(20.0), torch.tensor([13.0]), 0.75),
        *(drawn(n, q) for n, q in ((3, 0.3), (6, 0.1), (7, 0.8), (8, 0.6))),
    ]


def pretend(value, slope):
    """A mistake in `backward`: the mean of `value(x, y)`, with `slope(x, y)` as its gradient by x."""

    def loss(x, y):
        pushed = (x - x.detach()) * slope(x, y).detach()
        return value(x, y).detach().mean() + pushed.sum()

    return loss


def rounded(x, y):
    return (torch.round(x) - y) ** 2


def rounded_mse(x, y):
    return ((x + (torch.round(x) - x).detach() - y) ** 2).mean()


def minutes(generator):
    """Predictions that are no ties: between two whole minutes a rounding may go either way."""

    def drawn(n):
        whole = torch.randint(-9, 10, (2, n), generator=generator).float()
        return whole[0] + 0.8 * torch.rand(n, generator=generator) - 0.4, whole[1] + 0.25 * (whole[0] % 4)

    return [
        (torch.tensor([3.75]), torch.tensor([6.0])),
        (torch.tensor([3.625, 6.25, 5.125]), torch.tensor([4.0, 5.0, 7.0])),
        *map(drawn, (4, 5, 6, 7)),
    ]


def ordinary(e):
    return 1.345 * 1.483 * e.abs().median()


def errors(generator):
    def drawn(n):
        e = 40 * torch.randn(n, generator=generator)
        e = torch.cat([e, torch.tensor([900.0])])
        return (e[torch.randperm(n + 1, generator=generator)],)

    few_wild = torch.cat([torch.linspace(-20, 25, 19), torch.tensor([700.0, -650.0, 800.0])])
    first = torch.tensor([-0.5, 1.0, 0.25, -2.0, -10.0])
    return [(first,), (few_wild,), *map(drawn, (20, 30, 40))]


def one_wild(e):
    """The errors once more, the largest one a hundred times as large."""
    return torch.where(e.abs() == e.abs().max(), 100 * e, e)


EXERCISES = (
    Exercise(
        "huber-by-hand",
        "07",
        (0.125, 0.5, 0.0, 2.0, 18.0, 4.125),
        (
            Mistake("SmoothL1: it is the Huber loss divided by δ", SMOOTH, spoil=lambda a: tuple(x / 2 for x in a)),
            Mistake(
                "the ½ of the parabola is forgotten, so the two halves do not meet", HUBER, (0.25, 1, 0, 4, 18, 4.65)
            ),
            Mistake("δ = 1, where 2 is asked for", HUBER, (0.125, 0.5, 0, 1.5, 9.5, 2.325)),
            Mistake(
                "the straight part is δ|e|: without - δ²/2 the halves do not meet", JOINT, (0.125, 0.5, 0, 2, 20, 4.525)
            ),
            Mistake("the straight part is not multiplied by δ", HUBER, (0.125, 0.5, 0, 2, 9, 2.325)),
            Mistake("|e| - ½ is the straight part for δ = 1 only", HUBER, (0.125, 0.5, 0, 2, 9.5, 2.425)),
            Mistake("half the square for all: beyond δ the loss is straight", HUBER, (0.125, 0.5, 0, 2, 50, 10.525)),
            Mistake("the squares: this is the MSE", MSE, (0.25, 1, 0, 4, 100, 21.05)),
            Mistake("the absolute values: this is L1", L1, (0.5, 1, 0, 2, 10, 2.7)),
            Mistake("a sum where the mean is meant", L1, spoil=lambda a: (*a[:5], 5 * a[5])),
            Mistake("a square root of the mean, which no mean loss takes", MSE, spoil=lambda a: (*a[:5], a[5] ** 0.5)),
        ),
    ),
    Exercise(
        "three-prices",
        "07",
        (4.0, 2.0, 2.5),
        (
            Mistake("mean and median are swapped", ZERO, spoil=lambda a: (a[1], a[0], a[2])),
            Mistake("Huber does not stay at the median: two errors within δ still count", ZERO, (4, 2, 2)),
            Mistake("the error of 9 is not cut at δ, so this is the mean", ZERO, (4, 2, 4)),
            Mistake("halfway between mean and median: Huber is no average of the two", ZERO, (4, 2, 3)),
            Mistake("the price of 9 has no vote left: under Huber it still pulls with δ", LOUD, (4, 2, 1.5)),
            Mistake("the cut error pulls the wrong way: c - 9 is below 0", LOUD, (4, 2, 0.5)),
            Mistake("halfway between the cheapest and the dearest: the mean is 12/3", ZERO, (5, 2, 2.5)),
            Mistake("the mean is taken for L1 too", ZERO, (4, 4, 2.5)),
            Mistake("the sum of the prices, where their mean is meant", ZERO, spoil=lambda a: (3 * a[0], *a[1:])),
        ),
    ),
    Exercise(
        "pinball",
        "07",
        pinball,
        (
            Mistake(
                "the sides are reversed: q belongs to predictions that are too small",
                DIFFERENCE,
                spoil=lambda f: lambda x, y, q: f(x, y, 1 - q),
            ),
            sign(DIFFERENCE, "the sign is flipped: a loss below 0"),
            Mistake(
                "the smaller of the two sides, where the larger is meant",
                LOUD,
                lambda x, y, q: torch.minimum(q * (y - x), (q - 1) * (y - x)),
            ),
            averaged(L1),
            Mistake(
                "a price for each mistake, where each minute has one",
                L1,
                lambda x, y, q: torch.where(y > x, q, torch.where(x > y, 1 - q, 0.0)).to(x.dtype),
            ),
            Mistake("q on both sides: a multiple of L1", L1, lambda x, y, q: q * (x - y).abs()),
            Mistake("a prediction that is too large is free", LOUD, lambda x, y, q: q * (y - x).clamp(min=0)),
            Mistake("a prediction that is too small is free", LOUD, lambda x, y, q: (1 - q) * (x - y).clamp(min=0)),
            Mistake(
                "one sign too few: beyond the target the loss falls below 0",
                LOUD,
                lambda x, y, q: torch.where(y > x, q * (y - x), (1 - q) * (y - x)),
            ),
            Mistake(
                "the errors are squared: each minute is charged alike",
                MSE,
                lambda x, y, q: pinball(x, y, q) * (x - y).abs(),
            ),
            Mistake("twice the loss: at q = 0.5 it is half of L1", L1, spoil=lambda f: lambda *inputs: 2 * f(*inputs)),
        ),
        inputs=predictions,
        edges=((torch.tensor([1000.0, -1000.0]), torch.tensor([0.5, 0.25]), 0.999),),
        gradient=0,
    ),
    Exercise(
        "pinball-pull",
        "07",
        pinball_pull,
        (
            sign(LOUD, "the sign is flipped: the derivative is by c, not by y"),
            Mistake(
                "the sides are reversed: q belongs to targets above c",
                LOUD,
                spoil=lambda f: lambda c, y, q: f(c, y, 1 - q),
            ),
            Mistake("a sum where the mean is meant", L1, spoil=lambda f: lambda c, y, q: f(c, y, q) * y.shape[-1]),
            Mistake("the slope of each target, not their mean", L1, lambda c, y, q: (y < c).to(y) - q),
            Mistake("the slope of L1: q is not used", ZERO, lambda c, y, q: torch.sign(c - y).mean(-1)),
            Mistake(
                "the share of targets above c, where those below it count",
                ZERO,
                lambda c, y, q: (y > c).to(y).mean(-1) - q,
            ),
            Mistake("the loss itself, not its slope", LOUD, lambda c, y, q: pinball(c, y, q).mean(-1)),
            Mistake("// cuts the share off to 0 or 1", ZERO, lambda c, y, q: (y < c).sum(-1) // y.shape[-1] - q),
            Mistake("the share of targets below c: where is q?", ZERO, lambda c, y, q: (y < c).to(y).mean(-1)),
            Mistake(
                "the targets above c do not pull",
                LOUD,
                lambda c, y, q: (1 - q) * (y < c).to(y).mean(-1),
            ),
            Mistake(
                "each pull is multiplied by its error: a minute is charged alike, near or far",
                LOUD,
                lambda c, y, q: (torch.where(y < c, 1 - q, q) * (c - y)).mean(-1),
            ),
            Mistake("twice the slope", L1, spoil=lambda f: lambda *inputs: 2 * f(*inputs)),
        ),
        inputs=constants,
        edges=((torch.tensor(-50.0), torch.tensor([1.0, 2.0, 3.0]), 0.999),),
    ),
    Exercise(
        "rounded-square",
        "07",
        rounded_mse,
        (
            Mistake(
                "the true gradient of a rounding: 0 everywhere, so nothing is learned",
                FUNCTION,
                lambda x, y: rounded(x, y).mean(),
            ),
            Mistake(
                "the factor 2 is forgotten in backward",
                LOUD,
                pretend(rounded, lambda x, y: (torch.round(x) - y) / len(x)),
            ),
            Mistake(
                "backward's sign is flipped", LOUD, pretend(rounded, lambda x, y: -2 * (torch.round(x) - y) / len(x))
            ),
            Mistake(
                "backward forgets upstream: the 1/n of the mean is lost",
                FUNCTION,
                pretend(rounded, lambda x, y: 2 * (torch.round(x) - y)),
            ),
            Mistake(
                "backward uses x, not the rounded x", FUNCTION, pretend(rounded, lambda x, y: 2 * (x - y) / len(x))
            ),
            Mistake("nothing is rounded: this is the MSE", MSE, lambda x, y: ((x - y) ** 2).mean()),
            Mistake(
                "a square root of the mean, which the MSE does not take",
                MSE,
                spoil=lambda f: lambda x, y: f(x, y).sqrt(),
            ),
            Mistake("the losses are not averaged", MSE, lambda x, y: (x + (torch.round(x) - x).detach() - y) ** 2),
            summed(MSE),
            Mistake("half the square", HUBER, spoil=lambda f: lambda x, y: f(x, y) / 2),
        ),
        inputs=minutes,
        edges=((torch.tensor([1000.25, -1000.25]), torch.tensor([1.0, 2.0])),),
        gradient=0,
        graph=True,
    ),
    Exercise(
        "choose-delta",
        "07",
        ordinary,
        (
            *(
                Mistake(
                    "the standard deviation: one wild value makes it large",
                    WITHOUT_LIMIT,
                    lambda e, factor=factor, c=c: factor * e.std(correction=c),
                )
                for factor in (1, 1.345)
                for c in (0, 1)
            ),
            Mistake("the root of the mean square: the wild value rules it", SHARE, lambda e: (e**2).mean().sqrt()),
            Mistake("the mean absolute error: one wild value still moves it", WITHOUT_LIMIT, lambda e: e.abs().mean()),
            Mistake("the largest error: then nothing is cut", JOINT, lambda e: e.abs().max()),
            Mistake("torch's default of 1, whatever the unit of the target", HUBER, lambda e: torch.tensor(1.0)),
            Mistake("the errors' signs are kept: their median is near 0", DIFFERENCE, lambda e: e.median()),
            Mistake("the squares: their unit is minutes squared", MSE, lambda e: (e**2).median()),
            Mistake("δ = 50 fits the patients' numbers only", TYPING, lambda e: torch.tensor(50.0)),
        ),
        inputs=errors,
        holds=(
            Condition("one number", lambda f, e: torch.as_tensor(f(e)), lambda delta, e: delta.numel() == 1),
            Condition("a δ above 0", lambda f, e: f(e), lambda delta, e: delta > 0),
            Condition(
                "a δ that moves by less than 10 % if the largest error grows a hundredfold: it is, times before,",
                lambda f, e: f(one_wild(e)) / f(e),
                lambda ratio, e: (ratio - 1).abs() < 0.1,
            ),
            Condition(
                "a δ 60 times as large if every error is: it is, times before,",
                lambda f, e: f(60 * e) / f(e),
                lambda ratio, e: (ratio / 60 - 1).abs() < 1e-3,
            ),
            Condition(
                "a δ between a third of the median |e| and five times it: it is, times that median,",
                lambda f, e: f(e) / e.abs().median(),
                lambda share, e: (share > 1 / 3) & (share < 5),
            ),
        ),
    ),
)
