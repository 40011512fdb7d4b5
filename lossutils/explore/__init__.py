"""Slider figures: matplotlib draws, torch computes, the browser only moves."""

import os
import pathlib

import anywidget
import ipywidgets
import numpy as np
import traitlets

from . import drawing, page
from .palette import DASHES
from .panels import Builder, PlaneOf, plane
from .variables import STEPS_OF_A_PLANE, STEPS_OF_A_SLIDER, STEPS_OF_AN_AXIS, variable

__all__ = ["Explorer", "explore", "plane"]

HERE = pathlib.Path(__file__).parent
SCRIPTS = ("levels.js", "marks.js", "figure.js")  # one module, in this order


class Figure(anywidget.AnyWidget):
    """The panels and their readout. A trait `at_NAME` for each variable is what the sliders are linked to."""

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = HERE / "figure.css"
    meta = traitlets.Dict().tag(sync=True)
    table = traitlets.Bytes().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    guess = traitlets.Unicode().tag(sync=True)


class Explorer(ipywidgets.VBox):
    """A slider figure: display it to use it; `.at()` gives its numbers in Python."""

    def __init__(self, panels, variables, guess=None):
        self._panels, self._variables = panels, variables
        self._controls = {v.name: _control(v) for v in variables}
        self._sent = _payload(panels, variables, guess)
        figure = Figure(**self._sent)
        for v in variables:
            control = self._controls[v.name]
            source = "index" if v.labels else "value"
            figure.add_traits(**{f"at_{v.name}": traitlets.Float(float(getattr(control, source))).tag(sync=True)})
            ipywidgets.jslink((control, source), (figure, f"at_{v.name}"))
        box = ipywidgets.HBox(list(self._controls.values()))
        box.add_class("lossutils-sliders")
        super().__init__([figure, box])
        if guess is not None:
            axis = panels[0].x
            field = ipywidgets.Text(
                description=f"Your guess at {axis.symbol} = {axis.text(guess)}:",
                placeholder="a number, then Enter",
                style={"description_width": "initial"},
                layout={"width": "28em"},
                continuous_update=False,
            )
            ipywidgets.jslink((field, "value"), (figure, "guess"))
            self.children = [field, *self.children]

    def at(self, **given):
        """The numbers of the readout, {panel: {name: number}}, at the given values.

        A number is a curve's or map's value, the pair of coordinates that a path has reached, or the sum of what the
        opacity or size of a class of points follows. A variable that is not given stands where its slider stands.
        Values between two slider positions are computed there, not interpolated. Raises ValueError for an unknown
        name or a value outside its range.
        """
        names = {v.name: v for v in self._variables}
        for name in given:
            if name not in names:
                raise ValueError(f"there is no variable {name!r}: take {', '.join(names)}.")
        point = {v.name: v.value(given[v.name]) if v.name in given else self._now(v) for v in self._variables}
        return {
            panel.title: {mark.name: mark.number(point) for mark in panel.marks if mark.is_read(panel)}
            for panel in self._panels
        }

    def _now(self, v):
        control = self._controls[v.name]
        return float(v.values[control.index]) if v.labels else control.value

    def __repr__(self):
        return f"explore: {self._sent['meta']['description']}"

    def _repr_mimebundle_(self, **kwargs):
        picture = drawing.png(self._panels, lambda v: v.start)
        if _renderer() == "html":
            moving = {"text/html": page.figure(self, self._sent, picture)}
        else:
            moving = super()._repr_mimebundle_(**kwargs) or {}
        return moving | {"text/plain": repr(self), "image/png": picture}


