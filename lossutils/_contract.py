"""What several losses check before they compute, and how they reduce. What one loss alone checks stands beside it."""

import warnings

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


# reduction
def reduction_of(reduction, size_average=None, reduce=None, *, also=()):
    """The reduction to use, after torch's two deprecated switches have had their say."""
    if size_average is not None or reduce is not None:
        averages, reduces = size_average is None or size_average, reduce is None or reduce
        reduction = ("mean" if averages else "sum") if reduces else "none"
        warnings.warn(f"size_average and reduce are deprecated; write reduction='{reduction}' instead.", stacklevel=3)
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated; write reduction='mean' instead.", stacklevel=3)
        reduction = "mean"
    names = ("none", "mean", "sum", *also)
    if reduction not in names:
        raise ValueError(f"{reduction!r} is not a valid value for reduction; use one of {', '.join(map(repr, names))}.")
    return reduction


def reduced(loss: Tensor, reduction: str, dtype: torch.dtype, weight: Tensor | None = None) -> Tensor:
    """The weighted loss of each element, their mean or their sum, in `dtype`."""
    loss = loss if weight is None else weight * loss
    if reduction == "mean":
        # Divided after the sum, backward hands one number to every element instead of filling a tensor with it.
        loss = loss.sum() / loss.numel()
    elif reduction == "sum":
        loss = loss.sum()
    return loss.to(dtype)


def widened(*tensors):
    """The same tensors with half precision taken to float32, in which the losses are computed."""
    out = [t.float() if isinstance(t, Tensor) and t.dtype in _HALF else t for t in tensors]
    return out[0] if len(out) == 1 else out


# what is looked at
def readable(tensor: Tensor) -> bool:
    """Whether values can be looked at for free: not on an accelerator (it would wait), nor while tracing."""
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling() and not transformed()


def transformed() -> bool:
    """Whether a torch.func transform (grad, vmap, jvp, ...) is running."""
    active = getattr(torch._C, "_are_functorch_transforms_active", None)
    return bool(active and active())


def span(tensor: Tensor) -> tuple[float, float] | None:
    """The smallest and the largest value, or None where there is none or looking is not free."""
    return tuple(v.item() for v in torch.aminmax(tensor.detach())) if tensor.numel() and readable(tensor) else None


# single checks
def floating(name: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        raise NotImplementedError(
            f"{name} has dtype {tensor.dtype}, and the loss is defined for floating point; write {name}.float()."
        )


def same_device(input: Tensor, **others: Tensor | None) -> None:
    for name, other in others.items():
        if isinstance(other, Tensor) and other.device != input.device and other.dim() > 0:
            raise RuntimeError(
                f"{name} is on device {other.device} and input on {input.device}; write {name}.to(input.device)."
            )


def stretchable(**tensors) -> None:
    """The shapes of all the tensors broadcast with one another."""
    given = {name: t.detach() for name, t in tensors.items() if isinstance(t, Tensor) and t.dim()}
    if torch.compiler.is_compiling():
        return
    try:
        torch.broadcast_tensors(*given.values())  # broadcast_shapes imports half of torch at its first call
    except RuntimeError:
        sizes = ", ".join(f"{name} {tuple(t.shape)}" for name, t in given.items())
        raise RuntimeError(f"these sizes do not broadcast, so give all the same: {sizes}.") from None


def constants(shape: torch.Size, **tensors: Tensor | None) -> None:
    """What a loss is not differentiated by: it stretches to `shape` without making it larger, and wants no gradient."""
    for name, tensor in tensors.items():
        if tensor is None:
            continue
        sizes, ahead = tuple(tensor.shape), len(shape) - tensor.dim()
        if ahead < 0 or any(n not in (1, m) for n, m in zip(sizes, shape[ahead:], strict=True)):
            raise RuntimeError(f"{name} has size {sizes}, which does not broadcast to the input's {tuple(shape)}.")
        if tensor.requires_grad:
            raise RuntimeError(f"the loss is not differentiable with respect to {name}; pass {name}.detach().")


def from_0_to_1(**tensors: Tensor) -> None:
    """Every value in [0, 1] and none NaN; only where looking is free."""
    for name, tensor in tensors.items():
        low, high = span(tensor) or (0, 1)
        if not (low >= 0 and high <= 1):
            raise RuntimeError(
                f"all elements of {name} should be between 0 and 1, and they reach from {low:.6g} to {high:.6g}; "
                "probabilities come out of a sigmoid or a softmax, raw scores belong into a loss 'with logits'."
            )


def above_0(function: str, name: str, value: float, *, or_0: bool = False) -> None:
    if not (value > 0 or (or_0 and value == 0)):
        limit = "0 or larger" if or_0 else "larger than 0"
        raise RuntimeError(f"{function} does not support {name} = {value}; {name} must be {limit}.")


def focal_settings(gamma, alpha) -> None:
    """Plain numbers are checked; tensors are the caller's own affair, as reading them may have to wait for a device."""
    if not isinstance(gamma, Tensor) and not gamma >= 0:
        raise ValueError(f"gamma is {gamma}; the focusing exponent must be 0 (plain cross entropy) or larger.")
    if alpha is not None and not isinstance(alpha, Tensor) and not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha is {alpha}; it weights the positives and 1 - alpha the negatives, so it must lie in [0, 1] "
            "(None for no weighting)."
        )


