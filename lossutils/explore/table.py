"""What the browser will show, computed beforehand: every curve and its slope at every slider position."""

import inspect
import math
from dataclasses import dataclass, replace

import numpy as np
import torch

LARGEST_TABLE = 2_000_000  # numbers, 4 bytes each: what a page still loads without a pause


@dataclass(frozen=True, eq=False)
class Curve:
    """A function of the axis and the sliders it names, with its values and slopes over their grid."""

    name: str
    function: object
    sliders: tuple  # the Variables it names, in the order of the grid's leading dimensions
    axis_by: str | None  # how it takes the axis: by "name", by "position", or not at all
    values: np.ndarray | None = None  # (*sliders, axis)
    slopes: np.ndarray | None = None  # None where torch cannot differentiate it

    def at(self, axis, given):
        """Value and slope at one point, for any numbers within the ranges."""
        points = [torch.tensor([given[slider.name]], dtype=slider.tensor().dtype) for slider in self.sliders]
        if axis.labels is None:
            values, slopes = _evaluate(self, torch.tensor([given[axis.name]], dtype=torch.float64), axis.name, points)
        else:  # a function of a choice may look at all choices: softmax does
            values, slopes = _evaluate(self, axis.tensor(), axis.name, points)
            place = axis.values.tolist().index(given[axis.name])
            values, slopes = values[..., place], None
        return values.item(), math.nan if slopes is None else slopes.item()


def tabulate(name, function, axis, sliders):
    """Evaluate one curve over its whole grid in one call, or say in a sentence why that cannot be."""
    curve = _signature(name, function, axis, sliders)
    grid = [slider.tensor() for slider in curve.sliders]
    values, slopes = _evaluate(curve, axis.tensor(), axis.name, grid)
    if not values.isfinite().any():
        raise ValueError(
            f"curve {name!r} is finite nowhere on its axis: check its formula or the range of {axis.name}."
        )
    _check_elementwise(curve, axis, grid, values)
    return replace(curve, values=values.numpy(), slopes=None if slopes is None else slopes.numpy())


def check_size(functions, axis, sliders):
    """Refuse a grid that no page could hold, before anything is computed."""
    size = 0
    for name, function in functions:
        curve = _signature(name, function, axis, sliders)
        size += 2 * math.prod(len(variable.values) for variable in (axis, *curve.sliders))
    if size > LARGEST_TABLE:
        counts = ", ".join(f"{v.name} {len(v.values)}" for v in (axis, *sliders))
        raise ValueError(
            f"the table would hold {size:,} numbers, more than {LARGEST_TABLE:,}: "
            f"make the steps larger or the ranges shorter (positions now: {counts})."
        )


def _signature(name, function, axis, sliders):
    if not callable(function):
        raise TypeError(f"curve {name!r} is no function: give one such as lambda {axis.name}: {axis.name}**2.")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # functions written in C++ tell nothing about themselves
        parameters = ()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    known = {variable.name: variable for variable in sliders}
    for p in named:
        if p.name not in known and p.name != axis.name and p.default is p.empty:
            choices = ", ".join([axis.name, *known])
            raise ValueError(
                f"curve {name!r} asks for {p.name!r}, which is neither the axis nor a slider ({choices}): "
                f"rename it, or add {p.name}=(low, high, step)."
            )
    used = tuple(known[p.name] for p in named if p.name in known)
    by_name = "name" if any(p.name == axis.name for p in named) else None
    return Curve(name, function, used, by_name if named else "position")


def _evaluate(curve, x, axis_name, grid):
    """Call the function once on broadcastable tensors; return values and slopes over (*grid, axis)."""
    shape = (*map(len, grid), len(x))
    x = x.expand(shape).clone().requires_grad_(x.is_floating_point())
    arguments = {
        slider.name: values.clone().reshape([-1 if i == j else 1 for j in range(len(shape))])
        for i, (slider, values) in enumerate(zip(curve.sliders, grid, strict=True))
    }
    if curve.axis_by == "name":
        arguments[axis_name] = x
    try:
        with torch.enable_grad():
            y = torch.as_tensor(curve.function(*([x] if curve.axis_by == "position" else ()), **arguments))
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")
        raise ValueError(
            f"curve {curve.name!r} failed on a tensor {axis_name} of shape {tuple(shape)} ({said}): "
            "make it work elementwise on tensors of any shape."
        ) from error
    if y.is_complex() or not _broadcasts(y.shape, shape):
        raise ValueError(
            f"curve {curve.name!r} returned shape {tuple(y.shape)} for {axis_name} of shape {tuple(shape)}: "
            "return one real number for each element."
        )
    return y.detach().to(torch.float64).expand(shape), _slopes(x, y, shape)


def _broadcasts(given, shape):
    try:
        return torch.broadcast_shapes(given, shape) == torch.Size(shape)
    except RuntimeError:
        return False


def _slopes(x, y, shape):
    """The exact derivative, by autograd; None where the values move but torch was not told how."""
    if y.requires_grad and x.requires_grad:
        (slopes,) = torch.autograd.grad(y.sum(), x, allow_unused=True)
        if slopes is not None:
            return slopes
    values = y.detach().expand(shape)
    constant = bool((values == values[..., :1]).all())
    return torch.zeros(shape, dtype=torch.float64) if constant and x.requires_grad else None


def _check_elementwise(curve, axis, grid, values):
    """Evaluate a lopsided part of the grid: an elementwise function gives there what it gave before."""
    some = slice(None) if axis.labels is not None else slice(1, max(2, len(axis.values) * 2 // 3), 3)
    thinner = [slice(len(g) > 2, None, 2) for g in grid]
    again, _ = _evaluate(
        curve, axis.tensor()[some], axis.name, [g[part] for g, part in zip(grid, thinner, strict=True)]
    )
    before = values[(*thinner, some)]
    scale = before[before.isfinite()].abs().max() if before.isfinite().any() else 1.0
    differs = ~torch.isclose(again, before, rtol=1e-4, atol=1e-3 * float(scale), equal_nan=True)
    # A last bit may depend on how torch splits the work; a reduction moves nearly every point.
    if differs.double().mean() > 0.1:
        raise ValueError(
            f"curve {curve.name!r} is not elementwise: its value at one point depends on the other points or on "
            "chance; if it is a loss, ask for reduction='none'."
        )
