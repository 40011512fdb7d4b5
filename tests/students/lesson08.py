"""Answers to the exercises of lesson 08, written from their texts alone."""

import math
from decimal import Decimal
from fractions import Fraction

import torch
import torch.nn.functional as F


# --- label-forms ---------------------------------------------------------------------------------
def forms_loop(y):
    signs, numbers = [], []
    for number, each in enumerate(y.tolist()):
        signs.append(1.0 if each else -1.0)
        if each:
            numbers.append(number)
    numbers += [-1] * (len(signs) - len(numbers))
    return torch.tensor(signs), torch.tensor(numbers)


def forms_full(y):
    listed = torch.full((len(y),), -1, dtype=torch.long)
    classes = y.nonzero().flatten()
    listed[: len(classes)] = classes
    return 2 * y.float() - 1, listed


def forms_in_place(y):
    return 2.0 * y - 1, torch.where(y > 0, torch.arange(len(y)), -1)


def forms_from_one(y):
    signs, listed = forms_full(y)
    return signs, torch.where(listed >= 0, listed + 1, listed)


def forms_zero_filled(y):
    signs, listed = forms_full(y)
    return signs, listed.clamp(min=0)


def forms_signs_turned(y):
    signs, listed = forms_full(y)
    return -signs, listed


# --- multilabel-soft-margin ----------------------------------------------------------------------
def mlsm_softplus(x, y):
    return F.softplus(-(2 * y - 1) * x).mean(dim=1)


def mlsm_bce(x, y):
    return F.binary_cross_entropy_with_logits(x, y.to(x.dtype), reduction="none").mean(dim=1)


def mlsm_naive(x, y):
    p = torch.sigmoid(x)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean(dim=1)


# --- soft-ranking-slope --------------------------------------------------------------------------
def ranking_sigmoid(x1, x2, y):
    z = y * (x1 - x2)
    return -y * torch.sigmoid(-z)


def ranking_autograd(x1, x2, y):
    with torch.enable_grad():
        first = x1.detach().clone().requires_grad_()
        loss = -F.logsigmoid(y * (first - x2.detach())).sum()
        return torch.autograd.grad(loss, first)[0]


def ranking_naive(x1, x2, y):
    power = torch.exp(-y * (x1 - x2))
    return -y * power / (1 + power)


# --- smooth-hinge --------------------------------------------------------------------------------
def hinge_huber(z):
    d = torch.relu(1 - z)
    return torch.where(d < 1, d**2 / 2, d - 0.5)


def hinge_root(z):
    d = (1 - z).clamp(min=0)
    return torch.sqrt(1 + d**2) - 1


def hinge_steep_corner(z):
    d = torch.relu(1 - z)
    return F.smooth_l1_loss(d, torch.zeros_like(d), reduction="none", beta=0.1)


def hinge_early(z):
    d = torch.relu(0.8 - z)
    return F.huber_loss(d, torch.zeros_like(d), reduction="none")


def hinge_gives_up(z):
    d = torch.relu(1 - z).clamp(max=4)
    return F.huber_loss(d, torch.zeros_like(d), reduction="none")


WRONG = {
    "ranking-lead": [
        ("sign of the lead turned", (0.3, 1.3, 1.3)),
        ("rise is the lead", (0, 0.7, 0.3)),
        ("the score that is needed, not the rise", (0, 0.7, 1.9)),
        ("the lead itself as the loss without margin", (0.3, 0.7, 0.7)),
        ("no zero floor", (-0.3, 0.7, 0.7)),
    ],
    "label-forms": [
        ("class numbers left at their places", forms_in_place),
        ("classes counted from 1", forms_from_one),
        ("filled up with 0", forms_zero_filled),
        ("signs turned", forms_signs_turned),
        ("zeros and ones as integers for the list", lambda y: (2.0 * y - 1, y.long())),
    ],
    "misread-list": [
        ("class 1 counted once", 2.5 / 3),
        ("not divided by the number of classes", 5.0),
        ("0 read as the end: classes 0 and 2 are absent", 13 / 3),
        ("the margin forgotten", 1.0),
        ("the third pair not cut at 0", 1.5),
    ],
    "multilabel-soft-margin": [
        ("sum over the classes", lambda x, y: F.softplus(-(2 * y - 1) * x).sum(dim=1)),
        ("one mean for all photos", lambda x, y: F.softplus(-(2 * y - 1) * x).mean()),
        ("logarithms of sigmoid, naive", mlsm_naive),
        ("only the classes that are present", lambda x, y: -(y * F.logsigmoid(x)).mean(dim=1)),
        ("the sign turned", lambda x, y: -F.logsigmoid((1 - 2 * y) * x).mean(dim=1)),
    ],
    "soft-ranking-slope": [
        ("overflows at a lead of -1000", ranking_naive),
        ("dz/dx1 forgotten", lambda x1, x2, y: -torch.sigmoid(-y * (x1 - x2))),
        ("the minus lost", lambda x1, x2, y: y * torch.sigmoid(-y * (x1 - x2))),
        ("sigmoid of z, not of -z", lambda x1, x2, y: -y * torch.sigmoid(y * (x1 - x2))),
        ("y only outside", lambda x1, x2, y: -y * torch.sigmoid(-(x1 - x2))),
    ],
    "smooth-hinge": [
        ("half a square: too steep far left", lambda z: torch.relu(1 - z) ** 2 / 2),
        ("the soft margin never stops", lambda z: F.softplus(-z)),
        ("too steep at 0.95", hinge_steep_corner),
        ("lets go at 0.8 already", hinge_early),
        ("gives up on the worst pairs", hinge_gives_up),
    ],
}

RIGHT = {
    "ranking-lead": [
        (0, 0.7, 0.7),
        (Decimal("0"), Decimal("0.7"), Fraction(7, 10)),
    ],
    "label-forms": [forms_loop, forms_full],
    "misread-list": [
        Fraction(5, 3),
        math.fsum([1 + 1 + 0.5, 1 + 1 + 0.5, max(0, 1 - 2 + 0.5)]) / 3,
    ],
    "multilabel-soft-margin": [mlsm_softplus, mlsm_bce],
    "soft-ranking-slope": [ranking_sigmoid, ranking_autograd],
    "smooth-hinge": [hinge_huber, hinge_root],
}
