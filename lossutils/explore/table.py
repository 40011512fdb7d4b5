"""What the browser will show, computed beforehand: every function at every slider position, in one broadcast call."""

import inspect
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.autograd import forward_ad

LARGEST_TABLE = 2_000_000  # numbers, 4 bytes each: what a page still loads without a pause


@dataclass(frozen=True, eq=False)
class Function:
    """What the caller gave: an elementwise function, the axes it may take and the sliders it names."""

    name: str
    kind: str  # what a message calls it: a curve, a map, …
    call: object
    axes: tuple  # Variables in the order of the call: x, or x and y
    sliders: tuple  # the Variables it names, in the order of the table's leading dimensions
    takes: str  # its axes, by "name" or by "position"
    outputs: int = 2  # numbers for each place of the grid: a value and its slope

    @property
    def dimensions(self):
        return (*self.sliders, *reversed(self.axes))

    def __str__(self):
        return f"{self.kind} {self.name!r}"

    def at(self, point):
        """Value and slope along x at one point, for any numbers within the ranges."""
        grid = [one(slider, point) for slider in self.sliders]
        if not any(axis.labels for axis in self.axes):
            axes = [one(axis, point) for axis in reversed(self.axes)]
            values, slopes = evaluate(self, grid, axes, slopes=len(axes) == 1)
            return values.item(), math.nan if slopes is None else slopes.item()
        (axis,) = self.axes  # a function of a choice may look at all choices: softmax does
        values, _ = evaluate(self, grid, [axis.tensor()])
        return values[..., axis.values.tolist().index(point[axis.name])].item(), math.nan


def one(variable, point):
    return torch.tensor([point[variable.name]], dtype=variable.tensor().dtype)


def signature(name, kind, call, axes, sliders, outputs=2):
    """Which axes and sliders a function takes, from the names of its parameters."""
    example = ", ".join(axis.name for axis in axes)
    if not callable(call):
        raise TypeError(f"{kind} {name!r} is no function: give one such as lambda {example}: {axes[0].name}**2.")
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # functions written in C++ tell nothing about themselves
        parameters = ()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    own = {axis.name for axis in axes}
    known = {variable.name: variable for variable in sliders if variable.name not in own}
    for p in named:
        if p.name not in known and p.name not in own and p.default is p.empty:
            word = "neither an axis" if len(axes) > 1 else "neither the axis" if axes else "no slider"
            raise ValueError(
                f"{kind} {name!r} asks for {p.name!r}, which is {word}{' nor a slider' if axes else ''} "
                f"({', '.join([*(axis.name for axis in axes), *known])}): "
                f"rename it, or add {p.name}=(low, high, step)."
            )
    used = tuple(known[p.name] for p in named if p.name in known)
    return Function(name, kind, call, tuple(axes), used, "name" if named else "position", outputs)


def check_size(functions):
    """Refuse a grid that no page could hold, before anything is computed."""
    size = sum(f.outputs * math.prod(len(variable.values) for variable in f.dimensions) for f in functions)
    if size > LARGEST_TABLE:
        variables = dict.fromkeys(variable for function in functions for variable in function.dimensions)
        counts = ", ".join(f"{v.name} {len(v.values)}" for v in variables)
        raise ValueError(
            f"the table would hold {size:,} numbers, more than {LARGEST_TABLE:,}: "
            f"make the steps larger or the ranges shorter (positions now: {counts})."
        )


def tabulate(function, slopes=False):
    """Values, and slopes along each axis if asked for, over the whole grid; or a sentence that says why not."""
    grid = [slider.tensor() for slider in function.sliders]
    axes = [axis.tensor() for axis in reversed(function.axes)]
    values, found = evaluate(function, grid, axes, slopes and len(axes) == 1)
    if not values.isfinite().any():
        raise ValueError(
            f"{function} is finite nowhere: check its formula or the range of "
            f"{' and '.join(axis.name for axis in function.axes)}."
        )
    if slopes and len(axes) == 2:
        found = gradient(function, grid, axes)
    _check_elementwise(function, grid, axes, values)
    if found is not None and all(numbers.is_floating_point() for numbers in axes):
        _check_slopes(function, grid, axes, found)
    return values, found


