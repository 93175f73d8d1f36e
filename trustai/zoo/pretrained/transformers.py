"""Vision transformers (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929).

Torchvision's and timm's, behind the interface of `Classifier`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from trustai.zoo.classifier import Stage
from trustai.zoo.pretrained.torchvision_families import MEAN, STD, Wrapped


class _KeepsAttention(TorchFunctionMode):
    """Computes self-attention step by step and keeps its weights, where torch would fuse the steps.

    timm calls the inner one of torch's two functions, torchvision the outer one, inside of which a
    mode sees nothing. A mode is of one thread, so the network may be the one that others are using.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Tensor] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # fmt: skip
        if func is F.scaled_dot_product_attention:
            return self._attend(*args[:3])
        if func is F.multi_head_attention_forward:
            return self._whole(*args[:13])
        return func(*args, **(kwargs or {}))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """``softmax(Q K^T / sqrt(d)) V`` of ``(N, heads, 1 + T, d)``."""
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        self.kept.append(scores.softmax(-1))
        return self.kept[-1] @ value

    def _whole(self, tokens: Tensor, *rest: Any) -> tuple[Tensor, None]:
        """With the projections before and after, of tokens ``(1 + T, N, D)``."""
        _, _, _, heads, weight, bias, _, _, _, _, out_weight, out_bias = rest
        projected = F.linear(tokens, weight, bias).unflatten(-1, (3, heads, -1))
        query, key, value = projected.permute(2, 1, 3, 0, 4)
        mixed = self._attend(query, key, value).permute(2, 0, 1, 3).flatten(2)
        return F.linear(mixed, out_weight, out_bias), None


class Transformer(Wrapped):
    """A vision transformer with a class token.

    `features` is the class token after the last layer norm, ``(N, D)``. A stage is what a block's
    attention reads, the output of the layer norm before it: after the last block only the class
    token is looked at, so the patches there have no gradient, while before its attention they have
    one.

    Args:
        network: As its library builds it.
        size: Side in pixels of the only pictures that it knows.
        patch: Side in pixels of a patch.
        reads: Names in `network` of the layer norms before each block's attention.
        mean, std: Of the training pixels.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        size: int,
        patch: int,
        reads: Iterable[str],
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__(network, mean=mean, std=std)
        self.size, self.side = size, size // patch
        names = list(reads)
        n = len(names)
        quarters = sorted({max(1, round(n * quarter / 4)) for quarter in (1, 2, 3, 4)})
        self.stages = tuple(
            Stage(f"network.{names[i - 1]}", f"Block {i} of {n}: what its attention reads")
            for i in quarters
        )

    def normalise(self, x: Tensor) -> Tensor:
        """As `Classifier.normalise`.

        Raises:
            ValueError: pictures of another size: every patch has a learned place.
        """
        if x.shape[-2:] != (self.size, self.size):
            raise ValueError(
                f"expected pictures of {self.size}×{self.size}, "
                f"got {x.shape[-2]}×{x.shape[-1]} (a vision transformer knows one size)"
            )
        return super().normalise(x)

    def as_map(self, activation: Tensor) -> Tensor:
        """Tokens ``(N, 1 + T, D)`` without the class token, on their grid: ``(N, D, h, w)``."""
        if activation.ndim != 3:
            return super().as_map(activation)
        if activation.shape[1] != 1 + self.side**2:
            raise ValueError(
                f"expected a layer that gives tokens (N, {1 + self.side**2}, D), "
                f"got {tuple(activation.shape)}"
            )
        return activation[:, 1:].transpose(1, 2).unflatten(2, (self.side, self.side))

    def attentions(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """As `Classifier.attentions`; fused attention gives no weights, so it is not used here."""
        with _KeepsAttention() as mode:
            logits = self(x)
        return logits, mode.kept


class VisionTransformer(Transformer):
    """Torchvision's ViT."""

    def __init__(
        self, network: nn.Module, *, mean: Sequence[float] = MEAN, std: Sequence[float] = STD
    ) -> None:
        net: Any = network
        reads = (f"encoder.layers.{name}.ln_1" for name, _ in net.encoder.layers.named_children())
        super().__init__(
            net, size=net.image_size, patch=net.patch_size, reads=reads, mean=mean, std=std
        )

    def features(self, x: Tensor) -> Tensor:
        net = self.network
        patches = net.conv_proj(self.normalise(x)).flatten(2).transpose(1, 2)
        tokens = torch.cat([net.class_token.expand(len(x), -1, -1), patches], dim=1)
        return net.encoder(tokens)[:, 0]

    def head(self, features: Tensor) -> Tensor:
        return self.network.heads(features)


class TimmVisionTransformer(Transformer):
    """timm's ViT with a class token."""

    def __init__(self, network: nn.Module, *, mean: Sequence[float], std: Sequence[float]) -> None:
        net: Any = network
        for block in net.blocks:
            block.attn.fused_attn = True  # whatever the environment says: `attentions` needs it
        size, patch = net.patch_embed.img_size[0], net.patch_embed.patch_size[0]
        reads = (f"blocks.{i}.norm1" for i in range(len(net.blocks)))
        super().__init__(net, size=size, patch=patch, reads=reads, mean=mean, std=std)

    def features(self, x: Tensor) -> Tensor:
        net = self.network
        return net.forward_head(net.forward_features(self.normalise(x)), pre_logits=True)

    def head(self, features: Tensor) -> Tensor:
        return self.network.head(features)
