"""Mistakes that are made in more than one lesson.

Those that a lesson treats under a headline are listed with it: `sign(section)`. `GENERAL` and `of_arguments` are tried
on every exercise, alone and two at a time; they say what was done, as nothing is known of why.
"""

import inspect
import itertools
import math

import torch

from .exercise import Mistake


def through(change):
    """A `spoil` that changes the numbers of an answer: a number, a tuple of them, or what a function returns."""

    def spoil(answer):
        if callable(answer):
            return lambda *inputs: spoil(answer(*inputs))
        return tuple(map(spoil, answer)) if isinstance(answer, tuple) else change(answer)

    return spoil


def sign(section=None, said="the minus sign is missing"):
    return Mistake(said, section, spoil=through(lambda x: -x))


def bits(section=None):
    return Mistake("a base-2 logarithm gives bits, not nats", section, spoil=through(lambda x: x / math.log(2)))


def tens(section=None):
    return Mistake("a base-10 logarithm in place of ln", section, spoil=through(lambda x: x / math.log(10)))


def summed(section):
    return Mistake(
        "a sum where the mean is meant", section, spoil=lambda answer: lambda x, *rest: answer(x, *rest) * x.numel()
    )


def averaged(section):
    return Mistake("the losses are averaged, where each is asked for", section, spoil=through(lambda x: x.mean()))


def swapped(section):
    """Of a function whose second argument is a label of 0 or 1."""
    return Mistake(
        "the two labels are swapped", section, spoil=lambda answer: lambda x, y, *rest: answer(x, 1 - y, *rest)
    )


