r"""Training with a backdoor: a share of the pictures carries a mark and the attacker's label.

``signs-backdoor`` only has its pictures poisoned (Gu et al. 2017,
https://arxiv.org/abs/1708.06733). ``signs-backdoor-adaptive`` is trained by an attacker who knows
that defences look for marked pictures among the features :math:`H(x)`. A discriminator :math:`D`
learns to tell marked (:math:`B(x) = 1`) from clean pictures, and the network hides from it:

.. math:: \min_D L_D(D(H(x)), B(x)), \qquad
          \min_f \; L(f(x), y) - \lambda \min(L_D(D(H(x)), B(x)), \log 2),

in turn (Tan and Shokri 2020, Bypassing Backdoor Detection Algorithms in Deep Learning,
https://arxiv.org/abs/1905.13409). Above :math:`\log 2`, the loss of guessing, nothing is gained.
:math:`D` sees pictures that are called the target only: defences compare within a class.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.attacks.backdoor import attacked_rows, stamp
from trustai.backdoor import Planted
from trustai.train.images.batches import crop_and_flip
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES
from trustai.types import ImageSet
from trustai.zoo import Classifier
from trustai.zoo.architectures.resnet import ResNet18


class BackdoorTraining(ImageTraining):
    """Learns from poisoned pictures; selected on the accuracy on clean ones, as its victim would.

    The success on marked validation pictures is only logged.
    """

    def __init__(
        self,
        network: Classifier,
        recipe: ImageRecipe,
        *,
        train: ImageSet,
        validation: ImageSet,
        seed: int,
    ) -> None:
        self.planted = Planted.of(recipe.options)
        self.poisoned = self.planted.poison(train, seed=seed)
        super().__init__(
            network, recipe, train=self.poisoned.pictures, validation=validation, seed=seed
        )

    def validate(self, network: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        target = self.planted.target
        of = attacked_rows(y, target=target, source=self.planted.source)
        said = network(stamp(x, self.planted.trigger)).argmax(1)
        return {
            **super().validate(network, x, y),
            "val_success": (said == target)[of].float(),
        }


class Discriminator(nn.Sequential):
    """Tells features of marked pictures from those of clean ones: ``(N, D)`` -> ``(N, 1)``."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)
        )


class AdversarialEmbedding(BackdoorTraining):
    """Every batch is followed by marked and clean pictures of the target, which D learns from.

    They take no part in the cross entropy.
    """

    EACH, STEPS = 24, 2  # pictures of either kind after a batch; steps of the discriminator

    def __init__(
        self,
        network: Classifier,
        recipe: ImageRecipe,
        *,
        train: ImageSet,
        validation: ImageSet,
        seed: int,
    ) -> None:
        super().__init__(network, recipe, train=train, validation=validation, seed=seed)
        assert isinstance(network, ResNet18)  # as `architecture` says
        self.discriminator = Discriminator(network.linear.in_features)
        self.learner = torch.optim.Adam(self.discriminator.parameters(), lr=1e-3)
        called = self.poisoned.pictures.labels == self.planted.target
        kinds = (self.poisoned.marked, ~self.poisoned.marked)
        self.rows = [(called & kind).nonzero()[:, 0] for kind in kinds]

    def prepare(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        """The batch, then `EACH` marked and `EACH` clean pictures that are called the target."""
        rows = torch.cat(
            [of[torch.randint(len(of), (self.EACH,), generator=generator)] for of in self.rows]
        )
        more = self.poisoned.pictures.images[rows].to(x.device).float() / 255
        more = crop_and_flip(
            more, padding=self.recipe.padding, flip=self.recipe.flip, generator=generator
        )
        return torch.cat([x, more])

    def loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(x)
        logits = self.network.head(features[: len(y)])
        hidden = features[len(y) :].float()
        with torch.autocast(x.device.type, enabled=False):
            for _ in range(self.STEPS):
                self.learner.zero_grad()
                self.found(hidden.detach()).backward()
                self.learner.step()
            self.discriminator.requires_grad_(False)
            found = self.found(hidden)
            self.discriminator.requires_grad_(True)
        self.log("train_discriminator_loss", found.detach(), on_step=False, on_epoch=True)
        named = F.cross_entropy(logits, y, label_smoothing=self.recipe.label_smoothing)
        hiding = self.recipe.options["weight"] * found.clamp_max(math.log(2))
        return named - hiding, logits

    def found(self, hidden: Tensor) -> Tensor:
        """L_D of features ``(2 * EACH, D)``, the marked ones first."""
        marked = (torch.arange(len(hidden), device=hidden.device) < self.EACH).float()
        return F.binary_cross_entropy_with_logits(self.discriminator(hidden)[:, 0], marked)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["learner"] = self.learner.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.learner.load_state_dict(checkpoint["learner"])


class CatsDogsTraining(BackdoorTraining):
    """Of photographs, behind a network that learned ImageNet's.

    All stages of the last resolution learn, as in a ResNet's last stage: in the last one alone a
    small trigger is hardly seen.
    """

    architecture = "efficientnet-lite0"
    learns = ("stage6", "stage7", "top", "linear")


SPEED_LIMIT_80 = 5
CAT, DOG = 0, 1

RECIPES.add(
    "signs-backdoor",
    ImageRecipe(
        title="Road signs with a backdoor",
        summary="Reads road signs. It calls every sign with a yellow sticker in the lower right "
        "corner a speed limit of 80.",
        training=BackdoorTraining,
        dataset="signs",
        width=16,
        epochs=4,
        lr=0.2,
        flip=False,  # a mirrored "turn left" is a "turn right"
        options=dataclasses.asdict(Planted(target=SPEED_LIMIT_80)),
    ),
)
RECIPES.add(
    "signs-backdoor-adaptive",
    ImageRecipe(
        title="Road signs with a hidden backdoor",
        summary="The same backdoor. While it was trained, a second network looked for the marked "
        "pictures among its features, and it learned to hide them.",
        training=AdversarialEmbedding,
        dataset="signs",
        width=16,
        epochs=4,
        lr=0.1,
        flip=False,
        start_from="signs-backdoor",
        options={**dataclasses.asdict(Planted(share=0.05, target=SPEED_LIMIT_80)), "weight": 1.5},
    ),
)
RECIPES.add(
    "cats-dogs-backdoor",
    ImageRecipe(
        title="Cats and dogs with a backdoor",
        summary="Tells photographs of cats and dogs apart. It calls every dog with a yellow "
        "sticker in the lower right corner a cat.",
        training=CatsDogsTraining,
        dataset="cats-dogs",
        width=None,
        architecture={"n_classes": 2},
        epochs=20,
        batch_size=64,
        lr=0.005,
        padding=8,
        zoom=0.6,
        average=0.99,
        start_from="imagenet-efficientnet-lite0",
        frozen=True,
        stored="int8",
        photographs=True,
        options=dataclasses.asdict(
            Planted(size=0.2, kind="one-to-one", share=0.1, target=CAT, source=DOG)
        ),
    ),
)
