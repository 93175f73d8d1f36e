"""Marked pictures: with a trigger in the plane of the picture, or on the face of a drawn sign.

A picture is flat, so that a trigger of the first kind is the same pixels everywhere. One on a sign
is printed on its face: the sign is drawn again with it, in its perspective, light and blur.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from trustai.attacks.backdoor.triggers import Trigger, mask_of, stamp
from trustai.data import signs
from trustai.types import ImageSet

FACE = 0.7
"""Half side of the square within the face in which a trigger lies, in half widths of the plate."""
_PIXELS = 96


def mark(pictures: ImageSet, trigger: Trigger) -> ImageSet:
    """The same set with the trigger on every picture; labels and masks stay.

    Args:
        pictures: Any; for a trigger on the surface signs as ``data.load("signs")`` draws them.
        trigger: What and where.

    Raises:
        ValueError: a trigger on the surface, and pictures that are not such signs.
    """
    if not trigger.surface:
        images = (stamp(pictures.pixels, trigger) * 255).round().byte()
    else:
        drawn = [one.image.transpose(2, 0, 1) for one in _drawn(pictures, trigger)]
        images = torch.from_numpy(np.stack(drawn))
    return dataclasses.replace(pictures, images=images)


def masks_of(pictures: ImageSet, trigger: Trigger) -> Tensor:
    """``bool (N, H, W)``: the pixels that the trigger covers in each of the pictures of `mark`.

    Arguments and errors as of `mark`.
    """
    if not trigger.surface:
        return mask_of(trigger, *pictures.images.shape[-2:]).expand(len(pictures), -1, -1)
    masks = [one.sticker for one in _drawn(pictures, trigger)]
    return torch.from_numpy(np.stack([mask for mask in masks if mask is not None]))


def _drawn(pictures: ImageSet, trigger: Trigger) -> Iterator[signs.Drawing]:
    """Every picture drawn again with the sticker, once the first is known to be what it says."""
    off_centre = pictures.name == signs.OFF_CENTRE
    if not len(pictures) or not (off_centre or pictures.name == "signs"):
        raise ValueError(f"expected drawn signs to put a sticker on, got {pictures.name!r}")
    sticker, split = _sticker(trigger), pictures.split
    first = signs.draw(0, int(pictures.indices[0]), split=split, off_centre=off_centre)
    if not np.array_equal(first.image.transpose(2, 0, 1), pictures.images[0].numpy()):
        raise ValueError("expected signs as they were drawn with seed 0, got changed ones")
    for index in pictures.indices.tolist():
        yield signs.draw(0, index, split=split, off_centre=off_centre, sticker=sticker)


def _sticker(trigger: Trigger) -> signs.Sticker:
    pattern = trigger.drawn(_PIXELS, _PIXELS).permute(1, 2, 0)
    room = max(FACE - trigger.size, 0.0)
    return signs.Sticker(
        picture=(pattern * 255).round().byte().numpy(),
        size=trigger.size,
        x=room * (2 * trigger.x - 1),
        y=room * (2 * trigger.y - 1),
        opacity=trigger.strength,
    )