def evaluate(function, grid, axes, slopes=False):
    """Values over (*grid, *axes), and the exact derivative along the last axis; None if torch was not told how.

    `grid` and `axes` hold one row of numbers for each dimension. Sliders arrive as tensors that broadcast, a single
    axis as a full one, so that a function may differentiate by it; of two axes each is full over both.
    """
    shape = (*map(len, grid), *map(len, axes))
    leaves = spread(axes, shape if len(axes) == 1 else (*(1 for _ in grid), *map(len, axes)))
    if slopes and leaves[-1].is_floating_point():
        leaves[-1].requires_grad_()
    y = call(function, grid, leaves, shape)
    values = y.detach().to(torch.float64).expand(shape)
    return values, _reverse(leaves[-1], y, shape) if slopes else None


def spread(axes, shape):
    """One full tensor for each axis."""
    return [
        numbers.reshape([-1 if j == i - len(axes) else 1 for j in range(-len(shape), 0)]).expand(shape).clone()
        for i, numbers in enumerate(axes)
    ]


def call(function, grid, leaves, shape, form=torch.as_tensor, wanted=None):
    """Call the caller's function once; what is wrong with it, or with what it returns, is said in a sentence."""
    arguments = {
        slider.name: numbers.clone().reshape([-1 if i == j else 1 for j in range(len(shape))])
        for i, (slider, numbers) in enumerate(zip(function.sliders, grid, strict=True))
    }
    positional = list(reversed(leaves))  # x before y
    if function.takes == "name":
        named = inspect.signature(function.call).parameters
        arguments |= {axis.name: x for axis, x in zip(function.axes, positional, strict=True) if axis.name in named}
        positional = []
    given = " and ".join(axis.name for axis in function.axes or function.sliders) + f" of shape {tuple(shape)}"
    try:
        with torch.enable_grad():
            y = form(function.call(*positional, **arguments))
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")
        way_out = "make it work elementwise on tensors of any shape"
        if "converted to" in said and "calar" in said:
            way_out = "use torch.log in place of math.log, torch.exp in place of math.exp, and so on"
        raise ValueError(f"{function} failed on a tensor {given} ({said}): {way_out}.") from error
    if y.is_complex() or not _broadcasts(y.shape, wanted or shape):
        raise ValueError(
            f"{function} returned shape {tuple(y.shape)} for {given}: return one real number for each element."
        )
    return y


def _broadcasts(given, shape):
    try:
        return np.broadcast_shapes(given, shape) == tuple(shape)  # torch's loads sympy: 33 MB for each student
    except ValueError:
        return False


def _reverse(x, y, shape):
    """The exact derivative, by autograd; None where the values move but torch was not told how."""
    if y.requires_grad and x.requires_grad:
        (slopes,) = torch.autograd.grad(y.sum(), x, allow_unused=True, retain_graph=True)
        if slopes is not None:
            return slopes
    values = y.detach().expand(shape)
    constant = bool((values == values[..., :1]).all())
    return torch.zeros(shape, dtype=torch.float64) if constant and x.requires_grad else None


def gradient(function, grid, axes):
    """The exact derivatives along x and along y over (2, *grid, *axes), by autograd; None if torch was not told how."""
    shape = (*map(len, grid), *map(len, axes))
    found = []
    for i in (1, 0):  # x is the last dimension
        try:
            # Forwards, a data set inside the function costs its size once and not for every position of every slider.
            with forward_ad.dual_level():
                leaves = spread(axes, (*(1 for _ in grid), *map(len, axes)))
                leaves[i] = forward_ad.make_dual(leaves[i], torch.ones_like(leaves[i]))
                slopes = forward_ad.unpack_dual(call(function, grid, leaves, shape)).tangent
        except ValueError:  # an autograd.Function that only knows the way back
            leaves = [leaf.requires_grad_() for leaf in spread(axes, shape)]
            slopes = _reverse(leaves[i], call(function, grid, leaves, shape), shape)
        found.append(slopes)
    if all(slopes is None for slopes in found):
        return None
    zero = torch.zeros((), dtype=torch.float64)
    return torch.stack([(zero if s is None else s.detach().to(torch.float64)).expand(shape) for s in found])


