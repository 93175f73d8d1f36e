"""Networks as torchvision builds them, by name; torchvision is imported when one is built."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trustai.registry import did_you_mean
from trustai.zoo.pretrained.torchvision_families import (
    MEAN,
    STD,
    VGG,
    Convolutional,
    MobileNetV2,
    ResNet,
    SqueezeNet,
    Wrapped,
)
from trustai.zoo.pretrained.transformers import VisionTransformer

FAMILIES: Mapping[str, type[Wrapped]] = {
    "vgg16": VGG,
    "resnet18": ResNet,
    "resnet34": ResNet,
    "resnet50": ResNet,
    "resnet101": ResNet,
    "resnet152": ResNet,
    "mobilenet_v2": MobileNetV2,
    "squeezenet1_1": SqueezeNet,
    "vit_b_16": VisionTransformer,
    "vit_b_32": VisionTransformer,
    "vit_l_16": VisionTransformer,
    "vit_l_32": VisionTransformer,
    "vit_h_14": VisionTransformer,
}
"""By torchvision's name of the network; any other is `Convolutional`."""

OF_GOOGLE = ("googlenet", "inception_v3")
"""Published with weights for pixels from -1 to 1, to which they bring ImageNet's scale themselves
when told so."""

# DenseNet's files still say ``norm.1`` for what is ``norm1`` today.
_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")


def names() -> list[str]:
    """Of all of torchvision's networks for ImageNet."""
    from torchvision import models  # takes a second or two, so not with the zoo

    return models.list_models(module=models)


def _blank(network: str, **arguments: Any) -> nn.Module:
    if network not in FAMILIES and network not in names():
        raise ValueError(
            f"expected network to be one of torchvision's, such as {', '.join(FAMILIES)}, "
            f"got {network!r}" + did_you_mean(network, names())
        )
    from torchvision.models import get_model

    if network in OF_GOOGLE:
        arguments |= {"transform_input": True, "init_weights": False}
    return get_model(network, weights=None, **arguments)


def _wrapped(
    network: str, blank: nn.Module, *, mean: Sequence[float], std: Sequence[float]
) -> Wrapped:
    return FAMILIES.get(network, Convolutional)(blank, mean=mean, std=std)


def build(
    *,
    network: str,
    n_classes: int = 1000,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
) -> Wrapped:
    """A freshly initialised network of torchvision, as the zoo's registry of architectures wants.

    Args:
        network: One of `names`.
        n_classes: Number of classes, at least 2.
        mean, std: Of the training pixels, see `Classifier`.
    """
    if n_classes < 2:
        raise ValueError(f"expected n_classes to be at least 2, got {n_classes}")
    blank = _blank(network, num_classes=n_classes)
    return _wrapped(network, blank, mean=mean, std=std)


def with_weights(
    network: str,
    tensors: Mapping[str, Tensor],
    *,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
) -> Wrapped:
    """The ImageNet network `network` around these `tensors`, which it takes without a copy.

    Args:
        mean, std: Of the training pixels, see `Classifier`.

    Raises:
        ValueError: the tensors are not exactly those of the network.
    """
    # On the meta device nothing is drawn: 138 million random numbers of VGG16 take seconds, come
    # from the process-wide generator, and would be overwritten at once.
    try:
        with torch.device("meta"):
            empty = _blank(network)
    except NotImplementedError:  # RegNet computes its widths with tensors
        with torch.random.fork_rng(devices=[]):
            empty = _blank(network)
    named = OrderedDict((_DENSE.sub(r"\1\2.", name), value) for name, value in tensors.items())
    named._metadata = {"": {"version": empty._version}}  # type: ignore[attr-defined]  # of MNASNet
    try:
        empty.load_state_dict(named, strict=True, assign=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"expected the weights of {network}, got: {reason}") from None
    return _wrapped(network, empty, mean=mean, std=std)
