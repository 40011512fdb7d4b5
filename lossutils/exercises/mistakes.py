"""Mistakes that are made in more than one lesson: each is told the headline that treats it there."""

import math

from .judging import Mistake


def through(change):
    """A `spoil` that changes the numbers of an answer: a number, a tuple of them, or what a function returns."""

    def spoil(answer):
        if callable(answer):
            return lambda *inputs: spoil(answer(*inputs))
        return tuple(map(spoil, answer)) if isinstance(answer, tuple) else change(answer)

    return spoil


def sign(section, said="the minus sign is missing"):
    return Mistake(said, section, spoil=through(lambda x: -x))


def bits(section):
    return Mistake("a base-2 logarithm gives bits, not nats", section, spoil=through(lambda x: x / math.log(2)))


def tens(section):
    return Mistake("a base-10 logarithm in place of ln", section, spoil=through(lambda x: x / math.log(10)))


def summed(section):
    return Mistake(
        "a sum where the mean is meant", section, spoil=lambda answer: lambda x, *rest: answer(x, *rest) * len(x)
    )


def averaged(section):
    return Mistake("the losses are averaged, where each is asked for", section, spoil=through(lambda x: x.mean()))


def swapped(section):
    """Of a function whose second argument is a label of 0 or 1."""
    return Mistake(
        "the two labels are swapped", section, spoil=lambda answer: lambda x, y, *rest: answer(x, 1 - y, *rest)
    )
