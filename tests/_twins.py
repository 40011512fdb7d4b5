"""What the tests of the losses share: comparison with torch's twin, and with 50 digits."""

import itertools
import warnings

import mpmath
import torch
import torch.nn.functional as F

import lossutils

# Below this, float32 has no further digits: twice the spacing of its smallest numbers.
SPACING = 2 * 2.0**-149


def _ready(value, dtype, slope=True):
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.detach().to(dtype).requires_grad_(slope)
    return value


def same_as_torch(name, *args, dtypes=(torch.float64, torch.float32, torch.bfloat16, torch.float16), **settings):
    """Value, dtype, shape and gradient by the first argument, for every reduction.

    In half precision torch rounds after every step, so there the yardstick is torch's own result in float64.
    """
    ours, twin = getattr(lossutils, name), getattr(F, name)
    for dtype, reduction in itertools.product(dtypes, ("none", "mean", "sum")):
        half = dtype in (torch.float16, torch.bfloat16)
        values = [_ready(a, dtype, i == 0) for i, a in enumerate(args)]
        others = {k: _ready(v, dtype, False) for k, v in settings.items()} | {"reduction": reduction}
        wide = torch.float64 if half else dtype
        expected_values = [_ready(a, wide, i == 0) for i, a in enumerate(values)]
        expected_others = {k: _ready(v, wide, False) for k, v in others.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loss, expected = ours(*values, **others), twin(*expected_values, **expected_others)
        assert loss.dtype == dtype, (name, dtype, reduction)
        tolerance = {"rtol": 2 * torch.finfo(dtype).eps, "atol": 1e-6} if half else {"rtol": None, "atol": None}
        torch.testing.assert_close(loss, expected.to(dtype), equal_nan=True, **tolerance)
        direction = torch.rand(expected.shape, dtype=wide, generator=torch.Generator().manual_seed(0)).to(dtype)
        slope = torch.autograd.grad(loss, values[0], direction)[0]
        expected_slope = torch.autograd.grad(expected, expected_values[0], direction.to(wide))[0]
        tolerance = {"rtol": 4 * torch.finfo(dtype).eps, "atol": 1e-3} if half else tolerance
        torch.testing.assert_close(slope, expected_slope.to(dtype), equal_nan=True, **tolerance)


def worst_relative_error(values: torch.Tensor, exact: list) -> float:
    """Largest relative error of `values` over the numbers of 50 digits, where float32 can hold any digits at all."""
    worst = 0.0
    for value, truth in zip(values.detach().double().flatten().tolist(), exact, strict=True):
        gap = abs(mpmath.mpf(value) - truth) - SPACING
        if gap > 0:
            worst = max(worst, float(gap / abs(truth)))
    return worst
