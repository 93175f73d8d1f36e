"""ResNet-18 for small pictures (He et al. 2016, https://arxiv.org/abs/1512.03385).

The stem is the one used on CIFAR: a single 3x3 convolution of stride 1, no pooling.
Every ReLU is a module of its own: guided backpropagation and DeepLIFT need that.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trustai.zoo.classifier import Classifier, Stage


class ConvNorm(nn.Sequential):
    """3x3 or 1x1 convolution without bias, then batch norm."""

    def __init__(self, channels_in: int, channels_out: int, *, size: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(
                channels_in, channels_out, size, stride=stride, padding=size // 2, bias=False
            ),
            nn.BatchNorm2d(channels_out),
        )


class BasicBlock(nn.Module):
    """``relu(shortcut(x) + conv(relu(conv(x))))``."""

    def __init__(self, channels_in: int, channels_out: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(channels_in, channels_out, size=3, stride=stride)
        self.relu1 = nn.ReLU()
        self.conv2 = ConvNorm(channels_out, channels_out, size=3, stride=1)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = ConvNorm(channels_in, channels_out, size=1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu2(self.shortcut(x) + self.conv2(self.relu1(self.conv1(x))))


class ResNet18(Classifier):
    """ResNet-18 with a CIFAR stem; `width` 64 is the paper's, 32 a quarter of its cost.

    Args:
        n_classes: Number of classes, at least 2.
        width: Channels of the first stage; the following ones double it.
        mean, std: Of the training pixels, see `Classifier`.
        stem_stride: 2 halves the picture in the first layer: a quarter of the cost, and maps half
            as fine.
    """

    last_stage: tuple[str, ...] = ("layer4",)

    def __init__(
        self,
        *,
        n_classes: int,
        width: int = 64,
        mean: Sequence[float] = (0.5, 0.5, 0.5),
        std: Sequence[float] = (0.25, 0.25, 0.25),
        stem_stride: int = 1,
    ) -> None:
        super().__init__(mean=mean, std=std)
        if stem_stride not in (1, 2):
            raise ValueError(f"expected stem_stride to be 1 or 2, got {stem_stride}")
        if n_classes < 2:
            raise ValueError(f"expected n_classes to be at least 2, got {n_classes}")
        if width < 1:
            raise ValueError(f"expected width to be at least 1, got {width}")
        sights = ("textures", "parts", "parts of objects", "objects")
        self.stages = (
            Stage("stem", "Stem: edges and colours"),
            *(Stage(f"layer{i}", f"Stage {i}: {sight}") for i, sight in enumerate(sights, start=1)),
        )
        self.stem = nn.Sequential(ConvNorm(3, width, size=3, stride=stem_stride), nn.ReLU())
        self.layer1 = self._stage(width, width, stride=1)
        self.layer2 = self._stage(width, 2 * width, stride=2)
        self.layer3 = self._stage(2 * width, 4 * width, stride=2)
        self.layer4 = self._stage(4 * width, 8 * width, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(8 * width, n_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def _stage(channels_in: int, channels_out: int, *, stride: int) -> nn.Sequential:
        return nn.Sequential(
            BasicBlock(channels_in, channels_out, stride=stride),
            BasicBlock(channels_out, channels_out, stride=1),
        )

    def features(self, x: Tensor) -> Tensor:
        return self.tail(self.backbone(x))

    def backbone(self, x: Tensor) -> Tensor:
        return self.layer3(self.layer2(self.layer1(self.stem(self.normalise(x)))))

    def tail(self, activation: Tensor) -> Tensor:
        return torch.flatten(self.pool(self.layer4(activation)), 1)

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)
