"""Training on corrupted pictures: colour jitter, rotation and Gaussian noise, as in the course."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trustai.attacks.corruptions import corrupt_mix
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES


class CorruptedTraining(ImageTraining):
    """Every picture is corrupted with a severity of its own, uniform in [0, 1].

    So the network also sees nearly clean pictures: trained at full severity only, as in the
    course, it forgets them (23.7 % on clean ones there).
    """

    monitor = "val_corrupted"

    def prepare(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        severity = torch.rand(len(x), generator=generator)
        seed = int(torch.randint(2**31, (1,), generator=generator))
        return corrupt_mix(x, severity=severity, seed=seed)

    def validate(self, network: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        corrupted = network(corrupt_mix(x, severity=1.0, seed=0)).argmax(1) == y
        return {**super().validate(network, x, y), "val_corrupted": corrupted.float()}


RECIPES.add(
    "cifar10-resnet18-corrupted",
    ImageRecipe(
        title="CIFAR-10, trained on corrupted pictures",
        summary="The same network, trained on colour jitter, rotation and Gaussian noise.",
        training=CorruptedTraining,
        dataset="cifar10",
        epochs=8,
        lr=0.1,
        start_from="cifar10-resnet18",
    ),
)
