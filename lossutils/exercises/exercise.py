"""What an exercise is: the right answer, what it is tried on, the mistakes that are known."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known by name, and the headline of the lesson's slide that treats it.

    Either `wrong`, the wrong answer itself (written as the right one is: numbers or a function), or `spoil`, which
    makes it from the right one: `spoil(answer)`. What is said with `spoil` can be combined with other mistakes.
    """

    said: str
    section: str | None = None
    wrong: object = None
    spoil: Callable | None = None

    def of(self, answer):
        return self.spoil(answer) if self.spoil else self.wrong


@dataclass(frozen=True)
class Condition:
    """One of the things that an open exercise asks for: what is measured, and whether that will do.

    `measure(answer, *inputs)` gives the tensor that `said` speaks of, `test(measured, *inputs)` one or more bools.
    """

    said: str
    measure: Callable
    test: Callable


@dataclass(frozen=True)
class Exercise:
    """What is right, what it is tried on, and which mistakes are known.

    `answer` is a number, a tuple of numbers, or the reference function. A function is tried on `inputs`, a
    function of a `torch.Generator` that returns argument tuples, the most readable first, and on `edges`, more such
    tuples; each in float32 and again in float64. `beyond` are inputs of which the text does not speak, such as tables
    where it shows rows: an answer may raise on them, or do with a table what a loop does, but not give another number.
    `gradient` is the argument by which the slope must be right too; `graph` refuses an answer through which no gradient
    flows at all. `holds` is for open exercises, where many answers are right. With `later`, a mistake is named from the
    second try on.
    """

    name: str
    lesson: str
    answer: object
    mistakes: tuple[Mistake, ...]
    inputs: Callable | None = None
    edges: tuple[tuple, ...] = ()
    beyond: tuple[tuple, ...] = ()
    gradient: int | None = None
    graph: bool = False
    holds: tuple[Condition, ...] = ()
    digits: int = 3  # to which a number must be right
    rtol: float = 1e-4  # of a function's float32 results; those in float64 must be 100 times as exact
    atol: float = 1e-6  # likewise, relative to the largest number of the result, if that is above 1
    later: bool = False
