"""An answer on one input: what it gives, what is right, what differs."""

import contextlib
import math
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import torch

from ..gradients import autograd, finite_difference
from . import words

CHANGED = "an input changed in place: work on a new tensor"


@dataclass(frozen=True)
class Trial:
    """An answer on one input: its value and its slope there, or what went wrong; the right ones; what differs."""

    case: tuple
    result: object
    right: object = None
    failure: tuple | None = None  # (what, expected, got) in words
    edge: bool = False

    @property
    def missed(self):
        """The condition that does not hold, of an open exercise."""
        return self.failure and self.failure[0]

    @property
    def wide(self):
        return any(isinstance(x, torch.Tensor) and x.dtype == torch.float64 for x in self.case)


def double(x):
    return x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x


def attempt(exercise, answer, case, edge=False):
    """An answer on one input."""
    result = run(answer, case, exercise.gradient)
    if isinstance(result, str):
        expected = "the inputs left as they were" if result == CHANGED else "no exception"
        return Trial(case, result, None, ("exception", expected, result), edge)
    if exercise.holds:
        return Trial(case, result, None, _unmet(exercise, answer, case), edge)
    right = run(exercise.answer, tuple(map(double, case)), exercise.gradient)
    if isinstance(right, str):  # an input on which nothing is right
        return Trial(case, result)
    return Trial(case, result, right, _difference(exercise, case, result, right), edge)


def may_differ(exercise, trial):
    """Whether an answer does with an input beyond its text what it may: raise, or do as a loop over its rows does."""
    if trial.failure is None or isinstance(trial.result, str):
        return trial.failure is not None
    table, value = trial.case[0], trial.result[0]
    if table.ndim < 2 or not isinstance(value, torch.Tensor):
        return False
    columns = [[x[:, j] if isinstance(x, torch.Tensor) else x for x in trial.case] for j in range(table.shape[1])]
    right = torch.stack([exercise.answer(*column) for column in columns])
    looped = right.sum() if value.ndim == 0 else right  # divided by len(), which counts rows
    return value.shape == looped.shape and agree(value, looped, exercise, trial.case)


def _unmet(exercise, answer, case):
    """The first condition that does not hold, and what was measured for it."""

    def given(*inputs):
        value = answer(*inputs)
        parts = [torch.as_tensor(part) for part in value] if isinstance(value, tuple | list) else []
        value = tuple(parts) if any(getattr(part, "ndim", 0) for part in parts) else tensor(value)
        return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value

    for condition in exercise.holds:
        try:
            measured = condition.measure(given, *case)
            if torch.as_tensor(condition.test(measured, *case)).all():
                continue
            got = measured.detach() if isinstance(measured, torch.Tensor) else measured
            return condition.said, condition.said, words.shown(got)
        except Exception as error:
            return condition.said, condition.said, _error(error)
    return None


def slope(f, x):
    """The slope of an answer at `x`: by autograd or, if it leaves torch's graph, by differences."""
    with contextlib.suppress(RuntimeError, TypeError):  # numpy takes no tensor that asks for a gradient
        if f(x.detach().clone().requires_grad_()).requires_grad:
            return autograd(f, x)
    return finite_difference(f, x)


def _difference(exercise, case, result, right):
    (value, grad), (right, right_grad) = result, right
    if isinstance(right, tuple) and isinstance(value, tuple) and len(right) == len(value):
        parts = [_difference(exercise, case, (v, None), (r, None)) for v, r in zip(value, right, strict=True)]
        return next(filter(None, parts), None)
    if not isinstance(value, torch.Tensor):
        return "kind", words.shown(right), words.kind(value)
    if value.shape != right.shape:
        return "shape", *(f"{words.shown(x)}, of shape {tuple(x.shape)}" for x in (right, value))
    if not agree(value, right, exercise, case):
        return "value", words.shown(right), words.shown(value)
    if right_grad is not None and grad is None and exercise.graph:
        return "graph", f"gradient {words.shown(right_grad)}", "no gradient: something leaves torch's graph"
    if right_grad is not None and grad is not None and not agree(grad, right_grad, exercise, case):
        return "gradient", f"gradient {words.shown(right_grad)}", f"gradient {words.shown(grad)}"
    return None


def run(function, case, gradient):
    """The function's value and its slope by one argument; or what went wrong, in words."""
    given = [x.clone() if isinstance(x, torch.Tensor) else x for x in case]
    if gradient is not None:
        given[gradient].requires_grad_()
    try:
        value = tensor(function(*given))
        grad = None
        if gradient is not None and isinstance(value, torch.Tensor) and value.requires_grad:
            (grad,) = torch.autograd.grad(value.sum(), given[gradient], allow_unused=True, materialize_grads=True)
    except (Exception, SystemExit) as error:
        return CHANGED if "in-place operation" in str(error) else _error(error)  # torch forbids that for a leaf
    if any(isinstance(x, torch.Tensor) and not same(x, y) for x, y in zip(given, case, strict=True)):
        return CHANGED
    return value.detach() if isinstance(value, torch.Tensor) else value, grad


def same(x, y):
    return x.shape == y.shape and bool(((x == y) | (x.isnan() & y.isnan())).all())


def _error(error):
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def tensor(value):
    """Numbers, and lists of numbers as a loop collects them, as a tensor; anything else as it is."""
    if isinstance(value, tuple | list) and value:
        parts = [tensor(part) for part in value]
        alike = all(isinstance(part, torch.Tensor) and part.shape == parts[0].shape for part in parts)
        return torch.stack([part.double() for part in parts]) if alike else value
    if isinstance(value, Real | Decimal) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64)
    return torch.as_tensor(value) if hasattr(value, "__array__") and not isinstance(value, torch.Tensor) else value


def agree(got, right, exercise, case):
    finer = 100 if any(isinstance(x, torch.Tensor) and x.dtype == torch.float64 for x in case) else 1
    got, right = got.double(), right.double()
    finite = right[right.isfinite()]
    scale = max(1.0, finite.abs().max().item()) if finite.numel() else 1.0
    return torch.allclose(got, right, rtol=exercise.rtol / finer, atol=exercise.atol / finer * scale, equal_nan=True)


def alike(result, other, exercise, case):
    """Whether one result of `run` is like another: of exceptions the type counts, of slopes those that exist."""
    if isinstance(result, str) or isinstance(other, str):
        return str(result).split(":")[0] == str(other).split(":")[0]
    (value, grad), (its, its_grad) = result, other
    return _alike(value, its, exercise, case) and (grad is None or _alike(grad, its_grad, exercise, case))


def _alike(x, other, exercise, case):
    if isinstance(x, torch.Tensor) and isinstance(other, torch.Tensor):
        return x.shape == other.shape and agree(x, other, exercise, case)
    if isinstance(x, tuple | list) and isinstance(other, tuple | list):  # tensors of several shapes
        return len(x) == len(other) and all(_alike(a, b, exercise, case) for a, b in zip(x, other, strict=True))
    return x is other


# numbers
def flat(answer):
    """What was given, as a flat list of floats and whatever else it holds."""
    if hasattr(answer, "tolist"):  # of torch or numpy
        answer = answer.tolist()
    if isinstance(answer, tuple | list):
        return [number for part in answer for number in flat(part)]
    return [float(answer) if isinstance(answer, Real | Decimal) else answer]


def equal(got, right, digits):
    return len(got) == len(right) and all(
        math.isclose(g, r, rel_tol=5.1 * 10.0**-digits, abs_tol=0 if r else 1e-9)
        for g, r in zip(got, right, strict=True)
    )
