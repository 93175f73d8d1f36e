"""Accuracy on photographs of cats and dogs by the size at which a network sees them.

Its test pictures are no larger than what it learned from, so they cannot tell. Photographs of cats
and dogs can: nearly every class list of photographs knows some cats and some dogs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from trustai import data
from trustai.data.images.tiny_imagenet import CLASSES, WORDNET_IDS
from trustai.types import ImageSet
from trustai.zoo import PHOTO_SIDE, Classifier, Metric

N = 1_000
SIDES = (64, 80, 96, 112, 128, 160, 192, 224)
KINDS = {
    "cat": ("n02123045", "n02123394", "n02124075"),
    "dog": ("n02085620", "n02094433", "n02099601", "n02099712", "n02106662", "n02113799"),
}


def right_kind(classifier: Classifier, photos: ImageSet, side: int) -> float:
    """Share of the photographs whose first class is of the right kind, at `side` pixels."""
    assert classifier.card is not None  # only shipped networks are measured
    names = dict(zip(WORDNET_IDS, CLASSES, strict=True))
    of_kind = [
        {classifier.card.classes.index(names[wordnet]) for wordnet in KINDS[kind]}
        for kind in photos.classes
    ]
    predicted = classifier.predict(resized(photos.pixels, side), batch_size=16).argmax(1)
    hits = [int(p) in of_kind[int(y)] for p, y in zip(predicted, photos.labels, strict=True)]
    return sum(hits) / len(hits)


def resized(x: Tensor, side: int) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, 3, side, side)``, antialiased."""
    if x.shape[-1] == side:
        return x
    return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True).clamp(0, 1)


def best_side(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> dict[str, Metric]:
    """``photo_side``: the side at which most of `N` training photographs are of the right kind.

    Beside it the same share of the test photographs at every side, and the network's accuracy on
    its own test pictures at that side.
    """
    photos = {
        split: data.load("cats-dogs", split=split, n=N, seed=0) for split in ("train", "test")
    }
    classifier = classifier.folded()  # the same function in float32, a third faster
    chosen = max(SIDES, key=lambda side: right_kind(classifier, photos["train"], side))
    about = {"dataset": "cats-dogs", "n": N, "seed": 0}
    metrics = {PHOTO_SIDE: Metric(float(chosen), {**about, "split": "train", "of": list(SIDES)})}
    for side in SIDES:
        share = right_kind(classifier, photos["test"], side)
        metrics[f"right_kind/{side}"] = Metric(share, {**about, "split": "test", "side": side})
        predicted = classifier.predict(resized(test.pixels, side), batch_size=16).argmax(1)
        share = (predicted == test.labels).float().mean().item()
        metrics[f"accuracy_at/{side}"] = Metric(share, {**how, "n": len(test), "side": side})
    return metrics