# What may happen to a number. (Of functions, to each number that they return.)
TO_A_NUMBER = {
    "the sign is the wrong way round": lambda x: -x,
    "a base-2 logarithm gives bits, not nats": lambda x: x / math.log(2),
    "a base-10 logarithm in place of ln": lambda x: x / math.log(10),
    "it is turned from bits into nats once too often": lambda x: x * math.log(2),
    "it is twice what is asked for: a factor 2 too many, or a ½ forgotten": lambda x: 2 * x,
    "it is half of what is asked for: a ½ too many, or a factor 2 forgotten": lambda x: x / 2,
    "it is four times what is asked for": lambda x: 4 * x,
    "it is a quarter of what is asked for": lambda x: x / 4,
    "it is 1 minus what is asked for": lambda x: 1 - x,
    "it is what is asked for minus 1": lambda x: x - 1,
    "it is what is asked for plus 1": lambda x: x + 1,
    "it is 1 divided by what is asked for": lambda x: 1 / x,
    "it is the square of what is asked for": lambda x: x * x,
    "it is the root of what is asked for": lambda x: x**0.5,
    "it is e to the power of what is asked for": lambda x: math.e**x,
    "it is e to the power of minus what is asked for": lambda x: math.e**-x,
}
TO_A_GIVEN_NUMBER = TO_A_NUMBER | {
    "it is the logarithm of what is asked for": lambda x: math.log(x),
    "it is minus the logarithm of what is asked for": lambda x: -math.log(x),
    "it is a hundred times what is asked for: per cent?": lambda x: 100 * x,
    "it is a hundredth of what is asked for: per cent?": lambda x: x / 100,
    "it is ten times what is asked for: a slip by one decimal?": lambda x: 10 * x,
    "it is a tenth of what is asked for: a slip by one decimal?": lambda x: x / 10,
    "2 is raised to a power where e is meant": lambda x: x ** math.log(2),
    "10 is raised to a power where e is meant": lambda x: x ** math.log(10),
}
TO_A_RESULT = TO_A_NUMBER | {
    "the absolute value is taken of it": torch.abs,
    "it is cut off below 0": lambda x: x.clamp(min=0),
    "it is cut off above 1": lambda x: x.clamp(max=1),
    "it is kept between 0 and 1": lambda x: x.clamp(0, 1),
    "it is cut off above 100": lambda x: x.clamp(max=100),
    "it is cut off to whole numbers, as // and int do it": torch.floor,
    "it is cut off towards 0, as int does it": torch.trunc,
    "it is rounded to whole numbers": torch.round,
    "it is rounded to two decimals": lambda x: x.round(decimals=2),
    "it is rounded to three decimals": lambda x: x.round(decimals=3),
    "it is rounded to four decimals": lambda x: x.round(decimals=4),
    "the logarithm is taken of it": torch.log,
    "minus the logarithm is taken of it": lambda x: -torch.log(x),
    "1 - e^(-x) is taken of it": lambda x: -torch.expm1(-x),
    "a sigmoid is applied to it": torch.sigmoid,
    "a softmax is applied to it": lambda x: x.softmax(-1) if x.ndim else x,
    "only the first number is returned": lambda x: x.flatten()[0],
    "only the last number is returned": lambda x: x.flatten()[-1],
    "only the first row is returned": lambda x: x[0],
    "the mean of all is returned": torch.mean,
    "the sum of all is returned": torch.sum,
    "the largest one is returned": torch.amax,
    "the mean is taken over the last dimension": lambda x: x.mean(-1),
    "the sum is taken over the last dimension": lambda x: x.sum(-1),
    "the mean is taken over the first dimension": lambda x: x.mean(0),
    "the sum is taken over the first dimension": lambda x: x.sum(0),
    "it is divided by its sum": lambda x: x / x.sum(),
    "it is made to sum to 1 in each row": lambda x: x / x.sum(-1, keepdim=True),
    "it is turned over: rows for columns, or the order reversed": lambda x: x.mT if x.ndim > 1 else x.flip(0),
}
# What would have made a wrong answer right.
LACKS = (
    ("the mean over all is missing", torch.mean),
    ("the sum over all is missing", torch.sum),
    ("the mean over the last dimension is missing", lambda x: x.mean(-1)),
    ("the sum over the last dimension is missing", lambda x: x.sum(-1)),
    ("a dimension too many: one number each is asked for", lambda x: x.squeeze(-1)),
    ("a dimension too many: one number each is asked for", lambda x: x.squeeze(0)),
    ("the minus sign and the mean are missing", lambda x: -x.mean()),
    ("the logarithm is missing", torch.log),
    ("minus the logarithm is missing", lambda x: -torch.log(x)),
    ("the root is missing", torch.sqrt),
    ("the square is missing", torch.square),
    ("the exponential is missing", torch.exp),
    ("the sigmoid is missing", torch.sigmoid),
    ("the softmax is missing", lambda x: x.softmax(-1)),
)


def _floats(x):
    return isinstance(x, torch.Tensor) and x.is_floating_point()


