import math

import torch
from torch.nn import functional as F

import lossutils
from lossutils.gradients import autograd, sigmoid_focal_loss_grad


def log1mexp_as_a_loop(x):
    return torch.stack([(-v.expm1()).log() if v > -1 else (-v.exp()).log1p() for v in x])


def log1mexp_with_a_double_where(x):
    near = x > -0.7
    inside = torch.where(near, x, -0.1)
    return torch.where(near, torch.log(-torch.expm1(inside)), torch.log1p(-torch.exp(torch.where(near, -2.0, x))))


def logsumexp_as_a_loop(x):
    total = []
    for row in x:
        m = row.max()
        total.append(m if m == -math.inf else m + torch.log(sum(torch.exp(v - m) for v in row)))
    return torch.stack(total)


def focal_slope_in_python(s, gamma):
    slopes = []
    for v in s.tolist():
        log_q = min(v, 0) - math.log1p(math.exp(-abs(v)))
        loss = max(v, 0) + math.log1p(math.exp(-abs(v)))
        slopes.append(math.exp(gamma * log_q) * (gamma * math.exp(log_q - v) * loss + math.exp(log_q)))
    return slopes


def focal_slope_by_softplus(s, gamma):
    q = torch.sigmoid(s)
    return gamma * q**gamma * torch.sigmoid(-s) * F.softplus(s) + q ** (gamma + 1)


def root_ramp(s):
    root = torch.sqrt(s * s + 1)
    right = torch.where(s > 0, s, 0)
    left = torch.where(s > 0, 0, s)
    return torch.where(s > 0, (right + root) / 2, 0.5 / (root - left))


ANSWERS = {
    "smallest-eps": ((1e-7, 1e-3), torch.tensor([1e-7, 1e-3]), [10**-7, 10**-3]),
    "other-label": ((-89, -18), [-89.0, -18.0], torch.tensor([-89, -18])),
    "log1mexp": (
        log1mexp_as_a_loop,
        log1mexp_with_a_double_where,
        lambda x: torch.log(-torch.expm1(x)).where(x > -1, torch.log1p(-torch.exp(x.clamp(max=-1)))),
    ),
    "masked-logsumexp": (
        logsumexp_as_a_loop,
        lambda x: torch.logsumexp(x, dim=-1),
        lambda x: torch.logsumexp(x.double(), dim=1),
        lambda x: torch.logaddexp(x[:, 0], torch.logsumexp(x[:, 1:], 1)),
        lambda x: unshifted(x, x.amax(-1, keepdim=True).clamp(min=-1e30)),
        lambda x: unshifted(x, x.amax(-1, keepdim=True).nan_to_num(neginf=0.0)),
        lambda x: (lambda v: torch.where(v.isnan(), -math.inf, v))(unshifted(x, x.amax(-1, keepdim=True))),
    ),
    "stable-focal-slope": (
        focal_slope_in_python,
        focal_slope_by_softplus,
        lambda s, gamma: sigmoid_focal_loss_grad(s, torch.zeros_like(s), gamma=gamma),
        lambda s, gamma: autograd(lambda v: torch.exp(gamma * F.logsigmoid(v)) * -F.logsigmoid(-v), s),
        lambda s, gamma: autograd(lambda v: lossutils.sigmoid_focal_loss(v, torch.zeros_like(v), gamma=gamma), s),
    ),
    "soft-ramp": (
        F.softplus,
        root_ramp,
        lambda s: (s + torch.sqrt(s * s + 4)) / 2,
        lambda s: torch.logaddexp(s, torch.zeros_like(s)),
        lambda s: F.softplus(2 * s) / 2,
        lambda s: -F.logsigmoid(-s),
        lambda s: lossutils.binary_cross_entropy_with_logits(s, torch.zeros_like(s), reduction="none"),
        lambda s: torch.where(s > 20, s, torch.log1p(torch.exp(s.clamp(max=20)))),
    ),
}


def unshifted(x, m):
    return m.squeeze(-1) + torch.log(torch.exp(x - m).sum(-1))
