"""Answers to the exercises of lesson 09, written from their texts alone."""

from fractions import Fraction

import numpy as np
import torch

_W = np.array([[2, 0], [1, 1], [0, 2]])


# --- weight-penalty ------------------------------------------------------------------------------
def weights_loop(*parameters):
    total = 0
    for p in parameters:
        if p.ndim >= 2:
            total = total + (p**2).sum()
    return total


def weights_flat(*parameters):
    flat = torch.cat([p.flatten() for p in parameters if p.dim() != 1])
    return flat @ flat


# --- elastic-net ---------------------------------------------------------------------------------
def elastic_sign(a, l1, l2):
    return torch.sign(a) * torch.relu(a.abs() - l1) / (1 + 2 * l2)


def elastic_cases(a, l1, l2):
    right = (a - l1) / (1 + 2 * l2)
    left = (a + l1) / (1 + 2 * l2)
    return torch.where(a > l1, right, torch.where(a < -l1, left, torch.zeros_like(a)))


# --- early-stopping ------------------------------------------------------------------------------
def steps_closed(h, a, rate, k):
    return a * (1 - (1 - rate * h) ** k)


def steps_series(h, a, rate, k):
    """k pulls of the size rate * h * a, each worn down by the steps after it."""
    shrink = torch.as_tensor(1 - rate * h)
    powers = shrink.unsqueeze(-1) ** torch.arange(k)
    return rate * h * a * powers.sum(dim=-1)


WRONG = {
    "copied-columns": [
        ("root of the squares", ([2, 2, 2], [2, 2**0.5, 2])),
        ("(1, 1) counted once", ([2, 1, 2], [4, 1, 4])),
        ("square of the sum", ([2, 2, 2], [4, 4, 4])),
        ("L1 and L2 swapped", ([4, 2, 4], [2, 2, 2])),
        ("half the squares", ([2, 2, 2], [2, 1, 2])),
    ],
    "decay-from-lambda": [
        ("weight_decay is lambda", (0.001, 0.9999)),
        ("half in place of double", (0.0005, 0.99995)),
        ("learning rate forgotten", (0.002, 0.998)),
        ("the weight grows", (0.002, 1.0002)),
        ("the 2 counted twice", (0.002, 0.9996)),
    ],
    "weight-penalty": [
        ("biases counted", lambda *parameters: sum((p**2).sum() for p in parameters)),
        ("every second parameter, bias or not", lambda *parameters: sum((p**2).sum() for p in parameters[::2])),
        ("root: the norm", lambda *parameters: sum((p**2).sum() for p in parameters if p.ndim > 1) ** 0.5),
        ("means of squares", lambda *parameters: sum((p**2).mean() for p in parameters if p.ndim > 1)),
        (
            "a layer with one output taken for a bias",
            lambda *parameters: sum((p**2).sum() for p in parameters if p.ndim > 1 and p.shape[0] > 1),
        ),
    ],
    "elastic-net": [
        ("1 + l2", lambda a, l1, l2: torch.sign(a) * torch.relu(a.abs() - l1) / (1 + l2)),
        ("only for positive a", lambda a, l1, l2: torch.relu(a - l1) / (1 + 2 * l2)),
        ("divided first, then cut by l1", lambda a, l1, l2: torch.sign(a) * torch.relu(a.abs() / (1 + 2 * l2) - l1)),
        ("never exactly 0", lambda a, l1, l2: (a - l1 * torch.sign(a)) / (1 + 2 * l2)),
        ("l1 and l2 swapped", lambda a, l1, l2: torch.sign(a) * torch.relu(a.abs() - l2) / (1 + 2 * l1)),
    ],
    "early-stopping": [
        ("the distance, not the weight", lambda h, a, rate, k: a * (1 - rate * h) ** k),
        ("one step too few", lambda h, a, rate, k: a * (1 - (1 - rate * h) ** (k - 1))),
        ("the slope doubled", lambda h, a, rate, k: a * (1 - (1 - 2 * rate * h) ** k)),
        ("k first steps", lambda h, a, rate, k: a * rate * h * k),
        ("exponential in place of the power", lambda h, a, rate, k: a * (1 - torch.exp(-rate * h * k))),
    ],
    "sparing-penalty": [
        ("L1 pulls as hard at 5", lambda w: w.abs()),
        ("square inside: no pull near 0", lambda w: torch.log1p(w**2)),
        ("falls beyond 1", lambda w: w.abs() * torch.exp(-w.abs())),
        ("not 0 at 0", lambda w: torch.log(w.abs() + 1.2)),
        ("negative weights are free", lambda w: torch.log1p(torch.relu(w))),
    ],
}

RIGHT = {
    "copied-columns": [
        ([2, 2, 2], [4, 2, 4]),
        (list(np.abs(_W).sum(axis=1)), list((_W.astype(float) ** 2).sum(axis=1))),
    ],
    "decay-from-lambda": [
        (0.002, 0.9998),
        (Fraction(2, 1000), 1 - Fraction(1, 10) * Fraction(2, 1000)),
    ],
    "weight-penalty": [weights_loop, weights_flat],
    "elastic-net": [elastic_sign, elastic_cases],
    "early-stopping": [steps_closed, steps_series],
    "sparing-penalty": [lambda w: torch.log1p(w.abs()), lambda w: w.abs() / (1 + w.abs())],
}
