"""Architectures, cards and checkpoints.

>>> from trustai import zoo
>>> classifier = zoo.load("signs-resnet18")
>>> classifier.card.title
'Road signs, standard'
>>> classifier.card.metrics["clean_accuracy"].value > 0.9
True
>>> classifier.card.metrics["clean_accuracy"].how["split"]
'test'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar, overload

import pandas as pd

from trustai.registry import Registry, did_you_mean
from trustai.zoo.architectures.caption_lstm import CaptionDecoder, LSTMDecoder
from trustai.zoo.architectures.caption_transformer import TransformerDecoder
from trustai.zoo.architectures.efficientnet_lite import EfficientNetLite0
from trustai.zoo.architectures.embedding import EmbeddingResNet18
from trustai.zoo.architectures.resnet import ResNet18
from trustai.zoo.architectures.tabular import (
    AdditiveModel,
    TabularMLP,
    TabularModel,
)
from trustai.zoo.architectures.tabular_ensemble import TabularEnsemble
from trustai.zoo.architectures.tabular_path import TabularPath
from trustai.zoo.cards import MSP_THRESHOLD, PHOTO_SIDE, REAL_ACCURACY, Card, Metric
from trustai.zoo.classifier import Classifier, Stage
from trustai.zoo.files import (
    model_ids,
    models_dir,
    read_card,
    read_cards,
    read_feature_statistics,
    read_measurements,
    read_weights,
    save,
    save_card,
    save_feature_statistics,
    save_measurements,
)
from trustai.zoo.network import Network
from trustai.zoo.pretrained import packaged
from trustai.zoo.pretrained.downloads import WeightsMissing, load_pretrained
from trustai.zoo.pretrained.imagenet import PREFIX as IMAGENET
from trustai.zoo.pretrained.imagenet import PRETRAINED
from trustai.zoo.pretrained.timm_networks import build as build_timm
from trustai.zoo.pretrained.torchvision_networks import build as build_torchvision
from trustai.zoo.statistics import FeatureStatistics

__all__ = [
    "MSP_THRESHOLD",
    "PHOTO_SIDE",
    "PRETRAINED",
    "REAL_ACCURACY",
    "AdditiveModel",
    "CaptionDecoder",
    "Card",
    "Classifier",
    "EfficientNetLite0",
    "EmbeddingResNet18",
    "FeatureStatistics",
    "Kind",
    "LSTMDecoder",
    "Metric",
    "Network",
    "ResNet18",
    "Stage",
    "TabularEnsemble",
    "TabularMLP",
    "TabularModel",
    "TabularPath",
    "TransformerDecoder",
    "WeightsMissing",
    "build",
    "catalog",
    "feature_statistics",
    "kind_of",
    "load",
    "measurements",
    "models_dir",
    "read_card",
    "save",
    "save_card",
    "save_feature_statistics",
    "save_measurements",
]

Kind = Literal["picture", "table", "caption", "path"]
N = TypeVar("N", bound=Network)


@dataclass(frozen=True)
class Architecture:
    """What a network of it looks at, and how to make one of the arguments in a card."""

    kind: Kind
    build: Callable[..., Network]


def _nam(**arguments: object) -> Network:
    try:  # not everywhere: a machine that trains the others does without the package
        from trustai.zoo.architectures.nam import NeuralAdditiveModel
    except ModuleNotFoundError as error:
        if error.name != "nam_pytorch":
            raise
        raise ValueError(
            "expected the package nam-pytorch for an additive network, got no such package: "
            "pip install nam-pytorch"
        ) from None
    return NeuralAdditiveModel(**arguments)  # type: ignore[arg-type]


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
ARCHITECTURES.add("resnet18-cifar", Architecture("picture", ResNet18))
ARCHITECTURES.add("resnet18-embedding", Architecture("picture", EmbeddingResNet18))
ARCHITECTURES.add("efficientnet-lite0", Architecture("picture", EfficientNetLite0))
ARCHITECTURES.add("torchvision", Architecture("picture", build_torchvision))
ARCHITECTURES.add("timm", Architecture("picture", build_timm))
ARCHITECTURES.add("tabular-mlp", Architecture("table", TabularMLP))
ARCHITECTURES.add("tabular-ensemble", Architecture("table", TabularEnsemble))
ARCHITECTURES.add("caption-lstm", Architecture("caption", LSTMDecoder))
ARCHITECTURES.add("caption-transformer", Architecture("caption", TransformerDecoder))
ARCHITECTURES.add("tabular-path", Architecture("path", TabularPath))
ARCHITECTURES.add("nam", Architecture("table", _nam))


def catalog(*, kind: Kind | None = None) -> list[Card]:
    """The cards of every model present, in order of id.

    A card is read from its file only when that changed, and cannot be changed.

    Args:
        kind: Only networks for a ``"picture"``, a ``"table"``, a ``"caption"``, or a ``"path"`` of
            several networks for a table.

    Returns:
        A list of its own for every call.

    Raises:
        ValueError: one of the cards is damaged; says which.

    >>> cards = catalog(kind="table")
    >>> [card.id for card in cards]
    ['diabetes-mlp', 'diabetes-nam']
    >>> cards[0].classes
    ('no diabetes', 'diabetes')
    """
    return [card for card in read_cards() if kind is None or kind_of(card) == kind]


def kind_of(card: Card) -> Kind:
    """What the network of `card` is for, see `catalog`.

    Raises:
        ValueError: nobody knows its architecture.

    >>> kind_of(read_card("signs-resnet18"))
    'picture'
    """
    return ARCHITECTURES.get(card.architecture).kind


def build(architecture: str, **arguments: object) -> Network:
    """A freshly initialised network of a registered architecture.

    Args:
        architecture: Name in `ARCHITECTURES`.
        arguments: The architecture's own, as a card stores them.

    Raises:
        ValueError: no such architecture, or one that refuses the arguments.

    >>> network = build("resnet18-cifar", n_classes=10, width=4)
    >>> type(network).__name__, [stage.label for stage in network.stages][-1]
    ('ResNet18', 'Stage 4: objects')
    """
    return ARCHITECTURES.get(architecture).build(**arguments)


@overload
def load(model_id: str) -> Network: ...
@overload
def load(model_id: str, *, kind: type[N]) -> N: ...
def load(model_id: str, *, kind: type[Network] = Network) -> Network:
    """The trained network `model_id`, verified, strict, in eval mode and frozen.

    One of `catalog()`, or an ImageNet network of torchvision, of `PRETRAINED` or by its name as in
    ``imagenet-densenet121``, whose weights are on this machine.

    Args:
        kind: What it has to be: `Classifier`, `TabularModel` or one of their sub-classes.

    Raises:
        ValueError: no such model, its file is not the one its card describes, or it is of another
            kind.
        WeightsMissing: an ImageNet network that was not downloaded; says what to do.

    >>> model = load("diabetes-mlp", kind=TabularModel)
    >>> model.training, any(p.requires_grad for p in model.parameters())
    (False, False)
    """
    published = model_id.startswith(IMAGENET) and model_id not in model_ids()
    network = load_pretrained(model_id) if published else _load(model_id)
    if not isinstance(network, kind):
        raise ValueError(
            f"expected a model that is a {kind.__name__}, "
            f"got {model_id!r}, a {type(network).__name__}"
        )
    return network


def _load(model_id: str) -> Network:
    known = model_ids()  # not `catalog`: a damaged card must not take the other models with it
    if model_id not in known:
        raise ValueError(
            f"expected a model id among {', '.join(known) or '(none present)'}, got {model_id!r}"
            + did_you_mean(model_id, known)
        )
    card = read_card(model_id)
    published = card if packaged.is_packaged(card) else packaged.backbone_of(card)
    backbone = packaged.read_tensors(published) if published else {}
    weights = {} if published is card else read_weights(card)
    try:
        network = build(card.architecture, **card.arguments)
        if published:
            weights = packaged.renamed(backbone, network) | weights
        network.load_state_dict(weights, strict=True)
    except (TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"expected arguments and weights of {model_id} that fit {card.architecture}, "
            f"got: {reason}"
        ) from None
    network.card = card
    return network.freeze()


def measurements(model_id: str, *, topic: str = "") -> pd.DataFrame | None:
    """Per-sample measurements of a model as a pandas table, or None where it has none.

    Args:
        topic: Empty for the main table; ``"ood"`` and ``"map"`` have tables of their own.

    >>> table = measurements("signs-resnet18")
    >>> list(table)[:3]
    ['index', 'label', 'predicted']
    """
    return read_measurements(model_id, topic=topic)


def feature_statistics(classifier: Classifier) -> FeatureStatistics:
    """Statistics of the features of the network's own training pictures.

    Raises:
        ValueError: nothing was fitted, or to other weights; says what to do.

    >>> statistics = feature_statistics(load("signs-resnet18", kind=Classifier))
    >>> statistics.means.shape[0] == len(read_card("signs-resnet18").classes)
    True
    """
    card = classifier.card
    found = None if card is None else read_feature_statistics(card)
    if found is None:
        name = type(classifier).__name__ if card is None else card.id
        raise ValueError(
            f"expected statistics fitted to the training pictures of {name}, got none: "
            f"run `python -m trustai.train.measure {name} --stages feature-statistics`"
        )
    return found
