import math
from decimal import Decimal

import torch


def dim_by_loop(table):
    rows = table.tolist()
    down, across = [sum(column) for column in zip(*rows, strict=True)], [sum(row) for row in rows]
    if all(abs(total - 1) < 0.51e-4 * len(rows) for total in down):
        return 0
    return 1 if all(abs(total - 1) < 0.51e-4 * len(rows[0]) for total in across) else -1


def dim_by_allclose(table):
    for dim in range(2):
        sums = table.sum(dim)
        if torch.allclose(sums, torch.ones_like(sums), atol=1e-3, rtol=0):
            return torch.tensor(dim)
    return torch.tensor(-1)


def pairs_by_loop(p, loss, d, k):
    found = []
    for one, cost in zip(p.tolist(), loss.tolist(), strict=True):
        least, most = -math.log(one + 10.0**-d / 2), -math.log(one - 10.0**-d / 2)
        found.append(float(least - 10.0**-k / 2 <= cost <= most + 10.0**-k / 2))
    return found


def pairs_by_distance(p, loss, d, k):
    """How far the loss is from the nearest one that is possible."""
    h = 0.5 * 10.0**-d
    nearest = loss.clamp(-torch.log(p + h), -torch.log(p - h))
    return ((loss - nearest).abs() <= 0.5 * 10.0**-k).int()


ANSWERS = {
    "possible": ((False, True, False, False), [0, 1, 0, 0], torch.tensor([False, True, False, False])),
    "unit": (2, math.exp(-math.log(0.8) / 0.3219), 0.8 ** (-1 / 0.3219), torch.tensor(2.0)),
    "which-dim": (dim_by_loop, dim_by_allclose),
    "half-gap": (
        0.00005 / 0.0885,
        (math.log(0.08855) - math.log(0.08845)) / 2,
        float((Decimal("0.08855").ln() - Decimal("0.08845").ln()) / 2),
    ),
    "may-belong": (pairs_by_loop, pairs_by_distance),
}
