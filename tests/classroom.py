"""A class as it might be: students who try exercises with the answers of `tests.students`, and what `check` counts.

The same class every time, made of real verdicts, so that a mistake has the name which `check` gives it. `python -m
tests.classroom` writes the one that hub/report.ipynb shows.
"""

import functools
import os
import pathlib
import random
import sys
from unittest import mock

from lossutils.exercises import EXERCISES, examine, ticks

from .students import WRONG

EXAMPLE = pathlib.Path(__file__).parent.parent / "hub" / "example"
STUDENTS = ("ada", "alan", "carl", "emmy", "grace", "henri", "leonhard", "mary", "niels", "rosalind", "sofya", "tu")
LESSONS = ("01", "04")


@functools.cache
def slips(name):
    """The mistakes' names in what five students hand in, the most usual first; None where `check` knows none."""
    found = [examine(EXERCISES[name], answer).mistake for exercise, _, answer in WRONG if exercise == name]
    return [mistake and mistake.said for mistake in found]


def write(folder, students=STUDENTS, lessons=LESSONS):
    """A file for each student: some are quicker than others, some leave exercises out or stop early."""
    dice = random.Random(17)
    names = [exercise.name for exercise in EXERCISES.values() if exercise.lesson in lessons]
    ease = {name: dice.uniform(0.4, 1) for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    for student in students:
        skill, patience, end = dice.uniform(0.3, 1), dice.randint(2, 6), dice.uniform(0.2, 1.8) * len(names)
        path = folder / f"{student}.json"
        path.unlink(missing_ok=True)
        with mock.patch.dict(os.environ, LOSSUTILS_PROGRESS=str(path)):
            for place, name in enumerate(names):
                if place > end or dice.random() < 0.05:
                    continue
                for _ in range(patience):
                    right = dice.random() < skill * ease[name]
                    usual = min(dice.randrange(5), dice.randrange(5))
                    ticks.record(name, right, None if right else slips(name)[usual])
                    if right:
                        break


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]) if sys.argv[1:] else EXAMPLE)
