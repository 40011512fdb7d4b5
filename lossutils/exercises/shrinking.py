"""The smallest input on which an answer fails: few elements, round numbers, and nothing that the inputs never are."""

import torch

from .trials import attempt, same

TRIES = 150


def smallest(exercise, answer, trial, cases):
    """A smaller input like those of `cases` that fails in the way of `trial`, or its own."""
    case, kind, allowed = trial.case, trial.failure[0], _allowed(cases)
    tries = 0
    search = True
    while search:
        search = False
        for other in _simpler(case):
            tries += 1
            if tries > TRIES:
                return case
            if allowed(other) and _fails(exercise, attempt(exercise, answer, other), kind):
                case, search = other, True
                break
    return case


def _fails(exercise, trial, kind):
    if trial.failure is None or trial.failure[0] != kind:
        return False
    right = trial.right and trial.right[0]
    return not isinstance(right, torch.Tensor) or bool(right.isfinite().all())


def _simpler(case):
    """Cases with fewer elements, then with fewer digits."""
    tensors = [x for x in case if isinstance(x, torch.Tensor)]
    for size in sorted({n for x in tensors for n in x.shape if n > 1}, reverse=True):
        for kept in ([i] for i in range(size)):
            yield tuple(_only(x, size, kept) for x in case)
        for left in range(size):
            yield tuple(_only(x, size, [i for i in range(size) if i != left]) for x in case)
    for digits in range(3):
        rounded = tuple(x.round(decimals=digits) if _is_float(x) else x for x in case)
        if not all(same(x, y) for x, y in zip(case, rounded, strict=True) if isinstance(x, torch.Tensor)):
            yield rounded


def _only(x, size, kept):
    if isinstance(x, torch.Tensor):
        for dim, n in enumerate(x.shape):
            if n == size:
                x = x.index_select(dim, torch.tensor(kept))
    return x


def _is_float(x):
    return isinstance(x, torch.Tensor) and x.is_floating_point()


def _allowed(cases):
    """Whether a case keeps what every given case has: smallest sizes, range, rows that sum to 1, whole numbers."""
    kept = []
    for place, column in enumerate(zip(*cases, strict=False)):
        if all(isinstance(x, torch.Tensor) for x in column):
            kept += [(place, rule) for rule in RULES if all(rule(x) for x in column)]
            sizes = {
                x.ndim: [min(n) for n in zip(*(y.shape for y in column if y.ndim == x.ndim), strict=True)]
                for x in column
            }
            kept.append(
                (place, lambda x, sizes=sizes: all(n >= low for n, low in zip(x.shape, sizes[x.ndim], strict=True)))
            )
    both = all(len({p.shape for p in case if isinstance(p, torch.Tensor)}) == 1 for case in cases)

    def allowed(case):
        alike = len({x.shape for x in case if isinstance(x, torch.Tensor)}) == 1
        return (alike or not both) and all(rule(case[place]) for place, rule in kept)

    return allowed


RULES = (
    lambda x: bool((x >= 0).all()),
    lambda x: bool((x > 0).all()),
    lambda x: bool((x <= 1).all()),
    lambda x: bool((x < 1).all()),
    lambda x: bool((x < 0).all()),
    lambda x: bool((x != 0).all()),
    lambda x: bool((x == x.round()).all()),
    lambda x: bool((x.abs() == 1).all()),
    lambda x: x.ndim > 0 and bool((x.sum(-1) - 1).abs().max() < 1e-5),
    lambda x: bool((x == 1).any() and (x == 0).any()),
    lambda x: x.ndim == 1 and len(x.unique()) == len(x),
)
