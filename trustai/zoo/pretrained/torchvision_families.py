"""Families of torchvision's networks behind the interface of `Classifier`.

One class per family: where its features end and its last layer begins, and which of its layers are
worth explaining; of all other convolutional networks that is found out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo.classifier import Classifier, Stage

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet's training pixels."""


class Wrapped(Classifier):
    """A published network behind the interface of `Classifier`.

    Args:
        network: As its library, torchvision or timm, builds it; kept as the module ``network``.
        mean, std: Of the training pixels; ImageNet's by default.
    """

    network: Any

    def __init__(
        self, network: nn.Module, *, mean: Sequence[float] = MEAN, std: Sequence[float] = STD
    ) -> None:
        super().__init__(mean=mean, std=std)
        for module in network.modules():
            # An activation that overwrites its input overwrites what a hook before it has kept.
            if getattr(module, "inplace", False):
                module.inplace = False  # type: ignore[assignment]
        self.network = network


class VGG(Wrapped):
    """VGG16 (Simonyan and Zisserman 2015, https://arxiv.org/abs/1409.1556).

    `features` is the second hidden layer, ``(N, 4096)``. A stage is the ReLU after the last
    convolution of a block, before the pooling halves its map.
    """

    stages = (
        Stage("network.features.3", "Block 1: edges and colours"),
        Stage("network.features.8", "Block 2: textures"),
        Stage("network.features.15", "Block 3: patterns"),
        Stage("network.features.22", "Block 4: parts of objects"),
        Stage("network.features.29", "Block 5: objects"),
    )

    def features(self, x: Tensor) -> Tensor:
        maps = self.network.avgpool(self.network.features(self.normalise(x)))
        return self.network.classifier[:-1](torch.flatten(maps, 1))

    def head(self, features: Tensor) -> Tensor:
        return self.network.classifier[-1](features)


class ResNet(Wrapped):
    """ResNet-18 and ResNet-50 (He et al. 2016, https://arxiv.org/abs/1512.03385).

    `features` is the averaged last map, ``(N, 512)`` or ``(N, 2048)``.
    """

    stages = (
        Stage("network.layer1", "Stage 1: edges and textures"),
        Stage("network.layer2", "Stage 2: patterns"),
        Stage("network.layer3", "Stage 3: parts of objects"),
        Stage("network.layer4", "Stage 4: objects"),
    )

    def features(self, x: Tensor) -> Tensor:
        net = self.network
        x = net.maxpool(net.relu(net.bn1(net.conv1(self.normalise(x)))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        return torch.flatten(net.avgpool(x), 1)

    def head(self, features: Tensor) -> Tensor:
        return self.network.fc(features)


class MobileNetV2(Wrapped):
    """MobileNetV2 (Sandler et al. 2018, https://arxiv.org/abs/1801.04381).

    `features` is the averaged last map, ``(N, 1280)``. Its activations are ReLU6: they stop at 6.
    """

    stages = (
        Stage("network.features.3", "Block 3: edges and textures"),
        Stage("network.features.6", "Block 6: patterns"),
        Stage("network.features.13", "Block 13: parts of objects"),
        Stage("network.features.17", "Block 17: objects, narrow"),
        Stage("network.features.18", "Last convolution: objects"),
    )

    def features(self, x: Tensor) -> Tensor:
        maps = self.network.features(self.normalise(x))
        return torch.flatten(F.adaptive_avg_pool2d(maps, 1), 1)

    def head(self, features: Tensor) -> Tensor:
        return self.network.classifier(features)


class SqueezeNet(Wrapped):
    """SqueezeNet 1.1 (Iandola et al. 2016, https://arxiv.org/abs/1602.07360).

    It has no linear layer: a convolution draws one map per class, a ReLU cuts it at 0, and the
    logit is the map's mean. The ReLU stands between any pooled vector and the logits, so the only
    `features` whose width does not grow with the picture are the logits themselves, ``(N, C)``,
    and `head` is the identity.
    """

    stages = (
        Stage("network.features.1", "Stem: edges and colours"),
        Stage("network.features.4", "Fire 2: textures"),
        Stage("network.features.7", "Fire 4: patterns"),
        Stage("network.features.10", "Fire 6: parts of objects"),
        Stage("network.features.12", "Fire 8: objects"),
    )

    def features(self, x: Tensor) -> Tensor:
        maps = self.network.features(self.normalise(x))
        return torch.flatten(self.network.classifier(maps), 1)

    def head(self, features: Tensor) -> Tensor:
        return features


class Convolutional(Wrapped):
    """Any other convolutional network of torchvision: DenseNet, EfficientNet, RegNet and the like.

    Its last linear layer, which becomes the module ``last``, is the head; `features` is what enters
    that. A stage is the last outer module of each size of map, found in a pass without numbers.

    Raises:
        ValueError: it has no linear layer, or its maps are not ``(N, K, h, w)``.
    """

    def __init__(
        self, network: nn.Module, *, mean: Sequence[float] = MEAN, std: Sequence[float] = STD
    ) -> None:
        super().__init__(network.eval(), mean=mean, std=std)
        self.stages = tuple(
            Stage(f"network.{name}", f"The last map of {side}×{side}, of 224×224 pixels")
            for side, name in _last_of_each_size(network).items()
        )[-MOST_STAGES:]
        linear = [name for name, m in network.named_modules() if isinstance(m, nn.Linear)]
        if not linear or not self.stages:
            raise ValueError(
                "expected a convolutional network with a linear layer at its end, "
                f"got {type(network).__name__}"
            )
        self.last = network.get_submodule(linear[-1])
        network.set_submodule(linear[-1], nn.Identity())

    def features(self, x: Tensor) -> Tensor:
        return self.network(self.normalise(x))

    def head(self, features: Tensor) -> Tensor:
        return self.last(features)


MOST_STAGES = 5


def _last_of_each_size(network: nn.Module) -> dict[int, str]:
    """Side of a map, of pictures of 224 pixels, to the module that ends with it, large to small."""
    found: dict[int, str] = {}

    def note(name: str, output: Any) -> None:
        is_map = isinstance(output, Tensor) and output.ndim == 4
        if is_map and output.shape[2] == output.shape[3] > 1:
            found[output.shape[2]] = name

    handles = [
        module.register_forward_hook(lambda _m, _x, output, name=name: note(name, output))
        for name, module in network.named_modules()
        if name and name.count(".") < 2  # deeper ones begin the next size before this one ends
    ]
    state = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    blank = {name: torch.empty_like(value, device="meta") for name, value in state.items()}
    try:  # on the meta device: shapes, and nothing computed
        torch.func.functional_call(network, blank, torch.empty(1, 3, 224, 224, device="meta"))
    finally:
        for handle in handles:
            handle.remove()
    return dict(sorted(found.items(), reverse=True))
