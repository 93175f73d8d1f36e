"""What a card says of the backdoor that its network was trained with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from trustai.attacks.backdoor import Poisoned, Trigger, poison
from trustai.types import ImageSet
from trustai.zoo import Card


@dataclass(frozen=True)
class Planted:
    """A trigger and how training pictures were poisoned with it.

    Attributes:
        pattern, size, x, y, opacity: Of the `Trigger`.
        kind, share, target, source: Of `trustai.attacks.backdoor.poison`.

    >>> Planted(target=5).trigger.size
    0.15
    """

    pattern: str = "yellow-square"
    size: float = 0.15
    x: float = 1.0
    y: float = 1.0
    opacity: float | None = None
    kind: str = "all-to-one"
    share: float = 0.02
    target: int = 0
    source: int | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """From the options of a recipe, which may hold others beside them."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in settings.items() if name in known})

    @property
    def trigger(self) -> Trigger:
        """What is put on the pictures."""
        return Trigger(self.pattern, self.size, self.x, self.y, self.opacity)

    def poison(self, pictures: ImageSet, *, seed: int = 0) -> Poisoned:
        """The training pictures with a share of them marked, as `poison` does it."""
        return poison(
            pictures, trigger=self.trigger, share=self.share, target=self.target, kind=self.kind,
            source=self.source, seed=seed,
        )  # fmt: skip


def planted(card: Card) -> Planted | None:
    """The backdoor of the network of `card`; None where it was trained without one.

    >>> from trustai import zoo
    >>> planted(zoo.read_card("signs-resnet18")) is None
    True
    """
    options = card.configuration.get("options") or {}
    return Planted.of(options) if {"pattern", "target", "share"} <= options.keys() else None
