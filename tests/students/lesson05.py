"""Answers to the exercises of lesson 05, written from their texts alone."""

import math
from decimal import Decimal

import numpy as np
import torch


# ---- kl-divergence
def kl_plain(p, q):
    return (p * (p / q).log()).sum(-1)


def kl_eps(p, q):
    return (p * ((p + 1e-8).log() - (q + 1e-8).log())).sum(-1)


def kl_swapped(p, q):
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)


def kl_whole_sum(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def kl_mean_of_classes(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).mean(-1)


def kl_right_xlogy(p, q):
    return -(torch.special.entr(p) + torch.special.xlogy(p, q)).sum(dim=-1)


def kl_right_nansum(p, q):
    return torch.nansum(p * (torch.log(p) - torch.log(q)), dim=-1)


# ---- js-divergence
def _kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def js_no_halves(p, q):
    m = (p + q) / 2
    return _kl(p, m) + _kl(q, m)


def js_both_directions(p, q):
    return _kl(p, q) / 2 + _kl(q, p) / 2


def js_m_is_sum(p, q):
    m = p + q
    return _kl(p, m) / 2 + _kl(q, m) / 2


def js_root(p, q):
    m = (p + q) / 2
    return (_kl(p, m) / 2 + _kl(q, m) / 2).clamp(min=0).sqrt()


def js_plain_logs(p, q):
    m = (p + q) / 2
    return 0.5 * (p * (p / m).log() + q * (q / m).log()).sum(-1)


def js_right_entropies(p, q):
    entr = torch.special.entr
    return entr((p + q) / 2).sum(-1) - (entr(p).sum(-1) + entr(q).sum(-1)) / 2


def js_right_where(p, q):
    m = 0.5 * (p + q)

    def part(a):
        safe = a > 0
        one = torch.ones_like(a)
        ratio = torch.where(safe, a, one) / torch.where(safe, m, one)
        return (a * ratio.log()).sum(-1)

    return 0.5 * part(p) + 0.5 * part(q)


# ---- kl-gaps
def gaps_right_formula(p, q):
    return q - p + torch.xlogy(p, p) - torch.xlogy(p, q)


def gaps_right_bound_minus_term(p, q):
    x = q / torch.where(p > 0, p, torch.ones_like(p))
    return torch.where(p > 0, p * (x - 1) - p * torch.log(x), q)


# ---- own-divergence
def own_jeffreys(p, q):
    return _kl(p, q) + _kl(q, p)


def own_js(p, q):
    m = (p + q) / 2
    return _kl(p, m) / 2 + _kl(q, m) / 2


WRONG = {
    "fair-die": [
        ("swapped", (2.5850, 1.7918)),
        ("multiplied with ln 2 in place of divided", (1.7918, 1.2420)),
        ("one term of the sum only", (0.2986, 0.4308)),
        ("minus", (-1.7918, -2.5850)),
        ("base 10 for bits", (1.7918, 0.7782)),
    ],
    "kl-divergence": [
        ("plain formula: nan at a zero", kl_plain),
        ("1e-8 inside the logarithms", kl_eps),
        ("P and Q swapped", kl_swapped),
        ("summed over the batch too", kl_whole_sum),
        ("mean over the classes", kl_mean_of_classes),
    ],
    "js-divergence": [
        ("the halves in front missing", js_no_halves),
        ("mean of both KL directions, infinite at a zero", js_both_directions),
        ("M is the sum, not the half", js_m_is_sum),
        ("the root of it (JS distance)", js_root),
        ("plain logarithms: nan at a zero", js_plain_logs),
    ],
    "kl-gaps": [
        ("sign turned", lambda p, q: torch.xlogy(p, q) - torch.xlogy(p, p) - (q - p)),
        ("the terms of KL: same sum, other amounts", lambda p, q: torch.xlogy(p, p) - torch.xlogy(p, q)),
        ("p in front forgotten", lambda p, q: q / p - 1 - (q / p).log()),
        ("ratio upside down", lambda p, q: p * (p / q - 1) - p * (p / q).log()),
        ("summed over the outcomes", lambda p, q: (q - p + torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)),
    ],
    "wide-or-narrow": [
        ("wide both times", (0.3564, 0.9052)),
        ("the directions swapped", (0.6303, 0.3564)),
        ("the larger ones", (1.5934, 0.9052)),
        ("in bits", (0.5142, 0.9093)),
        ("narrow both times", (1.5934, 0.6303)),
    ],
    "own-divergence": [
        ("KL both ways: infinite", own_jeffreys),
        ("JS after all", own_js),
        ("differences that cancel", lambda p, q: (p - q).sum(-1)),
        ("not 0 for Q = P: 1 - sum of p·q", lambda p, q: 1 - (p * q).sum(-1)),
        ("not the same both ways: chi-square like", lambda p, q: ((p - q) ** 2 / (q + 0.1)).sum(-1)),
    ],
}
RIGHT = {
    "fair-die": [
        (1.7918, 2.5850),
        (np.log(6), torch.log2(torch.tensor(6.0))),
    ],
    "kl-divergence": [kl_right_xlogy, kl_right_nansum],
    "js-divergence": [js_right_entropies, js_right_where],
    "kl-gaps": [gaps_right_formula, gaps_right_bound_minus_term],
    "wide-or-narrow": [
        (Decimal("0.3564"), Decimal("0.6303")),
        (
            2 * 0.495 * math.log(0.495 * 3) + 0.01 * math.log(0.03),
            0.98 * np.log(0.98 / 0.495) + 0.01 * np.log(0.01 / 0.495),
        ),
    ],
    "own-divergence": [
        lambda p, q: (p - q).abs().amax(dim=-1),
        lambda p, q: ((p.sqrt() - q.sqrt()) ** 2).sum(-1) / 2,
    ],
}
