"""Answers to the exercises of lesson 03, written from their texts alone."""

from decimal import Decimal

import torch
import torch.nn.functional as F


# ---- alpha-focal
def af_alpha_for_all(p, y, gamma, alpha):
    p_t = torch.where(y == 1, p, 1 - p)
    return (alpha * (1 - p_t) ** gamma * -p_t.log()).mean()


def af_detached_factor(p, y, gamma, alpha):
    p_t = torch.where(y == 1, p, 1 - p)
    a_t = torch.where(y == 1, alpha, 1 - alpha)
    return (a_t * (1 - p_t).detach() ** gamma * -p_t.log()).mean()


def af_divided_by_weights(p, y, gamma, alpha):
    p_t = torch.where(y == 1, p, 1 - p)
    a_t = torch.where(y == 1, alpha, 1 - alpha)
    return (a_t * (1 - p_t) ** gamma * -p_t.log()).sum() / a_t.sum()


def af_factor_of_p(p, y, gamma, alpha):
    ce = F.binary_cross_entropy(p, y, reduction="none")
    a_t = torch.where(y == 1, alpha, 1 - alpha)
    return (a_t * (1 - p) ** gamma * ce).mean()  # 1 - p for the no too


def af_divided_by_yes(p, y, gamma, alpha):
    p_t = torch.where(y == 1, p, 1 - p)
    a_t = torch.where(y == 1, alpha, 1 - alpha)
    return (a_t * (1 - p_t) ** gamma * -p_t.log()).sum() / (y == 1).sum().clamp(min=1)


def af_right_where(p, y, gamma, alpha):
    p_t = torch.where(y == 1, p, 1 - p)
    a_t = torch.where(y == 1, alpha, 1 - alpha)
    return -(a_t * (1 - p_t) ** gamma * p_t.log()).mean()


def af_right_two_groups(p, y, gamma, alpha):
    yes, no = p[y == 1], p[y != 1]
    cost_yes = alpha * ((1 - yes) ** gamma * torch.log(1 / yes)).sum()
    cost_no = (1 - alpha) * (no**gamma * torch.log(1 / (1 - no))).sum()
    return (cost_yes + cost_no) / y.numel()


# ---- stable-focal
def sf_naive(s, y, gamma):
    p = torch.sigmoid(s)
    p_t = torch.where(y == 1, p, 1 - p)
    return -((1 - p_t) ** gamma) * torch.log(p_t)


def sf_half_naive(s, y, gamma):
    z = (2 * y - 1) * s
    return -((1 - torch.sigmoid(z)) ** gamma) * F.logsigmoid(z)  # root of 0 at z = 200: nan gradient


def sf_factor_of_p_t(s, y, gamma):
    z = (2 * y - 1) * s
    return -torch.exp(gamma * F.logsigmoid(z)) * F.logsigmoid(z)


def sf_detached(s, y, gamma):
    z = (2 * y - 1) * s
    return -torch.exp(gamma * F.logsigmoid(-z)).detach() * F.logsigmoid(z)


def sf_sign_of_z(s, y, gamma):
    z = (1 - 2 * y) * s
    return -torch.exp(gamma * F.logsigmoid(-z)) * F.logsigmoid(z)


def sf_right(s, y, gamma):
    z = (2 * y - 1) * s
    return -torch.exp(gamma * F.logsigmoid(-z)) * F.logsigmoid(z)


def sf_right_both_sides(s, y, gamma):
    log_p, log_q = F.logsigmoid(s), F.logsigmoid(-s)
    of_yes = torch.exp(gamma * log_q) * log_p
    of_no = torch.exp(gamma * log_p) * log_q
    return -(y * of_yes + (1 - y) * of_no)


# ---- focal-from-ce
def fc_rounded(cross_entropy, gamma):
    return ((1 - torch.exp(-cross_entropy)) ** gamma * cross_entropy).mean()


def fc_mean_first(cross_entropy, gamma):
    ce = cross_entropy.mean()
    return (-torch.expm1(-ce)) ** gamma * ce


def fc_sign_of_exponent(cross_entropy, gamma):
    return (torch.expm1(cross_entropy) ** gamma * cross_entropy).mean()


