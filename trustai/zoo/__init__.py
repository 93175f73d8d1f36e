"""Architectures, cards and checkpoints.

>>> from trustai import zoo
>>> classifier = zoo.load("signs-resnet18")      # doctest: +SKIP
>>> classifier.card.metrics["test_accuracy"].value  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from trustai.registry import Registry, did_you_mean
from trustai.zoo.cards import Card, Metric
from trustai.zoo.classifier import Classifier, Stage
from trustai.zoo.downloads import WeightsMissing, load_pretrained
from trustai.zoo.files import (
    model_ids,
    models_dir,
    read_card,
    read_cards,
    read_measurements,
    read_weights,
    save,
    save_card,
    save_measurements,
)
from trustai.zoo.imagenet import PRETRAINED
from trustai.zoo.resnet import ResNet18
from trustai.zoo.torchvision_networks import build as build_torchvision

__all__ = [
    "PRETRAINED",
    "Card",
    "Classifier",
    "Metric",
    "ResNet18",
    "Stage",
    "WeightsMissing",
    "build",
    "catalog",
    "load",
    "measurements",
    "models_dir",
    "read_card",
    "save",
    "save_card",
    "save_measurements",
]

ARCHITECTURES: Registry[Callable[..., Classifier]] = Registry("architecture")
ARCHITECTURES.add("resnet18-cifar", ResNet18)
ARCHITECTURES.add("torchvision", build_torchvision)


def catalog() -> list[Card]:
    """The cards of every model present, in order of id."""
    return read_cards()


def build(architecture: str, **arguments: object) -> Classifier:
    """A freshly initialised network of a registered architecture.

    `arguments` are the architecture's own, as a card stores them.
    """
    return ARCHITECTURES.get(architecture)(**arguments)


def load(model_id: str) -> Classifier:
    """The trained classifier `model_id`, verified, strict, in eval mode and frozen.

    One of `catalog()`, or an ImageNet network of `PRETRAINED` whose weights are on this machine.

    Raises:
        ValueError: no such model, or its file is not the one its card describes.
        WeightsMissing: an ImageNet network that was not downloaded; says what to do.
    """
    if model_id in PRETRAINED.names():
        return load_pretrained(model_id)
    known = model_ids()  # not `catalog`: a damaged card must not take the other models with it
    if model_id not in known:
        raise ValueError(
            f"expected a model id among {', '.join(known) or '(none present)'}, got {model_id!r}"
            + did_you_mean(model_id, known)
        )
    card = read_card(model_id)
    weights = read_weights(card)
    try:
        classifier = build(card.architecture, **card.arguments)
        classifier.load_state_dict(weights, strict=True)
    except (TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"expected arguments and weights of {model_id} that fit {card.architecture}, "
            f"got: {reason}"
        ) from None
    classifier.card = card
    return classifier.freeze()


def measurements(model_id: str) -> pd.DataFrame | None:
    """Per-picture measurements of a model as a pandas table, or None where it has none."""
    return read_measurements(model_id)
