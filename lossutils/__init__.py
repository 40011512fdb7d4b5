"""Classification losses in PyTorch, readable and exact, and the slider figures that explain them."""

from lossutils.binary import (
    SigmoidFocalLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    focal_loss,
    sigmoid_focal_loss,
)

__all__ = [
    "SigmoidFocalLoss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "explore",
    "focal_loss",
    "sigmoid_focal_loss",
]


def __getattr__(name):
    # matplotlib and ipywidgets take longer to import than torch does, so the slider figures load at first use.
    if name == "explore":
        from importlib import import_module

        # The import leaves the subpackage under this name; the function takes its place.
        globals()["explore"] = import_module("lossutils.explore").explore
        return globals()["explore"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
