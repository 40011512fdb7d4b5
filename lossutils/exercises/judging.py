"""Judge an answer: beside the right one on many inputs and, where it differs, beside the known mistakes."""

import ast
import contextlib
import functools
import inspect
import io
import math
import signal
import sys
import textwrap
import threading
import warnings
from _thread import interrupt_main
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import numpy as np
import torch

TIME_LIMIT = 2.5  # seconds of the processor that an answer may take on all inputs
PATIENCE = 10  # seconds by the clock, for one that sleeps; many more, since a busy machine is not its fault
NOT_YET = "Not right yet."
CHANGED = "an input changed in place: work on a new tensor"


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is known by name, and the headline of the lesson's slide that treats it.

    Either `wrong`, the wrong answer itself (written as the right one is: numbers or a function), or `spoil`, which
    makes it from the right one: `spoil(answer)`. What is said with `spoil` can be combined with other mistakes.
    """

    said: str
    section: str
    wrong: object = None
    spoil: Callable | None = None

    def of(self, answer):
        return self.spoil(answer) if self.spoil else self.wrong


@dataclass(frozen=True)
class Exercise:
    """What is right, what it is tried on, and which mistakes are known.

    `answer` is a number, a tuple of numbers, or the reference function. A function is tried on `inputs`, a
    function of a `torch.Generator` that returns argument tuples, the most readable first, and on `edges`, more such
    tuples; each in float32 and again in float64. `gradient` is the argument by which the slope must be right too;
    `graph` refuses an answer through which no gradient flows at all. `holds` is for open exercises, where many answers
    are right: pairs (what must be so, a test of the answer and the inputs).
    """

    name: str
    lesson: str
    answer: object
    mistakes: tuple[Mistake, ...]
    inputs: Callable | None = None
    edges: tuple[tuple, ...] = ()
    gradient: int | None = None
    graph: bool = False
    holds: tuple[tuple[str, Callable], ...] = ()
    digits: int = 3  # to which a number must be right
    rtol: float = 1e-4  # of a function's float32 results; those in float64 must be 100 times as exact
    atol: float = 1e-6  # likewise, relative to the largest number of the result, if that is above 1


class TimeUp(BaseException):
    """Not an Exception, so that a student's `except Exception` cannot keep a loop alive."""


def judge(exercise, answer, seed=0):
    """(passed, what to say): the inputs are the same at every check, unless another seed is asked for."""
    if _untouched(answer):
        return False, "Not attempted yet: write your answer, run its cell, then run this one again."
    if not callable(exercise.answer):
        return _judge_numbers(exercise, answer)
    if not callable(answer):
        return (
            False,
            f"{NOT_YET} This is {_kind(answer)}, and a function is asked for: pass its name, without brackets.",
        )
    cases, ordinary = _cases(exercise, seed)
    try:
        with _time_limit(), _quietly():
            failure, graph = _first_failure(exercise, answer, cases)
            mistake = _diagnose(exercise, answer, cases, ordinary) if failure else None
    except TimeUp:
        return False, f"{NOT_YET} Stopped, since it did not end: is there a loop that never ends?"
    if failure is None:
        tried = "value" if exercise.gradient is None or not graph else "value and gradient"
        said = f"Passed: {len(cases)} inputs in float32 and float64, {tried}."
        if not graph:
            said += "\nIts numbers leave torch's graph, so no network could learn from it: the gradient was not tried."
        return True, said
    case, expected, got = failure
    said = [
        f"{NOT_YET} The first input that shows it:",
        f"    {_name(answer)}({', '.join(map(_written, case))})",
        f"    expected {expected}",
        f"    got      {got}",
    ]
    return False, "\n".join(said + _named(exercise, mistake))


