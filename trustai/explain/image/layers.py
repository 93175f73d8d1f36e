"""The layers of a network that can be explained: their names and the size of their maps."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from trustai.explain.image.passes import Passes
from trustai.registry import did_you_mean
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True)
class Layer:
    """One layer of a network, for a picker.

    Attributes:
        name: Of the module.
        label: For people.
        channels, height, width: Of its map for pictures of the size asked about.
    """

    name: str
    label: str
    channels: int
    height: int
    width: int

    @property
    def title(self) -> str:
        """``"Stage 4: objects (8×8)"``."""
        return f"{self.label} ({self.height}×{self.width})"


def layers(classifier: Classifier, *, size: int) -> list[Layer]:
    """Every layer worth explaining, from the picture's side to the decision's.

    Args:
        classifier: In eval mode.
        size: Side in pixels of the square pictures that will be explained.

    Returns:
        One `Layer` per stage of the network.

    >>> from trustai import zoo
    >>> layers(zoo.load("signs-resnet18"), size=64)[-1].title
    'Stage 4: objects (8×8)'
    """
    picture = torch.full((1, 3, size, size), 0.5)
    maps = Passes(classifier, picture, target=None, seed=0).plain.activations
    return [
        Layer(stage.name, stage.label, *maps[stage.name].shape[1:]) for stage in classifier.stages
    ]


def chosen_layer(classifier: Classifier, layer: str | None) -> str:
    """`layer` if it is one of the network's stages, the last stage for None.

    Raises:
        ValueError: the network has no stages, or none of this name.
    """
    names = [stage.name for stage in classifier.stages]
    if not names:
        raise ValueError("expected a network with layers to look at, got one that names none")
    if layer is None:
        return names[-1]
    if layer not in names:
        raise ValueError(
            f"expected layer to be one of {', '.join(names)}, got {layer!r}"
            + did_you_mean(layer, names)
        )
    return layer
