"""The axis and the sliders of a figure: what the reader may move, and which positions it can take."""

import math
import unicodedata
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import torch

STEPS_OF_AN_AXIS = (150, 1500)  # at least, at most: a smooth curve, and a slider that still finds 0.9
STEPS_OF_A_PLANE = (50, 100)  # of each axis: level lines look smooth, and the table is no larger than it must be
STEPS_OF_A_SLIDER = (20, 120)
LARGEST, FINEST = 1e9, 1e-6  # what a slider can show: six decimals


@dataclass(frozen=True, eq=False)
class Variable:
    """One axis or slider: its name in the curves' signatures, the values it can take, and where it starts."""

    name: str
    values: np.ndarray
    start: int  # the position shown first
    labels: tuple[str, ...] | None = None  # named positions: a choice, not a range

    @property
    def symbol(self):
        """`gamma` is written γ; every other name stays as it is."""
        name = self.name.strip("_")
        try:
            return unicodedata.lookup(f"GREEK SMALL LETTER {'lamda' if name == 'lambda' else name}")
        except KeyError:
            return name

    @property
    def step(self):
        return (self.values[-1] - self.values[0]) / (len(self.values) - 1)

    @property
    def digits(self):
        """How many decimals it takes to write every position."""
        return next((d for d in range(7) if np.allclose(self.values, self.values.round(d), rtol=0, atol=1e-9)), 6)

    def tensor(self):
        """Whole-numbered choices are indices; everything else is computed in float64."""
        whole = self.labels is not None and all(float(v).is_integer() for v in self.values)
        return torch.from_numpy(self.values.astype(np.int64 if whole else np.float64))

    def value(self, given):
        """A value asked for by number or by label, checked."""
        if self.labels is not None and str(given) in self.labels:
            return self.values[self.labels.index(str(given))]
        low, high = self.values.min(), self.values.max()
        if not isinstance(given, Real) or not low <= given <= high:
            raise ValueError(f"{self.name} = {given!r} is outside {low:g}…{high:g}: give a number in that range.")
        if self.labels is not None and given not in self.values:
            raise ValueError(f"{self.name} = {given!r} is no choice: take one of {', '.join(self.labels)}.")
        return float(given)

    def __str__(self):
        return f"{self.symbol} {self.text(0)}…{self.text(-1)}"

    def text(self, position):
        return self.labels[position] if self.labels else f"{self.values[position]:.{self.digits}f}"


def variable(name, spec, steps):
    """Read `(low, high)`, `(low, high, step)`, `(low, high, step, start)`, a list of choices, {label: choice}, or
    `(choices, start)`.
    """
    if isinstance(spec, dict | list | range):
        return _choices(name, spec)
    if isinstance(spec, tuple) and len(spec) == 2 and isinstance(spec[0], dict | list | range):
        choices = _choices(name, spec[0])
        return replace(choices, start=choices.values.tolist().index(choices.value(spec[1])))
    low, high = ends(name, spec)
    if max(abs(low), abs(high)) > LARGEST or high - low < 10 * FINEST:
        raise ValueError(
            f"{name} = {spec!r} is too large or too small to show: a slider has up to six decimals and nine digits "
            f"before them; measure {name} in another unit, or let the slider be its logarithm."
        )
    step = float(spec[2]) if len(spec) > 2 else _nice_step(low, high, *steps)
    count = round((high - low) / step) if step > 0 else 0
    if count < 1 or not math.isclose(count * step, high - low, rel_tol=1e-6):
        raise ValueError(
            f"{name} = {spec!r}: a step of {step:g} does not lead from {low:g} to {high:g}; "
            f"choose one that divides {high - low:g} evenly."
        )
    values = np.round(low + (high - low) / count * np.arange(count + 1), 10)
    start = count // 2
    if len(spec) == 4:
        start = round((spec[3] - low) / step)
        if not (0 <= start <= count and math.isclose(values[start], spec[3], abs_tol=1e-6 * step)):
            raise ValueError(
                f"{name} = {spec!r}: the slider cannot start at {spec[3]:g}; choose low + a number of steps."
            )
    return Variable(name, values, start)


def ends(name, spec):
    """The lower and the upper end of a range, checked."""
    if not isinstance(spec, tuple) or not 2 <= len(spec) <= 4 or not all(_is_finite(number) for number in spec):
        form = "write it as (low, high), (low, high, step) or (low, high, step, start)"
        raise ValueError(f"{name} = {spec!r} is no range of finite numbers: {form}.")
    low, high = map(float, spec[:2])
    if not low < high:
        raise ValueError(f"{name} = {spec!r} is an empty or reversed range: put the lower end first.")
    return low, high


def _choices(name, spec):
    choices = spec if isinstance(spec, dict) else {f"{c:g}" if _is_finite(c) else str(c): c for c in spec}
    if len(choices) < 2 or not all(_is_finite(value) for value in choices.values()):
        raise ValueError(f"{name} = {spec!r}: give at least two different finite numbers to choose from.")
    return Variable(name, np.array([float(c) for c in choices.values()]), 0, tuple(map(str, choices)))


def _is_finite(number):
    return isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)


def _nice_step(low, high, fewest, most):
    """The largest of 1, 2, 5 × 10^k that meets both ends, so that a slider stops at round numbers."""
    exponent = math.floor(math.log10((high - low) / fewest))
    for power in (exponent, exponent - 1, exponent - 2):
        for digit in (5, 2, 1):
            step = digit * 10.0**power
            meets = all(math.isclose(end / step, round(end / step), abs_tol=1e-6) for end in (low, high))
            if meets and fewest <= round((high - low) / step) <= most:
                return step
    return (high - low) / (2 * fewest)
