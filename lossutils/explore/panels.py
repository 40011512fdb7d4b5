"""What the caller asks for, read and checked, and made into panels."""

from dataclasses import dataclass

import numpy as np
import torch

from . import drawing, scale, table
from .marks import Curve, Path, Plane, Points, places_of, weights_of
from .palette import COLOURS
from .variables import ends

MOST = len(COLOURS)


@dataclass(frozen=True, eq=False)
class PlaneOf:
    """What `plane()` was given."""

    axes: tuple  # two names
    map: dict  # {name: function}, at most one
    lines: dict  # {name: (function, levels)}
    curves: dict  # {name: function}
    positions: np.ndarray  # (N, 2)
    members: dict  # {class name: which of the N}
    follows: str | None  # "opacity" or "size"
    weights: object  # a function, or a tensor
    paths: dict  # {name: tensor or function}
    marker: tuple  # two names, or none
    equal: bool


def plane(
    x, y, /, *, map=None, lines=None, curves=None, points=None, classes=None, opacity=None, size=None, paths=None,
    marker=True, equal=False,
):  # fmt: skip
    """A panel of `explore` over two axes: a map, level lines, curves, points and paths, in any combination.

    `explore({"cost": plane("w", "b", map=cost, paths=run)}, w=(-3, 5), b=(-3, 5), step=(0, 300))`

    Args:
        x, y: the names of the axes, which `explore` gets with their ranges.
        map: a function of the axes and the sliders it names, elementwise in torch, or {name: function}. It is drawn as
            filled levels; at the marker its value is read, and an arrow shows where it falls most steeply (autograd).
        lines: functions like that of a map, of which only level lines are drawn: a function or {name: function} for
            the line on which it is 0, such as a boundary, or {name: (function, levels)}.
        curves: {name: function of x}, drawn as lines y = f(x).
        points: (positions, classes): a tensor (N, 2) within the axes, and N whole numbers, at most six different ones.
        classes: their names, in the order of the numbers; "class 0", "class 1", … otherwise.
        opacity, size: one of the two may follow a function of sliders that returns N numbers of 0 or more in its last
            dimension, or a tensor of N: the largest is drawn full. The readout has the sum of each class.
        paths: a tensor (positions, 2) or {name: tensor}, drawn up to the slider `step` if the figure has one, which
            then has as many positions. Or functions of `step` and of sliders that return x and y.
        marker: whether a marker can be dragged over the axes: if there is a map. Or the names of two other sliders,
            which it then moves.
        equal: one unit is equally long on both axes.

    Returns:
        What `explore` takes in the place of a dict of functions.

    Raises:
        ValueError: shapes that do not fit one another, classes that are no whole numbers or more than six, points that
            are not finite, nothing to draw.
        TypeError: an axis is no name.
    """
    if not (isinstance(x, str) and isinstance(y, str)) or x == y:
        raise TypeError(f"a plane has two axes, named first: plane('w', 'b', …), not plane({x!r}, {y!r}, …).")
    if opacity is not None and size is not None:
        raise ValueError("points follow one function: give opacity or size, not both.")
    map, lines, paths = _named(map, ""), _named(lines, "line"), _named(paths, "path")
    if len(map) > 1:
        raise ValueError(f"two maps in one panel would hide one another ({', '.join(map)}): give each a panel.")
    for name, given in lines.items():
        function, levels = given if isinstance(given, tuple) else (given, 0.0)
        levels = np.atleast_1d(np.asarray(levels, float))
        if levels.ndim > 1 or not 0 < levels.size <= scale.MOST_LEVELS or not np.isfinite(levels).all():
            raise ValueError(f"line {name!r}: its levels must be 1 to {scale.MOST_LEVELS} finite numbers.")
        lines[name] = function, tuple(sorted(levels.tolist()))
    positions, members = _points(points, classes)
    weights, follows = (size, "size") if opacity is None else (opacity, "opacity")
    if weights is not None and not len(positions):
        raise ValueError(f"{follows} belongs to points: give points=(positions, classes) too.")
    if not (map or lines or curves or members or paths):
        raise ValueError("nothing to draw: give plane() a map, lines, curves, points or paths.")
    if not isinstance(marker, (tuple, list)):
        marker = (x, y) if marker and map else ()
    return PlaneOf(
        (x, y), map, lines, dict(curves or {}), positions, members, follows if weights is not None else None, weights,
        paths, tuple(marker), bool(equal),
    )  # fmt: skip


