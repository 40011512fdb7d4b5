import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from lossutils import (
    binary_cross_entropy_with_logits,
    margin_ranking_loss,
    multilabel_margin_loss,
    soft_margin_loss,
)
from tests._twins import same_as_torch

ALL = (torch.float64, torch.float32)


def signed(*shape):
    torch.manual_seed(0)
    return torch.randn(shape), torch.randn(shape), torch.rand(shape).round() * 2 - 1


@pytest.mark.parametrize("shape", [(), (0,), (3, 4)])
def test_margins_of_pairs_and_signs_are_torchs(shape):
    x1, x2, y = signed(*shape)
    for margin in (0, 0.5, -1.0):
        same_as_torch("margin_ranking_loss", x1, x2, y, margin=margin)
    same_as_torch("soft_margin_loss", x1, y)


def test_broadcasting_is_torchs():
    x1, x2, y = signed(3, 4)
    same_as_torch("margin_ranking_loss", x1, x2[:, :1], y[:1])
    same_as_torch("soft_margin_loss", x1, y[0])


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=4, max_size=4), min_size=1, max_size=4))
def test_lists_of_labels_are_torchs(lists):
    torch.manual_seed(0)
    x, t = torch.randn(len(lists), 4), torch.tensor(lists)
    same_as_torch("multilabel_margin_loss", x, t, dtypes=ALL)
    same_as_torch("multilabel_margin_loss", x[0], t[0], dtypes=ALL)


def test_lists_of_labels_do_better_than_torch():
    assert multilabel_margin_loss(torch.randn(0, 3), torch.zeros(0, 3).long()).isnan()
    x, t = torch.randn(2, 3).bfloat16(), torch.tensor([[0, -1, -1], [2, 1, -1]])
    assert multilabel_margin_loss(x, t) == multilabel_margin_loss(x.float(), t).bfloat16()
    assert multilabel_margin_loss(torch.tensor(1.0), torch.tensor(0)) == 0


def test_a_soft_margin_does_not_overflow():
    x = torch.tensor([-100.0, -1000.0, math.inf], requires_grad=True)
    loss = soft_margin_loss(x, torch.ones(3), reduction="none")
    assert loss.tolist() == [100, 1000, 0]
    assert torch.equal(torch.autograd.grad(loss.sum(), x)[0], torch.tensor([-1.0, -1.0, 0.0]))


def test_a_soft_margin_is_binary_cross_entropy_of_other_labels():
    x, _, y = signed(9)
    expected = binary_cross_entropy_with_logits(x, (y + 1) / 2, reduction="none")
    torch.testing.assert_close(soft_margin_loss(x, y, reduction="none"), expected)


def test_derivatives_are_right():
    x1, x2, y = (v.double() for v in signed(6))
    assert gradcheck(lambda a, b: margin_ranking_loss(a, b, y, 0.3), (x1.requires_grad_(), x2.requires_grad_()))
    assert gradcheck(lambda x: soft_margin_loss(x, y), x1)
    assert gradgradcheck(lambda x: soft_margin_loss(x, y), x1)
    t = torch.tensor([[0, 2, -1], [1, -1, -1]])
    assert gradcheck(lambda x: multilabel_margin_loss(x, t), x1.detach().view(2, 3).requires_grad_())
