"""What every loss checks before it computes, and how it reduces: the one place where errors are worded."""

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


def reduced(loss: Tensor, reduction: str, dtype: torch.dtype | None = None) -> Tensor:
    """The elementwise loss, its mean or its sum, in `dtype`."""
    if reduction == "mean":
        # Divided after the sum, backward hands one number to every element instead of filling a tensor with it.
        loss = loss.sum() / loss.numel()
    elif reduction == "sum":
        loss = loss.sum()
    return loss if dtype is None or loss.dtype == dtype else loss.to(dtype)


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


def batched(tensor: Tensor) -> bool:
    """Whether `tensor` stands for many, as under autograd's `is_grads_batched`; none such can be written in place."""
    asked = getattr(torch._C._functorch, "is_legacy_batchedtensor", None)
    return bool(asked and asked(tensor))


def scaled(slope: Tensor, g: Tensor) -> Tensor:
    """g·slope, in the place of `slope` where nothing else needs it: no derivative to follow, no transform."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling() or transformed() or batched(g):
        return g * slope
    return slope.mul_(g)


# the checks
def same_size(input: Tensor, target: Tensor) -> None:
    if target.size() != input.size():
        raise ValueError(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}; give both the same size, "
            "for example with target.view_as(input)."
        )


def same_dtype(input: Tensor, target: Tensor) -> None:
    if target.dtype != input.dtype:
        raise RuntimeError(
            f"target has dtype {target.dtype} and input {input.dtype}; write target.to(input.dtype) to match them."
        )


def floating(name: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        raise NotImplementedError(
            f"{name} has dtype {tensor.dtype}, and the loss is defined for floating point; write {name}.float()."
        )


def floating_target(target: Tensor) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            f"target has dtype {target.dtype}, and labels must be floating point here; write target.to(input.dtype)."
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


def classes(input: Tensor, target: Tensor) -> tuple[int, int]:
    """The class dimension and the number of classes, after the shapes of a class-index target have been checked."""
    dim = 0 if input.dim() == 1 else 1
    count = input.shape[dim]
    if target.dtype not in (torch.int64, torch.uint8):
        raise RuntimeError(f"target has dtype {target.dtype}, and class indices must be int64; write target.long().")
    if input.dim() == 1:
        if target.numel() != 1 or target.dim() > 1:
            raise ValueError(f"target has size {tuple(target.shape)}, and one sample of scores needs one class index.")
        return dim, count
    if target.dim() == 0 or target.shape[0] != input.shape[0]:
        raise ValueError(
            f"input holds {input.shape[0]} samples and target {target.shape[0] if target.dim() else 1}; "
            "give every sample one target."
        )
    expected = (input.shape[0], *input.shape[2:])
    if tuple(target.shape) != expected:
        raise RuntimeError(
            f"target has size {tuple(target.shape)}, and input {tuple(input.shape)} needs class indices of size "
            f"{expected} (the input's size without its class dimension 1)."
        )
    return dim, count


def class_weight(weight: Tensor | None, count: int, dtype: torch.dtype) -> None:
    if weight is None:
        return
    if tuple(weight.shape) != (count,):
        raise RuntimeError(
            f"weight has size {tuple(weight.shape)}, and {count} classes need one weight each: ({count},)."
        )
    if weight.dtype != dtype:
        raise RuntimeError(f"weight has dtype {weight.dtype} and input {dtype}; write weight.to(input.dtype).")


def class_range(target: Tensor, count: int, ignore_index: int | None = None) -> bool:
    """Every class index in [0, count) or `ignore_index`; only where looking is free (see `readable`).

    True says that none is to be ignored; False that some may be, or that nothing was looked at.
    """
    if not target.numel() or not readable(target):
        return False
    low, high = (v.item() for v in torch.aminmax(target))
    if low >= 0 and high < count:
        return ignore_index is None or not low <= ignore_index <= high
    wrong = target[((target < 0) | (target >= count)) & (target != ignore_index)]
    if wrong.numel():
        raise IndexError(
            f"Target {wrong[0].item()} is out of bounds: with {count} classes it must lie in 0 to {count - 1}."
        )
    return False


def class_probabilities(target: Tensor, ignore_index: int) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            f"target has the size of input and dtype {target.dtype}, and class probabilities must be floating point; "
            "write target.float(), or give one class index a sample."
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index needs class indices as target, and target holds class probabilities.")


def smoothing(label_smoothing: float) -> None:
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0, and is {label_smoothing}.")


def warn_broadcast(input: Tensor, target: Tensor) -> None:
    if target.size() != input.size():
        warnings.warn(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}, so one is stretched over the other "
            "and the loss is likely not the one meant; give both the same size.",
            stacklevel=3,
        )


def weight_like(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight.size() != input.size():
        raise ValueError(
            f"weight has size {tuple(weight.shape)} and input {tuple(input.shape)}; give both the same size, "
            "for example with weight.expand_as(input)."
        )


def positive(function: str, name: str, value: float) -> None:
    if not value > 0:
        raise RuntimeError(f"{function} does not support {name} = {value}; {name} must be larger than 0.")


def not_negative(function: str, name: str, value: float) -> None:
    if not value >= 0:
        raise RuntimeError(f"{function} does not support {name} = {value}; {name} must be 0 or larger.")


def same_rank(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            f"input1, input2 and target have sizes {tuple(input1.shape)}, {tuple(input2.shape)} and "
            f"{tuple(target.shape)}; give them the same number of dimensions, for example with view or unsqueeze."
        )


def label_lists(input: Tensor, target: Tensor) -> None:
    """The shapes and indices of multilabel_margin_loss; indices are looked at where that is free (see `readable`)."""
    if input.dim() > 2 or (input.dim() and input.shape[-1] == 0):
        raise RuntimeError(f"input has size {tuple(input.shape)}; give scores of size (C,) or (N, C) with C > 0.")
    if target.dtype != torch.int64:
        raise RuntimeError(f"target has dtype {target.dtype}, and label lists must be int64; write target.long().")
    if target.shape != input.shape and not target.numel() == input.numel() == 1:
        raise RuntimeError(
            f"target has size {tuple(target.shape)} and input {tuple(input.shape)}; give both the same size, each row "
            "of target filled up with -1."
        )
    if target.numel() and readable(target):
        low, high, count = target.min().item(), target.max().item(), input.shape[-1] if input.dim() else 1
        if low < -1 or high >= count:
            raise RuntimeError(f"target is out of range; its labels must lie in 0 to {count - 1}, and -1 ends a list.")


def probabilities(**tensors: Tensor) -> None:
    """Floating point, every value in [0, 1]; the values only where looking is free (see `readable`)."""
    for name, tensor in tensors.items():
        floating(name, tensor)
        if tensor.numel() and readable(tensor):
            low, high = (v.item() for v in torch.aminmax(tensor.detach()))
            if not (low >= 0 and high <= 1):
                raise ValueError(
                    f"{name} must hold probabilities between 0 and 1, and reaches from {low:.6g} to {high:.6g}; "
                    "take scores through softmax first."
                )


def logarithm_base(base: float | None) -> None:
    if base is not None and not (base > 0 and base != 1):
        raise ValueError(f"base is {base}; use a positive number other than 1: 2 for bits, 10, or None for nats.")


def class_dim(input: Tensor, dim: int | None) -> int:
    if dim is None:
        dim = 0 if input.dim() in (0, 1, 3) else 1
        warnings.warn(
            f"dim is not given and dim={dim} was chosen; say along which dimension the classes lie.", stacklevel=4
        )
    if not -max(input.dim(), 1) <= dim < max(input.dim(), 1):
        raise IndexError(f"dim is {dim}, and input of size {tuple(input.shape)} has {input.dim()} dimensions.")
    return dim


def scores(function: str, input: Tensor) -> None:
    if input.dim() == 0:
        raise ValueError(f"{function} needs 1 or more dimensions, and input is a single number; the classes need one.")


KL_MEAN = (
    "reduction='mean' divides the divergence by the number of classes too; write reduction='batchmean' for the "
    "divergence as mathematics defines it."
)


def probabilities_or_logs(input: Tensor, target: Tensor) -> None:
    for name, tensor in (("input", input), ("target", target)):
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise RuntimeError(f"kl_div: {name} has dtype {tensor.dtype}, and it must be floating point.")
    same_device(input, target=target)


def numbers(input: Tensor, target: Tensor) -> None:
    if not (input.is_floating_point() or target.is_floating_point()):
        raise NotImplementedError(
            f"input has dtype {input.dtype} and target {target.dtype}, and the loss is defined for floating point; "
            "write input.float()."
        )


def sign_target(input: Tensor, target: Tensor) -> None:
    if not input.is_floating_point():
        raise RuntimeError(f"input has dtype {input.dtype}, and scores are floating point; write input.float().")


def as_tensor(target, input: Tensor) -> Tensor:
    """A label given as a number, or as integers, in the input's dtype."""
    if not isinstance(target, Tensor):
        return torch.as_tensor(target, dtype=input.dtype, device=input.device)
    return target if target.is_floating_point() else target.to(input.dtype)


def differentiable_once(slope: Tensor, anchor: Tensor, function: str) -> Tensor:
    """`slope`, made to raise when it is differentiated; without this the second derivative would silently be 0.

    `anchor` is any tensor computed from what the slope depends on.
    """
    return _Once.apply(slope, anchor, function) if torch.is_grad_enabled() else slope


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, slope, anchor, function):
        ctx.function = function
        return slope.view_as(slope)

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError(
            f"{ctx.function} keeps its gradient and nothing else, so it has no second derivative; "
            f"use {ctx.function}_formula for that."
        )


def class_alpha(alpha, count: int) -> None:
    if isinstance(alpha, Tensor) and alpha.dim() and tuple(alpha.shape) != (count,):
        raise RuntimeError(f"alpha has size {tuple(alpha.shape)}, and {count} classes need one number each.")


def parameters(parameters) -> list[Tensor]:
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
