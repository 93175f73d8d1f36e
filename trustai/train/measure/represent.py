"""Measurements of the embedding: maps of the test pictures, nearest neighbours, their quality.

Needs the stage ``feature-statistics``. PCA and UMAP are fitted to the reference features of the
training pictures; then the same test pictures are placed on both maps in every state of
`trustai.represent.PICTURE_STATES`. Places, predictions and answers of the neighbours go into a
table beside the card, the figures onto the card.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trustai import data, represent, zoo
from trustai.attacks import corruptions
from trustai.represent import METRICS, PICTURE_STATES, KNNClassifier, Projection, quality
from trustai.represent.picture_states import ATTACK_PARAMS, EPS, TRAINING
from trustai.represent.projection import UMAPParams
from trustai.train.measure.images import Columns
from trustai.train.measure.stage import MeasuringStage, Metrics, StageInput, StageResult, drawn
from trustai.zoo import Card, Classifier, FeatureStatistics, Metric

N = 2_000
N_LARGE = 1_000  # of pictures larger than CIFAR's: one costs four times as much
KS = (1, 3, 5, 10, 20)
TOPIC = "map"
Maps = Mapping[str, Projection]
Places = Mapping[str, Tensor]


def columns_of(
    features: Tensor, predicted: Tensor, fitted: FeatureStatistics, *, own: bool
) -> Columns:
    """What the network says of every picture, and its neighbours for each metric and k."""
    columns: Columns = {"predicted": predicted.numpy().astype(np.int16)}
    for metric in METRICS:
        knn = KNNClassifier.of(fitted, metric=metric)
        near = knn.neighbours(features, k=max(KS), leave_one_out=own)
        for k in KS:
            votes = near.vote(k, n_classes=knn.n_classes)
            columns[f"{metric}_{k}"] = votes.numpy().astype(np.int16)
    return columns


def places_of(features: Tensor, maps: Maps, *, own: bool) -> Places:
    """Where the pictures lie on each map, ``(N, 2)``."""
    return {name: m.points if own else m.place(features) for name, m in maps.items()}


def figures_of(
    features: Tensor, labels: Tensor, columns: Columns, places: Places,
    fitted: FeatureStatistics, maps: Maps, *, own: bool,
) -> dict[str, float | None]:  # fmt: skip
    """The figures of a view by name: of the answers, of the space of features, of each map."""
    truth = labels.numpy()

    def share(column: str) -> float:
        return float((columns[column] == truth).mean())

    found: dict[str, float | None] = {"accuracy": share("predicted")}
    found |= {f"knn/{metric}": share(f"{metric}_{quality.K}") for metric in METRICS}
    found["features/silhouette"] = quality.silhouette(features, labels)
    for name, points in places.items():
        figures = represent.quality_of_map(
            points, labels, features,
            reference=maps[name].points, reference_labels=fitted.labels, leave_one_out=own,
        )  # fmt: skip
        found |= {f"{name}/{figure}": v for figure, v in dataclasses.asdict(figures).items()}
    return found


def measure_view(
    name: str, classifier: Classifier, test: data.ImageSet, fitted: FeatureStatistics, maps: Maps
) -> tuple[pd.DataFrame, Metrics]:
    """One view: its part of the table, and its figures as metrics of the card."""
    own = name == TRAINING
    if own:
        features, labels, indices = fitted.reference, fitted.labels, fitted.indices
    else:
        labels, indices = test.labels, test.indices
        x = represent.in_state(
            name, classifier, test.pixels, labels, numbers=indices.tolist(), fitted=fitted
        )
        features = represent.features_of(classifier, x)
    with torch.no_grad():
        predicted = classifier.head(features).argmax(1)
    columns = columns_of(features, predicted, fitted, own=own)
    places = places_of(features, maps, own=own)
    table = pd.DataFrame(
        {
            "view": name,
            "index": indices.numpy().astype(np.int32),
            "label": labels.numpy().astype(np.int16),
            **columns,
            **{
                f"{name}_{axis}": points[:, i].numpy().astype(np.float16)
                for name, points in places.items()
                for i, axis in enumerate("xy")
            },
        }
    )
    how = {"n": len(table), "as": f"{TOPIC}/pictures"}
    figures = figures_of(features, labels, columns, places, fitted, maps, own=own)
    return table, {
        f"{TOPIC}/{name}/{figure}": Metric(round(value, 5), how)
        for figure, value in figures.items()
        if value is not None
    }


def _how(card: Card, fitted: FeatureStatistics, n: int) -> dict[str, Any]:
    """What all figures of the maps have in common."""
    return {
        "dataset": card.dataset,
        "split": "test",
        "drawn": "by seed 0",
        "n": n,
        "references": len(fitted.labels),
        "k": quality.K,
        "neighbours": quality.NEIGHBOURS,
        "umap": dataclasses.asdict(UMAPParams()),
        "corrupted": dict(corruptions.COURSE_MIX),
        "eps": f"{EPS * 255:g}/255",
        "attack": dataclasses.asdict(ATTACK_PARAMS),
        "seed": "the number of the picture",
    }


def measure_map(subject: StageInput) -> StageResult:
    """Every view of the test pictures on both maps.

    Raises:
        ValueError: the feature statistics were not measured.
    """
    classifier, card = subject.network, subject.card
    assert isinstance(classifier, Classifier)  # as the stage's kind says
    fitted = zoo.feature_statistics(classifier)
    whole = data.load(card.dataset, split="test", without=card.without)
    usual = N if card.input_size <= 32 else N_LARGE
    test = drawn(whole, subject.settings.n or usual)
    maps: Maps = {"pca": represent.pca(fitted.reference), "umap": represent.umap(fitted.reference)}
    how = _how(card, fitted, len(test))
    found: Metrics = {f"{TOPIC}/pictures": Metric(float(len(test)), how)}
    tables = []
    for name in PICTURE_STATES.names():
        started = time.perf_counter()
        table, metrics = measure_view(name, classifier, test, fitted, maps)
        tables.append(table)
        found |= metrics
        print(f"{card.id}: {name} took {time.perf_counter() - started:.0f} s", flush=True)
    together = pd.concat(tables, ignore_index=True)
    together["view"] = together["view"].astype("category")
    return StageResult(found, tables={TOPIC: together})


STAGES = {TOPIC: MeasuringStage(measure_map, "picture", replaces=(TOPIC,))}
