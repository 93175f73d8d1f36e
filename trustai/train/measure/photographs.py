"""What a network makes of photographs that are unlike its own test pictures.

By size on photographs of cats and dogs: a network's own test pictures are no larger than what it
learned from, so they cannot tell, and nearly every class list of photographs knows some cats and
some dogs. By crop on ImageNet's samples, of which the whole pictures are known. Networks of drawn
signs are asked about photographs of real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import data
from trustai.data.images import imagenet_samples
from trustai.data.images.tiny_imagenet import CLASSES, WORDNET_IDS
from trustai.data.signs import gtsrb
from trustai.data.uploads import CROPS, to_square, to_tensor
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult
from trustai.types import ImageSet
from trustai.zoo import PHOTO_SIDE, REAL_ACCURACY, Classifier, Metric

N = 1_000
CONFIDENCES = (0.0, 0.3, 0.6, 0.9, 1.0)
"""Between these the probability of the first answer lies; the pages speak of these ranges."""
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


def by_crop(classifier: Classifier, how: Mapping[str, Any]) -> dict[str, Metric]:
    """Accuracy on the samples that are not square by the part that the network sees, ``crops/*``.

    The parts are those of `trustai.data.uploads.to_square`, made as pages make them of uploads.
    """
    square = partial(to_square, size=imagenet_samples.SIZE)
    cut = {
        crop: imagenet_samples.load("test", prepare=partial(square, crop=crop)) for crop in CROPS
    }
    lopsided = (cut["start"].images != cut["end"].images).flatten(1).any(1)
    told = {**how, "n": int(lopsided.sum()), "of": len(lopsided), "pictures": "not square"}
    found = {}
    for crop, some in cut.items():
        answers = classifier.predict(some.pixels[lopsided], batch_size=16).argmax(1)
        share = (answers == some.labels[lopsided]).float().mean().item()
        found[f"crops/{crop}"] = Metric(share, {**told, "crop": crop})
    return found


def by_confidence(
    classifier: Classifier, test: ImageSet, how: Mapping[str, Any]
) -> dict[str, Metric]:
    """Accuracy among the pictures whose first answer has such a probability, ``confidence/*``.

    The name has the range from its first value, included, to its second; ``n`` is how many
    pictures there are in it. A range without any is left out.
    """
    highest, answer = classifier.predict(test.pixels, batch_size=16).softmax(1).max(1)
    right = (answer == test.labels).float()
    found = {}
    for low, high in pairwise(CONFIDENCES):
        here = (highest >= low) & ((highest < high) | (high == CONFIDENCES[-1]))
        if here.any():
            told = {**how, "n": int(here.sum()), "of": len(test), "from": low, "to": high}
            found[f"confidence/{low:g}-{high:g}"] = Metric(right[here].mean().item(), told)
    return found


def real_signs(classifier: Classifier, photos: ImageSet) -> dict[str, Metric]:
    """``real_accuracy``: the share of the photographs of signs that is named right.

    Only signs of a class that the network knows count. Each is shown to it as an upload is, see
    `trustai.data.uploads.to_square`; beside the share of all stands that of every class.

    Args:
        classifier: Of drawn signs.
        photos: Of `trustai.data.signs.gtsrb`.

    Raises:
        ValueError: a network of other pictures.
    """
    card = classifier.card
    if card is None or card.dataset != "signs":
        raise ValueError(f"expected a network of drawn signs, got {card.id if card else 'no card'}")
    names = [gtsrb.DRAWN.get(photos.classes[int(y)], "") for y in photos.labels]
    rows = [i for i, name in enumerate(names) if name in card.classes]
    pixels = photos.images[rows].permute(0, 2, 3, 1).numpy()
    x = torch.cat([to_tensor(to_square(one, card.photo_side)) for one in pixels])
    truth = torch.tensor([card.classes.index(names[i]) for i in rows])
    right = (classifier.predict(x).argmax(1) == truth).float()
    how = {"dataset": photos.name, "split": photos.split, "n": len(rows), "side": card.photo_side}
    metrics = {REAL_ACCURACY: Metric(right.mean().item(), how)}
    for label in truth.unique().tolist():
        of_class, name = right[truth == label], card.classes[label]
        metrics[f"{REAL_ACCURACY}/{name}"] = Metric(
            of_class.mean().item(), {**how, "n": len(of_class), "class": name}
        )
    return metrics


def _real_signs(subject: StageInput) -> StageResult:
    assert isinstance(subject.network, Classifier)  # as the stage's kind says
    photos = data.load(gtsrb.NAME, split="test", n=subject.settings.n)
    return StageResult(real_signs(subject.network, photos))


STAGES = {"real-signs": MeasuringStage(_real_signs, "picture", replaces=(REAL_ACCURACY,))}
