"""Answers to the exercises of lesson 10, written from their texts alone."""

import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

_BORDER = -math.log(2)


# --- log1mexp ------------------------------------------------------------------------------------
def log1mexp_clamp(x):
    near = torch.log(-torch.expm1(x.clamp(min=_BORDER)))
    far = torch.log1p(-torch.exp(x.clamp(max=_BORDER)))
    return torch.where(x > _BORDER, near, far)


def log1mexp_safe_inputs(x):
    is_near = x > -1
    minus_one = torch.full_like(x, -1)
    x_near = torch.where(is_near, x, minus_one)
    x_far = torch.where(is_near, minus_one, x)
    return torch.where(is_near, (-x_near.expm1()).log(), (-x_far.exp()).log1p())


def log1mexp_trap(x):
    return torch.where(x > _BORDER, torch.log(-torch.expm1(x)), torch.log1p(-torch.exp(x)))


def log1mexp_swapped(x):
    near = torch.log1p(-torch.exp(x.clamp(min=_BORDER)))
    far = torch.log(-torch.expm1(x.clamp(max=_BORDER)))
    return torch.where(x > _BORDER, near, far)


# --- masked-logsumexp ----------------------------------------------------------------------------
def lse_other_m(x):
    m = x.amax(dim=-1, keepdim=True)
    m = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    return (x - m).exp().sum(dim=-1).log() + m.squeeze(-1)


def lse_pairs(x):
    total = x[:, 0]
    for column in x.unbind(dim=1)[1:]:
        total = torch.logaddexp(total, column)
    return total


def lse_nan(x):
    m = x.max(dim=-1, keepdim=True).values
    return (m + torch.log(torch.exp(x - m).sum(dim=-1, keepdim=True))).squeeze(-1)


def lse_one_m(x):
    m = x.max()
    return m + (x - m).exp().sum(dim=-1).log()


def lse_forgot_m(x):
    m = x.amax(dim=-1, keepdim=True)
    m = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    return (x - m).exp().sum(dim=-1).log()


# --- stable-focal-slope --------------------------------------------------------------------------
def focal_by_hand(s, gamma):
    power = torch.exp(gamma * F.logsigmoid(s))
    return power * (gamma * torch.sigmoid(-s) * F.softplus(s) + torch.sigmoid(s))


def focal_numpy(s, gamma):
    x = s.detach().double().numpy()
    log_q, log_rest = -np.logaddexp(0, -x), -np.logaddexp(0, x)
    slope = np.exp(gamma * log_q) * (np.exp(log_q) - gamma * np.exp(log_rest) * log_rest)
    return torch.from_numpy(slope).to(s.dtype)


def focal_power_minus_1(s, gamma):
    q = torch.sigmoid(s)
    return gamma * q ** (gamma - 1) * q * (1 - q) * F.softplus(s) + q ** (gamma + 1)


def focal_naive_loss(s, gamma):
    q = torch.sigmoid(s)
    return q**gamma * (gamma * (1 - q) * torch.log(1 + torch.exp(s)) + q)


def focal_no_gamma(s, gamma):
    q = torch.sigmoid(s)
    return q**gamma * (torch.sigmoid(-s) * F.softplus(s) + q)


def focal_no_rest(s, gamma):
    q = torch.sigmoid(s)
    return q**gamma * (gamma * F.softplus(s) + q)


def focal_factor_fixed(s, gamma):
    q = torch.sigmoid(s)
    return q**gamma * q


# --- soft-ramp -----------------------------------------------------------------------------------
def ramp_two_pieces(s):
    """The gradient at 0 is 0: relu and abs both have slope 0 there."""
    return torch.relu(s) + torch.log1p(torch.exp(-s.abs()))


def ramp_parabola(s):
    middle = (s.clamp(-1, 1) + 1) ** 2 / 4
    return torch.where(s > 1, s, middle)


WRONG = {
    "smallest-eps": [
        ("1e-8 is kept: rounded down in the head", (1e-8, 1e-3)),
        ("range of the normal numbers", (1e-4, 1e-3)),
        ("half a gap forgotten the other way", (1e-7, 1e-4)),
        ("both by range", (1e-7, 1e-7)),
        ("half a gap is not enough: 1e-2", (1e-7, 1e-2)),
    ],
    "other-label": [
        ("the numbers of the answer no", (-17, -9)),
        ("sign lost", (89, 18)),
        ("one too early, both", (-88, -17)),
        ("where the normal numbers end", (-88, -10)),
        ("formats swapped", (-18, -89)),
    ],
    "log1mexp": [
        ("naive", lambda x: torch.log(1 - torch.exp(x))),
        ("log1p everywhere", lambda x: torch.log1p(-torch.exp(x))),
        ("expm1 everywhere", lambda x: torch.log(-torch.expm1(x))),
        ("where without clamp: nan in the gradient", log1mexp_trap),
        ("the two forms swapped", log1mexp_swapped),
    ],
    "masked-logsumexp": [
        ("the largest, unguarded: nan", lse_nan),
        ("no shift: 1000 overflows", lambda x: x.exp().sum(dim=-1).log()),
        ("nan turned into 0", lambda x: lse_nan(x).nan_to_num(nan=0.0)),
        ("one largest score for the whole batch", lse_one_m),
        ("m is never added back", lse_forgot_m),
    ],
    "stable-focal-slope": [
        ("q ** (gamma - 1) is left", focal_power_minus_1),
        ("log(1 + exp(s)) overflows and loses digits", focal_naive_loss),
        ("gamma lost", focal_no_gamma),
        ("1 - q lost", focal_no_rest),
        ("the factor treated as a constant", focal_factor_fixed),
    ],
    "soft-ramp": [
        ("the form with tanh, not repaired", lambda s: -torch.log((1 - torch.tanh(s / 2)) / 2)),
        ("tanh form, clamped: flat far right", lambda s: -torch.log(((1 - torch.tanh(s / 2)) / 2).clamp(min=1e-7))),
        ("overflows", lambda s: torch.log(1 + torch.exp(s))),
        ("gradient 0 at 0, from relu and abs", ramp_two_pieces),
        ("a parabola between -1 and 1, 0 left of it", ramp_parabola),
    ],
}

RIGHT = {
    "smallest-eps": [
        (1e-7, 1e-3),
        (Fraction(1, 10**7), np.float64(10.0) ** -3),
    ],
    "other-label": [
        (-89, -18),
        (np.float64(-89), Fraction(-18)),
    ],
    "log1mexp": [log1mexp_clamp, log1mexp_safe_inputs],
    "masked-logsumexp": [lse_other_m, lse_pairs],
    "stable-focal-slope": [focal_by_hand, focal_numpy],
    "soft-ramp": [
        lambda s: torch.logaddexp(s, torch.zeros_like(s)),
        lambda s: (s + torch.sqrt(s**2 + 4)) / 2,
    ],
}
