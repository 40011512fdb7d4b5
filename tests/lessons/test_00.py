"""The numbers in the words of lesson 00."""

from math import log

import torch
from torch.testing import assert_close

from tests.lessons import Lesson


def trained(each, steps=400):
    """The weights that walking downhill ends at, and the loss there."""
    w = torch.tensor([-3.0, 2.0], requires_grad=True)
    for _ in range(steps):
        loss = each(*w).mean()
        (slope,) = torch.autograd.grad(loss, w)
        w = (w - slope).detach().requires_grad_()
    return w.detach(), each(*w).mean().item()


def wrong_at_the_start(x, yes):
    """How many of the dots lie on the wrong side of the border."""
    return int(((x @ torch.tensor([-3.0, 2.0]) > 0) != yes).sum())


class TestLesson00(Lesson):
    HELD = {
        "f0answer": {
            "most of the blue and orange dots lie on": lambda x, yes: wrong_at_the_start(x, yes) > 30,
            "the mean of these costs. It was 3.36 at the start": lambda downhill: downhill.at()["loss"]["mean"],
            "in the valley it is 0.23": lambda each: trained(each)[1],
            "the mean of these costs": lambda downhill, each: (
                abs(downhill.at(w1=1, w2=1)["loss"]["mean"] - each(1, 1).mean().item()) < 1e-6
            ),
            "a dot is as large as what it costs": lambda downhill, each, yes: (
                abs(downhill.at()["answers"]["yes"] - each(-3, 2)[yes].sum().item()) < 1e-4
            ),
        },
        "265d0b49": {"$s$ downhill by 2 times the slope. This 2": lambda: (2, 2)},
        "46b1694d": {
            "0.6931 nats is the loss of a coin: it says $p = 0.5$": lambda coin: (coin, 1 / 2),
            "the loss of a coin": lambda: assert_close(log(2), 0.6931, atol=5e-5, rtol=0) is None,
        },
        "797531a0": {
            "The loss is $(2 - 1)^2 = 1$, the gradient is": lambda first: (2, 1, first.at(x=2, y=1)["loss"]),
            "$2(x - y) = 2$": lambda first: (2, first.at(x=2, y=1)["gradient"]["squared_error"]),
            "On the left of $y$": lambda first: first.at(x=0, y=1)["gradient"]["squared_error"] < 0,
            "crosses 0 at $x = y$": lambda first: first.at(x=0.5, y=0.5)["gradient"]["squared_error"],
        },
        "e9ce19bc": {
            "At $x = 2$, $y = 1$ the gradient of the squared error is 2": lambda first: (
                2,
                1,
                first.at(x=2, y=1)["gradient"],
            ),
        },
        "210e3038": {"$x - 0.25 \\cdot 2$": lambda: (0.25, 2)},
    }
    GIVEN = {
        "e23b01f6": ["“77 % dog”"],
        "f0d6a37a": ["type `git restore 01_bce_by_hand.ipynb`"],
        "e9ce19bc": ["Take a step of 0.25 times the gradient"],
        "8d855222": ["The command `make slides LESSON=01` opens"],
        "f0words1": ["among all answers of 70 %, 70 % are yes"],
    }
