import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from lossutils import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from tests._twins import same_as_torch

NAMES = ("l1_loss", "mse_loss", "huber_loss", "smooth_l1_loss")


def pair(*shape, dtype=torch.float32):
    torch.manual_seed(0)
    return torch.randn(shape, dtype=dtype) * 2, torch.randn(shape, dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_torchs(name):
    for shape in ((), (0,), (3, 4)):
        x, y = pair(*shape)
        same_as_torch(name, x, y)
        if name != "smooth_l1_loss":
            same_as_torch(name, x, y, weight=torch.rand(shape))


@settings(deadline=None, derandomize=True, max_examples=10)
@given(st.floats(1e-3, 1e3), st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=5))
def test_thresholds_are_torchs(threshold, pairs):
    x, y = torch.tensor(pairs, dtype=torch.float64).unbind(1)
    same_as_torch("huber_loss", x, y, delta=threshold, dtypes=(torch.float64,))
    same_as_torch("smooth_l1_loss", x, y, beta=threshold, dtypes=(torch.float64,))


@pytest.mark.parametrize("function", [l1_loss, mse_loss, huber_loss, smooth_l1_loss])
def test_dtypes_follow_torch(function):
    x, y = pair(3)
    twin = getattr(F, function.__name__)
    for a, b in ((x, y.double()), (x.double(), y), (x, y.long()), (x.half(), y), (x.bfloat16(), y)):
        assert function(a, b).dtype == twin(a, b).dtype, (a.dtype, b.dtype)
    with pytest.warns(UserWarning, match="same size"):
        torch.testing.assert_close(function(x, y[:1]), twin(x, y[:1]))


def test_limits():
    x, y = pair(50, dtype=torch.float64)
    torch.testing.assert_close(huber_loss(x, y, delta=1e9), mse_loss(x, y) / 2)
    torch.testing.assert_close(huber_loss(x, y, delta=math.inf), mse_loss(x, y) / 2)
    torch.testing.assert_close(huber_loss(x, y, delta=1e-9) / 1e-9, l1_loss(x, y))
    torch.testing.assert_close(smooth_l1_loss(x, y, beta=1e-9), l1_loss(x, y))
    torch.testing.assert_close(smooth_l1_loss(x, y, beta=0.0), l1_loss(x, y))
    torch.testing.assert_close(smooth_l1_loss(x, y, beta=0.3) * 0.3, huber_loss(x, y, delta=0.3))
    torch.testing.assert_close(mse_loss(x + 7, y + 7), mse_loss(x, y))


def test_infinite_errors_and_thresholds_leave_no_nan():
    x = torch.tensor([math.inf, 2.0], requires_grad=True)
    for loss in (huber_loss(x, torch.zeros(2), "sum"), smooth_l1_loss(x, torch.zeros(2), reduction="sum")):
        assert loss.isposinf()
        assert torch.equal(torch.autograd.grad(loss, x)[0], torch.ones(2))
    assert smooth_l1_loss(x, x.detach() * 0 + 1, beta=math.inf, reduction="none")[1] == 0


@pytest.mark.parametrize("function", [mse_loss, huber_loss, smooth_l1_loss, l1_loss])
def test_derivatives_are_right(function):
    x, y = (v.requires_grad_() for v in pair(6, dtype=torch.float64))
    assert gradcheck(function, (x, y))
    assert gradgradcheck(function, (x, y))
