"""A plane's numbers as whole numbers of 16 bits, fine where the levels are dense; and the levels themselves."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

BITS = 16  # 12 are smooth to the eye; these also give the readout its digits
UNDEFINED = 2**BITS - 1  # the code of nan; the two ends of the other codes are minus and plus infinity
PER_DECADE = ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
MOST_LEVELS = 15


@dataclass(frozen=True)
class Scale:
    """value = exp(u), or middle + spread · sinh(u), with u = low + (code - 1) · step.

    The logarithm is for costs, which are positive and crowd in their valley. The sinh is straight between the limits
    and still holds what lies far outside. The error of a value is at most half a step of u: step / 2 of itself for a
    cost, spread · step / 2 between the limits otherwise.
    """

    kind: str  # "log" or "sinh"
    middle: float
    spread: float
    low: float
    step: float
    top: int  # the code of plus infinity

    @classmethod
    def of(cls, values, limits=None, bits=BITS):
        """Fit to the finite ones of `values`; `limits` make it a logarithm if they are positive and a decade apart."""
        finite = values[np.isfinite(values)]
        low, high = limits or (finite.min(), finite.max())
        logarithmic = limits is not None and is_logarithmic(limits) and finite.min() > 0
        middle, spread = (low + high) / 2, (high - low) / 2 or 1.0
        top = 2**bits - 2
        empty = cls("log" if logarithmic else "sinh", middle, spread, 0.0, 1.0, top)
        u = empty._forth(finite)
        return cls(empty.kind, middle, spread, float(u.min()), float((u.max() - u.min()) / (top - 2)) or 1.0, top)

    def _forth(self, values):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(values) if self.kind == "log" else np.arcsinh((values - self.middle) / self.spread)

    def place(self, values):
        """Where values lie among the codes, as fractions."""
        return 1 + (self._forth(np.asarray(values, float)) - self.low) / self.step

    def codes(self, values):
        """The whole numbers that travel."""
        with np.errstate(invalid="ignore"):
            codes = np.clip(np.round(self.place(values)), 0, self.top)
        return np.where(np.isnan(values), UNDEFINED, codes).astype(np.uint16)

    def values(self, codes):
        """What the browser reads from the codes."""
        u = self.low + (codes.astype(float) - 1) * self.step
        values = np.exp(u) if self.kind == "log" else self.middle + self.spread * np.sinh(u)
        values = np.where(codes == self.top, np.inf, np.where(codes == 0, -np.inf, values))
        return np.where(codes == UNDEFINED, np.nan, values)

    @property
    def digits(self):
        """Significant digits that a value keeps (log), or decimals that it keeps between the limits (sinh)."""
        error = self.step / 2 * (1 if self.kind == "log" else self.spread)
        return int(np.clip(np.floor(-np.log10(2 * error)), *((1, 4) if self.kind == "log" else (-40, 40))))

    def sent(self):
        return {"kind": self.kind, "middle": self.middle, "spread": self.spread, "low": self.low, "step": self.step,
                "top": self.top, "digits": self.digits}  # fmt: skip


def is_logarithmic(limits):
    return limits[0] > 0 and limits[1] > 10 * limits[0]


def height_limits(values):
    """From where to where a map is told apart: all of it, or, where little runs away, the rest."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    inner_low, inner_high = np.quantile(finite, [0.02, 0.98])
    if low <= 0 < inner_high - inner_low < (high - low) / 4:
        low, high = max(low, inner_low - (inner_high - inner_low) / 4), inner_high + (inner_high - inner_low) / 4
    elif low > 0 and high > 10 * low:
        high = float(np.quantile(finite, 0.985))
    return float(low), float(high)


def written(level):
    """A level as lines and the scale beside a map show it."""
    return f"{level:g}".replace("-", "−")


def round_levels(limits):
    """Round numbers between the limits, the same for every slider position so that nothing jumps."""
    low, high = limits
    if is_logarithmic(limits):
        exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        for series in PER_DECADE:
            levels = [float(f"{digit}e{k}") for k in exponents for digit in series]  # 0.6, not 0.6000…01
            levels = [level for level in levels if low < level < high]
            if len(levels) <= MOST_LEVELS:
                return levels
    ticks = MaxNLocator(MOST_LEVELS - 2, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(f"{tick:.10g}") for tick in ticks if low < tick < high] or [(low + high) / 2]
