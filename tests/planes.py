"""Figures over two variables as the source of notebook cells, for tests and benchmarks. The last line is the figure."""

DATA = """
import torch
from lossutils import explore, plane
y = torch.arange(200) % 2
noise = torch.randn(200, 2, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
X = (noise + (2 * y[:, None] - 1) * torch.tensor([0.8, 0.6])).clamp(-4, 4)
def score(w1, w2):
    return w1[..., None] * X[:, 0] + w2[..., None] * X[:, 1]
def cross_entropy(w1, w2, lambda_):
    return (torch.nn.functional.softplus(score(w1, w2)) - y * score(w1, w2)).mean(-1) + lambda_ * (w1**2 + w2**2) / 2
def squared_error(w1, w2, lambda_):
    return ((torch.sigmoid(score(w1, w2)) - y) ** 2).mean(-1) + lambda_ * (w1**2 + w2**2) / 2
def run(cost, start, rate):
    w, path = torch.tensor(start, dtype=torch.float64), []
    for _ in range(301):
        path.append(w)
        w = w.detach().requires_grad_()
        w = (w - rate * torch.autograd.grad(cost(*w, 0.02), w)[0]).detach()
    return torch.stack(path)
starts = {"a": (-2.4, 3.8), "b": (-1.6, -2.4), "c": (4.2, -1.8)}
paths = {name: run(cross_entropy, start, 0.25) for name, start in starts.items()}
def share(lambda_):
    w = torch.tensor([1.3, 0.8]) / (1 + 4 * lambda_[..., None])
    return (torch.sigmoid((w * X).sum(-1)) - y).abs()
axes = {"w1": (-2.5, 5, 0.125, -1), "w2": (-2.5, 5, 0.125, 1)}
"""

# 61 × 61 with 200 points and 3 paths of 300 steps.
ONE_MAP = """
examples = {"points": (X + 1, y), "classes": ("no", "yes"), "opacity": share}
explore({"cost": plane("w1", "w2", map=cross_entropy, paths=paths, **examples)},
        **axes, lambda_=(0, 0.25, 0.005, 0.02), step=(0, 300, 1, 120))
"""

TWO_MAPS = """
examples = {"points": (X, y), "classes": ("no", "yes"), "opacity": share}
boundary = {"boundary": lambda x1, x2, lambda_: (1.3 - 2 * lambda_) * x1 + 0.8 * x2}
explore({"cross entropy": plane("w1", "w2", map=cross_entropy, paths={"run": paths["a"]}, equal=True),
         "squared error": plane("w1", "w2", map=squared_error, paths={"run": paths["a"]}, equal=True),
         "data": plane("x1", "x2", lines=boundary, equal=True, **examples)},
        **axes, x1=(-4.5, 4.5, 0.15), x2=(-4.5, 4.5, 0.15), lambda_=(0, 0.25, 0.005, 0.02), step=(0, 300, 1, 120))
"""

# Each kind of mark once, in panels of one variable and of two that share their sliders.
EVERY_MARK = """
import torch
from lossutils import explore, plane
at = torch.tensor([[0.5, 0.5], [-1.5, 1.0], [1.0, -1.5], [-0.5, -1.0], [1.5, 1.5]], dtype=torch.float64)
def hill(u, v, k):
    return (u - 1) ** 2 + k * (v - 0.5) ** 2 + 0.3
def spiral(step, k):
    return 1.8 * torch.cos(step / 5) * step / 20, 0.3 * k * torch.sin(step / 5)
explore({"plane": plane("u", "v", map={"hill": hill}, lines={"circle": lambda u, v, k: u**2 + v**2 - k / 2},
                        paths={"spiral": spiral}, equal=True),
         "points": plane("u", "v", points=(at, torch.tensor([0, 1, 1, 0, 1])), size=lambda k: at.abs().sum(-1) * k,
                         curves={"wave": lambda u, k: torch.sin(k * u)}, map=lambda u, v: u * v),
         "slice": {"at v = 0": lambda u, k: hill(u, 0 * u, k)}},
        u=(-2, 2, 0.1, -1), v=(-2, 2, 0.1, 1.5), k=(0.5, 3, 0.25, 1), step=(0, 20, 1, 12))
"""
IMPORT = """
import torch
from lossutils import explore
"""
BARS = """
explore({"softmax": lambda c, t: torch.softmax(torch.stack([0 * t[..., 0], t[..., 0], -t[..., 0]], -1), -1)},
        panels=("chance",), c={"A": 0, "B": 1, "C": 2}, t=(-2, 2, 0.1, 1))
"""
AREAS = """
explore({"p": lambda p, k: k * p, "1 - p": lambda p: 1 - p}, stack=True, panels=("sum",), p=(0, 1), k=(1, 3, 0.1))
"""


def figure(*cells):
    """The last cell's figure, computed here."""
    *before, last = "\n".join(cells).strip().split("\nexplore(")
    namespace = {}
    exec("\nexplore(".join(before), namespace)
    return eval("explore(" + last, namespace)
