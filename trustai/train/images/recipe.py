"""The recipe of a network for pictures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from trustai.train.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class ImageRecipe(Recipe):
    """Everything that decides how a network for pictures comes out.

    Attributes:
        training: An `ImageTraining`.
        dataset: Name in `trustai.data`.
        without: A class of it that the network never sees, or None.
        width: Channels of the network's first stage; None where the architecture has no choice.
        architecture: Further arguments of the ResNet-18, such as ``stem_stride``.
        lr: Peak of the one-cycle schedule (Smith & Topin 2018), SGD with Nesterov momentum 0.9.
        label_smoothing: Of the cross entropy.
        padding, flip: Random translation in pixels; random mirror images.
        zoom: Smallest share of the picture's area that a random crop is enlarged from; 1 for none.
        small: Share of the epochs, the first, in which the pictures have three quarters of their
            size: little more than half the cost, while only the large matters anyway (progressive
            resizing).
        start_from: Id of the model whose weights training starts from, or None for scratch.
        frozen: Whether only the parts learn that the training names. Everything before them stays
            as the published network `start_from` has it, and is not stored.
        stored: How its weights lie in ``models/``, see `trustai.zoo.packing`.
        photographs: Whether the network is one of photographs, see `trustai.zoo.Card`.
    """

    dataset: str
    without: str | None = None
    width: int | None = 32
    architecture: dict[str, Any] = field(default_factory=dict)
    epochs: int = 20
    batch_size: int = 128
    lr: float = 0.2
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    padding: int = 4
    flip: bool = True
    zoom: float = 1.0
    small: float = 0.0
    average: float = 0.998
    patience: int = 10
    start_from: str | None = None
    frozen: bool = False
    stored: Literal["float16", "int8"] = "float16"
    photographs: bool = False

    def smoke(self) -> Self:
        """Width 16: with fewer channels the strided 1x1 convolutions crash the process in torch's
        CPU library (2.15, float32, channels-last, 64 px, gradient of the weights)."""
        epochs = min(2, self.epochs)
        return dataclasses.replace(
            self, width=self.width and 16, epochs=epochs, batch_size=32, start_from=None,
            frozen=False,
        )  # fmt: skip

    def described(self) -> str:
        width = f"width {self.width}, " if self.width else ""
        return width + super().described()
