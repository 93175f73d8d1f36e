"""``python -m trustai.train.fit <model id>``: what is remembered of the training pictures.

All of them go through the network once, unchanged; see `trustai.zoo.Fitted` for what stays.
"""

from __future__ import annotations

import argparse
import sys

import torch
from torch import Tensor

from trustai import data, zoo
from trustai.zoo import Classifier, Fitted

PER_CLASS = 100


@torch.no_grad()
def features_of(classifier: Classifier, pictures: Tensor, *, batch_size: int = 64) -> Tensor:
    """Features ``(N, D)`` of pictures as bytes ``uint8 (N, 3, H, W)``, in batches."""
    parts = pictures.split(batch_size)
    return torch.cat([classifier.features(part.float() / 255) for part in parts])


def fit(model_id: str) -> Fitted:
    """Fit to the training pictures of `model_id` and write the file."""
    classifier = zoo.load(model_id, kind=Classifier)
    card = zoo.read_card(model_id)
    train = data.load(card.dataset, split="train", without=card.without)
    features = features_of(classifier.folded(), train.images)
    # Drawn: a data set may be in the order of its classes or of its sources.
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    fitted = Fitted.of(
        features[order], train.labels[order], train.indices[order], per_class=PER_CLASS
    )
    zoo.save_fitted(card, fitted)
    return fitted


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser(prog="python -m trustai.train.fit", description=__doc__)
    p.add_argument("models", nargs="+", help="model ids")
    try:
        for model_id in p.parse_args(arguments).models:
            fitted = fit(model_id)
            print(f"{model_id}: fitted to {int(fitted.counts.sum())} training pictures")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
