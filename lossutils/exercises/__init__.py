"""Self-checks that name the mistake: `check("bce", my_bce)` runs an answer and says what is right or wrong with it."""

import difflib
import importlib

from . import ticks
from .exercise import Exercise, Mistake
from .hints import HINTS
from .judging import examine, judge
from .words import plain

LESSONS = [f"{number:02}" for number in range(13)]
EXERCISES = {
    exercise.name: exercise
    for lesson in LESSONS
    for exercise in importlib.import_module(f".lesson{lesson}", __name__).EXERCISES
}

__all__ = ["EXERCISES", "LESSONS", "Exercise", "Mistake", "check", "examine", "judge", "progress"]


def check(name, answer=None, *, keep=True):
    """Say whether an answer is right and, if not, which mistake was made.

    A function is run on small, random and edge inputs, in float32 and in float64, and its numbers (and, where it
    applies, their gradient) are compared with a reference. Printed is one of: passed, with what was tried; not
    attempted yet, if the stub is untouched; or on how many inputs it fails, a small one of them as a line that can be
    run, what was expected and what came, and the mistake's name and its place in the lesson, if the answer does what a
    known mistake does, or two of them at once. Where the exercise says so, the name comes with the second try only; the
    third brings the hint's first sentence. An answer that raises, never ends or changes its input is told so; nothing
    is raised.

    Args:
        name: the exercise's name, as its cell has it.
        answer: a number, several or a function, whatever the exercise asks for.
        keep: whether to count this try in the progress file, `progress.json` beside the notebook, and to tick a passed
            exercise off there. What the file holds is described in `lossutils.exercises.ticks`.

    Raises:
        ValueError: there is no exercise of that name.
    """
    if name not in EXERCISES:
        near = difflib.get_close_matches(str(name), EXERCISES, n=1) or [f"one of {', '.join(EXERCISES)}"]
        raise ValueError(f"there is no exercise {name!r}: take {near[0]}.")
    exercise = EXERCISES[name]
    verdict = examine(exercise, answer)
    said, named = verdict.said, verdict.naming(exercise.lesson)
    if keep and verdict.tried:
        tries = ticks.record(name, verdict.passed, verdict.mistake and verdict.mistake.said)
        if named and exercise.later and tries == 1:
            named = "\nWhich mistake it is, is said with your second try."
        if not verdict.passed and tries > 2:
            named += f"\nThe hint begins: {plain(HINTS[name])}"
    print(said + named)


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
