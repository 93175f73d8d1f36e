"""Classifiers small enough to be computed by hand."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from trustai.zoo.architectures.resnet import ConvNorm
from trustai.zoo.classifier import Classifier, Stage

# Of float32 where a copy with folded batch norms answers for the network: the same function.
FOLDED_ROUNDING = 2e-6


class Linear(Classifier):
    """``logits = W flatten(x) + b`` on pictures of `side` pixels, without normalisation."""

    def __init__(self, *, weight: Tensor, bias: Tensor) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.linear = nn.Linear(weight.shape[1], weight.shape[0])
        self.linear.weight.data.copy_(weight)
        self.linear.bias.data.copy_(bias)

    def features(self, x: Tensor) -> Tensor:
        return self.normalise(x).flatten(1)

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


class Wave(Classifier):
    """Two classes by the sign of ``sin(pi * mean(x) * periods)``: a step can overshoot.

    Class 0 where the sine is negative, class 1 where it is positive.
    """

    def __init__(self, *, periods: float) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.periods = nn.Parameter(torch.tensor(float(periods)))

    def features(self, x: Tensor) -> Tensor:
        return self.normalise(x).mean((1, 2, 3)).unsqueeze(1)

    def head(self, features: Tensor) -> Tensor:
        wave = torch.sin(math.pi * self.periods * features)
        return torch.cat([torch.zeros_like(wave), wave], 1)


class TinyCNN(Classifier):
    """Two convolutions with batch norm, dropout and a linear layer: every mode and hook matters."""

    def __init__(self, *, n_classes: int = 5, width: int = 6, seed: int = 0) -> None:
        super().__init__(mean=(0.5, 0.4, 0.6), std=(0.2, 0.3, 0.25))
        self.body = nn.Sequential(
            ConvNorm(3, width, size=3, stride=1),
            nn.ReLU(),
            ConvNorm(width, 2 * width, size=3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
        )
        self.linear = nn.Linear(8 * width, n_classes)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.copy_(
                        torch.randn(module.num_features, generator=generator) * 0.1
                    )
                    module.running_var.copy_(
                        torch.rand(module.num_features, generator=generator) + 0.5
                    )

    def features(self, x: Tensor) -> Tensor:
        return self.body(self.normalise(x))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


class LayeredCNN(TinyCNN):
    """With two layers to look at."""

    stages = (Stage("body.1", "first"), Stage("body.3", "second"))


def pictures(
    n: int, *, side: int = 8, low: float = 0.0, high: float = 1.0, seed: int = 0
) -> Tensor:
    """``float32 (n, 3, side, side)``, uniform in ``[low, high]``."""
    drawn = torch.rand((n, 3, side, side), generator=torch.Generator().manual_seed(seed))
    return low + (high - low) * drawn


def two_classes(*, side: int = 4, seed: int = 1) -> tuple[Linear, Tensor]:
    """A linear model of two classes and ``w = W_1 - W_0``; class 1 where ``w x + b > 0``.

    The boundary goes through the grey picture, no weight is near 0.
    """
    generator = torch.Generator().manual_seed(seed)
    size = 3 * side * side
    sign = torch.where(torch.rand(size, generator=generator) < 0.5, -1.0, 1.0)
    w = sign * (0.5 + torch.rand(size, generator=generator))
    weight = torch.stack([-w / 2, w / 2])
    bias = torch.stack([0.25 * w.sum(), -0.25 * w.sum()])
    return Linear(weight=weight, bias=bias).freeze(), w


def margin(classifier: Classifier, x: Tensor) -> Tensor:
    """``(N,)``, by how much the first logit beats the second."""
    best = classifier.predict(x).topk(2, dim=1).values
    return best[:, 0] - best[:, 1]


def probability(classifier: Classifier, x: Tensor, target: int) -> Tensor:
    """``float64 (N,)``."""
    return classifier.predict(x).double().softmax(1)[:, target]