def explore(
    curves, /, *, panels=("loss", "gradient"), limits=None, yscale="linear", stack=False, guess=None, **variables
):
    """Draw curves of one variable or planes of two, with a slider for every variable that they name.

    A move of a slider redraws in the browser alone; the numbers were computed beforehand, in float64, by one
    call of each function.

    Args:
        curves: a function, or {name: function}. A function takes the axis and the sliders it names, as tensors that
            broadcast, and returns one real number for each element; the gradient is taken from it by autograd. Or
            {panel: {name: function}}: every panel shows what its functions return. In the place of {name: function} a
            `plane(…)` makes a panel over two axes.
        panels: the titles of the value panel and of the gradient panel, which gives the value panel its tangents; a
            single title leaves the gradient out.
        limits: {panel title: (low, high)} where the automatic choice is not wanted: of the axis upwards, of a plane's
            map.
        yscale: "linear" or "log", of the panels that show values over one axis.
        stack: pile the curves of a panel on one another, as areas.
        guess: a position of the axis. The figure then asks for the height of the curve there before the sliders are
            moved, and keeps the answer as a diamond.
        **variables: the first is the axis, the others are sliders: (low, high), (low, high, step),
            (low, high, step, start), a list of choices or {label: choice}, or (choices, start). An axis of choices
            is drawn as bars, without gradient; its functions may look at all choices at once. The axes that a plane
            names stand here too; they get a slider if a marker or a function of another panel asks for it.

    Returns:
        Explorer: displayed by the notebook; `.at(p=0.9, gamma=2)` gives the numbers of its readout.

    Raises:
        ValueError: a range is empty, reversed or not met by its step; a variable is used by nothing; a function is not
            elementwise, names a slider that is not there, fails, is finite nowhere, has no gradient, or one that is
            not its slope; the table would be too large; limits are given for no panel.
        TypeError: a function is none.
    """
    if not variables:
        raise ValueError("there is no axis: name it with its range, for instance p=(0.001, 0.999).")
    if yscale not in ("linear", "log"):
        raise ValueError(f"yscale={yscale!r} is no scale: choose 'linear' or 'log'.")
    if isinstance(curves, PlaneOf):
        curves = {next(iter(curves.map), "") or "plane": curves}
    if callable(curves):
        curves = {getattr(curves, "__name__", "curve").replace("<lambda>", "curve"): curves}
    if not isinstance(curves, dict) or not curves:
        raise TypeError("curves must be a function or a dict {name: function} with at least one entry.")
    groups = {str(title): inner for title, inner in curves.items()}
    nested = all(isinstance(inner, (dict, PlaneOf)) and inner for inner in groups.values())
    if not nested:
        groups = {panels[0]: curves}
    below = None if nested or len(panels) < 2 else panels[1]
    titles = {*groups, below}
    for title in limits or {}:
        if title not in titles:
            raise ValueError(
                f"limits are given for {title!r}, but the panels are {', '.join(map(repr, sorted(titles - {None})))}."
            )
    planes = [group for group in groups.values() if isinstance(group, PlaneOf)]
    of_planes = {name for group in planes for name in group.axes}
    first = None if len(planes) == len(groups) else next(iter(variables))
    known = {}
    for name, spec in variables.items():
        steps = STEPS_OF_A_PLANE if name in of_planes else STEPS_OF_AN_AXIS if name == first else STEPS_OF_A_SLIDER
        known[name] = variable(name, spec, steps)
    axis = known.get(first)
    if guess is not None:
        if not isinstance(next(iter(groups.values())), dict):
            raise ValueError("a guess is asked for in a panel over one axis: let the first panel be one.")
        guess = int(np.abs(axis.values - axis.value(guess)).argmin())

    builder = Builder(known, axis, limits or {}, yscale, stack)
    for group in planes:
        for name in group.members:  # classes have the first colours and shapes, wherever they stand
            builder.style(name)
    builds = [
        builder.plane(title, group) if isinstance(group, PlaneOf) else builder.curves(title, group, below)
        for title, group in groups.items()
    ]
    builder.check()
    for name in known:
        if name not in builder.used and name not in of_planes:
            raise ValueError(f"no curve names {name!r}, so its slider would move nothing: leave it out, or use it.")
    drawn = [panel for build in builds for panel in build()]
    return Explorer(drawn, [v for v in known.values() if v.name in builder.used], guess)


