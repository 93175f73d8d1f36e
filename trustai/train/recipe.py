"""Recipes: the settings of a training and its training class."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from trustai.registry import Registry

if TYPE_CHECKING:
    from trustai.train.captions.training import CaptionTraining
    from trustai.train.images.training import Training
    from trustai.train.tables.training import TableTraining


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network for pictures comes out; stored whole in its card.

    Attributes:
        title, summary: For the card.
        training: The `Training` class: what a batch and a loss are.
        dataset: Name in `trustai.data`.
        without: A class of it that the network never sees, or None.
        width: Channels of the network's first stage.
        architecture: Further arguments of the ResNet-18, such as ``stem_stride``.
        epochs, batch_size: The usual.
        lr: Peak of the one-cycle schedule (Smith & Topin 2018), SGD with Nesterov momentum 0.9.
        weight_decay: On convolution and linear weights only, not on vectors.
        label_smoothing: Of the cross entropy.
        padding, flip: Random translation in pixels; random mirror images.
        zoom: Smallest share of the picture's area that a random crop is enlarged from; 1 for none.
        small: Share of the epochs, the first, in which the pictures have three quarters of their
            size: little more than half the cost, while only the large matters anyway (progressive
            resizing).
        average: Decay of the running average of the weights, which is what is kept.
        patience: Early stopping after this many epochs without a better validation score.
        start_from: Id of the model whose weights training starts from, or None for scratch.
        stored: How its weights lie in ``models/``, see `trustai.zoo.packing`.
        options: Settings of the training class (its dataclass of options).
    """

    title: str
    summary: str
    training: type[Training]
    dataset: str
    without: str | None = None
    width: int = 32
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
    stored: Literal["float16", "int8"] = "float16"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRecipe:
    """Everything that decides how a network for a table comes out; stored whole in its card.

    Attributes:
        title, summary: For the card.
        training: The `TableTraining` class: what a loss is.
        dataset: Name of a table in `trustai.data`.
        architecture: Name in `trustai.zoo`.
        arguments: Of the architecture, without those that describe the table.
        epochs, batch_size: The usual.
        lr: Peak of the one-cycle schedule, AdamW (Loshchilov & Hutter 2019).
        weight_decay: Decoupled, on weights only, not on vectors.
        noise: Standard deviation of the Gaussian noise on the standardised columns.
        average: Decay of the running average of the weights, which is what is kept.
        patience: Early stopping after this many epochs without a better validation loss.
        options: Settings of the training class (its dataclass of options).
    """

    title: str
    summary: str
    training: type[TableTraining]
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
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CaptionRecipe:
    """Everything that decides how a decoder of captions comes out; stored whole in its card.

    Attributes:
        title, summary: For the card.
        training: The `CaptionTraining` class: what a loss is.
        datasets: Names of caption sets in `trustai.data`, taken together.
        encoder: Id of the picture network, which is not trained.
        stages, side: Which of its maps, of squares of so many pixels.
        architecture, arguments: Name in `trustai.zoo` and its own arguments.
        min_count: Words seen less often in the captions of pictures are unknown.
        texts: Sentences without a picture in an epoch, for each one with: the decoder learns the
            language from them, with nothing to look at. 0 for none.
        min_count_texts: Words seen as often among them are known too.
        flip: Whether mirror images are learned from.
        views: How many random crops of a picture are learned from beside the whole one.
        epochs, batch_size: The usual; a batch holds sentences.
        lr: Of AdamW; a third of it after `plateau` epochs without a better BLEU-4, and so on.
        weight_decay: Decoupled, on weights only.
        label_smoothing: Of the cross entropy.
        average: Decay of the running average of the weights, which is what is kept.
        plateau, patience: Epochs without a better BLEU-4 on validation until the rate falls, and
            until training stops.
        options: Settings of the training class (its dataclass of options).
    """

    title: str
    summary: str
    training: type[CaptionTraining]
    datasets: tuple[str, ...]
    encoder: str
    stages: tuple[str, ...] = ("layer4",)
    side: int = 64
    architecture: str = "caption-lstm"
    arguments: dict[str, Any] = field(default_factory=dict)
    min_count: int = 3
    texts: float = 0.0
    min_count_texts: int = 20
    flip: bool = False
    views: int = 0
    epochs: int = 30
    batch_size: int = 64
    lr: float = 1e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    average: float = 0.995
    plateau: int = 3
    patience: int = 8
    options: dict[str, Any] = field(default_factory=dict)


AnyRecipe = Recipe | TableRecipe | CaptionRecipe
RECIPES: Registry[AnyRecipe] = Registry("recipe")


def configuration(recipe: AnyRecipe) -> dict[str, Any]:
    """The recipe's settings as a card stores them."""
    settings = {
        f.name: getattr(recipe, f.name)
        for f in fields(recipe)
        if f.name not in ("title", "summary", "training")
    }
    return settings | {"training": recipe.training.__name__}