@contextlib.contextmanager
def _quietly():
    """No prints, no warnings, and one thread: on tensors this small, several would only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)


def _judge_numbers(exercise, answer):
    right, got = _numbers(exercise.answer), _numbers(answer)
    if any(map(_untouched, got)):
        return False, "Not attempted yet: one of the answers is still missing."
    if len(got) != len(right) or not all(isinstance(number, float) for number in got):
        asked = "one number" if len(right) == 1 else f"{len(right)} numbers"
        return False, f"{NOT_YET} Give {asked}: this is {_kind(answer)}."
    if _equal(got, right, exercise.digits):
        return True, f"Passed: right to {exercise.digits} digits."
    wrongs = ((mistake, _numbers(mistake.of(exercise.answer))) for mistake in exercise.mistakes)
    mistake = next((mistake for mistake, wrong in wrongs if _equal(got, wrong, exercise.digits)), None)
    if mistake is None and _equal(got, right, exercise.digits - 1):
        return False, f"Nearly: give {exercise.digits} digits."
    gave = f"{NOT_YET} You gave {', '.join(f'{number:.6g}' for number in got)}."
    return False, "\n".join([gave, *_named(exercise, mistake)])


def _numbers(answer):
    """What was given, as a flat list of floats and whatever else it holds."""
    if hasattr(answer, "tolist"):  # of torch or numpy
        answer = answer.tolist()
    if isinstance(answer, tuple | list):
        return [number for part in answer for number in _numbers(part)]
    return [float(answer) if isinstance(answer, Real) else answer]


def _equal(got, right, digits):
    return len(got) == len(right) and all(
        math.isclose(g, r, rel_tol=5.1 * 10.0**-digits, abs_tol=1e-9) for g, r in zip(got, right, strict=True)
    )


def _named(exercise, mistake):
    if mistake is None:
        return []
    return [
        f"It behaves like a known mistake: {mistake.said}.",
        f"Read again: lesson {exercise.lesson}, “{mistake.section}”.",
    ]


# functions
def _cases(exercise, seed):
    """All argument tuples, and those among them that are no edges."""
    drawn = list(exercise.inputs(torch.Generator().manual_seed(seed)))
    both = [(case, tuple(map(_double, case))) for case in (*drawn, *exercise.edges)]
    cases = [narrow for narrow, _ in both] + [wide for _, wide in both]
    return cases, [case for pair in both[: len(drawn)] for case in pair]


def _double(x):
    return x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x


def _first_failure(exercise, answer, cases):
    """((input, expected, got) in words, or None; whether gradients flow through the answer)."""
    graph = True
    for case in cases:
        result = _run(answer, case, exercise.gradient)
        if isinstance(result, str):
            return (case, "the inputs left as they were" if result == CHANGED else "no exception", result), graph
        value, slope = result
        for said, test in exercise.holds:
            holds = False
            with contextlib.suppress(Exception):
                holds = torch.as_tensor(test(answer, *case)).all()
            if not holds:
                return (case, said, _shown(value)), graph
        if exercise.holds:
            continue
        right, right_slope = _run(exercise.answer, tuple(map(_double, case)), exercise.gradient)
        if not isinstance(value, torch.Tensor):
            return (case, _shown(right), _kind(value)), graph
        if value.shape != right.shape:
            shapes = (f"{_shown(x)}, of shape {tuple(x.shape)}" for x in (right, value))
            return (case, *shapes), graph
        if not _agree(value, right, exercise, case):
            return (case, _shown(right), _shown(value)), graph
        if right_slope is None:
            continue
        if slope is not None:
            if not _agree(slope, right_slope, exercise, case):
                return (case, f"gradient {_shown(right_slope)}", f"gradient {_shown(slope)}"), graph
        elif exercise.graph:
            return (case, f"gradient {_shown(right_slope)}", "no gradient: something leaves torch's graph"), graph
        else:
            graph = False
    return None, graph


def _run(function, case, gradient):
    """The function's value and its slope by one argument; or what went wrong, in words."""
    given = [x.clone() if isinstance(x, torch.Tensor) else x for x in case]
    if gradient is not None:
        given[gradient].requires_grad_()
    try:
        value = _tensor(function(*given))
        slope = None
        if gradient is not None and isinstance(value, torch.Tensor) and value.requires_grad:
            (slope,) = torch.autograd.grad(value.sum(), given[gradient], allow_unused=True, materialize_grads=True)
    except (Exception, SystemExit) as error:
        if "in-place operation" in str(error):  # torch forbids it where a gradient is wanted
            return CHANGED
        return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"
    if any(isinstance(x, torch.Tensor) and not torch.equal(x, y) for x, y in zip(given, case, strict=True)):
        return CHANGED
    return value.detach() if isinstance(value, torch.Tensor) else value, slope


def _tensor(value):
    """Numbers, and lists of numbers as a loop collects them, as a tensor; anything else as it is."""
    if isinstance(value, tuple | list) and value:
        parts = [_tensor(part) for part in value]
        same = all(isinstance(part, torch.Tensor) and part.shape == parts[0].shape for part in parts)
        return torch.stack([part.double() for part in parts]) if same else value
    if isinstance(value, Real) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64)
    return torch.as_tensor(value) if hasattr(value, "__array__") and not isinstance(value, torch.Tensor) else value


