"""What a large weight costs: the L1 and the L2 penalty of parameters, to be added to a loss, times a strength of yours.

`parameters` is a tensor, several of them (a list, `model.parameters()`), or a module, whose trainable and frozen
parameters then all count, biases included. The result is a number (a tensor without dimensions), 0 for no parameters.
NaN in, NaN out.
Raises: TypeError for anything else.
"""

from collections.abc import Iterable

import torch
from torch import Tensor


def l1_penalty(parameters: Tensor | Iterable[Tensor] | torch.nn.Module) -> Tensor:
    """Sum of absolute values, Σ|w|, which draws weights to exactly 0. Derivative: sign(w), 0 at 0.

    Takes, returns and raises what the head of this module says. Unit: that of w.

    Source: Tibshirani, Regression Shrinkage and Selection via the Lasso, 1996.
    """
    return sum((w.abs().sum() for w in _tensors(parameters)), torch.zeros(()))


def l2_penalty(parameters: Tensor | Iterable[Tensor] | torch.nn.Module) -> Tensor:
    """Sum of squares, Σw², which draws weights towards 0 in proportion. Derivative: 2·w.

    There is no ½ and no root in it: λ/2 times this is what `weight_decay=λ` means to `torch.optim.SGD`.
    Takes, returns and raises what the head of this module says. Unit: that of w, squared.

    Source: Hoerl and Kennard, Ridge Regression, 1970.
    """
    return sum((w.square().sum() for w in _tensors(parameters)), torch.zeros(()))


def _tensors(parameters) -> list[Tensor]:
    if isinstance(parameters, torch.nn.Module):
        return list(parameters.parameters())
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    try:
        tensors = list(tensors)
    except TypeError:
        tensors = [None]
    if not all(isinstance(t, Tensor) for t in tensors):
        raise TypeError(
            f"parameters is a {type(parameters).__name__}; give a tensor, several tensors such as model.parameters(), "
            "or a module."
        )
    return tensors
