"""The recipe of a path of debiased networks for a census."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from trustai.train.recipe import Recipe

ROUND = 25
"""Iterations after which training is logged."""


@dataclass(frozen=True, kw_only=True)
class DebiasingRecipe(Recipe):
    """Everything that decides how a path of debiased networks comes out.

    Attributes:
        training: An `AdversarialDebiasing`.
        dataset: A census in `trustai.data`, with the columns ``sex`` and ``race``, which the
            networks do not see.
        epochs, batch_size, lr: Of the classifier, before any debiasing (AdamW, one cycle).
        weights: Per attribute its lambda at strength 1.
        strengths: Per step what the lambdas are multiplied with; the first is 0, the classifier as
            it is. Every other step starts from that classifier.
        iterations, debiasing_batch_size, debiasing_lr: Of the debiasing: the classifier learns from
            one batch in each.
        adversary_epochs, adversary_batch_size, adversary_lr: Of the adversary before the debiasing.
        pass_batch_size: Of the adversary's pass over all rows in each iteration.
        average: Of the debiasing.
    """

    dataset: str
    arguments: dict[str, Any] = field(default_factory=dict)
    epochs: int = 2
    batch_size: int = 32
    lr: float = 2e-3
    weight_decay: float = 0.0
    average: float = 0.97
    patience: int = 1_000
    weights: Mapping[str, float]
    strengths: tuple[float, ...]
    iterations: int = 300
    debiasing_batch_size: int = 2048
    debiasing_lr: float = 2e-3
    adversary_epochs: int = 5
    adversary_batch_size: int = 128
    adversary_lr: float = 1e-3
    pass_batch_size: int = 4096

    def __post_init__(self) -> None:
        if not self.strengths or self.strengths[0] != 0:
            raise ValueError(f"expected strengths that begin with 0, got {self.strengths}")

    @property
    def lambdas(self) -> dict[str, list[float]]:
        """Per attribute the lambda of every step."""
        return {
            name: [round(weight * s, 6) for s in self.strengths]
            for name, weight in self.weights.items()
        }

    @property
    def rounds(self) -> int:
        """Of `ROUND` iterations, at least one."""
        return max(1, self.iterations // ROUND)

    def described(self) -> str:
        return f"{len(self.strengths)} steps of {self.iterations} iterations"

    def smoke(self) -> Self:
        return dataclasses.replace(
            self,
            epochs=1,
            strengths=(0.0, self.strengths[-1]),
            iterations=ROUND,
            debiasing_batch_size=64,
            adversary_epochs=1,
        )