def _check_elementwise(function, grid, axes, values):
    """Call the function once more on a lopsided part of its grid, which shows what is not elementwise."""
    grids = [slice(len(g) > 2, None, 2) for g in grid]
    some = [slice(None) if axis.labels is not None else slice(1, max(2, len(numbers) * 2 // 3), 3)
            for axis, numbers in zip(reversed(function.axes), axes, strict=True)]  # fmt: skip
    grid = [numbers[part] for numbers, part in zip(grid, grids, strict=True)]
    axes = [numbers[part] for numbers, part in zip(axes, some, strict=True)]
    again, _ = evaluate(function, grid, axes)
    before = values[(*grids, *some)]
    scale = before[before.isfinite()].abs().max() if before.isfinite().any() else 1.0
    differs = ~torch.isclose(again, before, rtol=1e-4, atol=1e-3 * float(scale), equal_nan=True)
    # A last bit may depend on how torch splits the work; a reduction moves nearly every point.
    if differs.double().mean() > 0.1:
        raise ValueError(
            f"{function} is not elementwise: its value at one point depends on the other points or on "
            "chance; if it is a loss, ask for reduction='none'."
        )


def _check_slopes(function, grid, axes, slopes):
    """A function that detaches a part of itself has a derivative for autograd that is nowhere the slope of its values.

    Where the two differ in places only, numbers of too few digits are the reason, and that is a lesson of its own.
    """
    grids = [slice(len(g) > 2, None, 2) for g in grid]
    some = [slice(1, None, 1 + len(numbers) // 20) for numbers in axes]
    grid = [numbers[part] for numbers, part in zip(grid, grids, strict=True)]
    thin = [numbers[part] for numbers, part in zip(axes, some, strict=True)]
    for i, exact in enumerate(slopes if len(axes) == 2 else [slopes]):
        place = len(axes) - 1 - i  # x is the last dimension
        step = 1e-4 * float(axes[place][-1] - axes[place][0])
        try:
            low, middle, high = (
                evaluate(function, grid, [a + k * step if j == place else a for j, a in enumerate(thin)])[0]
                for k in (-1, 0, 1)
            )
        except ValueError:  # not defined beside the grid
            continue
        _compare_slopes(function, function.axes[i], thin[place], step, (low, middle, high), exact[(..., *grids, *some)])


def _compare_slopes(function, axis, places, step, values, exact):
    low, middle, high = values
    left, right = (middle - low) / step, (high - middle) / step
    near = 1e-2 * torch.maximum(left.abs(), right.abs()) + 4e-7 * middle.abs() / step + 1e-9  # float32 inside, perhaps
    slope = (left + right) / 2
    told = slope.isfinite() & exact.isfinite() & ((left - right).abs() <= near)
    told &= slope.abs() > 1e-3 * slope[told].abs().max() if told.any() else False
    wrong = (told & ((exact - slope).abs() > 3 * near)).nonzero()
    if len(wrong) > 0.95 * told.sum() > 0:
        where = tuple(wrong[len(wrong) // 2])
        at = float(places[where[-1] if axis is function.axes[0] else where[-2]])
        raise ValueError(
            f"autograd's slope of {function} is not that of its values (at {axis.name} = {at:.4g}: "
            f"{float(exact[where]):.4g}, not {float(slope[where]):.4g}): do not detach a part of it, "
            "or leave the gradient out."
        )


def numpy(values):
    """As an array in which what float32 cannot hold is infinite, so that every part of a figure says the same."""
    array = values.detach().to(torch.float64).numpy()
    return np.where(np.abs(array) > np.finfo(np.float32).max, np.copysign(np.inf, array), array)