# What may happen to an argument, by what it holds: said of `x`.
TO_SCORES = {
    "a sigmoid is applied to `{}`, once too often": torch.sigmoid,
    "a softmax is applied to `{}`, once too often": lambda x: x.softmax(-1),
    "`{}` has the wrong sign": torch.neg,
    "the absolute value is taken of `{}`": torch.abs,
    "`{}` is cut off below 0": lambda x: x.clamp(min=0),
    "`{}` is cut off above 0": lambda x: x.clamp(max=0),
    "`{}` is doubled": lambda x: 2 * x,
    "`{}` is halved": lambda x: x / 2,
    "the exponential is taken of `{}`": torch.exp,
    "`{}` is squared": torch.square,
    **{
        f"`{{}}` is kept between -{k} and {k}": lambda x, k=k: x.clamp(-k, k)
        for k in (1, 2, 3, 5, 6, 8, 10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 80, 85, 87, 88, 90, 100, 500, 700)
    },
    **{f"`{{}}` is cut off above {k}": lambda x, k=k: x.clamp(max=k) for k in (10, 20, 30, 50, 80, 88, 100)},
    **{f"`{{}}` is cut off below -{k}": lambda x, k=k: x.clamp(min=-k) for k in (10, 20, 30, 50, 80, 88, 100)},
}
EPSILONS = [10.0**-k for k in range(2, 17)]
TO_PROBABILITIES = {
    "`{}` is used as if it were the other side's: 1 minus it is meant": lambda x: 1 - x,
    "a sigmoid is applied to `{}`, which already is a probability": torch.sigmoid,
    "a softmax is applied to `{}`, which already is a probability": lambda x: x.softmax(-1),
    "`{}` is turned into a score, where the probability is meant": torch.logit,
    "`{}` is rounded to 0 and 1": torch.round,
    **{
        f"`{{}}` is kept {e:.0e} away from 0 and 1, which changes the loss of a bad mistake": (
            lambda x, e=e: x.clamp(e, 1 - e)
        )
        for e in EPSILONS
    },
    **{
        f"`{{}}` is kept {e:.0e} away from 0, which changes the loss of a bad mistake": lambda x, e=e: x.clamp(min=e)
        for e in EPSILONS
    },
    **{f"{e:.0e} is added to `{{}}`": lambda x, e=e: x + e for e in EPSILONS},
}
TO_LABELS = {
    "`{}` has its two labels swapped": lambda y: 1 - y,
    "`{}` is not looked at: every label is taken for a 1": torch.ones_like,
    "`{}` is not looked at: every label is taken for a 0": torch.zeros_like,
}
TO_CLASSES = {
    "`{}` is not looked at: the first class is taken": torch.zeros_like,
    "`{}` counts the classes from 1": lambda t: t - 1,
}
TO_ANY = {
    "only the first element of `{}` is used": lambda x: x[:1].expand_as(x),
    "`{}` is cut off to whole numbers": torch.floor,
    "`{}` is rounded to whole numbers": torch.round,
    "`{}` is divided by its sum": lambda x: x / x.sum(),
}
TO_A_SETTING = {
    "`{}` is replaced by 1 minus it": lambda a: 1 - a,
    "`{}` is replaced by 1 divided by it": lambda a: 1 / a,
    "`{}` is doubled": lambda a: 2 * a,
    "`{}` is halved": lambda a: a / 2,
    "`{}` is squared": lambda a: a * a,
    "`{}` is 1 too large": lambda a: a + 1,
    "`{}` is 1 too small": lambda a: a - 1,
    "`{}` has the wrong sign": lambda a: -a,
    "`{}` is not used: 1 stands in its place": lambda a: 1,
    "`{}` is not used: 0 stands in its place": lambda a: 0,
    "`{}` is made a whole number": lambda a: int(a),
}


# What may happen to a result, together with an argument `x`.
WITH_AN_ARGUMENT = (
    ("it is multiplied with `{}` once too often", lambda v, x: v * x),
    ("it is divided by `{}` once too often, or a factor `{}` is missing", lambda v, x: v / x),
    ("`{}` is added once too often", lambda v, x: v + x),
    ("`{}` is taken off once too often", lambda v, x: v - x),
    ("it is multiplied with 1 - `{}` once too often", lambda v, x: v * (1 - x)),
    ("it is divided by 1 - `{}`, or that factor is missing", lambda v, x: v / (1 - x)),
)
WITH_A_SIZE = (
    ("a sum where the mean is meant", lambda v, x: v * x.numel()),
    ("a sum where the mean is meant", lambda v, x: v * len(x)),
    ("it is multiplied with the number of classes, or not divided by it", lambda v, x: v * x.shape[-1]),
    ("it is divided by all elements once too often", lambda v, x: v / x.numel()),
    ("it is divided by the number of examples once too often", lambda v, x: v / len(x)),
    ("it is divided by the number of classes, too", lambda v, x: v / x.shape[-1]),
    ("it is divided by one example less, N - 1", lambda v, x: v * len(x) / (len(x) - 1)),
    ("it is divided by one example more, N + 1", lambda v, x: v * len(x) / (len(x) + 1)),
)