def _agree(got, right, exercise, case):
    finer = 100 if any(isinstance(x, torch.Tensor) and x.dtype == torch.float64 for x in case) else 1
    got, right = got.double(), right.double()
    scale = max(1.0, right[right.isfinite()].abs().max().item()) if right.isfinite().any() else 1.0
    return torch.allclose(got, right, rtol=exercise.rtol / finer, atol=exercise.atol / finer * scale, equal_nan=True)


def _diagnose(exercise, answer, cases, ordinary):
    """The first mistake that gives what the answer gives on every input, or at least on every one that is no edge."""
    for tried in (cases, ordinary):
        if tried is ordinary and _first_failure(exercise, answer, ordinary)[0] is None:
            return None  # only the edges fail, and no mistake explains how
        run = functools.cache(lambda i, tried=tried: _run(answer, tried[i], exercise.gradient))
        for mistake in exercise.mistakes:
            wrong = mistake.of(exercise.answer)
            if all(_same(run(i), _run(wrong, case, exercise.gradient), exercise, case) for i, case in enumerate(tried)):
                return mistake
    return None


def _same(result, other, exercise, case):
    """Whether two results of `_run` are the same behaviour: an exception is the same one if its type is."""
    if isinstance(result, str) or isinstance(other, str):
        return str(result).split(":")[0] == str(other).split(":")[0]
    return all(_alike(mine, its, exercise, case) for mine, its in zip(result, other, strict=True))


def _alike(x, other, exercise, case):
    if isinstance(x, torch.Tensor) and isinstance(other, torch.Tensor):
        return x.shape == other.shape and _agree(x, other, exercise, case)
    if isinstance(x, tuple | list) and isinstance(other, tuple | list):  # tensors of several shapes
        return len(x) == len(other) and all(_alike(a, b, exercise, case) for a, b in zip(x, other, strict=True))
    return x is other


# words
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


def _name(answer):
    name = getattr(answer, "__name__", "answer")
    return name if name.isidentifier() else "answer"


def _written(x):
    """An argument as it can be run, with the digits that give the same one."""
    if not isinstance(x, torch.Tensor):
        return repr(x)
    kind = f", dtype={x.dtype}" if x.dtype == torch.float64 else ""
    number = repr if x.dtype == torch.float64 else lambda v: repr(float(str(np.float32(v))))
    return f"torch.tensor({_digits(x.tolist(), number)}{kind})"


def _shown(x):
    """A result in plain numbers, seven digits of each."""
    return _digits(x.tolist(), lambda v: repr(float(f"{v:.7g}"))) if isinstance(x, torch.Tensor) else repr(x)


def _digits(numbers, number):
    if isinstance(numbers, list):
        return f"[{', '.join(_digits(part, number) for part in numbers)}]"
    if not isinstance(numbers, float):
        return repr(numbers)
    return number(numbers) if math.isfinite(numbers) else f'float("{numbers}")'


def _kind(answer):
    if answer is None:
        return "None: does the function return its result?"
    if isinstance(answer, torch.Tensor):
        return f"a tensor of shape {tuple(answer.shape)}"
    if isinstance(answer, tuple | list):
        return f"a {type(answer).__name__} of {len(answer)}"
    return f"{'an' if type(answer).__name__[0] in 'aeio' else 'a'} {type(answer).__name__}"


@contextlib.contextmanager
def _time_limit():
    """Raise TimeUp in this thread, again and again until the answer's code is left."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        tracer = sys.gettrace()

        def again(frame, event, _):
            if event == "line":
                raise TimeUp

        def stop(_, frame):
            # A bare `except:` around the loop swallows TimeUp; a trace function raises it once more at the next line,
            # which is inside that handler, where no `try` of the same level can hold it.
            frames = []
            while frame.f_code.co_filename != __file__:
                frames.append(frame)
                frame = frame.f_back
            if any(frame.f_code.co_filename.startswith("<frozen importlib") for frame in frames):
                return  # an import that is cut off leaves half a module behind
            for frame in frames:
                frame.f_trace = again
            sys.settrace(again)
            raise TimeUp

        timers = (signal.ITIMER_PROF, TIME_LIMIT), (signal.ITIMER_REAL, PATIENCE)
        before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
        for timer, seconds in timers:
            signal.setitimer(timer, seconds, 0.05)
        try:
            yield
        finally:
            for timer, _ in timers:
                signal.setitimer(timer, 0)
            for number, handler in before.items():
                signal.signal(number, handler)
            sys.settrace(tracer)
    else:  # Windows has no such timers: do what the notebook's stop button does
        timer = threading.Timer(PATIENCE, interrupt_main)
        timer.start()
        try:
            yield
        except KeyboardInterrupt:
            raise TimeUp from None
        finally:
            timer.cancel()
