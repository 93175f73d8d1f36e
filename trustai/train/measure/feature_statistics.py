"""``python -m trustai.train.measure.feature_statistics <model id>``: what is remembered of the training pictures.

All of them go through the network once, unchanged; see `trustai.zoo.FeatureStatistics` for what stays.
"""

from __future__ import annotations

import argparse
import sys

import torch

from trustai import data, zoo
from trustai.represent.knn import features_of_bytes
from trustai.train.measure.commands import for_each
from trustai.zoo import Classifier, FeatureStatistics

PER_CLASS = 100


def fit(model_id: str) -> FeatureStatistics:
    """Fit to the training pictures of `model_id` and write the file."""
    classifier = zoo.load(model_id, kind=Classifier)
    card = zoo.read_card(model_id)
    train = data.load(card.dataset, split="train", without=card.without)
    features = features_of_bytes(classifier.folded(), train.images)
    # Drawn: a data set may be in the order of its classes or of its sources.
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    fitted = FeatureStatistics.of(
        features[order],
        train.labels[order],
        train.indices[order],
        n_classes=len(card.classes),
        per_class=PER_CLASS,
    )
    zoo.save_feature_statistics(card, fitted)
    return zoo.feature_statistics(classifier)  # as everybody will read it: the file rounds


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser(
        prog="python -m trustai.train.measure.feature_statistics", description=__doc__
    )
    p.add_argument("models", nargs="+", help="model ids")

    def work(model_id: str) -> None:
        fitted = fit(model_id)
        print(f"{model_id}: fitted to {int(fitted.counts.sum())} training pictures")

    return for_each(p.parse_args(arguments).models, work)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
