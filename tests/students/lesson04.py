"""Answers to the exercises of lesson 04, written from their texts alone."""

import math
from decimal import Decimal

import numpy as np
import torch
import torch.nn.functional as F


# ---- log-softmax
def ls_naive(s):
    e = torch.exp(s)
    return torch.log(e / e.sum(dim=1, keepdim=True))


def ls_log_at_the_end(s):
    e = torch.exp(s - s.amax(dim=1, keepdim=True))
    return torch.log(e / e.sum(dim=1, keepdim=True))  # -inf where e is 0


def ls_one_max_for_all(s):
    z = s - s.amax()
    return z - torch.log(torch.exp(z).sum(dim=1, keepdim=True))


def ls_over_the_batch(s):
    z = s - s.amax(dim=0, keepdim=True)
    return z - torch.log(torch.exp(z).sum(dim=0, keepdim=True))


def ls_max_not_taken_from_score(s):
    z = s - s.amax(dim=1, keepdim=True)
    return s - torch.log(torch.exp(z).sum(dim=1, keepdim=True))


def ls_right(s):
    m = s.amax(dim=1, keepdim=True)
    return s - m - torch.log(torch.exp(s - m).sum(dim=1, keepdim=True))


def ls_right_rows(s):
    rows = []
    for row in s:
        z = row - row.amax()
        rows.append(z - z.exp().sum().log())
    return torch.stack(rows)


# ---- weighted-softmax-gradient
def _p_minus_y(s, target):
    return torch.softmax(s, dim=1) - F.one_hot(target, s.shape[1])


def wg_divided_by_n(s, target, w):
    return _p_minus_y(s, target) * w[target][:, None] / len(s)


def wg_weights_on_columns(s, target, w):
    return _p_minus_y(s, target) * w / w[target].sum()


def wg_all_weights(s, target, w):
    return _p_minus_y(s, target) * w[target][:, None] / w.sum()


def wg_sign(s, target, w):
    return -_p_minus_y(s, target) * w[target][:, None] / w[target].sum()


def wg_softmax_over_batch(s, target, w):
    y = F.one_hot(target, s.shape[1])
    return (torch.softmax(s, dim=0) - y) * w[target][:, None] / w[target].sum()


def wg_right_einsum(s, target, w):
    row = w[target] / w[target].sum()
    return torch.einsum("n,nc->nc", row, _p_minus_y(s, target).to(row.dtype))


def wg_right_autograd(s, target, w):
    with torch.enable_grad():
        s = s.detach().clone().requires_grad_(True)
        F.cross_entropy(s, target, weight=w).backward()
    return s.grad


WRONG = {
    "two-scores": [
        ("swapped", (2.1269, 0.1269)),
        ("the probabilities", (0.8808, 0.1192)),
        ("minus forgotten", (-0.1269, -2.1269)),
        ("base 10", (0.0551, 0.9237)),
        ("the true score not subtracted: ln(e² + 1) both times", (2.1269, 2.1269)),
    ],
    "first-loss": [
        ("100 classes: -ln 1/2", (0.6931, 1.24e-5)),
        ("base 10: log10 of 100", (2.0, 1.24e-5)),
        ("base 2 in both", (6.6439, 2**-11.3)),
        ("e^11.3, sign forgotten", (4.6052, 8.08e4)),
        ("10^-11.3", (4.6052, 5.01e-12)),
    ],
    "log-softmax": [
        ("naive, overflows", ls_naive),
        ("max subtracted, but log of the quotient", ls_log_at_the_end),
        ("one maximum for the whole batch", ls_one_max_for_all),
        ("classes taken in dim 0", ls_over_the_batch),
        ("maximum not subtracted from the score itself", ls_max_not_taken_from_score),
    ],
    "weighted-softmax-gradient": [
        ("divided by N", wg_divided_by_n),
        ("weights on the columns, not on the rows", wg_weights_on_columns),
        ("divided by the sum of all class weights", wg_all_weights),
        ("y - p", wg_sign),
        ("softmax over the batch", wg_softmax_over_batch),
    ],
}
RIGHT = {
    "two-scores": [
        (math.log(8.389 / 7.389), math.log(8.389)),
        (np.float32(0.1269), Decimal("2.1269")),
    ],
    "first-loss": [
        (4.61, 1.24e-5),
        (-np.log(0.01), torch.exp(torch.tensor(-11.3))),
    ],
    "log-softmax": [ls_right, ls_right_rows],
    "weighted-softmax-gradient": [wg_right_einsum, wg_right_autograd],
}