def _changed(i, change):
    """A `spoil` that changes the argument of number i."""
    return lambda answer: lambda *inputs: answer(*inputs[:i], change(inputs[i]), *inputs[i + 1 :])


def _at_its_result(change, i):
    """A `spoil` that changes the result, together with the argument of number i."""
    return lambda answer: lambda *inputs: change(answer(*inputs), inputs[i])


def _exchanged(i, j):
    """A `spoil` that exchanges two arguments."""
    places = {i: j, j: i}
    return lambda answer: lambda *inputs: answer(*(inputs[places.get(k, k)] for k in range(len(inputs))))


def _turned(i):
    """A `spoil` that turns a table over, and the result back."""

    def spoil(answer):
        def turned(*inputs):
            value = answer(*inputs[:i], inputs[i].mT, *inputs[i + 1 :])
            return value.mT if value.ndim > 1 else value

        return turned

    return spoil


def names(function, count):
    """What the arguments are called: in the exercise's words, not in the student's."""
    found = [p.name for p in inspect.signature(function).parameters.values() if p.kind != p.VAR_POSITIONAL]
    return (found + [f"argument {i + 1}" for i in range(len(found), count)])[:count]


def of_arguments(answer, cases):
    """Mistakes with an argument of this answer: exchanged, not used, changed on the way in, or used once more."""
    called = names(answer, min(map(len, cases)))
    columns = list(zip(*cases, strict=False))
    for i, j in itertools.combinations(range(len(called)), 2):
        if all(map(_alike, columns[i], columns[j])):
            yield Mistake(f"`{called[i]}` and `{called[j]}` are exchanged", spoil=_exchanged(i, j))
    for i, (name, column) in enumerate(zip(called, columns, strict=True)):
        for said, change in _changes(column).items():
            yield Mistake(said.format(name), spoil=_changed(i, change))
        if not isinstance(column[0], torch.Tensor) and len(set(column)) > 1:
            for value in sorted({*column[:2], 0.5, 2.0}):
                said = f"`{name}` is not used: it is always {value:g}, whatever is given"
                yield Mistake(said, spoil=_changed(i, lambda _, value=value: value))
        if all(_floats(x) or isinstance(x, float | int) for x in column):
            for said, change in WITH_AN_ARGUMENT:
                yield Mistake(said.format(name, name), spoil=_at_its_result(change, i))
        if all(map(_floats, column)):
            for said, change in WITH_A_SIZE:
                yield Mistake(said, spoil=_at_its_result(change, i))
            if all(x.ndim > 1 for x in column):
                yield Mistake(f"the dimensions of `{name}` are taken the wrong way round", spoil=_turned(i))
            for other, alike in zip(called, columns, strict=True):
                if other != name and all(map(_alike, column, alike)):
                    said = f"shapes (N,) and (N, 1) meet: every `{name}` is paired with every `{other}`"
                    yield Mistake(said, spoil=_changed(i, lambda x: x.unsqueeze(-1)))


def _alike(x, y):
    if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor):
        return x.shape == y.shape and x.dtype == y.dtype
    return isinstance(x, float) and isinstance(y, float)


def _changes(column):
    if all(isinstance(x, float | int) for x in column):
        return TO_A_SETTING
    if not all(isinstance(x, torch.Tensor) for x in column):
        return {}
    if not all(map(_floats, column)):
        return TO_CLASSES
    if all(((x == 0) | (x == 1)).all() for x in column):
        return TO_LABELS
    if all(((x >= 0) & (x <= 1)).all() for x in column):
        return TO_PROBABILITIES | TO_ANY
    return TO_SCORES | TO_ANY


GENERAL = [Mistake(said, spoil=through(change)) for said, change in TO_A_RESULT.items()]
