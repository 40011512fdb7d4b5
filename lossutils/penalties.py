"""What a large weight costs: the L1 and the L2 penalty of parameters."""

from collections.abc import Iterable

import torch
from torch import Tensor


def l1_penalty(parameters: Tensor | Iterable[Tensor] | torch.nn.Module) -> Tensor:
    """Sum of absolute values over all parameters: Σ |w|."""
    return sum(w.abs().sum() for w in _tensors(parameters))


def l2_penalty(parameters: Tensor | Iterable[Tensor] | torch.nn.Module) -> Tensor:
    """Sum of squares over all parameters: Σ w²."""
    return sum(w.square().sum() for w in _tensors(parameters))


def _tensors(parameters):
    if isinstance(parameters, torch.nn.Module):
        return parameters.parameters()
    return [parameters] if isinstance(parameters, Tensor) else parameters
