"""What every recipe is: all that decides how a network comes out, stored whole in its card."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from trustai.registry import Registry
from trustai.train.module import TrainingModule


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """Base class: `ImageRecipe`, `TableRecipe` and `CaptionRecipe` add what is their own.

    Attributes:
        title, summary: For the card.
        training: The LightningModule: what a batch and a loss are.
        epochs, batch_size: The usual.
        lr: Peak learning rate.
        weight_decay: On weights only, not on vectors.
        average: Decay of the moving average of the weights, which is what is kept.
        patience: Early stopping after this many epochs without a better validation score.
        options: Settings of the training class (its dataclass of options).
    """

    title: str
    summary: str
    training: type[TrainingModule]
    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    average: float
    patience: int
    options: dict[str, Any] = field(default_factory=dict)

    @abstractmethod
    def smoke(self) -> Self:
        """The same recipe, end to end in seconds: a small network on a few pictures or rows."""

    def described(self) -> str:
        """Its size in a few words."""
        return f"{self.epochs} epochs"

    def configuration(self) -> dict[str, Any]:
        """The settings as a card stores them."""
        apart = ("title", "summary", "training")
        settings = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in apart}
        return settings | {"training": self.training.__name__}

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """The recipe with other options, as ``--set`` changes them.

        Raises:
            ValueError: the recipe has no options.
        """
        if not self.options:
            raise ValueError("has no options")
        return dataclasses.replace(self, options={**self.options, **settings})

    def with_own_captions(
        self, *, pictures: Path, captions: Path, language: str | None = None
    ) -> Self:
        """The recipe on pictures and captions of one's own.

        Raises:
            ValueError: it is for something else, or the files cannot be read.
        """
        raise ValueError(f"expected a recipe for captions beside --pictures, got {self.title!r}")


RECIPES: Registry[Recipe] = Registry("recipe")
