"""Measurements of networks for pictures: accuracy, sweeps of epsilon, corruptions.

The whole test split is used: clean accuracy and confusion, accuracy under every corruption, and
for each attack of `ATTACKS` the smallest fooling epsilon of every single picture, which goes into a
table beside the card and is what the page's slider shows. AutoAttack, which is
slow, is measured on a part of it and only when it is named, and so is ``photographs``: at which
size a network of photographs does best. ``crops`` is its accuracy by the part of a picture that it
sees, ``confidence`` by how sure it is of its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trustai import attacks, zoo
from trustai.attacks import corruptions
from trustai.data.images import imagenet_samples
from trustai.train.measure.photographs import best_side, by_confidence, by_crop
from trustai.train.measure.stage import (
    EPSILONS,
    MeasuringStage,
    Metrics,
    StageInput,
    StageResult,
    drawn,
    pictures_of,
)
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

NOISE_EPSILONS = (2, 4, 8, 16)
ATTACKS = ("fgsm", "pgd_linf", "random_signs")
SEVERITY = 0.5
N_PHOTOGRAPHS = 2_000
MOST_CLASSES = 50  # of a confusion matrix that anybody can read
FEWEST = 5  # pictures of a class of which an accuracy is stated
TOP = 5
Columns = dict[str, np.ndarray]


def clean(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> tuple[Metrics, Tensor]:
    """Accuracy, accuracy per class, and the confusion matrix (rows true, columns predicted).

    With more than `MOST_CLASSES` classes also the share with the true one among the first five, and
    no accuracy of a class with fewer than `FEWEST` pictures.
    """
    logits, n = classifier.predict(test.pixels), len(test.classes)
    confusion = torch.bincount(test.labels * n + logits.argmax(1), minlength=n * n).view(n, n)
    of_class = confusion.sum(1)
    metrics = {
        "clean_accuracy": Metric(confusion.diagonal().sum().item() / len(test), dict(how)),
        **{
            f"clean_accuracy/{name}": Metric(
                (confusion[i, i] / of_class[i]).item(), {**how, "class": name}
            )
            for i, name in enumerate(test.classes)
            if n <= MOST_CLASSES or of_class[i] >= FEWEST
        },
    }
    if n > MOST_CLASSES:
        first = (logits.topk(TOP).indices == test.labels[:, None]).any(1)
        metrics["top5_accuracy"] = Metric(first.float().mean().item(), dict(how))
    return metrics, confusion


def under_corruptions(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> Metrics:
    """Accuracy under each corruption at severity 0.5 and under the course's mixture at 1."""
    x, y = test.pixels, test.labels
    same = classifier.folded()  # the same function in float32, a third faster

    def accuracy(corrupted: Tensor) -> float:
        return (same.predict(corrupted).argmax(1) == y).float().mean().item()

    metrics = {
        f"corrupted_accuracy/{name}": Metric(
            accuracy(corruptions.corrupt(name, x, severity=SEVERITY, seed=0)),
            {**how, "severity": SEVERITY, "seed": 0},
        )
        for name in corruptions.names()
    }
    metrics["corrupted_accuracy"] = Metric(
        accuracy(corruptions.corrupt_mix(x, severity=1.0, seed=0)),
        {**how, "mixture": dict(corruptions.COURSE_MIX), "severity": 1.0, "seed": 0},
    )
    return metrics


def under_attack(
    classifier: Classifier, test: ImageSet, how: Mapping[str, Any], attack: str
) -> tuple[Metrics, Columns]:
    """Accuracy at every epsilon, and each picture's smallest one with what it is called there."""
    epsilons = NOISE_EPSILONS if attack == "random_signs" else EPSILONS
    curve = attacks.sweep(
        classifier,
        test.pixels,
        test.labels,
        attack=attack,
        eps=[e / 255 for e in epsilons],
        seed=0,
    )
    parameters = {
        k: v for k, v in curve.circumstances.parameters.items() if k not in ("eps", "norm", "n")
    }
    metrics = {
        f"accuracy/{attack}/{eps:g}": Metric(
            accuracy,
            {**how, "attack": attack, "eps": f"{eps:g}/255", "seed": 0, "parameters": parameters},
        )
        for eps, accuracy in zip(epsilons, curve.accuracy.tolist(), strict=True)
    }
    columns: Columns = {
        f"{attack}_eps": (curve.smallest_eps * 255).numpy().round(3).astype(np.float32),
        f"{attack}_label": curve.fooled_label.numpy().astype(np.int16),
    }
    return metrics, columns


def _samples(subject: StageInput) -> pd.DataFrame:
    """The table of the test pictures as it is, or a new one."""
    classifier, test, _ = pictures_of(subject)
    table = None if subject.settings.n is not None else zoo.measurements(subject.card.id)
    if table is not None:
        return table
    return pd.DataFrame(
        {
            "index": test.indices.numpy().astype(np.int32),
            "label": test.labels.numpy().astype(np.int16),
            "predicted": classifier.predict(test.pixels).argmax(1).numpy().astype(np.int16),
        }
    )


def _clean(subject: StageInput) -> StageResult:
    classifier, test, how = pictures_of(subject)
    metrics, counts = clean(classifier, test, how)
    confusion = counts.tolist() if len(test.classes) <= MOST_CLASSES else None
    return StageResult(metrics, tables={"": _samples(subject)}, fields={"confusion": confusion})


def _attack(subject: StageInput, *, attack: str) -> StageResult:
    metrics, columns = under_attack(*pictures_of(subject), attack)
    return StageResult(metrics, tables={"": _samples(subject).assign(**columns)})


def _photographs(subject: StageInput) -> StageResult:
    classifier, test, how = pictures_of(subject)
    part = drawn(test, N_PHOTOGRAPHS)
    return StageResult(best_side(classifier, part, {**how, "drawn": "by seed 0"}))


def _crops(subject: StageInput) -> StageResult:
    classifier, test, how = pictures_of(subject)
    if test.name != imagenet_samples.NAME:
        raise ValueError(
            f"expected a network that is tested on {imagenet_samples.NAME}, whose whole "
            f"photographs are known, got one on {test.name}"
        )
    return StageResult(by_crop(classifier, how))


STAGES: Mapping[str, MeasuringStage] = {
    "clean": MeasuringStage(_clean, "picture", default=True),
    **{
        name: MeasuringStage(partial(_attack, attack=name), "picture", default=True)
        for name in ATTACKS
    },
    "corruptions": MeasuringStage(
        lambda s: StageResult(under_corruptions(*pictures_of(s))), "picture", default=True
    ),
    "photographs": MeasuringStage(_photographs, "picture"),
    "crops": MeasuringStage(_crops, "picture"),
    "confidence": MeasuringStage(
        lambda s: StageResult(by_confidence(*pictures_of(s))), "picture", replaces=("confidence",)
    ),
}
