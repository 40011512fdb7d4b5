"""The still picture: matplotlib draws each panel, once as SVG for the browser to move and once as PNG."""

import io
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .palette import COLOURS, GRID, INK, LINE, ramp
from .scale import written

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
    "contour.negative_linestyle": "solid",
}
HEIGHT = 4.1  # inches of a panel
LEFT, BOTTOM, TOP = 0.76, 0.68, 0.41  # of its margins
RIGHT = 0.22  # and on the right, where a map's scale may stand
CURVES, WIDEST = 4.62, 4.4  # widths of axes over one variable, and of a plane whose axes have one scale
LAYERS = ("map", "levels", "line", "points", "path")  # of a plane, from below


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes: over x alone, with limits upwards, or over the plane of x and y."""

    title: str
    x: object  # Variables
    y: object | None
    marks: tuple
    limits: tuple
    scale: str = "linear"  # of the axis upwards
    equal: bool = False  # one unit is as long on both axes
    marker: tuple | None = None  # the Variables of a plane whose sliders its marker stands at

    @property
    def reads_marker(self):
        """Whether the marker is a place of the axes themselves, at which a function has a value to read."""
        return self.marker == (self.x, self.y)

    @property
    def map(self):
        return next((mark for mark in self.marks if mark.kind == "map"), None)

    def box(self):
        """Width and height of the axes, in inches: a plane is square, unless both axes have one scale."""
        height = HEIGHT - BOTTOM - TOP
        if self.y is None:
            return CURVES, height
        width = height * np.ptp(self.x.values) / np.ptp(self.y.values) if self.equal else height
        return min(width, WIDEST), height * min(1, WIDEST / width)

    @property
    def width(self):
        scale = 0.4 + 0.09 * max(map(len, map(written, self.map.levels))) if self.map else RIGHT
        return LEFT + self.box()[0] + scale


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


def svg(panel, row):
    """The panel as SVG text, and for the browser where its axes are, in the SVG's units."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(panel.width, HEIGHT))
        _draw(_axes(figure, panel, 0), panel, row, still=panel.y is None)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawing = text.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    for colour, name in ((INK, "ink"), (GRID, "grid"), (LINE, "line"), *((c, i) for i, c in enumerate(COLOURS))):
        drawing = drawing.replace(colour, f"var(--lossutils-{name})")
    width, height = panel.box()
    box = {"left": LEFT, "right": LEFT + width, "bottom": HEIGHT - BOTTOM, "top": HEIGHT - BOTTOM - height}
    return drawing, {side: 72 * inches for side, inches in box.items()}


def png(panels, row):
    """All panels side by side on white, with a legend: what a page shows where nothing can move."""
    names = {mark.name for panel in panels for mark in panel.marks}
    widths = [panel.width for panel in panels]
    columns = max(
        1, int(sum(widths) / (1 + 0.12 * max(map(len, names))))
    )  # as many as the longest name leaves room for
    columns = min(columns, 2 * len(panels))
    head = 0.2 + 0.3 * -(-len(names) // columns)  # inches of the legend
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(sum(widths), HEIGHT + head), facecolor="white")
        handles = {}
        for i, panel in enumerate(panels):
            handles |= _draw(_axes(figure, panel, sum(widths[:i])), panel, row)
        figure.legend(handles.values(), handles, loc="upper left", ncols=columns, frameon=False)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()


def _axes(figure, panel, x):
    """Axes for a panel that begins x inches from the left of the figure."""
    width, height = figure.get_size_inches()
    across, up = panel.box()
    axes = figure.add_axes([(x + LEFT) / width, BOTTOM / height, across / width, up / height])
    if panel.map:
        levels = panel.map.levels
        bar = figure.add_axes([(x + LEFT + across + 0.12) / width, BOTTOM / height, 0.14 / width, up / height])
        bar.patch.set_visible(False)
        for k, colour in enumerate(ramp(len(levels) + 1)):
            bar.add_patch(Rectangle((0, k), 1, 1, facecolor=colour, edgecolor="none", gid=f"band-{k}"))
        bar.set(xlim=(0, 1), ylim=(0, len(levels) + 1), xticks=[])
        bar.yaxis.tick_right()
        bar.set_yticks(range(1, len(levels) + 1), list(map(written, levels)), fontsize=11)
        bar.tick_params(length=3)
        bar.spines[:].set_visible(False)
    return axes


