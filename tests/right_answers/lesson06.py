import math

import torch
from torch import nn
from torch.nn import functional as F

from lossutils import gradients, mse_loss


def brier_as_a_loop(p, target):
    total = 0.0
    for row, true in zip(p, target, strict=True):
        for k, one in enumerate(row):
            total = total + (one - (k == true).to(row)) ** 2
    return total / len(p)


def brier_in_python(p, target):
    rows = zip(p.tolist(), target.tolist(), strict=True)
    return math.fsum((one - (k == true)) ** 2 for row, true in rows for k, one in enumerate(row)) / len(p)


def half_squares(s, y):
    return (torch.sigmoid(s) - y) ** 2 / 2


def curvature_by_autograd(s, y):
    s = s.detach().clone().requires_grad_()
    (push,) = torch.autograd.grad(half_squares(s, y).sum(), s, create_graph=True)
    return torch.autograd.grad(push.sum(), s)[0]


def curvature_as_a_loop(s, y):
    p = [1 / (1 + math.exp(-score)) for score in s.tolist()]
    return [a * (1 - a) * (a * (1 - a) + (a - b) * (1 - 2 * a)) for a, b in zip(p, y.tolist(), strict=True)]


ANSWERS = {
    "two-pushes": ((0.0520, 2.946), torch.tensor([0.05203, 2.94604])),
    "brier-of-classes": (
        brier_as_a_loop,
        brier_in_python,
        lambda p, target: F.mse_loss(p, F.one_hot(target, p.shape[1]).to(p)) * p.shape[1],
        lambda p, target: mse_loss(p, F.one_hot(target, p.shape[1]).to(p), reduction="sum") / len(p),
        lambda p, target: (torch.eye(p.shape[1])[target] - p).square().sum() / len(p),
        lambda p, target: (1 - 2 * p.gather(1, target[:, None])[:, 0] + (p**2).sum(1)).mean(),
    ),
    "strongest-push": ((0.667, 0.148, 0.693), torch.tensor([0.6667, 0.1481, 0.6931])),
    "curvature": (
        curvature_by_autograd,
        curvature_as_a_loop,
        lambda s, y: curvature_by_autograd(s.double(), y.double()).to(s),
        lambda s, y: torch.where(
            y == 0,
            torch.sigmoid(s) ** 2 * torch.sigmoid(-s) * (2 - 3 * torch.sigmoid(s)),
            torch.sigmoid(-s) ** 2 * torch.sigmoid(s) * (3 * torch.sigmoid(s) - 1),
        ),
        lambda s, y: gradients.finite_difference(
            lambda s: (torch.sigmoid(s) - y.double()) * gradients.sigmoid_grad(s), s.double()
        ),
        lambda s, y: (lambda p: p**2 * (1 - p) ** 2 + (p - y) * (p - 3 * p**2 + 2 * p**3))(torch.sigmoid(s)),
    ),
    "matching-rate": (8.49, 0.15 / 0.017663, torch.tensor(8.4925)),
    "matching-loss": (
        nn.PoissonNLLLoss(reduction="none"),
        nn.PoissonNLLLoss(full=True, reduction="none"),
        lambda s, y: s.exp() - y * s + torch.lgamma(y + 1),
        lambda s, y: [math.exp(a) - b * a for a, b in zip(s.tolist(), y.tolist(), strict=True)],
        lambda s, y: (s.exp() - y * s).float(),
        lambda s, y: -torch.distributions.Poisson(s.exp()).log_prob(y),
        lambda s, y: s.exp() - y * s - (y - torch.special.xlogy(y, y)),
    ),
}
