"""Answers to the exercises of lesson 11, written from their texts alone."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch


# --- which-dim -----------------------------------------------------------------------------------
def dim_torch(table):
    for dim in (0, 1):
        sums = table.double().sum(dim=dim)
        if ((sums - 1).abs() <= table.shape[dim] * 0.5e-4 + 1e-6).all():
            return dim
    return -1


def dim_integers(table):
    """Count in units of the fourth decimal, so that nothing is rounded again."""
    units = [[round(float(each) * 10_000) for each in row] for row in table]
    for dim, lines in enumerate((list(zip(*units, strict=False)), units)):
        if all(2 * abs(sum(line) - 10_000) <= len(line) for line in lines):
            return dim
    return -1


def dim_exact(table):
    for dim in (0, 1):
        if torch.allclose(table.sum(dim=dim), torch.ones(table.shape[1 - dim], dtype=table.dtype)):
            return dim
    return -1


def dim_one_unit(table):
    for dim in (0, 1):
        if ((table.double().sum(dim=dim) - 1).abs() < 1.01e-4).all():
            return dim
    return -1


def dim_other(table):
    return {0: 1, 1: 0, -1: -1}[dim_torch(table)]


def dim_first_line(table):
    if abs(table[:, 0].sum().item() - 1) <= len(table) * 0.5e-4 + 1e-6:
        return 0
    if abs(table[0].sum().item() - 1) <= table.shape[1] * 0.5e-4 + 1e-6:
        return 1
    return -1


def dim_nearest(table):
    off = [(table.sum(dim=dim) - 1).abs().max().item() for dim in (0, 1)]
    return 0 if off[0] < off[1] else 1


# --- may-belong ----------------------------------------------------------------------------------
def belong_torch(p, loss, d, k):
    p, loss = p.double(), loss.double()
    h, g = 0.5 * 10.0**-d, 0.5 * 10.0**-k
    smallest = -torch.log((p + h).clamp(max=1))
    largest = -torch.log((p - h).clamp(min=0))
    return ((loss + g >= smallest - 1e-9) & (loss - g <= largest + 1e-9)).long()


def belong_decimal(p, loss, d, k):
    h, g = Decimal(5).scaleb(-d - 1), Decimal(5).scaleb(-k - 1)
    answers = []
    for p_each, loss_each in zip(p.tolist(), loss.tolist(), strict=False):
        shown = Decimal(str(round(p_each, d)))
        charged = Decimal(str(round(loss_each, k)))
        low, high = max(shown - h, Decimal(0)), min(shown + h, Decimal(1))
        fits_below = charged + g >= -high.ln()
        fits_above = low == 0 or charged - g <= -low.ln()
        answers.append(1.0 if fits_below and fits_above else 0.0)
    return torch.tensor(answers)


def belong_exact_p(p, loss, d, k):
    return ((-torch.log(p.double()) - loss.double()).abs() <= 0.5 * 10.0**-k).long()


def belong_exact_loss(p, loss, d, k):
    h = 0.5 * 10.0**-d
    full = torch.exp(-loss.double())
    return ((full >= p.double() - h) & (full <= p.double() + h)).long()


def belong_whole_units(p, loss, d, k):
    p, loss = p.double(), loss.double()
    h, g = 10.0**-d, 10.0**-k
    return ((loss + g >= -torch.log(p + h)) & (loss - g <= -torch.log((p - h).clamp(min=0)))).long()


def belong_no_slope(p, loss, d, k):
    h, g = 0.5 * 10.0**-d, 0.5 * 10.0**-k
    return ((-torch.log(p.double()) - loss.double()).abs() <= h + g).long()


WRONG = {
    "possible": [
        ("2.1 nats too many for three classes", (False, False, False, False)),
        ("entropy of three classes up to log2(3)", (False, True, True, False)),
        ("a small negative BCE is fine", (True, True, False, False)),
        ("log_softmax may be above 0", (False, True, False, True)),
        ("True for what is impossible", (True, False, True, True)),
    ],
    "unit": [
        ("e", math.e),
        ("10", 10),
        ("ln of the base", math.log(2)),
        ("the ratio of the two losses", 0.3219 / 0.2231),
        ("one over the base", 0.5),
    ],
    "which-dim": [
        ("allclose as it is: rounding forgotten", dim_exact),
        ("one unit of the last digit, however long the sum", dim_one_unit),
        ("the axis across", dim_other),
        ("looks at one line only", dim_first_line),
        ("the nearer axis, never -1", dim_nearest),
    ],
    "half-gap": [
        ("h is a whole unit", math.atanh(1e-4 / 0.0885)),
        ("h alone", 0.5e-4),
        ("h times p", 0.5e-4 * 0.0885),
        ("three decimals", math.atanh(0.5e-3 / 0.0885)),
        ("in bits", math.atanh(0.5e-4 / 0.0885) / math.log(2)),
    ],
    "may-belong": [
        ("p taken as exact", belong_exact_p),
        ("loss taken as exact", belong_exact_loss),
        ("whole units in place of half ones", belong_whole_units),
        ("h + g: the 1/p forgotten", belong_no_slope),
        ("d and k swapped", lambda p, loss, d, k: belong_torch(p, loss, k, d)),
    ],
}

RIGHT = {
    "possible": [
        (False, True, False, False),
        (np.bool_(-0.02 >= 0), np.bool_(2.1 >= 0), np.bool_(np.log(3) >= 1.2), np.bool_(0.3 <= 0)),
    ],
    "unit": [2, Fraction(2)],
    "which-dim": [dim_torch, dim_integers],
    "half-gap": [
        math.atanh(0.5e-4 / 0.0885),
        (Decimal("0.08855").ln() - Decimal("0.08845").ln()) / 2,
    ],
    "may-belong": [belong_torch, belong_decimal],
}
