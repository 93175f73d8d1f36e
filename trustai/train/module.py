"""The LightningModule under every training: moving average, and no weight decay on vectors."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
from torch import nn

from trustai.train.ema import ExponentialMovingAverage


class TrainingModule(pl.LightningModule):
    """A network in training and the exponential moving average of its weights.

    Class attributes:
        monitor, mode: The logged score by which the best epoch is chosen, and whether ``"max"`` or
            ``"min"`` is best.

    Args:
        network: In training mode.
        average: Decay of the moving average, see `ExponentialMovingAverage`.
        weight_decay: Of weights; vectors (biases, batch norm) have none.
    """

    network: nn.Module
    monitor = ""
    mode = "max"

    def __init__(self, network: nn.Module, *, average: float, weight_decay: float) -> None:
        super().__init__()
        self.network = network
        self.average = ExponentialMovingAverage(network, decay=average)
        self.weight_decay = weight_decay

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.average.update_parameters(self.network)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """For an optimiser: weights with decay, vectors without."""
        weights = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim <= 1]
        return [
            {"params": weights, "weight_decay": self.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
