import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from lossutils import entropy, information, kl_div, kl_divergence, self_information
from tests._twins import same_as_torch


def distributions(*shape):
    torch.manual_seed(0)
    return torch.randn(shape).double().softmax(-1), torch.randn(shape).double().softmax(-1)


def test_surprise_is_measured_in_the_base():
    p = torch.tensor([1.0, 0.5, 0.25, 0.1, 0.0])
    assert torch.equal(self_information(p, base=2)[:3], torch.tensor([0.0, 1.0, 2.0]))
    torch.testing.assert_close(self_information(p), -torch.log(p))
    torch.testing.assert_close(self_information(p, base=10)[3], torch.tensor(1.0))
    assert not torch.signbit(self_information(p)).any()


def test_entropy_of_known_distributions():
    assert entropy(torch.tensor([0.5, 0.5]), base=2) == 1
    assert entropy(torch.tensor([0.5, 0.5])).item() == pytest.approx(math.log(2))
    assert entropy(torch.tensor([1.0, 0.0])) == 0
    assert entropy(torch.full((8,), 1 / 8), base=2).item() == pytest.approx(3)
    assert entropy(torch.full((3, 2), 0.5), dim=1).shape == (3,)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(1, 4), st.integers(1, 6), st.sampled_from([None, 2, 10, 3.5]))
def test_cross_entropy_is_entropy_and_divergence(n, classes, base):
    p, q = distributions(n, classes)
    parts = entropy(p, base=base) + kl_divergence(p, q, base=base)
    torch.testing.assert_close(information.cross_entropy(p, q, base=base), parts)
    assert (kl_divergence(p, q, base=base) >= -1e-15).all()
    torch.testing.assert_close(kl_divergence(p, p, base=base), torch.zeros(n).double())
    torch.testing.assert_close(information.cross_entropy(p, q), F.cross_entropy(q.log(), p, reduction="none"))
    order = torch.randperm(classes)
    torch.testing.assert_close(kl_divergence(p[:, order], q[:, order]), kl_divergence(p, q))


def test_what_cannot_happen_costs_nothing():
    p, q = torch.tensor([0.0, 1.0], requires_grad=True), torch.tensor([0.0, 1.0], requires_grad=True)
    for value in (entropy(p), information.cross_entropy(p, q), kl_divergence(p, q)):
        assert value == 0
        assert torch.autograd.grad(value, p)[0].isfinite().all()
    assert torch.equal(torch.autograd.grad(kl_divergence(p, q), q)[0], torch.tensor([0.0, -1.0]))
    assert kl_divergence(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0])).isposinf()


def test_kl_div_is_torchs():
    p, q = distributions(3, 4)
    same_as_torch("kl_div", q.log(), p)
    same_as_torch("kl_div", q.log(), p.log(), log_target=True)
    same_as_torch("kl_div", q[0, 0].log(), p[0, 0])
    same_as_torch("kl_div", q[:0].log(), p[:0])
    batch = kl_div(q.log(), p, reduction="batchmean")
    torch.testing.assert_close(batch, F.kl_div(q.log(), p, reduction="batchmean"))
    torch.testing.assert_close(batch, kl_divergence(p, q).mean())
    with pytest.warns(UserWarning, match="batchmean"):
        kl_div(q.log(), p)


def test_kl_div_does_better_than_torch():
    x, t = torch.tensor([-math.inf, 0.0], requires_grad=True), torch.tensor([0.0, 1.0], requires_grad=True)
    loss = kl_div(x, t, reduction="sum")
    assert loss == 0
    slopes = torch.autograd.grad(loss, (x, t))
    assert not any(slope.isnan().any() for slope in slopes)
    assert F.kl_div(x, t, reduction="sum").isnan()
    assert kl_div(x.detach(), torch.log(t.detach()), reduction="sum", log_target=True) == 0


def test_derivatives_are_right():
    p, q = (d.requires_grad_() for d in distributions(2, 3))
    for function in (information.cross_entropy, kl_divergence):
        assert gradcheck(function, (p, q))
        assert gradgradcheck(function, (p, q))
    assert gradcheck(entropy, p)
    assert gradcheck(lambda x, t: kl_div(x, t, reduction="batchmean"), (q, p))
