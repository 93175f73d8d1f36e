"""States of a picture that the maps compare: clean, corrupted, attacked.

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
from trustai.represent.attack import EmbeddingPGDParams, Objective, embedding_attack
from trustai.types import OnProgress
from trustai.zoo import Classifier, FeatureStatistics

EPS = 8 / 255
TRAINING = "training"
ATTACK_PARAMS = EmbeddingPGDParams(steps=10)


@dataclass(frozen=True)
class PictureState:
    """One state of the pictures.

    Attributes:
        title, description, short_title: For people.
        objective: What the attack maximises, or None for no attack.
        corrupted: Whether `COURSE_MIX` is laid over the picture.
    """

    title: str
    description: str
    short_title: str
    objective: Objective | None = None
    corrupted: bool = False


PICTURE_STATES: Registry[PictureState] = Registry("state")
PICTURE_STATES.add("clean", PictureState("Clean", "Test pictures as they are.", "clean"))
PICTURE_STATES.add(
    "corrupted",
    PictureState(
        "Corrupted",
        "The same pictures with three corruptions: "
        + ", ".join(COURSE_MIX).replace("_", " ")
        + ".",
        "corrupted",
        corrupted=True,
    ),
)
PICTURE_STATES.add(
    "attacked",
    PictureState(
        "Attacked through the softmax",
        "The same pictures, changed by at most 8/255 per pixel, so that the last layer is wrong: "
        "PGD on the cross entropy.",
        "attacked: softmax",
        objective="softmax",
    ),
)
PICTURE_STATES.add(
    "distance",
    PictureState(
        "Attacked through the distance",
        "The same pictures, changed by at most 8/255 per pixel, so that their features leave their "
        "class: PGD on the distance to the centre of the class.",
        "attacked: distance",
        objective="distance",
    ),
)
PICTURE_STATES.add(
    TRAINING,
    PictureState("Training", "The training pictures to which the map was fitted.", "training"),
)


def in_state(
    name: str,
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    numbers: Sequence[int],
    fitted: FeatureStatistics | None = None,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Pictures brought into a state, ``float32 (N, 3, H, W)``.

    Args:
        name: One of `PICTURE_STATES`.
        classifier: That is attacked.
        x, y: Pictures as they are, ``(N, 3, H, W)``, and their classes ``int64 (N,)``.
        numbers: Of the pictures in their split: the seeds.
        fitted, on_progress: See `embedding_attack`.

    Raises:
        ValueError: an unknown state, or not one number for each picture.
    """
    state = PICTURE_STATES.get(name)
    if len(numbers) != len(x):
        raise ValueError(f"expected one number for each of {len(x)} pictures, got {len(numbers)}")
    if state.corrupted:
        pairs = zip(x.split(1), numbers, strict=True)
        return torch.cat([corrupt_mix(one, seed=int(number)) for one, number in pairs])
    if state.objective is None:
        return x
    return embedding_attack(
        classifier, x, y, eps=EPS, objective=state.objective, fitted=fitted, params=ATTACK_PARAMS,
        seed=numbers, on_progress=on_progress,
    ).adversarial  # fmt: skip
