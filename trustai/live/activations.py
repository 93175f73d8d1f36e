"""Activations at the input of the last stage, computed once for each picture and kept.

While the backbone is frozen they never change, however often the last stage is trained on them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.attacks.backdoor import Trigger, mark, stamp
from trustai.live.threads import torch_threads
from trustai.types import ImageSet, OnProgress
from trustai.zoo.classifier import Classifier

AT_ONCE = 50
"""Pictures in one pass."""
WORKERS = 2


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network and clean pictures, ready for any number of trainings.

    Attributes:
        classifier: Of which the last stage is to learn.
        pictures: To learn from.
        validation: To judge by.
        activations, judged_by: ``float32 (N, K, h, w)``, of those two sets.
    """

    classifier: Classifier
    pictures: ImageSet
    validation: ImageSet
    activations: Tensor
    judged_by: Tensor


def prepare(
    classifier: Classifier,
    pictures: ImageSet,
    *,
    validation: ImageSet,
    on_progress: OnProgress | None = None,
) -> Prepared:
    """Compute what the frozen backbone of `classifier` gives for clean pictures.

    Args:
        classifier: With a card and a `last_stage`: a ResNet-18 or EfficientNet-Lite0 of the zoo.
        pictures: To learn from.
        validation: Of the same classes and size, to judge every epoch by.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: another network, or sets that do not fit together.
    """
    if classifier.card is None or not classifier.last_stage:
        raise ValueError(
            "expected a network of the zoo whose last stage can be trained alone, "
            f"got a {type(classifier).__name__}"
        )
    for name, one, other in (
        ("classes", pictures.classes, validation.classes),
        ("a size", tuple(pictures.images.shape[1:]), tuple(validation.images.shape[1:])),
    ):
        if one != other:
            raise ValueError(f"expected {name} as of the training pictures, {one}, got {other}")
    n, report = len(pictures) + len(validation), on_progress or (lambda done: None)
    learned = of_pictures(classifier, pictures, on_progress=lambda k: report(k / n))
    judged = of_pictures(
        classifier, validation, on_progress=lambda k: report((len(pictures) + k) / n)
    )
    return Prepared(classifier, pictures, validation, learned, judged)


def of_pictures(
    classifier: Classifier,
    pictures: ImageSet,
    *,
    trigger: Trigger | None = None,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Activations ``(N, K, h, w)`` of pictures, which get the `trigger` first if there is one.

    Two threads share the passes, each of which is computed by one alone: so the bytes do not depend
    on what else the machine does.

    Args:
        classifier: With a `last_stage`; a copy with folded batch norms computes for it.
        pictures: At least one.
        trigger: What is put on all of them.
        on_progress: Called with the number of pictures done; may raise to stop.
    """
    fast = classifier.folded()
    if trigger is not None and trigger.surface:
        pictures, trigger = mark(pictures, trigger), None

    @torch.no_grad()
    def maps(rows: Tensor) -> Tensor:
        with torch_threads(1):
            x = pictures.take(rows).pixels
            x = x if trigger is None else stamp(x, trigger)
            return fast.backbone(x.contiguous(memory_format=torch.channels_last)).contiguous()

    pool = ThreadPoolExecutor(WORKERS)
    try:
        found = []
        for part in pool.map(maps, torch.arange(len(pictures)).split(AT_ONCE)):
            found.append(part)
            if on_progress is not None:
                on_progress(sum(map(len, found)))
        return torch.cat(found)
    finally:
        pool.shutdown(cancel_futures=True)
