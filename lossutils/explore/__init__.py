"""Slider figures: matplotlib draws, torch computes, the browser only moves."""

import os
import pathlib

import anywidget
import ipywidgets
import numpy as np
import traitlets

from . import drawing, page
from .table import check_size, tabulate
from .variables import STEPS_OF_A_SLIDER, STEPS_OF_AN_AXIS, variable

HERE = pathlib.Path(__file__).parent


class Figure(anywidget.AnyWidget):
    """The panels and their readout. A trait `at_NAME` for each variable is what the sliders are linked to."""

    _esm = HERE / "figure.js"
    _css = HERE / "figure.css"
    meta = traitlets.Dict().tag(sync=True)
    table = traitlets.Bytes().tag(sync=True)
    guess = traitlets.Unicode().tag(sync=True)


class Explorer(ipywidgets.VBox):
    """A slider figure: display it to use it; `.at()` gives its numbers in Python."""

    def __init__(self, panels, axis, sliders, guess=None):
        self._panels, self._variables = panels, (axis, *sliders)
        self._controls = {v.name: _control(v) for v in self._variables}
        self._sent = _payload(panels, self._variables, guess)
        figure = Figure(**self._sent)
        for v in self._variables:
            control = self._controls[v.name]
            source = "index" if v.labels else "value"
            figure.add_traits(**{f"at_{v.name}": traitlets.Float(float(getattr(control, source))).tag(sync=True)})
            ipywidgets.jslink((control, source), (figure, f"at_{v.name}"))
        box = ipywidgets.HBox(list(self._controls.values()))
        box.add_class("lossutils-sliders")
        super().__init__([figure, box])
        if guess is not None:
            field = ipywidgets.Text(
                description=f"Your guess at {axis.symbol} = {axis.text(guess)}:",
                placeholder="a number, then Enter",
                style={"description_width": "initial"},
                continuous_update=False,
            )
            ipywidgets.jslink((field, "value"), (figure, "guess"))
            self.children = [field, *self.children]

    def at(self, **given):
        """The numbers of the readout, {panel: {curve: number}}, at the given values.

        A variable that is not given stands where its slider stands. Values between two slider positions are computed
        there, not interpolated. Raises ValueError for an unknown name or a value outside its range.
        """
        names = {v.name: v for v in self._variables}
        for name in given:
            if name not in names:
                raise ValueError(f"there is no variable {name!r}: take {', '.join(names)}.")
        point = {v.name: v.value(given[v.name]) if v.name in given else self._now(v) for v in self._variables}
        numbers = {}
        for panel in self._panels:
            numbers[panel.title] = {}
            for mark in panel.marks:
                value, slope = mark.curve.at(self._variables[0], point)
                numbers[panel.title][mark.name] = value if mark.values is mark.curve.values else slope
        return numbers

    def _now(self, v):
        control = self._controls[v.name]
        return float(v.values[control.index]) if v.labels else control.value

    def __repr__(self):
        names = dict.fromkeys(mark.name for panel in self._panels for mark in panel.marks)
        return f"explore: {', '.join(names)} over {', '.join(map(str, self._variables))}"

    def _repr_mimebundle_(self, **kwargs):
        starts = {v.name: v.start for v in self._variables}
        picture = drawing.png(self._panels, self._variables[0], lambda v: starts[v.name])
        if _renderer() == "html":
            moving = {"text/html": page.figure(self, self._sent, picture)}
        else:
            moving = super()._repr_mimebundle_(**kwargs) or {}
        return moving | {"text/plain": repr(self), "image/png": picture}


