"""What every loss checks before it computes, and how it reduces: the one place where errors are worded."""

import warnings

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


# ---------------------------------------------------------------------------------------------------------- reduction
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


def reduced(loss: Tensor, reduction: str, dtype: torch.dtype | None = None) -> Tensor:
    """The elementwise loss, its mean or its sum, in `dtype`."""
    if reduction == "mean":
        loss = loss.mean()
    elif reduction == "sum":
        loss = loss.sum()
    return loss if dtype is None or loss.dtype == dtype else loss.to(dtype)


def widened(*tensors):
    """The same tensors with half precision taken to float32, in which the losses are computed."""
    out = [t.float() if isinstance(t, Tensor) and t.dtype in _HALF else t for t in tensors]
    return out[0] if len(out) == 1 else out


# ----------------------------------------------------------------------------------------------------- what is looked at
def readable(tensor: Tensor) -> bool:
    """Whether values can be looked at for free: not on an accelerator (it would wait), nor while tracing."""
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling() and not transformed()


def transformed() -> bool:
    """Whether a torch.func transform (grad, vmap, jvp, ...) is running."""
    active = getattr(torch._C, "_are_functorch_transforms_active", None)
    return bool(active and active())


# ---------------------------------------------------------------------------------------------------------- the checks
def same_size(input: Tensor, target: Tensor) -> None:
    if target.size() != input.size():
        raise ValueError(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}; give both the same size, "
            "for example with target.view_as(input)."
        )


def same_dtype(input: Tensor, target: Tensor) -> None:
    if target.dtype != input.dtype:
        raise RuntimeError(
            f"target has dtype {target.dtype} and input {input.dtype}; write target.to(input.dtype) to give both the same."
        )


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


def broadcastable(name: str, tensor: Tensor | None, shape: torch.Size) -> None:
    """`tensor` must stretch to `shape` without making it larger."""
    if tensor is None:
        return
    sizes, ahead = tuple(tensor.shape), len(shape) - tensor.dim()
    if ahead < 0 or any(n not in (1, m) for n, m in zip(sizes, shape[ahead:], strict=True)):
        raise RuntimeError(f"{name} has size {sizes}, which does not broadcast to the input's {tuple(shape)}.")


def constant(function: str, **tensors: Tensor | None) -> None:
    for name, tensor in tensors.items():
        if isinstance(tensor, Tensor) and tensor.requires_grad:
            raise RuntimeError(f"{function} is not differentiable with respect to {name}; pass {name}.detach().")


def between_0_and_1(name: str, tensor: Tensor) -> None:
    """Every value in [0, 1] and none NaN; only where looking is free (see `readable`)."""
    if tensor.numel() and readable(tensor):
        low, high = (v.item() for v in torch.aminmax(tensor.detach()))
        if not (low >= 0 and high <= 1):
            raise RuntimeError(
                f"all elements of {name} should be between 0 and 1, and they reach from {low:.6g} to {high:.6g}; "
                "probabilities come out of a sigmoid or a softmax, raw scores belong into a loss 'with logits'."
            )


def focal_settings(gamma, alpha) -> None:
    """Plain numbers are checked; tensors are the caller's own affair, as reading them may have to wait for a device."""
    if not isinstance(gamma, Tensor) and not gamma >= 0:
        raise ValueError(f"gamma is {gamma}; the focusing exponent must be 0 (plain cross entropy) or larger.")
    if alpha is not None and not isinstance(alpha, Tensor) and not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha is {alpha}; it weights the positives and 1 - alpha the negatives, so it must lie in [0, 1] "
            "(None for no weighting)."
        )


def floating_target(target: Tensor) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            f"target has dtype {target.dtype}, and labels must be floating point here; write target.to(input.dtype)."
        )
