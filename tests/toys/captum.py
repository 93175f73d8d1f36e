"""Networks that captum's hooks understand, and the same ones written so that they do not."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo.classifier import Classifier

SIDE, CLASSES = 12, 4


class Plain(Classifier):
    """Every operation a module that is used once."""

    def __init__(self, activation: Callable[[], nn.Module] = nn.ReLU, *, bias: bool = True) -> None:
        super().__init__(mean=(0.5, 0.4, 0.6), std=(0.2, 0.3, 0.25))
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=bias)
        self.act1 = activation()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=bias)
        self.act2 = activation()
        self.average = nn.AdaptiveAvgPool2d(2)
        self.linear = nn.Linear(16, CLASSES, bias=bias)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.6)

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))))
        return self.average(self.act2(self.conv2(x))).flatten(1)

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


class Apart(Plain):
    """The same function, with a copy before the pooling."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))).clone())
        return self.average(self.act2(self.conv2(x))).flatten(1)


class Functional(Plain):
    """The same function, by functions."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.conv1(self.normalise(x)), inplace=True))
        return F.adaptive_avg_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)


class Reusing(Plain):
    """The same function, with one ReLU in two places."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))))
        return self.average(self.act1(self.conv2(x))).flatten(1)


class Residual(Plain):
    """With a sum of two branches, the one of which is given on."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))))
        return self.average(self.act2(x + self.conv2(x))).flatten(1)


class Overlapping(Plain):
    """With max pooling whose windows overlap and reach over the border."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)


class Gated(Plain):
    """With a product of two maps."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))))
        return self.average(x * torch.sigmoid(self.conv2(x))).flatten(1)


class SharedWeights(Plain):
    """With one convolution in two places."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act1(self.conv1(self.normalise(x))))
        return self.average(self.act2(self.conv2(self.conv2(x)))).flatten(1)


class Normed(Plain):
    """With a layer norm."""

    def __init__(self) -> None:
        super().__init__()
        self.act2 = nn.LayerNorm(SIDE // 2)


class Dense(Classifier):
    """Two linear layers and an activation, for computation by hand."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__(mean=(0.0,) * 3, std=(1.0,) * 3)
        self.first, self.activation = nn.Linear(12, 5), activation
        self.last = nn.Linear(5, 3)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 4)

    def features(self, x: Tensor) -> Tensor:
        return self.activation(self.first(self.normalise(x).flatten(1)))

    def head(self, features: Tensor) -> Tensor:
        return self.last(features)
