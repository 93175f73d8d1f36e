"""What every image classifier of trustai is: pixels in ``[0, 1]`` in, logits out."""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trustai.types import Circumstances
from trustai.zoo.cards import Card

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@dataclass(frozen=True)
class Stage:
    """A layer worth explaining: its module path and what to call it on screen."""

    name: str
    label: str


class Classifier(nn.Module):
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
    card: Card | None = None

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
        """``(N, 3, H, W)`` in ``[0, 1]`` -> ``(N, D)``, the input of the last layer."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """``(N, D)`` -> logits ``(N, C)``."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> logits ``(N, C)``."""
        return self.head(self.features(x))

    def as_map(self, activation: Tensor) -> Tensor:
        """A stage's output, or its gradient, as a map ``(N, K, h, w)``: channels, rows, columns."""
        if activation.ndim != 4:
            raise ValueError(
                f"expected a layer that gives a map (N, K, h, w), got {tuple(activation.shape)}"
            )
        return activation

    @torch.no_grad()
    def predict(self, x: Tensor, *, batch_size: int = 64) -> Tensor:
        """Logits ``(N, C)`` of any number of pictures, without gradients, in batches.

        64 pictures at a time stay in a processor's cache: a third faster than 256 at 64 px.
        """
        return torch.cat([self(part) for part in x.split(batch_size)])

    def circumstances(
        self, *, method: str, parameters: Mapping[str, Any], seed: int, started: float
    ) -> Circumstances:
        """What to state beside a result of this network; without a card it goes by its class name.

        Args:
            started: ``time.perf_counter()`` when the work began.
        """
        return Circumstances(
            model_id=type(self).__name__ if self.card is None else self.card.id,
            weights_sha="" if self.card is None else self.card.weights_sha256,
            method=method,
            parameters=parameters,
            seed=seed,
            seconds=time.perf_counter() - started,
        )

    def freeze(self) -> Self:
        """Eval mode, no parameter requires a gradient: the state in which they are shared."""
        self.eval()
        self.requires_grad_(False)
        return self

    def replica(self) -> Self:
        """A structural copy that shares the parameter storage but no hook, flag or mode.

        Attributions and attacks hook and switch modules; doing so on the shared object gives
        wrong maps in other threads without any error. A replica costs milliseconds and next to no
        memory: its parameters are objects of its own over the same storage, because
        ``requires_grad`` and ``.grad`` live on the object; the few buffers are copied, because
        batch norm in training mode writes to them.
        """
        memo: dict[int, object] = {id(self.card): self.card}
        for p in self.parameters():
            memo[id(p)] = nn.Parameter(p.detach(), requires_grad=p.requires_grad)
        for b in self.buffers():
            memo[id(b)] = b.detach().clone()
        for module in self.modules():
            memo |= {id(getattr(module, name)): OrderedDict() for name in _HOOKS}
        return copy.deepcopy(self, memo)

    def folded(self) -> Self:
        """A copy for fast passes: every batch norm folded into its convolution.

        Same function in eval mode up to float rounding (about 1e-6), fewer memory passes, laid
        out channels-last. Use it to look for a perturbation; judge the result on the original.
        """
        if self.training:
            raise ValueError("expected a classifier in eval mode, got one in training mode")
        copied = self.replica()
        for module in list(copied.modules()):
            if not isinstance(module, nn.Sequential):
                continue
            for i, (first, second) in enumerate(zip(module, list(module)[1:], strict=False)):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    module[i] = fuse_conv_bn_eval(first, second)
                    module[i + 1] = nn.Identity()
        return copied.requires_grad_(False).to(memory_format=torch.channels_last)