def _draw(axes, panel, row, still=True):
    """Draw one panel at the given positions; return a handle for each name. If not `still`, a plane is left empty."""
    _frame(axes, panel)
    if panel.y is None:
        x = np.arange(len(panel.x.values)) if panel.x.labels else panel.x.values
        axes.axvline(x[row(panel.x)], color=INK, linewidth=1, alpha=0.35, gid="guide")
    handles, base = {}, np.zeros(len(panel.x.values))
    low, high = shown = _shown(panel)
    for mark in panel.marks:
        if still:
            handle, base, heights = mark.draw(axes, panel, row, base)
            handles[mark.name] = handle
            if heights is not None and mark.kind != "levels":
                finite = heights[np.isfinite(heights)]
                low, high = min(low, finite.min(initial=low)), max(high, finite.max(initial=high))
        else:
            i = panel.marks.index(mark)
            axes.plot([], [], gid=f"curve-{i}", zorder=1 + LAYERS.index(mark.kind) / 10)
    if panel.marker and still:
        _marker(axes, panel, row)
    axes.plot([], [], gid="guess", zorder=4)  # where the browser puts the reader's guess, or a plane's marker
    # What the limits cut off is said, never hidden. The texts are there in any case, for the browser to fill.
    above = f"↑ goes on to {high:.4g}" if high > shown[1] else " "
    below = f"↓ goes on to {low:.4g}" if low < shown[0] else " "
    for gid, text, height, side in (("above", above, 0.985, "top"), ("below", below, 0.02, "bottom")):
        axes.text(0.5, height, text, transform=axes.transAxes, ha="center", va=side, fontsize=12, gid=gid, zorder=5)
    return handles


def _frame(axes, panel):
    axes.set_title(panel.title, fontsize=16)
    axes.set_xlabel(panel.x.symbol)
    if panel.y is None:
        count = len(panel.x.values)
        if panel.x.labels is not None:
            axes.set_xticks(range(count), panel.x.labels)
        axes.set_xlim((-0.6, count - 0.4) if panel.x.labels else (panel.x.values[0], panel.x.values[-1]))
        axes.set_yscale(panel.scale)
        axes.grid(True, linewidth=0.8)
        axes.set_axisbelow(True)
    else:
        axes.set_xlim(panel.x.values[0], panel.x.values[-1])
        axes.set_ylabel(panel.y.symbol, labelpad=2)
        axes.spines[:].set_visible(True)
        axes.spines[:].set_linewidth(0.8)
        axes.patch.set_visible(False)
    axes.set_ylim(*panel.limits)


def _shown(panel):
    """The heights between which nothing is cut off: a map's are its outermost bands."""
    if panel.y is None:
        return panel.limits
    return panel.map.limits if panel.map else (-np.inf, np.inf)


def _marker(axes, panel, row):
    """The marker of a plane and the way of steepest descent from it, longer where it is steeper."""
    at = [row(variable) for variable in panel.marker]
    x, y = (variable.values[i] for variable, i in zip(panel.marker, at, strict=True))
    if panel.map and panel.reads_marker and panel.map.gradient is not None:
        slope = panel.map.gradient[(slice(None), *map(row, panel.map.sliders), *at[::-1])]
        spans, box = np.array([np.ptp(panel.x.values), np.ptp(panel.y.values)]), np.array(panel.box())
        change, way = np.hypot(*slope * spans), -slope * box / spans
        if np.isfinite(change) and change > 0:
            length = change / (change + panel.map.steep) / 4 * box.min()
            end = np.array([x, y]) + way / np.hypot(*way) * length * spans / box
            arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", end, (x, y), zorder=4, arrowprops=arrow)
    axes.plot([x], [y], "o", color="white", markersize=10, markeredgecolor=INK, markeredgewidth=2, zorder=4)
