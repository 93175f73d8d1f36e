"""Guided backpropagation's ReLU and ReLU6, and the copy of a network that has them."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from trustai.zoo.classifier import Classifier

# What each module lets through lies between 0 and this.
UPPER_ENDS: dict[type[nn.Module], float] = {nn.ReLU: math.inf, nn.ReLU6: 6.0}

_UNGUIDED = (
    F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_, F.relu6, F.hardtanh,
    F.hardtanh_, F.gelu, F.silu, F.elu, F.elu_, F.selu, F.leaky_relu, F.leaky_relu_, F.prelu,
    F.hardswish, F.hardsigmoid, F.mish, F.softplus, F.celu, F.rrelu, torch.tanh, Tensor.tanh,
    torch.sigmoid, Tensor.sigmoid,
)  # fmt: skip


class _Guided(torch.autograd.Function):
    """``min(max(x, 0), end)``; the gradient passes where it is positive and ``0 < x < end``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, end: float) -> Tensor:
        y = x.clamp(0, end)
        ctx.save_for_backward(y)
        ctx.end = end
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        passed = torch.ops.aten.hardtanh_backward(gradient, y, 0, ctx.end)
        return passed.clamp_min_(0), None


class GuidedReLU(nn.Module):
    """The module form of guided backpropagation's ReLU.

    Args:
        end: Where the activation stops to rise: infinity for ReLU, 6 for ReLU6.

    >>> x = torch.tensor([-1.0, 3.0, 7.0], requires_grad=True)
    >>> torch.autograd.grad(GuidedReLU(end=6.0)(x).sum(), x)[0].tolist()
    [0.0, 1.0, 0.0]
    """

    def __init__(self, *, end: float = math.inf) -> None:
        super().__init__()
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return _Guided.apply(x, self.end)


class NoUnguidedActivation(TorchFunctionMode):
    """Refuses every other non-linearity, through which the gradient would pass unguided."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # fmt: skip
        if func in _UNGUIDED:
            name = getattr(func, "__name__", str(func))
            raise ValueError(
                "expected a network whose every non-linearity is a ReLU or ReLU6 module, got one "
                f"that also uses {name}: guided backpropagation would be a plain gradient there"
            )
        return func(*args, **(kwargs or {}))


def guided(classifier: Classifier) -> Classifier:
    """A replica whose ReLU modules let only positive gradients through (Springenberg et al. 2015).

    A ReLU6 module passes them where its input is between 0 and 6: it is flat on both sides.

    Args:
        classifier: Not touched.

    Raises:
        ValueError: the network has neither ReLU nor ReLU6 modules. Other non-linearities are found
            out on the first pass, by `NoUnguidedActivation`.
    """
    copied = classifier.replica()
    found = [
        (parent, name, UPPER_ENDS[type(child)])
        for parent in copied.modules()
        for name, child in parent.named_children()
        if type(child) in UPPER_ENDS
    ]
    if not found:
        raise ValueError(
            "expected a network with ReLU modules, got one without: guided backpropagation would "
            "be a plain gradient there"
        )
    for parent, name, end in found:
        setattr(parent, name, GuidedReLU(end=end))
    return copied
