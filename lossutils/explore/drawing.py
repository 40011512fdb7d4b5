"""The still picture: matplotlib draws each panel, once as SVG for the browser to move and once as PNG."""

import io
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

# Okabe and Ito's colours, told apart by every common kind of colour vision; the line style says the same again.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa3377", "#7a6200", "#4b4b4b")
DASHES = ("-", (0, (5, 2)), (0, (6, 2, 1.2, 2)), (0, (1.2, 1.6)), (0, (9, 2)), (0, (3, 1.5)))
INK, GRID = "#0b0b0b", "#d0d0d1"  # stand-ins, which the SVG replaces by the page's own colours

STYLE = {
    "font.family": ["sans-serif"],
    "font.size": 14,
    "text.parse_math": False,  # a name with $ in it is a name
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "svg.fonttype": "none",  # text stays text: searchable, and drawn by the browser
    "svg.hashsalt": "lossutils",  # the same figure gives the same bytes
    "path.simplify": False,
}
PANEL = (5.6, 4.1)  # inches of one panel
MARGINS = {"left": 0.135, "right": 0.96, "bottom": 0.165, "top": 0.9}


@dataclass(frozen=True, eq=False)
class Mark:
    """One curve in one panel: its numbers over the grid, and, for a tangent, their slopes."""

    name: str
    kind: str  # "line", "bar" or "area"
    style: int  # its place in COLOURS and DASHES, the same in every panel
    curve: object
    values: np.ndarray  # (*sliders, axis)
    slopes: np.ndarray | None  # of a line alone


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes: title, marks, y-limits and scale."""

    title: str
    marks: tuple
    limits: tuple
    scale: str


def limits(values, kind, scale):
    """The y-limits of a panel, one choice for all slider positions so that nothing jumps.

    All values where they fit; where a few run away, as -1/p does near 0, the middle four fifths decide, and
    the panel says how far the rest goes.
    """
    finite = values[np.isfinite(values) & ((values > 0) if scale == "log" else True)]
    if not finite.size:
        raise ValueError("nothing is above zero, so a logarithmic scale is empty: use yscale='linear'.")
    if scale == "log":
        return tuple(10.0 ** np.array([np.floor(np.log10(finite.min())), np.ceil(np.log10(finite.max()) + 1e-9)]))
    low, high = finite.min(), finite.max()
    inner_low, inner_high = np.quantile(finite, [0.1, 0.9])
    inner = inner_high - inner_low
    if kind == "line" and high - low > 4 * inner > 0:
        low, high = max(low, inner_low - inner / 2), min(high, inner_high + inner / 2)
    margin = 0.04 * (high - low) or 0.5
    if kind == "line":
        return low - margin, high + margin
    return min(low, 0.0), max(high + margin, 0.0)  # bars and areas stand on zero


def svg(panel, axis, row):
    """The panel as SVG text, and for the browser the map from data to its units: (scale, offset) for x and y."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=PANEL)
        axes = figure.subplots()
        figure.subplots_adjust(**MARGINS)
        _draw(axes, panel, axis, row)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawing = text.getvalue()
    drawing = (
        drawing[drawing.index("<svg") :].replace(INK, "var(--lossutils-ink)").replace(GRID, "var(--lossutils-grid)")
    )
    for i, colour in enumerate(COLOURS):
        drawing = drawing.replace(colour, f"var(--lossutils-{i})")
    height = 72 * PANEL[1]
    corners = axes.transAxes.transform([(0, 0), (1, 1)]) * 72 / figure.dpi
    (left, bottom), (right, top) = corners
    return drawing, {"left": left, "right": right, "bottom": height - bottom, "top": height - top}


