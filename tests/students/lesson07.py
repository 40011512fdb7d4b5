"""Answers to the exercises of lesson 07, written from their texts alone."""

from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F


# --- pinball -------------------------------------------------------------------------------------
def pinball_two_ramps(x, y, q):
    late = torch.relu(y - x)
    early = torch.relu(x - y)
    return q * late + (1 - q) * early


def pinball_abs(x, y, q):
    d = y - x
    return d.abs() / 2 + (q - 0.5) * d


# --- pinball-pull --------------------------------------------------------------------------------
def pull_loop(c, y, q):
    total = 0.0
    for target in y.tolist():
        total += -q if target > c else 1 - q
    return total / len(y)


# --- rounded-square ------------------------------------------------------------------------------
class _RoundedSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        d = torch.round(x) - y
        ctx.save_for_backward(d)
        return d**2

    @staticmethod
    def backward(ctx, upstream):
        (d,) = ctx.saved_tensors
        return upstream * 2 * d, None


class _NoUpstream(_RoundedSquare):
    @staticmethod
    def backward(ctx, upstream):
        (d,) = ctx.saved_tensors
        return 2 * d, None


class _NoTwo(_RoundedSquare):
    @staticmethod
    def backward(ctx, upstream):
        (d,) = ctx.saved_tensors
        return upstream * d, None


class _UnroundedSlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return (torch.round(x) - y) ** 2

    @staticmethod
    def backward(ctx, upstream):
        x, y = ctx.saved_tensors
        return upstream * 2 * (x - y), None


def rounded_function(x, y):
    return _RoundedSquare.apply(x, y).mean()


def rounded_detach(x, y):
    shown = x + (torch.round(x) - x).detach()
    return F.mse_loss(shown, y)


# --- choose-delta --------------------------------------------------------------------------------
def delta_common_rule(e):
    return 1.345 * 1.483 * e.abs().median()


def delta_sorted(e):
    """The 70 % point of |e|, kept between half the median and four times it."""
    sizes = sorted(abs(float(each)) for each in e)
    n = len(sizes)
    middle = sizes[(n - 1) // 2]
    point = sizes[int(0.7 * (n - 1))]
    return min(max(point, middle / 2), 4 * middle)


def delta_clamped_mean(e):
    size = e.abs()
    m = size.median()
    return torch.minimum(torch.maximum(size.mean(), m / 3), 5 * m)


WRONG = {
    "huber-by-hand": [
        ("delta 1 as in the lesson", ((0.125, 0.5, 0, 1.5, 9.5), 2.325)),
        ("no half in either piece", ((0.25, 1, 0, 4, 36), 8.25)),
        ("straight piece without - delta/2", ((0.125, 0.5, 0, 2, 20), 4.525)),
        ("the last one squared too", ((0.125, 0.5, 0, 2, 50), 10.525)),
        ("smooth L1 with beta 2", ((0.0625, 0.25, 0, 1, 9), 2.0625)),
    ],
    "three-prices": [
        ("mean and median swapped", (2, 4, 2.5)),
        ("Huber: halfway between mean and median", (4, 2, 3)),
        ("Huber: the far one counted with delta 1", (4, 2, 2)),
        ("L1: the middle between smallest and largest", (4, 5, 2.5)),
        ("Huber: slope of the far one with the wrong sign", (4, 2, 0.5)),
    ],
    "pinball": [
        ("x and y swapped", lambda x, y, q: torch.maximum(q * (x - y), (q - 1) * (x - y))),
        ("1 - q without the sign", lambda x, y, q: torch.maximum(q * (y - x), (1 - q) * (y - x))),
        ("the smaller in place of the larger", lambda x, y, q: torch.minimum(q * (y - x), (q - 1) * (y - x))),
        ("the mean of the losses", lambda x, y, q: torch.maximum(q * (y - x), (q - 1) * (y - x)).mean()),
        ("squared errors, weighted", lambda x, y, q: torch.where(y > x, q, 1 - q) * (y - x) ** 2),
    ],
    "pinball-pull": [
        ("share above in place of share below", lambda c, y, q: (y > c).double().mean() - q),
        ("wrong sign", lambda c, y, q: q - (y < c).double().mean()),
        ("sum in place of the mean", lambda c, y, q: ((y < c).double() - q).sum()),
        ("q and 1 - q exchanged", lambda c, y, q: (y < c).double().mean() - (1 - q)),
        ("the targets above forgotten", lambda c, y, q: (1 - q) * (y < c).double().mean()),
    ],
    "rounded-square": [
        ("plain: the gradient is 0", lambda x, y: ((torch.round(x) - y) ** 2).mean()),
        ("not rounded at all", lambda x, y: ((x - y) ** 2).mean()),
        ("backward ignores upstream", lambda x, y: _NoUpstream.apply(x, y).mean()),
        ("backward without the 2", lambda x, y: _NoTwo.apply(x, y).mean()),
        ("gradient 2 (x - y), not rounded", lambda x, y: _UnroundedSlope.apply(x, y).mean()),
    ],
    "choose-delta": [
        ("standard deviation hears outliers", lambda e: 1.345 * e.std()),
        ("one number for all units", lambda e: 60.0),
        ("ten medians", lambda e: 10 * e.abs().median()),
        ("median of the signed errors", lambda e: 1.5 * e.median().abs()),
        ("mean, cut to the allowed range, hears the largest", delta_clamped_mean),
    ],
}

RIGHT = {
    "huber-by-hand": [
        ((0.125, 0.5, 0, 2, 18), 4.125),
        ((Fraction(1, 8), Fraction(1, 2), Fraction(0), Fraction(2), Fraction(18)), Fraction(33, 8)),
    ],
    "three-prices": [
        (4, 2, 2.5),
        (np.mean([1, 2, 9]), np.median([1, 2, 9]), np.float64(5) / 2),
    ],
    "pinball": [pinball_two_ramps, pinball_abs],
    "pinball-pull": [lambda c, y, q: (y < c).double().mean() - q, pull_loop],
    "rounded-square": [rounded_function, rounded_detach],
    "choose-delta": [delta_common_rule, delta_sorted],
}
