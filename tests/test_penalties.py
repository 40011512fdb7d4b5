import torch
from torch.autograd import gradcheck

from lossutils import l1_penalty, l2_penalty


def test_a_penalty_adds_up_over_all_parameters():
    weights = [torch.tensor([1.0, -2.0]), torch.tensor([[3.0], [-4.0]])]
    assert l1_penalty(weights) == 10
    assert l2_penalty(weights) == 30
    assert l1_penalty(weights[0]) == 3
    assert l2_penalty(w for w in weights) == 30
    assert l1_penalty([]) == 0
    assert l1_penalty([]).shape == l1_penalty(weights).shape == ()


def test_a_module_is_its_parameters():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))
    torch.testing.assert_close(l1_penalty(model), l1_penalty(model.parameters()))
    flat = torch.cat([w.flatten() for w in model.parameters()])
    torch.testing.assert_close(l2_penalty(model), flat.dot(flat))


def test_weight_decay_is_half_the_l2_penalty():
    stepped = []
    for decay in (0.1, 0.0):
        w = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
        optimiser = torch.optim.SGD([w], lr=0.5, weight_decay=decay)
        (w.sum() + (0.0 if decay else 0.1 / 2 * l2_penalty(w))).backward()
        optimiser.step()
        stepped.append(w.detach())
    torch.testing.assert_close(*stepped)


def test_derivatives_are_right():
    w = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda w: (l1_penalty(w), l2_penalty([w, w])), w)
    assert torch.autograd.grad(l1_penalty(w * 0), w)[0].eq(0).all()
