"""What a panel can hold. A new kind of mark is a class here and an entry of MARKS in marks.js."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import patheffects
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from .palette import COLOURS, DASHES, INK, LINE, SHAPES, ramp
from .scale import Scale, written
from .table import Function, call, one, spread


@dataclass(frozen=True, eq=False, kw_only=True)
class Mark:
    """Something drawn in a panel: its name, and its place in COLOURS, DASHES and SHAPES, the same in every panel."""

    name: str
    style: int | None
    kind: str

    @property
    def sliders(self):
        """The variables that its shape follows, in the order of its table's leading dimensions."""
        return self.function.sliders if self.function else ()

    def is_read(self, panel):
        """Whether the readout has a number of it."""
        return True

    def number(self, point):
        """What the readout says at a point of all variables: a number, or a pair of them."""
        raise NotImplementedError

    def sent(self, table, panel):
        """What marks.js gets; arrays go into the table, which answers with their place in it."""
        return {}

    def draw(self, axes, panel, row, base):
        """Draw it where `row` puts every variable.

        Return a handle for the legend, the height that areas have piled up to, and the heights that limits may cut.
        """
        raise NotImplementedError

    @property
    def dashes(self):
        return DASHES[self.style or 0]


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve(Mark):
    """A function of the panel's x: a line, bars at choices, or areas piled on one another."""

    function: Function
    values: np.ndarray  # (*sliders, x)
    slopes: np.ndarray | None = None  # of its tangent
    is_slope: bool = False  # the values are the function's slopes

    def is_read(self, panel):
        return panel.y is None

    def number(self, point):
        return self.function.at(point)[self.is_slope]

    def sent(self, table, panel):
        slopes = -1 if self.slopes is None else table.add(self.slopes)
        return {"values": table.add(self.values), "slopes": slopes}

    def draw(self, axes, panel, row, base):
        x = np.arange(len(panel.x.values)) if panel.x.labels else panel.x.values
        y = self.values[tuple(map(row, self.sliders))]
        i, colour = panel.marks.index(self), COLOURS[self.style]
        count = len(panel.marks)
        if self.kind == "line":
            (handle,) = axes.plot(x, y, color=colour, linestyle=self.dashes, linewidth=2.8, label=self.name)
            handle.set_dash_capstyle("butt")
        else:
            y = base + y if self.kind == "area" else y
            shape = _area(x, base, y) if self.kind == "area" else _bars(x, y, i, count)
            handle = axes.add_patch(PathPatch(shape, facecolor=colour, edgecolor="none", alpha=0.85, label=self.name))
            base = y if self.kind == "area" else base
        handle.set_gid(f"curve-{i}")
        if panel.y is None:
            at = row(panel.x)
            place = bar_places(x, i, count)[at] if self.kind == "bar" else x[at]
            tangent = self._tangent(axes, place, y[at], row, at)
            axes.plot(*tangent, color=INK, linewidth=1.4, gid=f"tangent-{i}")
            axes.plot([place], [y[at]], "o", color=colour, markersize=9, markeredgecolor="white", gid=f"marker-{i}")
        return handle, base, y

    def _tangent(self, axes, x, y, row, at):
        """Two ends of the tangent at (x, y), a sixth of the panel to either side; empty where there is none."""
        slope = np.nan if self.slopes is None else self.slopes[(*map(row, self.sliders), at)]
        if not np.isfinite(slope) or axes.get_yscale() == "log":
            return [], []
        width, height = np.diff(axes.get_xlim())[0], np.diff(axes.get_ylim())[0]
        box = axes.get_window_extent()
        reach = width / 6 / np.hypot(1, slope * width / height * box.height / box.width)
        return [x - reach, x + reach], [y - slope * reach, y + slope * reach]


def bar_places(x, i, count):
    """The middles of the i-th of `count` bars at every x; together they fill 0.8 of a place."""
    return x + 0.8 * ((i + 0.5) / count - 0.5)


def _bars(x, y, i, count):
    middle, half = bar_places(x, i, count), 0.4 / count
    return Outline.make_compound_path(
        *(Outline([(m - half, 0), (m + half, 0), (m + half, h), (m - half, h), (m - half, 0)], closed=True)
          for m, h in zip(middle, np.nan_to_num(y), strict=True))
    )  # fmt: skip


