"""Classification losses in PyTorch, readable and exact, and the slider figures that explain them."""

import importlib
import sys
import types

try:
    import torch as _torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError(
        f'torch is missing, so no lesson runs: run "{sys.executable}" -m pip install -r requirements.txt in the '
        "course's folder, then restart the kernel.",
        name="torch",
    ) from None

from lossutils.binary import (
    SigmoidFocalLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    focal_loss,
    sigmoid_focal_loss,
)
from lossutils.gradients import autograd, finite_difference
from lossutils.information import entropy, kl_div, kl_divergence, self_information
from lossutils.margin import margin_ranking_loss, multilabel_margin_loss, soft_margin_loss
from lossutils.multiclass import (
    SoftmaxFocalLoss,
    cross_entropy,
    log_softmax,
    nll_loss,
    softmax,
    softmax_focal_loss,
)
from lossutils.penalties import l1_penalty, l2_penalty
from lossutils.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "SigmoidFocalLoss",
    "SoftmaxFocalLoss",
    "autograd",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "entropy",
    "explore",
    "finite_difference",
    "focal_loss",
    "huber_loss",
    "kl_div",
    "kl_divergence",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "log_softmax",
    "margin_ranking_loss",
    "mse_loss",
    "multilabel_margin_loss",
    "nll_loss",
    "plane",
    "self_information",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmax_focal_loss",
]


def __dir__():
    return sorted({*globals(), "explore", "plane"})


class _IsLoaded:
    """True from the moment on at which somebody has loaded torch's distributed tensors."""

    def __bool__(self):
        return "torch.distributed.tensor" in sys.modules


# torch.testing.assert_close asks whether a tensor is spread over machines, and loads 520 modules to know such tensors:
# 40 MB and most of a second in every kernel. Who has one has loaded those modules.
_torch.testing._comparison._HAS_DTENSOR = _IsLoaded()


class _Package(types.ModuleType):
    # matplotlib and ipywidgets take longer to import than torch does, so the slider figures load at first use. A
    # property, because an import of the subpackage `lossutils.explore` would put the module where the function belongs.
    @property
    def explore(self):
        return importlib.import_module("lossutils.explore").explore

    @explore.setter
    def explore(self, module):
        pass

    @property
    def plane(self):
        return importlib.import_module("lossutils.explore").plane


sys.modules[__name__].__class__ = _Package