def _named(given, word):
    """{name: function or tensor}, also of one that was given without a name."""
    if given is None:
        return {}
    if isinstance(given, dict):
        return {str(name): one for name, one in given.items()}
    return {getattr(given, "__name__", word).replace("<lambda>", word): given}


def _points(points, classes):
    """Positions (N, 2), and for each class the indices of its examples."""
    if points is None:
        return np.empty((0, 2)), {}
    if not isinstance(points, (tuple, list)) or len(points) != 2:
        raise ValueError("points must be a pair (positions, classes).")
    positions, labels = (torch.as_tensor(each).detach().cpu() for each in points)
    if positions.ndim != 2 or positions.shape[-1] != 2:
        raise ValueError(f"the points' positions have shape {tuple(positions.shape)}: give (N, 2), an x and a y each.")
    if labels.shape != positions.shape[:1]:
        raise ValueError(
            f"there are {len(positions)} points and classes of shape {tuple(labels.shape)}: give each point one class."
        )
    if labels.is_floating_point() or labels.is_complex():
        raise ValueError(f"the points' classes are {labels.dtype}: give whole numbers, for instance by .long().")
    if not len(positions) or not positions.isfinite().all():
        raise ValueError("the points' positions must be finite numbers, and at least one point.")
    values = sorted(set(labels.tolist()))
    if len(values) > MOST:
        raise ValueError(f"{len(values)} classes are too many to tell apart: show at most {MOST}.")
    names = [f"class {int(value)}" for value in values] if classes is None else [str(name) for name in classes]
    if len(names) != len(values):
        raise ValueError(f"there are {len(values)} classes among the points and {len(names)} names: give each a name.")
    members = {name: np.flatnonzero((labels == value).numpy()) for name, value in zip(names, values, strict=True)}
    return positions.to(torch.float64).numpy(), members


