"""The same pictures in several states: clean, corrupted, attacked; what the maps compare.

Everything random hangs on the number of the picture alone, so that any one of them can be made
again, without the others, as it was when the map was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.attacks.corruptions import COURSE_MIX, corrupt_mix
from trustai.registry import Registry
from trustai.represent.attack import EmbeddingPGD, Through, embedding_attack
from trustai.types import OnProgress
from trustai.zoo import Classifier, FeatureStatistics

EPS = 8 / 255
TRAINING = "training"
PARAMS = EmbeddingPGD(steps=10)


@dataclass(frozen=True)
class View:
    """One state of the pictures.

    Attributes:
        title, description: For people.
        through: What the attack climbs, or None for no attack.
        corrupted: Whether the course's mixture is laid over the picture.
    """

    title: str
    description: str
    through: Through | None = None
    corrupted: bool = False


VIEWS: Registry[View] = Registry("view")
VIEWS.add("clean", View("Clean", "Test pictures as they are."))
VIEWS.add(
    "corrupted",
    View(
        "Corrupted",
        "The same pictures under the course's mixture: " + ", ".join(COURSE_MIX).replace("_", " "),
        corrupted=True,
    ),
)
VIEWS.add(
    "attacked",
    View(
        "Attacked through the softmax",
        "The same pictures moved by at most 8/255 so that the network's own answer is wrong: PGD "
        "on the cross entropy.",
        through="softmax",
    ),
)
VIEWS.add(
    "distance",
    View(
        "Attacked through the distance",
        "The same pictures moved by at most 8/255 so that their features leave their class: PGD "
        "on the distance to its centre.",
        through="distance",
    ),
)
VIEWS.add(TRAINING, View("Training", "The training pictures to which the map was fitted."))


def make(
    name: str,
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    numbers: Sequence[int],
    fitted: FeatureStatistics | None = None,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """The pictures of a view, ``float32 (N, 3, H, W)``.

    Args:
        name: One of `VIEWS`.
        x, y: Pictures as they are, ``(N, 3, H, W)``, and their classes ``int64 (N,)``.
        numbers: Of the pictures in their split: the seeds.
        fitted: See `embedding_attack`.

    Raises:
        ValueError: an unknown view, or not one number for each picture.
    """
    view = VIEWS.get(name)
    if len(numbers) != len(x):
        raise ValueError(f"expected one number for each of {len(x)} pictures, got {len(numbers)}")
    if view.corrupted:
        return torch.cat(
            [corrupt_mix(one[None], seed=int(i)) for one, i in zip(x, numbers, strict=True)]
        )
    if view.through is None:
        return x
    return embedding_attack(
        classifier,
        x,
        y,
        eps=EPS,
        through=view.through,
        fitted=fitted,
        params=PARAMS,
        seed=numbers,
        on_progress=on_progress,
    ).adversarial
