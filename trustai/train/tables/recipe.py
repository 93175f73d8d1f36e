"""The recipe of a network for a table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

from trustai.train.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class TableRecipe(Recipe):
    """Everything that decides how a network for a table comes out.

    Attributes:
        training: A `TableTraining`.
        dataset: Name of a table in `trustai.data`.
        architecture: Name in `trustai.zoo`.
        arguments: Of the architecture, without those that describe the table.
        lr: Peak of the one-cycle schedule, AdamW (Loshchilov & Hutter 2019), whose decay of the
            weights is decoupled.
        noise: Standard deviation of the Gaussian noise on the standardised columns.
    """

    dataset: str
    architecture: str
    arguments: dict[str, Any] = field(default_factory=dict)
    epochs: int = 100
    batch_size: int = 64
    lr: float = 5e-4
    weight_decay: float = 0.3
    noise: float = 0.5
    average: float = 0.98
    patience: int = 25

    def smoke(self) -> Self:
        return dataclasses.replace(self, epochs=min(2, self.epochs), batch_size=32)