def explore(
    curves, /, *, panels=("loss", "gradient"), limits=None, yscale="linear", stack=False, guess=None, **variables
):
    """Draw curves of one variable, with a slider for it and for every other variable they name.

    A move of a slider redraws in the browser alone; the numbers were computed beforehand, in float64, by one
    call of each curve.

    Args:
        curves: a function, or {name: function}. A function takes the axis and the sliders it names, as tensors that
            broadcast, and returns one real number for each element; the gradient is taken from it by autograd. Or
            {panel: {name: function}}: every panel shows what its functions return.
        panels: the titles of the value panel and of the gradient panel; a single title leaves the gradient out.
        limits: {panel title: (low, high)} where the automatic choice is not wanted.
        yscale: "linear" or "log", of the panels that show values.
        stack: pile the curves of a panel on one another, as areas.
        guess: a position of the axis. The figure then asks for the height of the curve there before the sliders are
            moved, and keeps the answer as a diamond.
        **variables: the first is the axis, the others are sliders: (low, high), (low, high, step),
            (low, high, step, start), a list of choices or {label: choice}, or (choices, start). An axis of choices
            is drawn as bars, without gradient; its functions may look at all choices at once.

    Returns:
        Explorer: displayed by the notebook; `.at(p=0.9, gamma=2)` gives the numbers of its readout.

    Raises:
        ValueError: a range is empty, reversed or not met by its step; a curve is not elementwise, names a slider that
            is not there, fails, is finite nowhere or has no gradient; the table would be too large.
        TypeError: a curve is no function.
    """
    if not variables:
        raise ValueError("there is no axis: name it with its range, for instance p=(0.001, 0.999).")
    (axis, *sliders) = (
        variable(name, spec, STEPS_OF_A_SLIDER if i else STEPS_OF_AN_AXIS)
        for i, (name, spec) in enumerate(variables.items())
    )
    if guess is not None:
        guess = int(np.abs(axis.values - axis.value(guess)).argmin())
    if callable(curves):
        curves = {getattr(curves, "__name__", "curve").replace("<lambda>", "curve"): curves}
    if not isinstance(curves, dict) or not curves:
        raise TypeError("curves must be a function or a dict {name: function} with at least one entry.")
    nested = all(isinstance(inner, dict) and inner for inner in curves.values())
    groups = {str(title): inner for title, inner in curves.items()} if nested else {panels[0]: curves}
    check_size([item for group in groups.values() for item in group.items()], axis, sliders)
    names = list(dict.fromkeys(str(name) for group in groups.values() for name in group))
    if len(names) > len(drawing.COLOURS):
        raise ValueError(f"{len(names)} curves are too many to tell apart: show at most {len(drawing.COLOURS)}.")
    kind = "bar" if axis.labels is not None else "area" if stack else "line"

    drawn = []
    for title, group in groups.items():
        tables = [tabulate(str(name), function, axis, sliders) for name, function in group.items()]
        drawn.append(_panel(title, tables, names, kind, limits, yscale))
        if not nested and kind == "line" and len(panels) > 1:
            for table in tables:
                if table.slopes is None:
                    raise ValueError(
                        f"curve {table.name!r} has no gradient (detach, numpy, rounding?): keep to differentiable "
                        f"torch operations, or leave the gradient out with panels=({panels[0]!r},)."
                    )
            drawn.append(_panel(panels[1], tables, names, kind, limits, "linear", slopes=True))
    return Explorer(drawn, axis, sliders, guess)


def _renderer():
    """How a figure is displayed: as a widget of a notebook, or as HTML for a page that no kernel stands behind."""
    renderer = os.environ.get("LOSSUTILS_RENDERER") or "widget"
    if renderer not in ("widget", "html"):
        raise ValueError(
            f"LOSSUTILS_RENDERER={renderer!r} is no renderer: set it to 'widget' or 'html', or not at all."
        )
    return renderer


def _panel(title, curves, names, kind, given, scale, slopes=False):
    marks = []
    for curve in curves:
        values, tangents = (curve.slopes, None) if slopes else (curve.values, curve.slopes if kind == "line" else None)
        marks.append(drawing.Mark(curve.name, kind, names.index(curve.name), curve, values, tangents))
    if title in (given or {}):
        limits = variable(f"limits[{title!r}]", tuple(given[title]), (1, 1)).values[[0, -1]]
    else:
        heights = _piles(marks) if kind == "area" else [mark.values for mark in marks]
        limits = drawing.limits(np.concatenate([h.ravel() for h in heights]), kind, scale)
    return drawing.Panel(title, tuple(marks), tuple(limits), scale)


def _piles(marks):
    """The heights that stacked marks reach, over the grid of all sliders that any of them names."""
    sliders = list(dict.fromkeys(slider for mark in marks for slider in mark.curve.sliders))
    total, piles = 0.0, []
    for mark in marks:
        shape = [len(slider.values) if slider in mark.curve.sliders else 1 for slider in sliders]
        total = total + mark.values.reshape(*shape, -1)
        piles.append(total)
    return piles


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


def _payload(panels, variables, guess):
    """What the browser needs: the panels' SVG, the table as float32, and where in it each mark's numbers are."""
    axis, starts = variables[0], {v.name: v.start for v in variables}
    arrays, offsets, size = [], {}, 0
    for array in (a for panel in panels for mark in panel.marks for a in (mark.values, mark.slopes)):
        if array is not None and id(array) not in offsets:
            offsets[id(array)] = size
            arrays.append(array.ravel())
            size += array.size
    shown = []
    for panel in panels:
        picture, box = drawing.svg(panel, axis, lambda v: starts[v.name])
        shown.append(
            {
                "title": panel.title,
                "svg": picture,
                "box": box,
                "x": [-0.6, len(axis.values) - 0.4] if axis.labels else [axis.values[0], axis.values[-1]],
                "y": list(panel.limits),
                "log": panel.scale == "log",
                "marks": [
                    {
                        "kind": mark.kind,
                        "style": mark.style,
                        "sliders": [variables.index(slider) for slider in mark.curve.sliders],
                        "values": offsets[id(mark.values)],
                        "slopes": offsets.get(id(mark.slopes), -1),
                    }
                    for mark in panel.marks
                ],
            }
        )
    names = {}
    for i, panel in enumerate(panels):
        for j, mark in enumerate(panel.marks):
            dash = "" if mark.style == 0 else " ".join(f"{4 * d:g}" for d in drawing.DASHES[mark.style][1])
            entry = {"text": mark.name, "kind": mark.kind, "style": mark.style, "dash": dash, "marks": []}
            names.setdefault(mark.name, entry)["marks"].append([i, j])
    meta = {
        "panels": shown,
        "names": list(names.values()),
        "guess": guess,
        "description": f"{', '.join(names)} over {', '.join(map(str, variables))}",
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
    return {"meta": meta, "table": np.concatenate(arrays).astype(np.float32).tobytes()}
