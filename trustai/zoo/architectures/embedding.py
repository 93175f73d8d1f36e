"""A ResNet-18 trained by metric learning: unit features, and cosines to class centres as logits.

Trained by comparing pictures with each other, not by a softmax, see
`trustai.train.images.recipes.metric_learning`. It is a `Classifier` all the same, so that whatever
explains or attacks one works on it: the logit of a class is the cosine to the class's centre, times
one number.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo.architectures.resnet import ResNet18


class EmbeddingResNet18(ResNet18):
    """``features(x) = e / |e|``, ``e = W resnet(x) + b``; ``logit_c = scale features . centre_c``.

    For unit vectors ``|f - centre|^2 = 2 - 2 f . centre``: the largest logit is the nearest centre.

    Args:
        n_classes, width, mean, std, stem_stride: See `ResNet18`.
        embedding: Dimensions of the sphere's space, at least 2.

    Attributes:
        centres: ``(C, E)``, unit length: the mean direction of each class's training pictures.
        scale: What makes the softmax of the cosines calibrated, fitted on validation pictures.
    """

    last_stage = ()  # its last layer is no linear one
    centres: Tensor
    scale: Tensor

    def __init__(
        self,
        *,
        n_classes: int,
        embedding: int,
        width: int = 64,
        mean: Sequence[float] = (0.5, 0.5, 0.5),
        std: Sequence[float] = (0.25, 0.25, 0.25),
        stem_stride: int = 1,
    ) -> None:
        super().__init__(
            n_classes=n_classes, width=width, mean=mean, std=std, stem_stride=stem_stride
        )
        if embedding < 2:
            raise ValueError(f"expected embedding to be at least 2, got {embedding}")
        self.linear = nn.Linear(8 * width, embedding)
        self.register_buffer("centres", torch.zeros(n_classes, embedding))
        self.register_buffer("scale", torch.tensor(16.0))

    def tail(self, activation: Tensor) -> Tensor:
        """What `backbone` gives -> ``(N, E)`` of unit length."""
        return F.normalize(self.linear(super().tail(activation)), dim=1)

    def head(self, features: Tensor) -> Tensor:
        return self.scale * features @ self.centres.T
