import math

import torch
from torch import nn
from torch.nn import functional as F

from lossutils import autograd, cross_entropy, log_softmax


def log_softmax_in_python(s):
    rows = []
    for row in s.tolist():
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        rows.append([score - log_sum for score in row])
    return rows


def gradient_in_a_loop(s, target, w):
    rows = []
    for row, t in zip(s, target, strict=True):
        error = F.softmax(row, dim=0)
        error[t] -= 1
        rows.append(w[t] * error)
    return torch.stack(rows) / sum(w[t] for t in target)


def one_hot_weights(s, target, w):
    y = F.one_hot(target, s.shape[1]).to(s.dtype)
    return (y @ w)[:, None] * (s.softmax(1) - y) / (y @ w).sum()


ANSWERS = {
    "two-scores": ((0.1269, 2.1269), torch.tensor([0.127, 2.13]), (-math.log(7.389 / 8.389), math.log(8.389))),
    "first-loss": ((4.605, 1.24e-5), (-math.log(1 / 100), torch.tensor(-11.3).exp()), torch.tensor([4.6052, 1.237e-5])),
    "log-softmax": (
        log_softmax_in_python,
        nn.LogSoftmax(dim=1),
        lambda s: log_softmax(s, dim=1),
        lambda s: s - s.logsumexp(dim=1, keepdim=True),
        lambda s: F.log_softmax(F.log_softmax(s, dim=-1), dim=-1),  # a second one changes nothing
        lambda s: torch.stack([row - row.max() - (row - row.max()).exp().sum().log() for row in s]),
        lambda s: torch.stack(
            [-F.cross_entropy(s, torch.full((len(s),), c), reduction="none") for c in range(s.shape[1])], 1
        ),
    ),
    "weighted-softmax-gradient": (
        gradient_in_a_loop,
        one_hot_weights,
        lambda s, t, w: autograd(lambda s: F.cross_entropy(s, t, weight=w), s),
        lambda s, t, w: autograd(lambda s: cross_entropy(F.log_softmax(s, dim=1), t, weight=w), s),
        # by the log-probabilities, but of a loss that does a softmax of its own: the same numbers
        lambda s, t, w: autograd(lambda x: cross_entropy(x, t, weight=w), F.log_softmax(s, dim=1)),
    ),
}
