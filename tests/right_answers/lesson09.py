import torch

from lossutils import l2_penalty


def penalty_as_a_loop(*parameters):
    total = 0.0
    for p in parameters:
        if p.dim() == 2:
            for row in p:
                for w in row:
                    total = total + w**2
    return total


def elastic_by_cases(a, l1, l2):
    return torch.stack([(v - l1 if v > l1 else v + l1 if v < -l1 else 0 * v) / (1 + 2 * l2) for v in a])


def elastic_in_python(a, l1, l2):
    return [(1 if v > 0 else -1) * max(abs(v) - l1, 0) / (1 + 2 * l2) for v in a.tolist()]


def descent(h, a, rate, k):
    w = torch.zeros_like(a)
    for _ in range(k):
        w = w - rate * h * (w - a)
    return w


ANSWERS = {
    "copied-columns": (
        ([2, 2, 2], [4, 2, 4]),
        (torch.tensor([2.0, 2, 2]), torch.tensor([4.0, 2, 4])),
        torch.tensor([[2.0, 2, 2], [4, 2, 4]]),
    ),
    "decay-from-lambda": ((2e-3, 0.9998), [0.002, 1 - 0.1 * 0.002]),
    "weight-penalty": (
        penalty_as_a_loop,
        lambda *parameters: l2_penalty([p for p in parameters if p.ndim > 1]),
        lambda *parameters: torch.cat([p.flatten() for p in parameters if p.ndim > 1]).pow(2).sum(),
        lambda *parameters: sum((p.double() ** 2).sum() for p in parameters if len(p.shape) == 2),
    ),
    "elastic-net": (
        elastic_by_cases,
        elastic_in_python,
        lambda a, l1, l2: torch.nn.functional.softshrink(a, l1) / (1 + 2 * l2),
        lambda a, l1, l2: (torch.relu(a - l1) - torch.relu(-a - l1)) / (1 + 2 * l2),
        lambda a, l1, l2: torch.where(a.abs() <= l1, 0, a - l1 * a.sign()) / (1 + 2 * l2),
    ),
    "early-stopping": (
        descent,
        lambda h, a, rate, k: a - a * (1 - rate * h) ** k,
        lambda h, a, rate, k: a * rate * h * sum((1 - rate * h) ** j for j in range(k)),
        lambda h, a, rate, k: [u * (1 - (1 - rate * v) ** k) for v, u in zip(h.tolist(), a.tolist(), strict=True)],
    ),
    "sparing-penalty": (
        lambda w: 1 - torch.exp(-w.abs()),
        lambda w: w.abs().tanh(),
        lambda w: w.abs() / (1 + w.abs()),
        lambda w: torch.where(w == 0, 0, w.abs().clamp(min=1e-12).sqrt()),
        lambda w: w.abs().clamp(max=3),
    ),
}