def _area(x, base, top):
    return Outline(np.column_stack([np.append(x, x[::-1]), np.append(base, top[::-1])]))


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane(Mark):
    """A function of both axes of a plane: a map with filled levels, or level lines alone."""

    function: Function
    values: np.ndarray  # (*sliders, y, x)
    levels: tuple
    limits: tuple  # from where to where its heights are told apart
    scale: Scale
    gradient: np.ndarray | None = None  # (2, *sliders, y, x), of a map
    steep: float = 1.0  # a middling change of a map across its panel

    def is_read(self, panel):
        return panel.reads_marker

    def number(self, point):
        return self.function.at(point)[0]

    def sent(self, table, panel):
        given = {
            "codes": table.add(self.scale.codes(self.values)),
            "scale": self.scale.sent(),
            "places": self.scale.place(self.levels).tolist(),
            "levels": list(map(written, self.levels)),
        }
        given |= dict(zip(("anchor", "rays"), self._rays(panel), strict=True))
        if self.gradient is not None and panel.marker:
            along = [np.ptp(panel.x.values), np.ptp(panel.y.values)]
            across = [part * width for part, width in zip(self.gradient, along, strict=True)]
            scale = Scale.of(np.stack(across), (-self.steep, self.steep), bits=10)
            # An arrow needs no more than every second place and a hundredth of a turn: a third of the bytes.
            slopes = [table.add(scale.codes(part[..., ::2, ::2])) for part in across]
            given |= {"slopes": slopes, "slope": scale.sent(), "steep": self.steep}
        return given

    def _rays(self, panel):
        """Where the labels look for their lines: from a fixed place, in directions in which no path runs.

        The place is the lowest one at the start, as parts of both axes; a direction's y points down, as the SVG's.
        """
        anchor = np.array([0.5, 0.5])
        if self.kind == "map":
            start = self.values[tuple(slider.start for slider in self.sliders)]
            j, i = np.unravel_index(np.argmin(np.where(np.isfinite(start), start, np.inf)), start.shape)
            anchor = np.array([i / (len(panel.x.values) - 1), j / (len(panel.y.values) - 1)])
        angles = np.deg2rad([37, 129, 206, 60, 150, 240, 330, 285, 15, 105])
        low, span = (np.array([f(axis.values) for axis in (panel.x, panel.y)]) for f in (np.min, np.ptp))
        tracks = [np.moveaxis(mark.places, 0, -1).reshape(-1, 2) for mark in panel.marks if mark.kind == "path"]
        away = (np.concatenate([*tracks, np.empty((0, 2))]) - low) / span - anchor
        away = np.arctan2(*away[(np.hypot(*away.T) > 0.05)].T[::-1])
        ways = np.column_stack([np.cos(angles), np.sin(angles)])
        crowds = np.array([(np.cos(away - angle) > 0.9).sum() for angle in angles])
        short = (np.abs(anchor + 0.4 * ways - 0.5) > 0.5).any(1)  # a way that soon leaves the panel meets few lines
        chosen = ways[np.lexsort([crowds, short])[:4]]
        return anchor.tolist(), (chosen * [1, -1]).round(3).tolist()

    def draw(self, axes, panel, row, base):
        x, y = panel.x.values, panel.y.values
        values = self.values[tuple(map(row, self.sliders))]
        ends = self.levels[0] - self.scale.spread, self.levels[-1] + self.scale.spread  # beyond, nothing is told apart
        shown = np.ma.masked_invalid(np.clip(values, *ends))
        if self.kind == "map":
            axes.contourf(
                x, y, shown, levels=[ends[0], *self.levels, ends[1]], colors=ramp(len(self.levels) + 1), zorder=0.5
            )
            lines = {"colors": LINE, "linewidths": 0.9, "alpha": 0.55, "zorder": 0.6}
        else:
            lines = {"colors": COLOURS[self.style], "linewidths": 2.8, "linestyles": [self.dashes], "zorder": 1}
        met = [level for level in self.levels if shown.min() < level < shown.max()]
        if met:
            drawn = axes.contour(x, y, shown, levels=met, **lines)
            if len(self.levels) > 1:
                axes.clabel(drawn, fontsize=9, fmt=written, colors=[LINE])
        if self.kind == "map":
            handle = Rectangle((0, 0), 1, 1, facecolor=ramp(5)[1], edgecolor=LINE)
            handle.set_label(self.name)
            return handle, base, values
        (handle,) = axes.plot([], [], color=COLOURS[self.style], linestyle=self.dashes, linewidth=2.8, label=self.name)
        return handle, base, None


