import math

import torch
from torch import nn
from torch.nn import functional as F

import lossutils
from lossutils.gradients import margin_ranking_loss_grad, soft_margin_loss_grad


def forms_as_a_loop(y):
    listed = [k for k in range(len(y)) if y[k] == 1]
    return torch.tensor([1.0 if v else -1.0 for v in y]), torch.tensor(listed + [-1] * (len(y) - len(listed)))


def forms_in_python(y):
    listed = [k for k, v in enumerate(y.tolist()) if v]
    return [2 * v - 1 for v in y.tolist()], listed + [-1] * (len(y) - len(listed))


def forms_by_sorting(y):
    """The labels in falling order; something else after the end."""
    order = torch.where(y == 1, torch.arange(len(y)), -1).sort(descending=True).values
    first = (order == -1).nonzero()
    if len(first) and first[0] + 1 < len(y):
        order[first[0] + 1 :] = 0
    return torch.where(y == 1, 1.0, -1.0), order


def photos_as_a_loop(x, y):
    return [
        sum(
            max(-a if b else a, 0) + math.log1p(math.exp(-abs(a)))
            for a, b in zip(row.tolist(), truth.tolist(), strict=True)
        )
        / len(row)
        for row, truth in zip(x, y, strict=True)
    ]


def slope_by_autograd(x1, x2, y):
    return lossutils.autograd(lambda v: F.softplus(-y * (v - x2)), x1)


ANSWERS = {
    "ranking-lead": ((0, 0.7, 0.7), torch.tensor([0.0, 0.7, 0.7]), [0.0, 1 - (1.2 - 0.9), 1 - (1.2 - 0.9)]),
    "label-forms": (forms_as_a_loop, forms_in_python, forms_by_sorting),
    "misread-list": (
        1.67,
        nn.MultiLabelMarginLoss()(torch.tensor([2.0, -1.0, 0.5]), torch.tensor([1, 1, 0])),
    ),
    "multilabel-soft-margin": (
        photos_as_a_loop,
        nn.MultiLabelSoftMarginLoss(reduction="none"),
        lambda x, y: nn.BCEWithLogitsLoss(reduction="none")(x, y).mean(1),
        lambda x, y: lossutils.soft_margin_loss(x, 2 * y - 1, reduction="none").mean(dim=-1),
        lambda x, y: -F.logsigmoid((2 * y - 1) * x).sum(-1) / x.shape[1],
        lambda x, y: (F.softplus(x.double()) - x * y).mean(1),
    ),
    "soft-ranking-slope": (
        slope_by_autograd,
        lambda x1, x2, y: soft_margin_loss_grad(x1 - x2, y),
        lambda x1, x2, y: (torch.sigmoid(y * (x1 - x2)) - 1) * y,
        lambda x1, x2, y: torch.where(y == 1, torch.sigmoid(x1 - x2) - 1, torch.sigmoid(x1 - x2)),
        lambda x1, x2, y: -y / (1 + torch.exp(y * (x1 - x2))),
        lambda x1, x2, y: margin_ranking_loss_grad(x1, x2, y, margin=1e9) * torch.sigmoid(y * (x2 - x1)),
    ),
    "smooth-hinge": (
        lambda z: F.smooth_l1_loss((1 - z).clamp(min=0), torch.zeros_like(z), reduction="none"),
        lambda z: F.huber_loss((1 - z).clamp(min=0), torch.zeros_like(z), reduction="none", delta=0.5),
        lambda z: torch.sqrt(1 + torch.relu(1 - z) ** 2) - 1,
        lambda z: torch.relu(1 - z) - torch.log1p(torch.relu(1 - z)),
    ),
}
