"""The base class of classifiers of pictures: pixels in ``[0, 1]`` in, logits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trustai.zoo.network import Network


@dataclass(frozen=True)
class Stage:
    """A layer worth explaining: its module path and what to call it on screen."""

    name: str
    label: str


class Classifier(Network):
    """Base class: normalises inside, so that an epsilon is always in pixel units.

    Sub-classes implement `features`, `head` and set `stages`. A classifier given out by
    `trustai.zoo.load` is in eval mode and none of its parameters requires a gradient.

    Args:
        mean: Per-channel mean of the training pixels, in ``[0, 1]``.
        std: Per-channel standard deviation, greater than 0.
    """

    mean: Tensor
    std: Tensor
    stages: tuple[Stage, ...] = ()
    last_stage: tuple[str, ...] = ()
    """Names of the modules of `tail`, which learn together with `linear`, the last layer, where
    the backbone is frozen. Empty for an architecture without `backbone` and `tail`."""

    def __init__(self, *, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise ValueError(f"expected three means and three positive stds, got {mean}, {std}")
        # Not persistent: they are part of the card, and one truth is enough.
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std

    def features(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> ``(N, D)``, the input of the last layer.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        """
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """``(N, D)`` -> logits ``(N, C)``.

        Args:
            features: ``(N, D)`` as `features` gives them.
        """
        raise NotImplementedError

    def backbone(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> the input of the last stage; see `last_stage`.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        """
        raise NotImplementedError

    def tail(self, activation: Tensor) -> Tensor:
        """What `backbone` gives -> ``(N, D)`` as `features` gives them.

        Args:
            activation: As `backbone` gives it.
        """
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> logits ``(N, C)``.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        """
        return self.head(self.features(x))

    def as_map(self, activation: Tensor) -> Tensor:
        """A stage's output, or its gradient, as a map ``(N, K, h, w)``: channels, rows, columns.

        Args:
            activation: Output of a stage, or the gradient of it.
        """
        if activation.ndim != 4:
            raise ValueError(
                f"expected a layer that gives a map (N, K, h, w), got {tuple(activation.shape)}"
            )
        return activation

    def attentions(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits ``(N, C)``, and the attention of every head of a vision transformer.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.

        Returns:
            The logits, and per block, first block first, ``(N, heads, 1 + T, 1 + T)``. Row ``i`` is
            what token ``i`` reads from every token, and sums to 1; token 0 is the class token.
            Under autograd the logits can be differentiated by them.

        Raises:
            ValueError: the network has no attention.
        """
        raise ValueError("expected a vision transformer, got a network without attention")

    @torch.no_grad()
    def predict(self, x: Tensor, *, batch_size: int = 64) -> Tensor:
        """Logits ``(N, C)`` of any number of pictures, without gradients, in batches.

        64 pictures at a time stay in a processor's cache: a third faster than 256 at 64 px.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
            batch_size: Pictures in one pass.
        """
        return torch.cat([self(part) for part in x.split(batch_size)])

    def folded(self) -> Self:
        """A copy for fast passes: every batch norm folded into its convolution.

        Same function in eval mode up to float rounding (about 1e-6), fewer memory passes, laid
        out channels-last. Use it to look for a perturbation; judge the result on the original.
        """
        if self.training:
            raise ValueError("expected a classifier in eval mode, got one in training mode")
        copied = self.replica()
        for module in list(copied.modules()):
            for first, second in _conv_norm_pairs(module):
                convolution, norm = getattr(module, first), getattr(module, second)
                setattr(module, first, fuse_conv_bn_eval(convolution, norm))
                setattr(module, second, nn.Identity())
        return copied.requires_grad_(False).to(memory_format=torch.channels_last)


def _conv_norm_pairs(module: nn.Module) -> list[tuple[str, str]]:
    """Names of the children of which the second normalises what the first convolved.

    Neighbours in a sequence, and what torchvision's residual networks call ``conv1`` and ``bn1``.
    """
    children = dict(module.named_children())
    names = list(children)
    if isinstance(module, nn.Sequential):
        candidates = list(pairwise(names))
    else:
        candidates = [(n, n.replace("conv", "bn")) for n in names if n.startswith("conv")]
    return [
        (first, second)
        for first, second in candidates
        if isinstance(children[first], nn.Conv2d)
        and isinstance(children.get(second), nn.BatchNorm2d)
    ]
