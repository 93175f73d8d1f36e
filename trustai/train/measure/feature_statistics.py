"""Measures the feature statistics of a network's training pictures, for OOD scores and neighbours.

All of them go through the network once, unchanged; see `trustai.zoo.FeatureStatistics` for what is
kept.
"""

from __future__ import annotations

import torch

from trustai import data, zoo
from trustai.represent.knn import features_of_bytes
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult
from trustai.zoo import Classifier, FeatureStatistics

PER_CLASS = 100


def statistics_of(classifier: Classifier, *, n: int | None = None) -> FeatureStatistics:
    """The statistics of the training pictures of `classifier`, or of `n` of them.

    Raises:
        ValueError: a class has fewer than two pictures.
    """
    card = classifier.card
    assert card is not None  # only networks of the zoo are measured
    train = data.load(card.dataset, split="train", n=n, without=card.without)
    features = features_of_bytes(classifier.folded(), train.images)
    # Drawn: a data set may be in the order of its classes or of its sources.
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    return FeatureStatistics.of(
        features[order],
        train.labels[order],
        train.indices[order],
        n_classes=len(card.classes),
        per_class=PER_CLASS,
    )


def fit(model_id: str) -> FeatureStatistics:
    """Measure the feature statistics of `model_id` and write them beside its weights.

    Returns:
        As everybody will read them: the file rounds.

    Raises:
        ValueError: no such network for pictures.
    """
    classifier = zoo.load(model_id, kind=Classifier)
    zoo.save_feature_statistics(zoo.read_card(model_id), statistics_of(classifier))
    return zoo.feature_statistics(classifier)


def _stage(subject: StageInput) -> StageResult:
    classifier = subject.network
    assert isinstance(classifier, Classifier)  # as the stage's kind says
    n = subject.settings.n
    statistics = fit(subject.card.id) if n is None else statistics_of(classifier, n=n)
    print(f"{subject.card.id}: fitted to {int(statistics.counts.sum())} training pictures")
    return StageResult({})


STAGES = {"feature-statistics": MeasuringStage(_stage, "picture")}
