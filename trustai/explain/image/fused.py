"""Batch norm and the ReLU behind it as one operation, for gradients at many pictures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.explain.image.guided import UPPER_ENDS, GuidedReLU
from trustai.zoo.classifier import Classifier


class _NormAct(torch.autograd.Function):
    """``y = clip(scale (x - mean) + bias, 0, end)``; back ``scale g`` where ``0 < y < end``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: NormAct) -> Tensor:
        norm = layer.norm
        y = F.batch_norm(
            x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
        ctx.layer = layer
        if layer.end is not None:
            y.clamp_(0, layer.end)
            ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        layer: NormAct = ctx.layer
        if layer.end is None:
            return gradient * layer.scale, None
        (y,) = ctx.saved_tensors
        passed = torch.ops.aten.hardtanh_backward(gradient, y, 0, layer.end)
        if layer.guided:
            passed.clamp_min_(0)
        return passed.mul_(layer.scale), None


class NormAct(nn.Module):
    """A batch norm in eval mode and the activation behind it.

    The values are those of the two, to the bit: so every ReLU is open where it was, and the
    gradient is the same but for the rounding of one multiplication. Folding the norm into its
    convolution would round otherwise, and a ReLU whose input is nearly zero would open or close.
    The backward pass is a multiplication, much less than torch's own of batch norm, and one map is
    kept where the two keep two.

    Args:
        norm: In eval mode.
        act: A ReLU, a ReLU6, one of guided backpropagation, or None.
    """

    scale: Tensor

    def __init__(self, norm: nn.BatchNorm2d, act: nn.Module | None) -> None:
        super().__init__()
        self.norm = norm
        self.guided = isinstance(act, GuidedReLU)
        self.end = _upper_end(act)
        assert norm.running_var is not None  # as in eval mode
        scale = (norm.running_var + norm.eps).rsqrt()
        scale = scale if norm.weight is None else scale * norm.weight
        self.register_buffer("scale", scale.detach()[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return _NormAct.apply(x, self)


def _upper_end(act: nn.Module | None) -> float | None:
    if act is None:
        return None
    return act.end if isinstance(act, GuidedReLU) else UPPER_ENDS[type(act)]


def fused(network: Classifier) -> Classifier:
    """Every batch norm of the network with the ReLU that follows it in its sequence, in place.

    Args:
        network: A replica in eval mode that nobody else has and that has no hooks.
    """
    for parent in list(network.modules()):
        followers = dict(pairwise(parent._modules)) if isinstance(parent, nn.Sequential) else {}
        for name, norm in list(parent.named_children()):
            if type(norm) is not nn.BatchNorm2d or norm.running_var is None:
                continue
            after = followers.get(name)
            act = parent.get_submodule(after) if after else None
            if type(act) not in (*UPPER_ENDS, GuidedReLU):
                after, act = None, None
            setattr(parent, name, NormAct(norm, act))
            if after:
                setattr(parent, after, nn.Identity())
    return network