def png(panels, axis, row):
    """All panels side by side on white, with a legend: what a page shows where nothing can move."""
    names = {mark.name for panel in panels for mark in panel.marks}
    columns = 2 * len(panels)
    head = 0.2 + 0.3 * -(-len(names) // columns)  # inches of the legend
    height = PANEL[1] + head
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(PANEL[0] * len(panels), height), facecolor="white")
        grid = figure.subplots(1, len(panels), squeeze=False)[0]
        figure.subplots_adjust(
            left=MARGINS["left"] / len(panels),
            right=1 - (1 - MARGINS["right"]) / len(panels),
            bottom=MARGINS["bottom"] * PANEL[1] / height,
            top=MARGINS["top"] * PANEL[1] / height,
            wspace=0.2,
        )
        handles = {}
        for axes, panel in zip(grid, panels, strict=True):
            handles |= _draw(axes, panel, axis, row)
        figure.legend(handles.values(), handles, loc="upper left", ncols=columns, frameon=False)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()


def _draw(axes, panel, axis, row):
    """Draw one panel at the given positions; return a handle for each name."""
    x, choices = axis.values, axis.labels is not None
    if choices:
        x = np.arange(len(x))
        axes.set_xticks(x, axis.labels)
    axes.set_xlim((-0.6, len(x) - 0.4) if choices else (x[0], x[-1]))
    axes.set_yscale(panel.scale)
    axes.set_ylim(*panel.limits)
    axes.grid(True, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title(panel.title, fontsize=16)
    axes.set_xlabel(axis.symbol)
    at = row(axis)
    axes.axvline(x[at], color=INK, linewidth=1, alpha=0.35, gid="guide")
    handles, base = {}, np.zeros(len(x))
    low, high = panel.limits
    for i, mark in enumerate(panel.marks):
        y = mark.values[tuple(map(row, mark.curve.sliders))]
        colour, dash = COLOURS[mark.style], DASHES[mark.style]
        if mark.kind == "line":
            (handle,) = axes.plot(x, y, color=colour, linestyle=dash, linewidth=2.8, label=mark.name)
            handle.set_dash_capstyle("butt")
        else:
            top = base + y if mark.kind == "area" else y
            shape = _area(x, base, top) if mark.kind == "area" else _bars(x, top, i, len(panel.marks))
            handle = axes.add_patch(PathPatch(shape, facecolor=colour, edgecolor="none", alpha=0.85, label=mark.name))
            y, base = top, top if mark.kind == "area" else base
        handle.set_gid(f"curve-{i}")
        handles[mark.name] = handle
        place = bar_places(x, i, len(panel.marks))[at] if mark.kind == "bar" else x[at]
        axes.plot(*_tangent(mark, axes, place, y[at], row, at), color=INK, linewidth=1.4, gid=f"tangent-{i}")
        axes.plot([place], [y[at]], "o", color=colour, markersize=9, markeredgecolor="white", gid=f"marker-{i}")
        low, high = min(low, y[np.isfinite(y)].min(initial=low)), max(high, y[np.isfinite(y)].max(initial=high))
    axes.plot([], [], gid="guess")  # where the browser puts the reader's guess
    # What the limits cut off is said, never hidden. The texts are there in any case, for the browser to fill.
    above = f"↑ goes on to {high:.4g}" if high > panel.limits[1] else " "
    below = f"↓ goes on to {low:.4g}" if low < panel.limits[0] else " "
    for gid, text, height, side in (("above", above, 0.985, "top"), ("below", below, 0.02, "bottom")):
        axes.text(0.5, height, text, transform=axes.transAxes, ha="center", va=side, fontsize=12, gid=gid)
    return handles


def _tangent(mark, axes, x, y, row, at):
    """Two ends of the tangent at (x, y), a sixth of the panel to either side; empty where there is none."""
    slope = np.nan if mark.slopes is None else mark.slopes[(*map(row, mark.curve.sliders), at)]
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
    return Path.make_compound_path(
        *(Path([(m - half, 0), (m + half, 0), (m + half, h), (m - half, h), (m - half, 0)], closed=True)
          for m, h in zip(middle, np.nan_to_num(y), strict=True))
    )  # fmt: skip


def _area(x, base, top):
    return Path(np.column_stack([np.append(x, x[::-1]), np.append(base, top[::-1])]))
