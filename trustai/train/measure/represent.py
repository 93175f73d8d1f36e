"""``python -m trustai.train.measure.represent <model id>``: where a network puts pictures, and how well.

Needs ``python -m trustai.train.measure.feature_statistics <model id>``. PCA and UMAP are fitted to the reference features
of the training pictures; then the same test pictures are placed on both maps in every state of
`trustai.represent.VIEWS`. Places, predictions and the answers of the nearest neighbours go into
``models/<id>.map.parquet``, the figures onto the card.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trustai import data, represent, zoo
from trustai.attacks import corruptions
from trustai.represent import KNN, METRICS, UMAP, VIEWS, Projection, quality
from trustai.represent.views import EPS, PARAMS, TRAINING
from trustai.train.measure.commands import for_each
from trustai.train.measure.images import (
    Columns,
    Metrics,
    drawn,
)
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
        knn = KNN.of(fitted, metric=metric)
        near = knn.neighbours(features, k=max(KS), own=own)
        for k in KS:
            votes = near.vote(k, n_classes=knn.n_classes)
            columns[f"{metric}_{k}"] = votes.numpy().astype(np.int16)
    return columns


def places_of(features: Tensor, maps: Maps, *, own: bool) -> Places:
    """Where the pictures lie on each map, ``(N, 2)``."""
    return {name: m.points if own else m.place(features) for name, m in maps.items()}


def figures_of(
    features: Tensor, labels: Tensor, columns: Columns, places: Places, fitted: FeatureStatistics, maps: Maps,
    *, own: bool,
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
            reference=maps[name].points, reference_labels=fitted.labels, own=own,
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
        x = represent.make(
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


def measure(model_id: str, *, n: int | None = None) -> Card:
    """Measure `model_id`, write its table and its card, and return the card.

    Args:
        n: Use only this many test pictures; writes nothing then.

    Raises:
        ValueError: no such network, or nothing was fitted to its training pictures.
    """
    classifier = zoo.load(model_id, kind=Classifier)
    card, fitted = zoo.read_card(model_id), zoo.feature_statistics(classifier)
    whole = data.load(card.dataset, split="test", without=card.without)
    usual = N if card.input_size <= 32 else N_LARGE
    test = drawn(whole, usual if n is None else n)
    params = UMAP()
    maps: Maps = {"pca": represent.pca(fitted.reference), "umap": represent.umap(fitted.reference)}
    how: dict[str, Any] = {
        "dataset": card.dataset,
        "split": "test",
        "drawn": "by seed 0",
        "n": len(test),
        "references": len(fitted.labels),
        "k": quality.K,
        "neighbours": quality.NEIGHBOURS,
        "umap": dataclasses.asdict(params),
        "corrupted": dict(corruptions.COURSE_MIX),
        "eps": f"{EPS * 255:g}/255",
        "attack": dataclasses.asdict(PARAMS),
        "seed": "the number of the picture",
    }
    found: Metrics = {f"{TOPIC}/pictures": Metric(float(len(test)), how)}
    tables = []
    for name in VIEWS.names():
        started = time.perf_counter()
        table, metrics = measure_view(name, classifier, test, fitted, maps)
        tables.append(table)
        found |= metrics
        print(f"{model_id}: {name} took {time.perf_counter() - started:.0f} s", flush=True)
    stay = {k: v for k, v in card.metrics.items() if not k.startswith(f"{TOPIC}/")}
    card = dataclasses.replace(card, metrics={**stay, **found})
    if n is None:
        whole_table = pd.concat(tables, ignore_index=True)
        whole_table["view"] = whole_table["view"].astype("category")
        zoo.save_measurements(model_id, whole_table, topic=TOPIC)
        zoo.save_card(card)
    return card


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser(
        prog="python -m trustai.train.measure.represent", description=__doc__
    )
    p.add_argument("models", nargs="+", help="model ids")
    p.add_argument("--n", type=int, help="only this many test pictures; nothing is written")
    args = p.parse_args(arguments)

    def work(model_id: str) -> None:
        card = measure(model_id, n=args.n)
        for name, metric in card.metrics.items():
            if name.startswith(f"{TOPIC}/"):
                print(f"{card.id}: {name} {metric.value:.4f}")

    return for_each(args.models, work)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
