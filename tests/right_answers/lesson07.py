import numpy as np
import torch
from torch.nn import functional as F

from lossutils import gradients
from lossutils.regression import l1_loss, mse_loss


class RoundedSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(torch.round(x) - y)
        return (torch.round(x) - y) ** 2

    @staticmethod
    def backward(ctx, upstream):
        return upstream * 2 * ctx.saved_tensors[0], None


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(ctx, upstream):
        return upstream


def pinball_as_a_loop(x, y, q):
    return [q * (b - a) if b > a else (1 - q) * (a - b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def pull_as_a_loop(c, y, q):
    total = 0.0
    for target in y:
        total += (1 - q) if target < c else -q
    return total / len(y)


def pull_by_autograd(c, y, q):
    return gradients.autograd(lambda c: torch.maximum(q * (y - c), (q - 1) * (y - c)).mean(), c)


ANSWERS = {
    "huber-by-hand": (
        ([0.125, 0.5, 0.0, 2.0, 18.0], 4.125),
        (torch.tensor([0.125, 0.5, 0, 2, 18]), torch.tensor(4.125)),
    ),
    "three-prices": ((4, 2, 2.5), np.array([4, 2, 2.5])),
    "pinball": (
        pinball_as_a_loop,
        lambda x, y, q: torch.where(y > x, q * (y - x), (1 - q) * (x - y)),
        lambda x, y, q: q * F.relu(y - x) + (1 - q) * F.relu(x - y),
        lambda x, y, q: l1_loss(x, y, reduction="none") / 2 + (q - 0.5) * (y - x),
        lambda x, y, q: (q - (y < x).double()) * (y - x),
    ),
    "pinball-pull": (
        pull_as_a_loop,
        pull_by_autograd,
        lambda c, y, q: torch.where(y < c, 1 - q, -q).mean(),
        lambda c, y, q: (torch.sign(c - y).mean() + 1) / 2 - q,
        lambda c, y, q: ((1 - q) * (y < c).sum() - q * (y > c).sum()) / len(y),
        lambda c, y, q: gradients.finite_difference(
            lambda c: torch.maximum(q * (y.double() - c), (q - 1) * (y.double() - c)).mean(), c.double()
        ),
    ),
    "rounded-square": (
        lambda x, y: RoundedSquare.apply(x, y).mean(),
        lambda x, y: F.mse_loss(Round.apply(x), y),
        lambda x, y: mse_loss(x + (x.round() - x).detach(), y),
        lambda x, y: RoundedSquare.apply(x.double(), y.double()).sum() / len(x),
    ),
    "choose-delta": (
        lambda e: 1.345 * 1.483 * e.abs().median(),
        lambda e: 1.345 * 1.483 * (e - e.median()).abs().median().item(),
        lambda e: 2 * np.median(np.abs(e.numpy())),
        lambda e: e.abs().quantile(0.75),
        lambda e: (e.quantile(0.75) - e.quantile(0.25)) / 1.349,
        lambda e: sorted(e.abs().tolist())[len(e) // 2],
    ),
}