class Builder:
    """Reads each panel's functions first, so that nothing is computed before everything is seen to fit."""

    def __init__(self, variables, axis, limits, yscale, stack):
        self.variables, self.axis = variables, axis
        self.limits, self.yscale, self.stack = limits, yscale, stack
        self.functions, self.styles, self.used = [], {}, {axis.name} if axis else set()

    def read(self, name, kind, call, axes, outputs=2):
        function = table.signature(str(name), kind, call, axes, tuple(self.variables.values()), outputs)
        self.functions.append(function)
        self.used |= {slider.name for slider in function.sliders}
        return function

    def style(self, name):
        return self.styles.setdefault(name, len(self.styles))

    def check(self):
        """What can be said before anything is computed."""
        if len(self.styles) > MOST:
            raise ValueError(f"{len(self.styles)} curves are too many to tell apart: show at most {MOST}.")
        table.check_size(self.functions)

    def curves(self, title, group, below):
        """A panel over the axis, and, if a title for it is given, the panel of its gradient."""
        read = [(self.read(name, "curve", call, (self.axis,)), self.style(str(name))) for name, call in group.items()]
        kind = "bar" if self.axis.labels is not None else "area" if self.stack else "line"
        gradient = kind == "line" and below is not None

        def build():
            values, slopes = [], []
            for function, style in read:
                shown, found = table.tabulate(function, gradient)
                if gradient and found is None:
                    raise ValueError(
                        f"{function} has no gradient (detach, numpy, rounding?): keep to differentiable "
                        f"torch operations, or leave the gradient out with panels=({title!r},)."
                    )
                shown = table.numpy(shown)
                own = {"name": function.name, "style": style, "kind": kind, "function": function}
                tangents = None
                if gradient:
                    found = table.numpy(found)
                    # A step function has the slope 0 wherever it has one: no tangent tells anything there.
                    steps = not found.any() and bool((shown != shown[..., :1]).any())
                    tangents = None if steps else found
                    slopes.append(Curve(**own, values=found, is_slope=True))
                values.append(Curve(**own, values=shown, slopes=tangents))
            yield self.over_axis(title, values, kind, self.yscale)
            if gradient:
                yield self.over_axis(below, slopes, kind, "linear")

        return build

    def over_axis(self, title, marks, kind, scale):
        if title in self.limits:
            limits = ends(f"limits[{title!r}]", tuple(self.limits[title]))
        else:
            heights = _piles(marks) if kind == "area" else [mark.values for mark in marks]
            limits = drawing.limits(np.concatenate([h.ravel() for h in heights]), kind, scale)
        return drawing.Panel(title, self.axis, None, tuple(marks), tuple(map(float, limits)), scale)

    def plane(self, title, given):
        """A panel over two axes."""
        x, y = axes = [self._variable(name, f"plane {title!r}", "an axis") for name in given.axes]
        for axis in axes:
            if axis.labels is not None:
                raise ValueError(f"{axis.name} is a choice: an axis of a plane is a range (low, high).")
        marker = tuple(self._variable(name, f"plane {title!r}", "its marker's slider") for name in given.marker)
        for moved, axis in zip(marker, axes, strict=bool(marker)):
            if moved.labels is not None:
                raise ValueError(f"{moved.name} is a choice: a marker moves sliders that are ranges (low, high).")
            if moved.values[0] < axis.values[0] or moved.values[-1] > axis.values[-1]:
                raise ValueError(
                    f"{moved.name} {moved.values[0]:g}…{moved.values[-1]:g} leaves the axis {axis}: "
                    "a marker moves within its axes."
                )
        self.used |= {moved.name for moved in marker}
        outside = given.positions[((given.positions < [x.values[0], y.values[0]])
                                   | (given.positions > [x.values[-1], y.values[-1]])).any(1)]  # fmt: skip
        if len(outside):
            raise ValueError(
                f"{len(outside)} of the points lie outside the axes of {title!r}, ({outside[0][0]:.4g}, "
                f"{outside[0][1]:.4g}) for one: make {x.name} or {y.name} longer, or leave them out."
            )
        heights = [self.read(name or title, "map", call, axes, 3) for name, call in given.map.items()]
        levels = [
            (self.read(name, "line", call, axes, 1), at, self.style(name)) for name, (call, at) in given.lines.items()
        ]
        curves = [
            (self.read(name, "curve", call, (x,), 1), self.style(str(name))) for name, call in given.curves.items()
        ]
        weights, count = given.weights, len(given.positions)
        if weights is not None:
            if not callable(weights):
                fixed = torch.as_tensor(weights)
                weights = lambda: fixed  # noqa: E731
            name = getattr(given.weights, "__name__", "of the points").replace("<lambda>", "of the points")
            weights = self.read(name, given.follows, weights, (), count)
        classes = [(name, members, self.style(name)) for name, members in given.members.items()]
        step = self.variables.get("step")
        if given.paths and step:
            self.used.add("step")
            if step.labels is not None:
                raise ValueError("step is a choice: paths follow a range, step=(0, last) or step=(0, last, width).")
        paths = [(name, self._path(name, call, step), self.style(name)) for name, call in given.paths.items()]

        def build():
            marks = [self._map(title, function) for function in heights]
            for function, at, style in levels:
                values = table.numpy(table.tabulate(function)[0])
                marks.append(_levels(function, values, at, style))
            for function, style in curves:
                values = table.numpy(table.tabulate(function)[0])
                marks.append(Curve(name=function.name, style=style, kind="line", function=function, values=values))
            marks += _examples(given, classes, weights)
            for name, (function, places), style in paths:
                places = places_of(function, [s.tensor() for s in function.sliders]).numpy() if function else places
                marks.append(Path(name=name, style=style, kind="path", function=function, places=places, step=step))
            limits = float(y.values[0]), float(y.values[-1])
            yield drawing.Panel(title, x, y, tuple(marks), limits, equal=given.equal, marker=marker or None)

        return build

    def _variable(self, name, where, what):
        if name not in self.variables:
            raise ValueError(
                f"{where} names {name!r} as {what}, which is no variable of the figure "
                f"({', '.join(self.variables)}): add {name}=(low, high)."
            )
        return self.variables[name]

    def _map(self, title, function):
        values, gradient = table.tabulate(function, slopes=True)
        values = table.numpy(values)
        limits = scale.height_limits(values)
        if title in self.limits:
            limits = ends(f"limits[{title!r}]", tuple(self.limits[title]))
        levels = tuple(scale.round_levels(limits))
        steep = 1.0
        if gradient is not None:
            gradient = table.numpy(gradient)
            spans = [np.ptp(axis.values) for axis in function.axes]
            change = np.hypot(*(part * span for part, span in zip(gradient, spans, strict=True)))
            gradient = gradient if np.isfinite(change).any() else None
            change = change[np.isfinite(change) & (change > 0)]
            steep = float(np.median(change)) if change.size else 1.0
        return Plane(name=function.name, style=None, kind="map", function=function, values=values, levels=levels,
                     limits=limits, scale=scale.Scale.of(values, limits), gradient=gradient, steep=steep)  # fmt: skip

    def _path(self, name, given, step):
        """The function of a path and nothing, or nothing and its places over (2, positions)."""
        if callable(given):
            if step is None:
                raise ValueError(f"path {name!r} is a function, so the figure needs a slider step=(0, last) for it.")
            return self.read(name, "path", given, (step,)), None
        places = torch.as_tensor(given).detach().cpu().to(torch.float64)
        if places.ndim != 2 or places.shape[-1] != 2 or not len(places):
            raise ValueError(f"path {name!r} has shape {tuple(places.shape)}: give (positions, 2), an x and a y each.")
        if step is not None and len(places) != len(step.values):
            raise ValueError(
                f"path {name!r} has {len(places)} positions and step has {len(step.values)} "
                f"({step}): give one position for each step."
            )
        return None, places.T.numpy()