def fc_factor_p_t(cross_entropy, gamma):
    return (torch.exp(-cross_entropy) ** gamma * cross_entropy).mean()


def fc_sum(cross_entropy, gamma):
    return ((-torch.expm1(-cross_entropy)) ** gamma * cross_entropy).sum()


def fc_right(cross_entropy, gamma):
    q = -torch.expm1(-cross_entropy)
    return (q.pow(gamma) * cross_entropy).mean()


def fc_right_tanh(cross_entropy, gamma):
    t = torch.tanh(cross_entropy / 2)  # 1 - e^-c = 2t / (1 + t)
    q = 2 * t / (1 + t)
    return torch.sum(q**gamma * cross_entropy) / cross_entropy.numel()


# ---- hidden-loss
def hl_right_series_rest(p):
    u = 1 - p
    return -torch.log(p) - u - u * u / 2


WRONG = {
    "focal-0.9": [
        ("no square: factor 0.1", 0.0105),
        ("plain cross entropy", 0.1054),
        ("factor p² in place of (1 - p)²", 0.0853),
        ("the answer no: 0.81 · ln 10", 1.865),
        ("base 10 logarithm", 0.000458),
    ],
    "alpha-focal": [
        ("alpha for the no too", af_alpha_for_all),
        ("factor detached: value right, gradient not", af_detached_factor),
        ("divided by the sum of the alphas", af_divided_by_weights),
        ("1 - p for the no too", af_factor_of_p),
        ("divided by the number of yes", af_divided_by_yes),
    ],
    "stable-focal": [
        ("naive: sigmoid, then log", sf_naive),
        ("only the logarithm made stable", sf_half_naive),
        ("power of p_t in place of 1 - p_t", sf_factor_of_p_t),
        ("factor detached", sf_detached),
        ("sign of z turned", sf_sign_of_z),
    ],
    "focal-from-ce": [
        ("1 - exp(-L) rounds to 0 at 1e-8", fc_rounded),
        ("the mean first, the factor after", fc_mean_first),
        ("exponent's sign forgotten: e^L - 1", fc_sign_of_exponent),
        ("factor p_t in place of 1 - p_t", fc_factor_p_t),
        ("sum in place of mean", fc_sum),
    ],
    "hidden-loss": [
        ("constant forgotten", lambda p: -torch.log(p) + 2 * p - p**2 / 2),
        ("focal loss itself", lambda p: -((1 - p) ** 2) * torch.log(p)),
        ("sign turned", lambda p: torch.log(p) - 2 * p + p**2 / 2 + 1.5),
        ("p integrated to p², ½ forgotten", lambda p: -torch.log(p) + 2 * p - p**2 - 1),
        ("the detached code: gradient right, value not", lambda p: -((1 - p) ** 2).detach() * torch.log(p)),
    ],
    "own-focus": [
        ("rises", lambda p_t: p_t),
        ("too large at 0.99: 1 - p^40", lambda p_t: 1 - p_t**40),
        ("too small at 0.01: exp(-20 p)", lambda p_t: torch.exp(-20 * p_t)),
        ("above 1 for small p: 1.2 (1 - p)", lambda p_t: 1.2 * (1 - p_t)),
        ("a step, does not fall", lambda p_t: torch.where(p_t < 0.5, 1.0, 0.1)),
    ],
}
RIGHT = {
    "focal-0.9": [
        0.00105,
        Decimal("0.01") * (Decimal("2.3026") - 2 * Decimal("1.0986")),
    ],
    "alpha-focal": [af_right_where, af_right_two_groups],
    "stable-focal": [sf_right, sf_right_both_sides],
    "focal-from-ce": [fc_right, fc_right_tanh],
    "hidden-loss": [
        lambda p: -torch.log(p) + 2 * p - 0.5 * p**2 - 1.5,
        hl_right_series_rest,
    ],
    "own-focus": [
        lambda p_t: (1 - p_t) / (1 + p_t),
        lambda p_t: 2 * (1 - torch.sigmoid(4 * p_t)),
    ],
}