# all that a loss checks, in one line of it
def labelled(input: Tensor, target: Tensor, weight=None, pos_weight=None, *, probabilities: bool = False) -> list:
    """Input, label of the same size and the weights, to compute with; of probabilities the values are looked at."""
    if target.size() != input.size():
        raise ValueError(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}; give both the same size, "
            "for example with target.view_as(input)."
        )
    floating("input", input)
    if not target.is_floating_point() or (probabilities and target.dtype != input.dtype):
        raise RuntimeError(
            f"target has dtype {target.dtype} and input {input.dtype}; labels are floating point here, "
            "so write target.to(input.dtype)."
        )
    same_device(input, target=target, weight=weight, pos_weight=pos_weight)
    constants(input.shape, weight=weight, pos_weight=pos_weight)
    if probabilities:
        from_0_to_1(input=input, target=target)
    return widened(input, target, weight, pos_weight)


def focal(input: Tensor, target, gamma, alpha, *, probabilities: bool = False) -> list:
    """Input and label to compute with, the label from a number or from integers too; shapes broadcast."""
    floating("input", input)
    focal_settings(gamma, alpha)
    if not isinstance(target, Tensor):
        target = torch.as_tensor(target, dtype=input.dtype, device=input.device)
    target = target if target.is_floating_point() else target.to(input.dtype)
    same_device(input, target=target)
    stretchable(input=input, target=target, gamma=gamma, alpha=alpha)
    if probabilities:
        from_0_to_1(input=input, target=target)
    return widened(input, target)


def class_indices(input: Tensor, target: Tensor, ignore_index: int, weight: Tensor | None = None) -> tuple:
    """Scores x, class t of each sample (0 for one to be ignored), which samples are kept (None: all), the class
    dimension, and the weight of each sample's class, or None."""
    if input.dim() == 0:
        raise ValueError("the loss needs 1 or more dimensions, and input is a single number; the classes need one.")
    dim = 0 if input.dim() == 1 else 1
    count, expected = input.shape[dim], (input.shape[:dim] + input.shape[dim + 1 :])
    if target.dtype not in (torch.int64, torch.uint8):
        raise RuntimeError(f"target has dtype {target.dtype}, and class indices must be int64; write target.long().")
    if input.dim() == 1 and (target.numel() != 1 or target.dim() > 1):
        raise ValueError(f"target has size {tuple(target.shape)}, and one sample of scores needs one class index.")
    if input.dim() > 1 and target.shape[:1] != input.shape[:1]:
        raise ValueError(
            f"input holds {input.shape[0]} samples and target {target.shape[0] if target.dim() else 1}; "
            "give every sample one target."
        )
    if input.dim() > 1 and target.shape != expected:
        raise RuntimeError(
            f"target has size {tuple(target.shape)}, and input {tuple(input.shape)} needs class indices of size "
            f"{tuple(expected)} (the input's size without its class dimension 1)."
        )
    floating("input", input)
    same_device(input, target=target, weight=weight)
    class_weight(input, weight)
    constants((count,), weight=weight)
    t = target.long().reshape(expected)
    x, w = widened(input, weight)
    seen = span(target)
    if seen and not (seen[0] >= 0 and seen[1] < count):
        wrong = target[((target < 0) | (target >= count)) & (target != ignore_index)]
        if wrong.numel():
            raise IndexError(
                f"Target {wrong[0].item()} is out of bounds: with {count} classes it must lie in 0 to {count - 1}."
            )
    kept = None if seen and not seen[0] <= ignore_index <= seen[1] else t != ignore_index  # None spares work
    t = t if kept is None else t.where(kept, 0)
    return x, t, kept, dim, None if w is None else w[t]


def class_weight(input: Tensor, weight: Tensor | None) -> None:
    count = input.shape[0 if input.dim() == 1 else 1] if input.dim() else 1
    if weight is not None and tuple(weight.shape) != (count,):
        raise RuntimeError(
            f"weight has size {tuple(weight.shape)}, and {count} classes need one weight each: ({count},)."
        )
    if weight is not None and weight.dtype != input.dtype:
        raise RuntimeError(f"weight has dtype {weight.dtype} and input {input.dtype}; write weight.to(input.dtype).")
