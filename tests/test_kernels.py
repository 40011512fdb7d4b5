"""The formula that is read and the kernel that runs are one loss: value, slope, curvature, where both have digits."""

import ast
import inspect
import itertools
import pathlib

import pytest
import torch

import lossutils
from lossutils import _kernels, binary, multiclass

FAMILIES = ("binary", "multiclass", "information", "regression", "margin", "penalties")
GAMMAS = (0.0, 0.5, 1.0, 2.0, 3.5)


def generator():
    return torch.Generator().manual_seed(0)


def shapes():
    """Tensors as users have them: no dimension, none in it, one, several, and one whose rows lie apart in memory."""
    for shape in ((), (0,), (7,), (2, 1, 3)):
        yield torch.randn(shape, generator=generator(), dtype=torch.float64) * 2
    yield (torch.randn(4, 6, generator=generator(), dtype=torch.float64) * 2).t()[::2]


def labels(s):
    soft = torch.rand(s.shape, generator=generator(), dtype=s.dtype)
    return soft, soft.round(), torch.full_like(s, 0.25)


def derivatives(loss, x):
    """Value, slope and curvature along one direction, by autograd."""
    weight = torch.rand(loss.shape, generator=generator(), dtype=loss.dtype)
    (slope,) = torch.autograd.grad(loss, x, weight, create_graph=True)
    along = torch.rand(x.shape, generator=generator(), dtype=x.dtype)
    (curvature,) = torch.autograd.grad(slope, x, along, retain_graph=True)
    (plain,) = torch.autograd.grad(loss, x, weight)  # without a graph: the kernel's own
    return loss.detach(), slope.detach(), curvature, plain


def hold_together(kernel, formula, x):
    mine, its = (derivatives(f(v), v) for f in (kernel, formula) for v in [x.detach().clone().requires_grad_()])
    for a, b in zip(mine, its, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_binary_cross_entropy():
    formula = binary.binary_cross_entropy_formula
    for s in shapes():
        for y in labels(s):
            hold_together(
                lambda p, y=y: _kernels.binary_cross_entropy(formula, p, y),
                lambda p, y=y: formula(p, y),
                torch.sigmoid(s),
            )


def test_binary_cross_entropy_with_logits():
    formula = binary.binary_cross_entropy_with_logits_formula
    for s, c in itertools.product(shapes(), (None, 3.0)):
        for y in labels(s):
            weight = None if c is None else torch.full_like(s, c)
            hold_together(
                lambda s, y=y, c=weight: _kernels.binary_cross_entropy_with_logits(formula, s, y, c),
                lambda s, y=y, c=c: formula(s, y, c or 1),
                s,
            )


@pytest.mark.parametrize("gamma", GAMMAS)
def test_sigmoid_focal_loss(gamma):
    formula = binary.sigmoid_focal_loss_formula
    for s, alpha in itertools.product(shapes(), (None, 0.25)):
        for y in labels(s):
            hold_together(
                lambda s, y=y, alpha=alpha: _kernels.sigmoid_focal_loss(formula, s, y, gamma, alpha),
                lambda s, y=y, alpha=alpha: formula(s, y, gamma, alpha),
                s,
            )


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 2, 2), (0, 3)])
def test_one_class_against_the_rest(shape, gamma):
    x = torch.randn(shape, generator=generator(), dtype=torch.float64) * 3
    dim = min(len(shape) - 1, 1)
    t = torch.randint(shape[dim], shape[:dim] + shape[dim + 1 :], generator=generator())
    focal = multiclass.softmax_focal_loss_formula
    hold_together(lambda x: _kernels.one_against_rest(focal, x, t, dim, gamma), lambda x: focal(x, t, dim, gamma), x)
    if gamma == 0:
        plain = multiclass.cross_entropy_formula
        hold_together(lambda x: _kernels.one_against_rest(plain, x, t, dim), lambda x: plain(x, t, dim), x)


def test_where_only_the_kernel_keeps_its_digits():
    """float32: what the formula loses at the ends, and what is gained by each kernel there."""

    def both(kernel, formula, *inputs):
        found = []
        for f in (kernel, formula):
            x, *others = (v.clone() for v in inputs)
            loss = f(x.requires_grad_(), *others)
            found.append((loss.item(), torch.autograd.grad(loss.sum(), x)[0].flatten()[0].item()))
        return found

    one = torch.ones(1)
    p_formula, x_formula = binary.binary_cross_entropy_formula, multiclass.cross_entropy_formula
    kernel, formula = both(lambda p, y: _kernels.binary_cross_entropy(p_formula, p, y), p_formula, 0 * one, one)
    assert kernel == (100, pytest.approx(-1e12))
    assert formula[1] != formula[1]  # NaN
    x, t = torch.tensor([[0.0, -40.0]]), torch.tensor([0])
    kernel, formula = both(lambda x, t: _kernels.one_against_rest(x_formula, x, t, 1), x_formula, x, t)
    assert kernel == (pytest.approx(4.248354e-18), pytest.approx(-4.248354e-18))
    assert formula == (0, 0)


@pytest.mark.parametrize("way", ["torch.func", "forward mode", "a tensor as gamma"])
def test_the_formula_runs_where_the_kernel_cannot(way):
    s, y = torch.randn(6, generator=generator(), dtype=torch.float64), torch.ones(6, dtype=torch.float64)
    expected = binary.sigmoid_focal_loss_formula(s, y).mean()
    slope = torch.func.grad(lambda s: binary.sigmoid_focal_loss_formula(s, y).mean())(s)

    def loss(s, gamma=2.0):
        return lossutils.sigmoid_focal_loss(s, y, gamma=gamma, reduction="mean")

    if way == "torch.func":
        torch.testing.assert_close(torch.func.grad(loss)(s), slope)
    elif way == "forward mode":
        with torch.autograd.forward_ad.dual_level():
            dual = loss(torch.autograd.forward_ad.make_dual(s, torch.ones_like(s)))
            tangent = torch.autograd.forward_ad.unpack_dual(dual).tangent
        torch.testing.assert_close(tangent, slope.sum())
    else:
        gamma = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        torch.testing.assert_close(loss(s, gamma), expected)
        assert torch.autograd.grad(loss(s, gamma), gamma)[0].isfinite()


def bodies():
    """(file, function, its lines without signature and docstring) of every function that a family file has."""
    for family in FAMILIES:
        path = pathlib.Path(lossutils.__file__).with_name(f"{family}.py")
        lines = path.read_text("utf-8").splitlines()
        for node in ast.parse("\n".join(lines)).body:
            if isinstance(node, ast.FunctionDef):
                first = node.body[ast.get_docstring(node) is not None].lineno
                code = [line for line in lines[first - 1 : node.end_lineno] if line.strip(" )]}")]
                yield family, node.name, [line for line in code if not line.strip().startswith("#")]


def test_a_loss_is_read_at_a_glance():
    """Contract, one line of checks, the formula, the reduction."""
    losses = [(name, len(code)) for _, name, code in bodies() if name in lossutils.__all__]
    assert len(losses) >= 20
    assert not [found for found in losses if found[1] > (15 if found[0] == "cross_entropy" else 10)]
    formulas = [(name, len(code)) for _, name, code in bodies() if name.endswith("_formula")]
    assert len(formulas) == 6
    assert max(length for _, length in formulas) <= 4
    for name, _ in formulas:  # with its docstring it fits a slide
        source = inspect.getsource(getattr(binary, name, None) or getattr(multiclass, name))
        assert len(source.splitlines()) <= 8
