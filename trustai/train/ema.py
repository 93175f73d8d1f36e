"""Exponential moving average of the weights, and weight decay without vectors."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trustai.train.recipe import AnyRecipe


class Averaging(pl.LightningModule):
    """What is kept and validated is the exponential running average of the weights.

    It generalises better than the last step and costs nothing (Izmailov et al. 2018,
    arXiv:1803.05407).
    """

    network: nn.Module

    def __init__(self, network: nn.Module, recipe: AnyRecipe) -> None:
        super().__init__()
        self.network = network
        self.average = AveragedModel(network, use_buffers=True, multi_avg_fn=self._average_weights)
        self.average.requires_grad_(False)
        self.recipe: Any = recipe  # each sub-class says which kind

    def _average_weights(self, averaged: Any, current: Any, count: Tensor | int) -> None:
        """The decay grows with the number of steps, so that early weights are soon forgotten."""
        decay = min(self.recipe.average, (1 + float(count)) / (10 + float(count)))
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - decay)
        else:
            torch._foreach_copy_(averaged, current)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.average.update_parameters(self.network)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Weights with the recipe's decay, vectors without."""
        weights = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim <= 1]
        return [
            {"params": weights, "weight_decay": self.recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
