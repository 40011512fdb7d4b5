"""Answers to the exercises of lesson 00, written from their texts alone."""

from fractions import Fraction

import numpy as np
import torch

WRONG = {
    "walk-downhill": [
        ("uphill: the step is added", (2.5, 2.25)),
        ("the gradient left out of the step: 2 - 0.25", (1.75, 0.5625)),
        ("the loss still at the old x", (1.5, 1.0)),
        ("the loss not squared", (1.5, 0.5)),
        ("forgot to multiply with 0.25: 2 - 2", (0.0, 1.0)),
    ],
}
RIGHT = {
    "walk-downhill": [
        (Fraction(3, 2), Fraction(1, 4)),
        (torch.tensor(2.0) - 0.25 * 2, np.float64(0.5) ** 2),
    ],
}