def _levels(function, values, at, style):
    """Level lines: their numbers are finest around the levels."""
    spread = np.abs(values[np.isfinite(values)] - np.mean(at))
    spread = float(np.quantile(spread, 0.25)) + max(at) - min(at) or 1.0
    limits = float(np.mean(at) - spread), float(np.mean(at) + spread)
    return Plane(name=function.name, style=style, kind="levels", function=function, values=values, levels=at,
                 limits=limits, scale=_straight(values, limits))  # fmt: skip


def _straight(values, limits):
    """A scale that is no logarithm: a line at 0 has both signs about it, or might."""
    low, high = limits
    return scale.Scale.of(values, (low, high) if low <= 0 else (low - high, high))


def _examples(given, classes, function):
    weights, largest = None, 1.0
    if function:
        weights = weights_of(function, [slider.tensor() for slider in function.sliders]).numpy()
        if not np.isfinite(weights).all() or weights.min() < 0:
            raise ValueError(f"{function} must return finite numbers of 0 or more, one for each point.")
        largest = float(weights.max()) or 1.0
    return [
        Points(
            name=name, style=style, kind="points", positions=given.positions[members], function=function,
            weights=None if weights is None else weights[..., members], largest=largest, follows=given.follows,
            members=members,
        )
        for name, members, style in classes
    ]  # fmt: skip


def _piles(marks):
    """The heights that stacked marks reach, over the grid of all sliders that any of them names."""
    sliders = list(dict.fromkeys(slider for mark in marks for slider in mark.sliders))
    total, piles = 0.0, []
    for mark in marks:
        shape = [len(slider.values) if slider in mark.sliders else 1 for slider in sliders]
        total = total + mark.values.reshape(*shape, -1)
        piles.append(total)
    return piles
