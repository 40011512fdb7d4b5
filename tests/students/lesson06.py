"""Answers to the exercises of lesson 06, written from their texts alone."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

P4 = 1 / (1 + math.exp(-4))


# ---- brier-of-classes
def br_mse(p, target):
    return F.mse_loss(p, F.one_hot(target, p.shape[1]).to(p.dtype))


def br_true_class_only(p, target):
    return ((1 - p[torch.arange(len(p)), target]) ** 2).mean()


def br_sum_of_samples(p, target):
    return ((p - F.one_hot(target, p.shape[1])) ** 2).sum()


def br_root(p, target):
    return ((p - F.one_hot(target, p.shape[1])) ** 2).sum(-1).sqrt().mean()


def br_softmax_again(p, target):
    p = torch.softmax(p, dim=1)
    return ((p - F.one_hot(target, p.shape[1])) ** 2).sum(-1).mean()


def br_right_eye(p, target):
    labels = torch.eye(p.shape[1], dtype=p.dtype)[target]
    return (p - labels).pow(2).sum(dim=1).mean()


def br_right_expanded(p, target):
    """sum of p² - 2 p_t + 1, from multiplying out."""
    p_t = p.gather(1, target[:, None]).squeeze(1)
    return (torch.einsum("nc,nc->n", p, p) - 2 * p_t + 1).mean()


# ---- curvature
def cv_chain_forgotten(s, y):
    p = torch.sigmoid(s)
    return p * (1 - p) + (p - y) * (1 - 2 * p)


def cv_first_term(s, y):
    p = torch.sigmoid(s)
    return (p * (1 - p)) ** 2


def cv_only_zero(s, y):
    p = torch.sigmoid(s)
    return p**2 * (1 - p) * (2 - 3 * p)


def cv_cross_entropy(s, y):
    p = torch.sigmoid(s)
    return p * (1 - p)


def cv_without_half(s, y):
    p = torch.sigmoid(s)
    d = p * (1 - p)
    return 2 * d * (d + (p - y) * (1 - 2 * p))


def cv_right_formula(s, y):
    p = torch.sigmoid(s)
    d = p * (1 - p)
    return d * (d + (p - y) * (1 - 2 * p))


def cv_right_autograd(s, y):
    with torch.enable_grad():
        s = s.detach().clone().requires_grad_(True)
        cost = (torch.sigmoid(s) - y) ** 2 / 2
        (slope,) = torch.autograd.grad(cost.sum(), s, create_graph=True)
        (curve,) = torch.autograd.grad(slope.sum(), s)
    return curve


# ---- matching-loss
def ml_right_library(s, y):
    return F.poisson_nll_loss(s, y, log_input=True, full=False, reduction="none")


WRONG = {
    "two-pushes": [
        ("x forgotten", (P4**2 * (1 - P4), P4)),
        ("½ forgotten: twice as large", (6 * P4**2 * (1 - P4), 3 * P4)),
        ("swapped", (3 * P4, 3 * P4**2 * (1 - P4))),
        ("slope of the sigmoid forgotten in MSE", (3 * P4, 3 * P4)),
        ("label 1: p - 1", (3 * (P4 - 1) * P4 * (1 - P4), 3 * (P4 - 1))),
    ],
    "brier-of-classes": [
        ("mean over the classes too", br_mse),
        ("only the true class", br_true_class_only),
        ("sum over the samples", br_sum_of_samples),
        ("root of each sample's sum", br_root),
        ("a softmax too many", br_softmax_again),
    ],
    "strongest-push": [
        ("the sigmoid's steepest place", (0.5, 0.125, 0.0)),
        ("p and 1 - p swapped in the odds", (2 / 3, 4 / 27, -math.log(2))),
        ("push (1 - p)² p at 1/3", (1 / 3, 4 / 27, -math.log(2))),
        ("push forgets the square: p (1 - p)", (2 / 3, 2 / 9, math.log(2))),
        ("the odds, not their logarithm", (2 / 3, 4 / 27, 2.0)),
    ],
    "curvature": [
        ("the last link of the chain missing", cv_chain_forgotten),
        ("second term of the product rule missing", cv_first_term),
        ("right for label 0 only", cv_only_zero),
        ("cross entropy's curvature", cv_cross_entropy),
        ("the ½ forgotten", cv_without_half),
    ],
    "matching-rate": [
        ("multiplied in place of divided", 0.15 * P4 * (1 - P4)),
        ("the mild start (s = 1)", 0.763),
        ("without the ½", 4.246),
        ("only the ratio of the gradients, 0.15 forgotten", 56.6),
        ("CE's gradient taken as 1: 0.15 / MSE gradient", 8.648),
    ],
    "matching-loss": [
        ("squared error", lambda s, y: (torch.exp(s) - y) ** 2 / 2),
        ("the gradient itself", lambda s, y: torch.exp(s) - y),
        ("sign turned", lambda s, y: y * s - torch.exp(s)),
        ("mean in place of one for each", lambda s, y: (torch.exp(s) - y * s).mean()),
        ("y integrated to y²/2", lambda s, y: torch.exp(s) - y**2 / 2),
    ],
}
RIGHT = {
    "two-pushes": [
        (0.0520, 2.9460),
        (np.float64(3 * P4 * P4 * (1 - P4)), 3 * torch.sigmoid(torch.tensor(4.0))),
    ],
    "brier-of-classes": [br_right_eye, br_right_expanded],
    "strongest-push": [
        (Fraction(2, 3), Fraction(4, 27), math.log(2)),
        (0.6667, 0.1481, 0.6931),
    ],
    "curvature": [cv_right_formula, cv_right_autograd],
    "matching-rate": [
        Decimal("8.49"),
        0.15 / (P4 * (1 - P4)),
    ],
    "matching-loss": [
        lambda s, y: torch.exp(s) - y * s + torch.lgamma(y + 1.0),
        ml_right_library,
    ],
}
