"""The recipe of a decoder of captions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from trustai.data.captions.own import add_own, read_folder
from trustai.train.recipe import Recipe

VARIANT_EPOCHS = 6
"""Of every variant that is compared with a recipe, at most."""


@dataclass(frozen=True, kw_only=True)
class CaptionRecipe(Recipe):
    """Everything that decides how a decoder of captions comes out.

    Attributes:
        training: A `CaptionTraining`.
        datasets: Names of caption sets in `trustai.data`, taken together.
        encoder: Id of the picture network, which is not trained.
        stages, side: Which of its maps (none: the last), of squares of so many pixels.
        architecture, arguments: Name in `trustai.zoo` and its own arguments.
        min_count: Words seen less often in the captions of pictures are unknown.
        texts: Sentences without a picture in an epoch, for each one with: the decoder learns the
            language from them, with nothing to look at. 0 for none.
        texts_of: Where they are from: some of `trustai.data.captions.base.TEXTS`.
        min_count_texts: Words seen as often among them are known too.
        flip: Whether mirror images are learned from.
        views: How many random crops of a picture are learned from beside the whole one.
        batch_size, together: Sentences; and among how many batches they are sorted by length, which
            saves time.
        lr: Of AdamW; a third of it after `plateau` epochs without a better BLEU-4, and so on.
        label_smoothing: Of the cross entropy.
        plateau, patience: Epochs without a better BLEU-4 on validation until the rate falls, and
            until training stops. With a plateau of 0 the rate rises and falls once, as a cosine.
        refine_epochs, refine_lr, draws: Of the self-critical training that follows, see
            `SelfCriticalTraining`: its epochs, its rate and the sentences drawn of each picture.
    """

    datasets: tuple[str, ...]
    encoder: str
    stages: tuple[str, ...] = ("layer4",)
    side: int = 64
    architecture: str = "caption-lstm"
    arguments: dict[str, Any] = field(default_factory=dict)
    min_count: int = 3
    texts: float = 0.0
    texts_of: tuple[str, ...] = ("coco-val2017-fa",)
    min_count_texts: int = 20
    flip: bool = False
    views: int = 0
    epochs: int = 30
    batch_size: int = 64
    together: int = 1
    lr: float = 1e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    average: float = 0.995
    plateau: int = 3
    patience: int = 8
    refine_epochs: int = 0
    refine_lr: float = 1e-4
    draws: int = 4

    def smoke(self) -> Self:
        return dataclasses.replace(
            self,
            epochs=min(2, self.epochs),
            refine_epochs=min(1, self.refine_epochs),
            batch_size=32,
            side=min(64, self.side),
            views=0,
            flip=False,
        )

    def of_variants(self) -> Self:
        """What its variants have in common with it: shorter, on sentences with pictures only."""
        return dataclasses.replace(
            self, texts=0.0, refine_epochs=0, epochs=min(VARIANT_EPOCHS, self.epochs)
        )

    def refining(self) -> Self:
        """The recipe of the self-critical training as one of its own."""
        return dataclasses.replace(self, epochs=self.refine_epochs, lr=self.refine_lr)

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Other options; what is not among them is an argument of the decoder."""
        options = {name: value for name, value in settings.items() if name in self.options}
        arguments = {name: value for name, value in settings.items() if name not in self.options}
        return dataclasses.replace(
            self, options=self.options | options, arguments=self.arguments | arguments
        )

    def with_own_captions(
        self, *, pictures: Path, captions: Path, language: str | None = None
    ) -> Self:
        """Raises a `ValueError` for what `trustai.data.captions.own.read_folder` cannot read."""
        own = read_folder(pictures, captions=captions, language=language)
        return dataclasses.replace(
            self,
            title="Captions of your own pictures",
            summary=f"Puts pictures into words, learned from {len(own):,} of your own.",
            datasets=(add_own(own),),
            texts=0.0,
        )
