"""EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946, in its Lite form).

The Lite form leaves out squeeze-and-excitation and uses ReLU6 everywhere. Every ReLU6 is a module
of its own, as guided backpropagation needs it. Convolutions of stride 2 pad as TensorFlow does,
where the weights were trained: on the right and at the bottom first.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo.classifier import Classifier, Stage

BLOCKS = (
    # expansion, kernel, stride, channels, repeats
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_EPS = 1e-3  # of batch norm, TensorFlow's default


class SameConv2d(nn.Conv2d):
    """A convolution whose map has ``ceil(side / stride)`` places, padded as TensorFlow does.

    For a kernel ``k`` and stride ``s`` it adds ``max((ceil(n / s) - 1) s + k - n, 0)`` zeros, the
    smaller half on the left or top.
    """

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        height, width = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:])
        if height % 2 == width % 2 == 0:  # the same on both sides: no copy of the map
            return F.conv2d(
                x, self.weight, self.bias, stride, (height // 2, width // 2), 1, self.groups
            )
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        return F.conv2d(F.pad(x, sides), self.weight, self.bias, stride, 0, 1, self.groups)


class ConvNormAct(nn.Sequential):
    """Convolution without bias, batch norm, and ReLU6 where `act`."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        act: bool = True,
    ) -> None:
        super().__init__(
            SameConv2d(channels_in, channels_out, kernel, stride, groups=groups, bias=False),
            nn.BatchNorm2d(channels_out, eps=_EPS),
            *([nn.ReLU6()] if act else []),
        )


class InvertedResidual(nn.Module):
    """Expand, convolve each channel alone, project; plus the input where the shapes agree."""

    def __init__(
        self, channels_in: int, channels_out: int, *, expansion: int, kernel: int, stride: int
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        expand = [ConvNormAct(channels_in, wide)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            ConvNormAct(wide, wide, kernel=kernel, stride=stride, groups=wide),
            ConvNormAct(wide, channels_out, act=False),
        )
        self.shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return x + y if self.shortcut else y


class EfficientNetLite0(Classifier):
    """EfficientNet-Lite0: 4.7 million parameters, made for pictures of 224 pixels.

    `features` is the averaged last map, ``(N, 1280)``.

    Args:
        n_classes: Number of classes, at least 2.
        mean, std: Of the training pixels, see `Classifier`. The published weights expect
            ``(255 x - 127) / 128``.

    >>> network = EfficientNetLite0(n_classes=1000).freeze()
    >>> tuple(network(torch.zeros(1, 3, 64, 64)).shape)
    (1, 1000)
    """

    stages = (
        Stage("stage1", "Stage 1: edges and colours"),
        Stage("stage2", "Stage 2: textures"),
        Stage("stage3", "Stage 3: patterns"),
        Stage("stage5", "Stage 5: parts of objects"),
        Stage("top", "Last convolution: objects"),
    )
    last_stage = ("stage7", "top")

    def __init__(
        self,
        *,
        n_classes: int,
        mean: Sequence[float] = (127 / 255,) * 3,
        std: Sequence[float] = (128 / 255,) * 3,
    ) -> None:
        super().__init__(mean=mean, std=std)
        if n_classes < 2:
            raise ValueError(f"expected n_classes to be at least 2, got {n_classes}")
        self.stem = ConvNormAct(3, 32, kernel=3, stride=2)
        channels = 32
        for i, (expansion, kernel, stride, out, repeats) in enumerate(BLOCKS, start=1):
            stage = nn.Sequential()
            for repeat in range(repeats):
                step = 1 if repeat else stride
                stage.append(
                    InvertedResidual(channels, out, expansion=expansion, kernel=kernel, stride=step)
                )
                channels = out
            self.add_module(f"stage{i}", stage)
        self.top = ConvNormAct(channels, 1280)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(1280, n_classes)

    def features(self, x: Tensor) -> Tensor:
        return self.tail(self.backbone(x))

    def backbone(self, x: Tensor) -> Tensor:
        x = self.stem(self.normalise(x))
        for i in range(1, len(BLOCKS)):
            x = self.get_submodule(f"stage{i}")(x)
        return x

    def tail(self, activation: Tensor) -> Tensor:
        for name in self.last_stage:
            activation = self.get_submodule(name)(activation)
        return torch.flatten(self.pool(activation), 1)

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)
