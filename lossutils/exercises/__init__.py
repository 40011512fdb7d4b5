"""Self-checks that name the mistake: `check("bce", my_bce)` runs an answer and says what is right or wrong with it."""

import difflib
import importlib

from . import ticks
from .judging import Exercise, Mistake, judge

LESSONS = [f"{number:02}" for number in range(13)]
EXERCISES = {
    exercise.name: exercise
    for lesson in LESSONS
    for exercise in importlib.import_module(f".lesson{lesson}", __name__).EXERCISES
}

__all__ = ["EXERCISES", "LESSONS", "Exercise", "Mistake", "check", "judge", "progress"]


def check(name, answer=None, *, keep=True):
    """Say whether an answer is right and, if not, which mistake was made.

    A function is run on small, random and edge inputs, in float32 and in float64, and its numbers (and, where it
    applies, their gradient) are compared with a reference. Printed is one of: passed, with what was tried; not
    attempted yet, if the stub is untouched; the first input that fails, as a line that can be run, with what was
    expected and what came, and the name of the mistake and its place in the lesson if the answer behaves like one that
    is known. An answer that raises, never ends or changes its input is told so; nothing is raised.

    Args:
        name: the exercise's name, as its cell has it.
        answer: a number, several or a function, whatever the exercise asks for.
        keep: whether to tick a passed exercise off in the progress file, `progress.json` beside the notebook.

    Raises:
        ValueError: there is no exercise of that name.
    """
    if name not in EXERCISES:
        near = difflib.get_close_matches(str(name), EXERCISES, n=1) or [f"one of {', '.join(EXERCISES)}"]
        raise ValueError(f"there is no exercise {name!r}: take {near[0]}.")
    right, said = judge(EXERCISES[name], answer)
    print(said)
    if right and keep:
        ticks.record(name)


def progress(lesson=None):
    """Print how many of a lesson's exercises are passed, or of every lesson's: `progress("01")`.

    Raises:
        ValueError: there is no lesson of that number with exercises.
    """
    if lesson not in (None, *LESSONS):
        raise ValueError(f"there is no lesson {lesson!r} with exercises: take one of {', '.join(LESSONS)}.")
    done = ticks.passed()
    for number in LESSONS if lesson is None else [lesson]:
        names = [exercise.name for exercise in EXERCISES.values() if exercise.lesson == number]
        count = sum(name in done for name in names)
        print(f"lesson {number}: {'●' * count}{'○' * (len(names) - count)} {count} of {len(names)} passed")
