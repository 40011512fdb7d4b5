"""Answers to the exercises of lesson 12, written from their texts alone."""

import math

import numpy as np
import torch
import torch.nn.functional as F


# --- smooth-cross-entropy ------------------------------------------------------------------------
def smooth_two_parts(s, target, epsilon):
    """(1 - epsilon) times the usual loss, and epsilon times the mean of all -ln p."""
    logs = s.log_softmax(dim=1)
    usual = -logs.gather(1, target[:, None]).squeeze(1)
    return ((1 - epsilon) * usual - epsilon * logs.mean(dim=1)).mean()


def smooth_loop(s, target, epsilon):
    n, c = s.shape
    total = 0
    for row, t in zip(s, target.tolist(), strict=False):
        for j in range(c):
            y = epsilon / c + (1 - epsilon) * (j == t)
            total = total - y * (row[j] - torch.logsumexp(row, 0))
    return total / n


def smooth_table(s, target, epsilon):
    y = F.one_hot(target, s.shape[1]).to(s.dtype)
    return (1 - epsilon) * y + epsilon / s.shape[1]


def smooth_others_only(s, target, epsilon):
    y = F.one_hot(target, s.shape[1]).to(s.dtype)
    return F.cross_entropy(s, (1 - epsilon) * y + (1 - y) * epsilon / (s.shape[1] - 1))


def smooth_by_photos(s, target, epsilon):
    y = F.one_hot(target, s.shape[1]).to(s.dtype)
    return F.cross_entropy(s, (1 - epsilon) * y + epsilon / len(s))


def smooth_not_taken_off(s, target, epsilon):
    y = F.one_hot(target, s.shape[1]).to(s.dtype)
    return F.cross_entropy(s, y + epsilon / s.shape[1])


# --- margin-cross-entropy ------------------------------------------------------------------------
def margin_table(s, target, m):
    y = F.one_hot(target, s.shape[1])
    return F.cross_entropy(s - m * y, target)


def margin_lead(s, target, m):
    """The lead over the softmax of the others, less m; no true score is changed."""
    true = s.gather(1, target[:, None]).squeeze(1)
    others = s.masked_fill(F.one_hot(target, s.shape[1]).bool(), -torch.inf).logsumexp(dim=1)
    return F.softplus(others + m - true).mean()


def margin_columns(s, target, m):
    s = s.clone()
    s[:, target] -= m
    return F.cross_entropy(s, target)


def margin_after(s, target, m):
    y = F.one_hot(target, s.shape[1])
    return F.nll_loss(s.log_softmax(dim=1) - m * y, target)


# --- enough-lead ---------------------------------------------------------------------------------
def enough_smooth(s, target):
    return F.cross_entropy(s, smooth_table(s, target, 0.05))


def enough_lead(s, target):
    """Half the square of what the lead falls short of 4, straight beyond 1."""
    true = s.gather(1, target[:, None]).squeeze(1)
    others = s.masked_fill(F.one_hot(target, s.shape[1]).bool(), -torch.inf).amax(dim=1)
    short = torch.relu(4 - (true - others))
    return F.huber_loss(short, torch.zeros_like(short))


def enough_small_scores(s, target):
    return F.cross_entropy(s, target) + 0.01 * (s**2).sum(dim=1).mean()


def enough_cut_above(s, target):
    return F.cross_entropy(s, smooth_table(s, target, 0.1), reduction="none").clamp(max=3).mean()


WRONG = {
    "temperatures": [
        ("multiplied by T", (1 / (1 + math.exp(-6)), math.log(3) / 3)),
        ("second class", (1 / (1 + math.exp(1.5)), 3 / math.log(3))),
        ("ratio 4 in place of 3", (1 / (1 + math.exp(-1.5)), 3 / math.log(4))),
        ("T turned upside down", (1 / (1 + math.exp(-1.5)), math.log(3) / 3)),
        ("softmax at T = 1, then divided by 2", (1 / (1 + math.exp(-3)) / 2, 3 / math.log(3))),
    ],
    "smooth-cross-entropy": [
        ("epsilon shared among the other classes only", smooth_others_only),
        ("epsilon divided by the number of photos", smooth_by_photos),
        ("nothing taken off the true class", smooth_not_taken_off),
        ("softmax twice", lambda s, t, epsilon: F.cross_entropy(s.softmax(dim=1), smooth_table(s, t, epsilon))),
        ("mean over classes too", lambda s, t, epsilon: -(smooth_table(s, t, epsilon) * s.log_softmax(dim=1)).mean()),
    ],
    "margin-cross-entropy": [
        (
            "added to the true scores",
            lambda s, target, m: F.cross_entropy(s + m * F.one_hot(target, s.shape[1]), target),
        ),
        ("taken off all scores", lambda s, target, m: F.cross_entropy(s - m, target)),
        ("taken off after log_softmax, then nll", margin_after),
        ("taken off whole columns", margin_columns),
        (
            "sum in place of the mean",
            lambda s, target, m: F.cross_entropy(s - m * F.one_hot(target, s.shape[1]), target, reduction="sum"),
        ),
    ],
    "enough-lead": [
        ("plain cross entropy never stops", lambda s, target: F.cross_entropy(s, target)),
        ("penalty on the scores: 50 more changes it", enough_small_scores),
        ("cut above: gives up on the worst", enough_cut_above),
        ("the mean is cut, so photos mix", lambda s, target: F.cross_entropy(s, target).clamp(min=0.05)),
        ("so smooth that it has enough at once", lambda s, target: F.cross_entropy(s, target, label_smoothing=0.9)),
    ],
}

RIGHT = {
    "temperatures": [
        (1 / (1 + math.exp(-1.5)), 3 / math.log(3)),
        (np.exp(1.5) / (np.exp(1.5) + 1), np.float64(3) / np.log(0.75 / 0.25)),
    ],
    "smooth-cross-entropy": [smooth_two_parts, smooth_loop],
    "margin-cross-entropy": [margin_table, margin_lead],
    "enough-lead": [enough_smooth, enough_lead],
}
