"""What a recipe is: settings that stand at the head of a training file, and its training class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trustai.registry import Registry

if TYPE_CHECKING:
    from trustai.train.tabular import TableTraining
    from trustai.train.training import Training


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


RECIPES: Registry[Recipe | TableRecipe] = Registry("recipe")
