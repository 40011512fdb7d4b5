"""Judge an answer: beside the right one on many inputs and, where it differs, beside the known mistakes."""

import ast
import inspect
import textwrap
from dataclasses import dataclass

import torch

from . import naming, words
from .exercise import Mistake
from .limits import TimeUp, quietly, time_limit
from .shrinking import smallest
from .trials import attempt, double, equal, flat, may_differ

NOT_YET = "Not right yet."


@dataclass(frozen=True)
class Verdict:
    """What is said at once, and the mistake, if it has a name."""

    passed: bool
    said: str
    mistake: Mistake | None = None
    tried: bool = True  # False for a stub

    def naming(self, lesson):
        """What is said of the mistake."""
        if self.mistake is None:
            return ""
        section = self.mistake.section and f"\nRead again: lesson {lesson}, “{words.plain(self.mistake.section)}”."
        return f"\nIt behaves like a known mistake: {self.mistake.said}.{section or ''}"


def judge(exercise, answer, seed=0):
    """(passed, what to say): the inputs are the same at every check, unless another seed is asked for."""
    verdict = examine(exercise, answer, seed)
    return verdict.passed, verdict.said + verdict.naming(exercise.lesson)


def examine(exercise, answer, seed=0):
    """The verdict on an answer, its mistake apart from the rest."""
    if _untouched(answer):
        return Verdict(
            False, "Not attempted yet: write your answer, run its cell, then run this one again.", None, False
        )
    if not callable(exercise.answer):
        return _examine_numbers(exercise, answer)
    if not callable(answer):
        asked = "and a function is asked for: pass its name, without brackets."
        return Verdict(False, f"{NOT_YET} This is {words.kind(answer)}, {asked}")
    try:
        with time_limit(), quietly():
            trials = list(trials_of(exercise, answer, seed))
            failed = [trial for trial in trials if trial.failure]
            if not failed:
                return _passed(exercise, trials)
            mistake = naming.of_function(exercise, trials)
            case = smallest(exercise, answer, failed[0], [trial.case for trial in trials])
            _, expected, got = attempt(exercise, answer, case).failure
    except TimeUp:
        return Verdict(False, f"{NOT_YET} Stopped, since it did not end: is there a loop that never ends?")
    said = [
        f"{NOT_YET} It fails on {len(failed)} of {len(trials)} inputs. A small one that shows it:",
        f"    {words.name(answer)}({', '.join(map(words.written, case))})",
        f"    expected {expected}",
        f"    got      {got}",
    ]
    return Verdict(False, "\n".join(said), mistake)


def _passed(exercise, trials):
    # An open exercise has no right slope to compare with: its conditions have asked for the answer's, see `slope`.
    compared = [trial for trial in trials if trial.right is not None]
    without = any(trial.result[1] is None and trial.right[1] is not None for trial in compared)
    tried = "value" if exercise.gradient is None or without else "value and gradient"
    said = f"Passed: {len(trials)} inputs in float32 and float64, {tried}."
    if without:
        said += "\nIts numbers leave torch's graph, so no network could learn from it: the gradient was not tried."
    return Verdict(True, said)


# numbers
def _examine_numbers(exercise, answer):
    right, got = flat(exercise.answer), flat(answer)
    if any(map(_untouched, got)):
        return Verdict(False, "Not attempted yet: one of the answers is still missing.", None, False)
    asked = "one number" if len(right) == 1 else f"{len(right)} numbers"
    if len(got) != len(right):
        return Verdict(False, f"{NOT_YET} Give {asked}: this is {words.kind(answer)}.")
    for place, number in enumerate(got):
        if not isinstance(number, float):
            which = f"the {words.ORDINALS[place]} one" if len(right) > 1 else "this"
            return Verdict(False, f"{NOT_YET} Give {asked}: {which} is {words.kind(number)}.")
    if equal(got, right, exercise.digits):
        return Verdict(True, f"Passed: right to {exercise.digits} digits.")
    mistake = naming.of_numbers(exercise, got)
    if mistake is None and all(map(naming.shows, got, right)):
        return Verdict(False, f"Nearly: give {exercise.digits} digits.")
    return Verdict(False, f"{NOT_YET} You gave {', '.join(f'{number:.6g}' for number in got)}.", mistake)


# functions
def trials_of(exercise, answer, seed=0):
    """An answer on every input: ordinary ones and edges, in float32 and in float64, and beyond."""
    drawn = list(exercise.inputs(torch.Generator().manual_seed(seed)))
    both = [(case, edge) for edge, cases in ((False, drawn), (True, exercise.edges)) for case in cases]
    both += [(tuple(map(double, case)), edge) for case, edge in both]
    for case, edge in both:
        yield attempt(exercise, answer, case, edge)
    for case in exercise.beyond:
        trial = attempt(exercise, answer, case, edge=True)
        if not may_differ(exercise, trial):
            yield trial


def _untouched(answer):
    """None, ..., several of them, or a function whose body is nothing but a docstring and `...`."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, tuple | list):
        return bool(answer) and all(map(_untouched, answer))
    try:
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(answer))).body
        steps = function.body[ast.get_docstring(function) is not None :]
    except (TypeError, OSError, SyntaxError, ValueError, AttributeError):  # no `def`, or none whose source is at hand
        return False
    return {ast.unparse(step) for step in steps} <= {"...", "pass", "return", "return None"}
