"""Adversarial training: the network learns from pictures attacked on the spot.

``pgd``: projected gradient descent, `steps` gradients a batch (Madry et al. 2018,
https://arxiv.org/abs/1706.06083); the one to use where a GPU is at hand.
``fgsm-rs``: one gradient from a random start (Wong et al. 2020, https://arxiv.org/abs/2001.03994),
nearly as good for a fraction of the cost; watch ``val_robust`` for its sudden collapse.
``half-fgsm``: the course's scheme, half of every batch clean and half under plain FGSM.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trustai.attacks.steps import (
    fgsm_random_start,
    input_gradient,
    linf_step,
    pgd_random_start,
)
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES

SCHEMES = ("pgd", "fgsm-rs", "half-fgsm")


@dataclass(frozen=True)
class AdversarialOptions:
    """Settings of the inner attack, pixel units of [0, 1].

    Attributes:
        scheme: One of `SCHEMES`.
        eps: Radius of the Linf ball.
        alpha: Step of the inner attack.
        steps: Gradients per batch, for ``pgd`` only.
    """

    scheme: str = "fgsm-rs"
    eps: float = 8 / 255
    alpha: float = 10 / 255
    steps: int = 1

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise ValueError(f"expected scheme among {', '.join(SCHEMES)}, got {self.scheme!r}")


class AdversarialTraining(ImageTraining):
    """Selected on accuracy under a short PGD on the validation pictures."""

    monitor = "val_robust"

    @property
    def options(self) -> AdversarialOptions:
        known = [f.name for f in dataclasses.fields(AdversarialOptions)]
        unknown = sorted(set(self.recipe.options) - set(known))
        if unknown:
            raise ValueError(f"expected options among {', '.join(known)}, got {', '.join(unknown)}")
        return AdversarialOptions(**self.recipe.options)

    def prepare(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        o = self.options
        if o.scheme == "half-fgsm":
            half = len(x) // 2
            gradient = input_gradient(self.network, x[:half], y[:half])
            attacked = linf_step(x[:half], x[:half], gradient, eps=o.eps, alpha=o.eps)
            return torch.cat([attacked, x[half:]])
        if o.scheme == "fgsm-rs":
            return fgsm_random_start(
                self.network, x, y, eps=o.eps, alpha=o.alpha, generator=generator
            )
        return pgd_random_start(
            self.network, x, y, eps=o.eps, alpha=o.alpha, steps=o.steps, generator=generator
        )

    def validate(self, network: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        eps = self.options.eps
        generator = torch.Generator().manual_seed(0)
        attacked = pgd_random_start(
            network, x, y, eps=eps, alpha=eps / 3, steps=5, generator=generator
        )
        clean = super().validate(network, x, y)
        return {**clean, "val_robust": (network(attacked).argmax(1) == y).float()}


RECIPES.add(
    "signs-resnet18-adversarial",
    ImageRecipe(
        title="Road signs, adversarially trained",
        summary="Reads road signs and was attacked all through its training.",
        training=AdversarialTraining,
        dataset="signs",
        width=16,
        epochs=8,
        lr=0.1,
        flip=False,
        start_from="signs-resnet18",
        options={"scheme": "fgsm-rs", "eps": 8 / 255, "alpha": 10 / 255},
    ),
)

RECIPES.add(
    "cifar10-resnet18-adversarial",
    ImageRecipe(
        title="CIFAR-10, adversarially trained",
        summary="The same network, attacked all through its training (Linf, eps 8/255).",
        training=AdversarialTraining,
        dataset="cifar10",
        epochs=12,
        lr=0.1,
        start_from="cifar10-resnet18",
        options={"scheme": "fgsm-rs", "eps": 8 / 255, "alpha": 10 / 255},
    ),
)

RECIPES.add(
    "cifar10-resnet18-half-fgsm",
    ImageRecipe(
        title="CIFAR-10, half clean and half FGSM (the course's scheme)",
        summary="Half of every batch attacked by one plain FGSM step.",
        training=AdversarialTraining,
        dataset="cifar10",
        epochs=12,
        lr=0.1,
        start_from="cifar10-resnet18",
        options={"scheme": "half-fgsm", "eps": 8 / 255, "alpha": 8 / 255},
    ),
)