@dataclass(frozen=True, eq=False, kw_only=True)
class Points(Mark):
    """The examples of one class: where they are, and what their opacity or size follows."""

    positions: np.ndarray  # (N, 2)
    function: Function | None
    weights: np.ndarray | None  # (*sliders, N), of this class
    largest: float = 1.0  # of any class at any slider position
    follows: str | None = None  # "opacity" or "size"
    members: np.ndarray | None = None  # which of all examples belong to it

    def is_read(self, panel):
        return self.function is not None

    def number(self, point):
        """The class's sum of what its opacity or size follows."""
        weights = weights_of(self.function, [one(slider, point) for slider in self.sliders])
        return float(weights[..., self.members].sum())

    def sent(self, table, panel):
        low, high = np.array([[panel.x.values[0], panel.y.values[0]], [panel.x.values[-1], panel.y.values[-1]]])
        given = {"at": ((self.positions - low) / (high - low)).round(4).ravel().tolist(), "follows": self.follows}
        if self.function:
            codes = np.round(self.weights / self.largest * (2**16 - 1)).astype(np.uint16)
            given |= {"codes": table.add(codes), "sums": table.add(self.weights.sum(-1))}
        return given

    def draw(self, axes, panel, row, base):
        part = 1.0 if self.function is None else self.weights[tuple(map(row, self.sliders))] / self.largest
        part = np.broadcast_to(part, len(self.positions))
        alpha, size = 0.9, np.full(len(part), 38.0)
        if self.follows == "opacity":
            alpha = 0.08 + 0.92 * part
        if self.follows == "size":
            size = 4 + 116 * part
        axes.scatter(*self.positions.T, s=size, c=COLOURS[self.style], marker=SHAPES[self.style], alpha=alpha,
                     linewidths=0, zorder=2)  # fmt: skip
        (handle,) = axes.plot([], [], SHAPES[self.style], color=COLOURS[self.style], label=self.name)
        return handle, base, None


def weights_of(function, grid):
    """The opacity or size of every example over the grid of its sliders."""
    shape = (*map(len, grid), function.outputs)
    weights = call(function, grid, [], shape)
    return weights.detach().to(torch.float64).expand(shape)


@dataclass(frozen=True, eq=False, kw_only=True)
class Path(Mark):
    """Where a training run has been, up to the slider `step`, or as a whole in a figure without that slider."""

    places: np.ndarray  # (2, *sliders, step)
    function: Function | None
    step: object | None  # the Variable

    def number(self, point):
        """Where it is at that step."""
        places = self.places
        if self.function:
            places = places_of(self.function, [one(slider, point) for slider in self.sliders]).numpy()
            places = places.reshape(2, -1)
        at = -1 if self.step is None else round((point["step"] - self.step.values[0]) / self.step.step)
        return tuple(map(float, places[:, at]))

    def sent(self, table, panel):
        codes, units = [], []
        for part, axis in zip(self.places, (panel.x, panel.y), strict=True):
            span = np.ptp(axis.values)  # what runs further away than a panel's width ends there
            low, unit = axis.values[0] - span, 3 * span / (2**16 - 2)
            with np.errstate(invalid="ignore"):
                whole = np.clip(np.round((part - low) / unit), 0, 2**16 - 2)
            codes.append(table.add(np.where(np.isnan(part), 2**16 - 1, whole).astype(np.uint16)))
            units.append([float(low), float(unit), max(0, math.ceil(-math.log10(span / 500)))])
        return {"codes": codes, "units": units, "count": self.places.shape[-1], "stops": self.step is not None}

    def draw(self, axes, panel, row, base):
        x, y = self.places[(slice(None), *map(row, self.sliders))]
        if self.step:
            x, y = x[: row(self.step) + 1], y[: row(self.step) + 1]
        rim = [patheffects.withStroke(linewidth=4.5, foreground="white")]
        colour = COLOURS[self.style]
        (handle,) = axes.plot(x, y, color=colour, linestyle=self.dashes, linewidth=2.4, label=self.name, zorder=3)
        handle.set_path_effects(rim)
        axes.plot(x[-1:], y[-1:], "o", color=colour, markersize=8, markeredgecolor="white", zorder=3)
        return handle, base, None


def places_of(function, grid):
    """The whole path over (2, *sliders, step), from one call."""
    (step,) = function.axes
    shape = (*map(len, grid), len(step.values))
    leaves = spread([step.tensor()], (*(1 for _ in grid), len(step.values)))
    places = call(function, grid, leaves, shape, _pair, (2, *shape))
    return places.detach().to(torch.float64).expand(2, *shape)


def _pair(given):
    """x and y one above the other, from a pair or from a tensor whose last dimension holds them."""
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, given)))
    given = torch.as_tensor(given)
    if given.ndim == 0 or given.shape[-1] != 2:
        raise ValueError("a path's function returns x and y, or a tensor whose last dimension holds them")
    return given.movedim(-1, 0)
