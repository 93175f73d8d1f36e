"""Training of a neural additive model (Agarwal et al. 2021, https://arxiv.org/abs/2004.13912).

All members of the ensemble learn at once, in one batched pass. They share no weight, so each
learns what it would alone: from its own start and on its own part of the training rows, which
makes their spread say how far other patients would have led to other shapes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.train.tables.module import TableTraining
from trustai.train.tables.recipe import TableRecipe
from trustai.types import Table

if TYPE_CHECKING:  # it needs nam-pytorch, which a machine that trains other networks may lack
    from trustai.zoo.architectures.nam import NeuralAdditiveModel


@dataclass(frozen=True)
class AdditiveOptions:
    """The regularisers of the paper's section 2, beside dropout and weight decay.

    Attributes:
        feature_dropout: Share of the terms that are left out in training.
        output_penalty: Weight of the mean square of the terms.
        share: Part of the training rows that each member learns from.
    """

    feature_dropout: float = 0.05
    output_penalty: float = 1e-3
    share: float = 0.875

    def __post_init__(self) -> None:
        if not 0 <= self.feature_dropout < 1:
            raise ValueError(f"expected feature_dropout in [0, 1), got {self.feature_dropout}")
        if not self.output_penalty >= 0:
            raise ValueError(f"expected output_penalty to be at least 0, got {self.output_penalty}")
        if not 0 < self.share <= 1:
            raise ValueError(f"expected share in (0, 1], got {self.share}")


class AdditiveTraining(TableTraining):
    """Logistic loss of every member, with feature dropout and the output penalty."""

    def __init__(
        self,
        network: NeuralAdditiveModel,
        recipe: TableRecipe,
        *,
        train: Table,
        validation: Table,
        seed: int,
    ) -> None:
        super().__init__(network, recipe, train=train, validation=validation, seed=seed)
        self.ensemble = network
        known = [f.name for f in dataclasses.fields(AdditiveOptions)]
        unknown = sorted(set(recipe.options) - set(known))
        if unknown:
            raise ValueError(f"expected options among {', '.join(known)}, got {', '.join(unknown)}")
        self.options = AdditiveOptions(**recipe.options)
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.rand(len(network.members), len(train), generator=generator)
        self.kept = drawn < self.options.share

    def loss(self, encoded: Tensor, labels: Tensor, positions: Tensor) -> Tensor:
        o = self.options
        terms = self.ensemble.raw_terms(encoded)
        logits = F.dropout(terms, o.feature_dropout).sum(2) + self.ensemble.member_bias[:, None]
        likelihood = F.binary_cross_entropy_with_logits(
            logits, labels.float().expand_as(logits), reduction="none"
        )
        each = likelihood + o.output_penalty * terms.square().mean(2)
        kept = self.kept[:, positions.cpu()].to(each.device)
        # The sum over members of each one's mean.
        return ((each * kept).sum(1) / kept.sum(1).clamp_min(1)).sum()

    def trained(self) -> NeuralAdditiveModel:
        network: NeuralAdditiveModel = super().trained()  # type: ignore[assignment]
        network.centre(self._data["train"].rows.to(network.fill.device))
        return network
