"""Colours, dashes and shapes: each says the same as the others, for eyes that cannot tell two colours apart."""

import numpy as np
from matplotlib.colors import to_hex, to_rgb

# Okabe and Ito's colours, told apart by every common kind of colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa3377", "#7a6200", "#4b4b4b")
DASHES = ("-", (0, (5, 2)), (0, (6, 2, 1.2, 2)), (0, (1.2, 1.6)), (0, (9, 2)), (0, (3, 1.5)))
SHAPES = ("o", "s", "^", "D", "v", "P")
INK, GRID, LINE = "#0b0b0b", "#d0d0d1", "#0b2a45"  # stand-ins, which the SVG replaces by the page's own colours

# A map's lowest and highest band on a white page. Pale, so that one ink can be read on every band.
LOWEST, HIGHEST = "#4b9bd6", "#f7fafc"


def ramp(count):
    """The colours of `count` bands, from the lowest to the highest: evenly paler, so that grey tells them apart."""
    low, high = np.array([to_rgb(LOWEST), to_rgb(HIGHEST)])
    return [to_hex(low + (high - low) * part) for part in np.linspace(0, 1, count)]