def _renderer():
    """How a figure is displayed: as a widget of a notebook, or as HTML for a page that no kernel stands behind."""
    renderer = os.environ.get("LOSSUTILS_RENDERER") or "widget"
    if renderer not in ("widget", "html"):
        raise ValueError(
            f"LOSSUTILS_RENDERER={renderer!r} is no renderer: set it to 'widget' or 'html', or not at all."
        )
    return renderer


def _control(v):
    """The ipywidget for one variable: a slider over its range or over its choices."""
    if v.labels:
        return ipywidgets.SelectionSlider(options=v.labels, index=v.start, description=v.symbol)
    return ipywidgets.FloatSlider(
        value=v.values[v.start],
        min=v.values[0],
        max=v.values[-1],
        step=v.step,
        description=v.symbol,
        readout_format=f".{v.digits}f",
    )


class _Table:
    """The numbers that travel: float32 for curves, whole numbers for planes; an array that is shared travels once."""

    def __init__(self):
        self.arrays, self.places, self.sizes = {"float32": [], "uint16": []}, {}, {"float32": 0, "uint16": 0}

    def add(self, array):
        """Where the array begins among those of its kind."""
        kind = "uint16" if array.dtype == np.uint16 else "float32"
        if id(array) not in self.places:
            self.places[id(array)] = self.sizes[kind]
            self.sizes[kind] += array.size
            self.arrays[kind].append(array)  # kept, so that its id stays its own
        return self.places[id(array)]

    def bytes(self, kind):
        return b"".join(array.astype(kind).tobytes() for array in self.arrays[kind])


def _payload(panels, variables, guess):
    """What the browser needs: the panels' SVG, the tables, and where in them each mark's numbers are."""
    table, shown, names = _Table(), [], {}
    for i, panel in enumerate(panels):
        picture, box = drawing.svg(panel, lambda v: v.start)
        x, y = panel.x, panel.y
        shown.append(
            {
                "title": panel.title,
                "svg": picture,
                "box": box,
                "aspect": panel.width / drawing.HEIGHT,
                "x": [-0.6, len(x.values) - 0.4] if x.labels else [x.values[0], x.values[-1]],
                "y": list(panel.limits),
                "log": panel.scale == "log",
                "columns": len(x.values),
                "rows": len(y.values) if y else 0,
                "along": variables.index(x) if x in variables else None,
                "marker": [variables.index(v) for v in panel.marker] if panel.marker else None,
                "shown": list(panel.map.limits) if panel.map else None,
                "marks": [
                    {"kind": mark.kind, "style": mark.style, "sliders": [variables.index(s) for s in mark.sliders]}
                    | mark.sent(table, panel)
                    for mark in panel.marks
                ],
            }
        )
        for j, mark in enumerate(panel.marks):
            dash = "" if not mark.style else " ".join(f"{4 * d:g}" for d in DASHES[mark.style][1])
            entry = {"text": mark.name, "kind": mark.kind, "style": mark.style, "dash": dash, "marks": []}
            entry = names.setdefault(mark.name, entry)
            if mark.is_read(panel):
                entry["marks"].append([i, j])
    over = dict.fromkeys([*variables, *(axis for panel in panels for axis in (panel.x, panel.y) if axis)])
    meta = {
        "panels": shown,
        "names": list(names.values()),
        "guess": guess,
        "shapes": [array.shape for array in table.arrays["uint16"]],
        "description": f"{', '.join(names)} over {', '.join(map(str, over))}",
        "variables": [
            {
                "trait": f"at_{v.name}",
                "symbol": v.symbol,
                "low": 0 if v.labels else v.values[0],
                "step": 1 if v.labels else v.step,
                "count": len(v.values),
                "digits": v.digits,
                "labels": v.labels,
            }
            for v in variables
        ],
    }
    return {"meta": meta, "table": table.bytes("float32"), "codes": table.bytes("uint16")}
