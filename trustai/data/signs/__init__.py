"""The data set of road signs: drawn pictures with labels and the exact mask of the sign.

Every picture is one European road sign in a small street scene. Light, place, direction, blur and
what stands before the sign vary; the class always stays readable to the eye. Picture `index` of a
split and seed is the same whatever else is asked for, on every run of the same library versions.

>>> one = draw(0, 7)
>>> one.image.shape, len(CLASSES), bool(one.mask.any())
((64, 64, 3), 16, True)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from trustai.data.signs.camera import expose, mount, occlude
from trustai.data.signs.draws import Draws
from trustai.data.signs.plates import PLATES
from trustai.data.signs.pose import pose, pose_beside
from trustai.data.signs.scene import backdrop
from trustai.data.signs.sticker import Sticker
from trustai.data.signs.street import choose_mood
from trustai.data.splits import SPLITS, check_range, check_stream, generator_of
from trustai.types import ImageSet

__all__ = ["CLASSES", "OFF_CENTRE", "SIZE", "SPLITS", "Drawing", "Sticker", "draw", "generate"]

CLASSES: tuple[str, ...] = tuple(PLATES.names())
SIZE = 64
OFF_CENTRE = "signs-off-centre"
"""Name of the set whose signs stand at an edge: there the middle of the picture is a bad guess."""

# Scenes are drawn at twice the size and averaged down, which smooths every edge.
OVERSAMPLING = 2


@dataclass(frozen=True, eq=False)
class Drawing:
    """One picture and the truth about it.

    Attributes:
        image: ``uint8 (H, W, 3)``, RGB.
        label: Index into `CLASSES`.
        mask: ``bool (H, W)``, True where the sign's face fills at least half of the pixel,
            without whatever stands before it.
        sticker: ``bool (H, W)``, the same of the sticker on the face; None where there is none.
    """

    image: NDArray[np.uint8]
    label: int
    mask: NDArray[np.bool_]
    sticker: NDArray[np.bool_] | None = None


def draw(
    seed: int, index: int, *, split: str = "test", size: int = SIZE, label: int | None = None,
    off_centre: bool = False, sticker: Sticker | None = None,
) -> Drawing:  # fmt: skip
    """Picture `index` of the stream (`split`, `seed`).

    Args:
        seed: In ``[0, 2**32)``.
        index: In ``[0, 2**32)``.
        split: One of `SPLITS`; each has a stream of its own.
        size: Side in pixels. Models see 64; larger pictures show the same scene sharper.
        label: Put this class into the same scene in place of its own.
        off_centre: Whether the sign stands at an edge, so that the middle of the picture is free.
        sticker: Put this on the sign's face; all else stays the same.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_stream(split, seed, index)
    if not 16 <= size <= 1024:
        raise ValueError(f"expected size in [16, 1024] pixels, got {size}")
    if label is not None and not 0 <= label < len(CLASSES):
        raise ValueError(f"expected label in [0, {len(CLASSES) - 1}], got {label}")
    dice = Draws(generator_of(split, seed, index))
    # Drawn even when a label is given, so that the rest of the scene stays the same.
    own = dice.below(len(CLASSES))
    chosen = own if label is None else label
    mood, spot = choose_mood(dice), (pose_beside if off_centre else pose)(dice)
    picture = backdrop(dice, mood, OVERSAMPLING * size)
    visible = mount(picture, CLASSES[chosen], spot, mood, dice, sticker=sticker)
    visible = occlude(picture, visible, spot, mood, dice)
    image = expose(picture.reduce(OVERSAMPLING), spot, mood, dice)
    stuck = None if sticker is None else _half(sticker.seen(visible, spot))
    return Drawing(image=image, label=chosen, mask=_half(visible), sticker=stuck)


def _half(layer: Image.Image) -> NDArray[np.bool_]:
    """The pixels of which at least half is covered."""
    return np.asarray(layer.reduce(OVERSAMPLING)) >= 128


def generate(
    *, split: str, n: int, seed: int = 0, start: int = 0, off_centre: bool = False
) -> ImageSet:
    """Pictures `start` to `start + n - 1` of a split, with their masks.

    Args:
        split: One of `SPLITS`: disjoint streams.
        n: How many, at least 1.
        seed: In ``[0, 2**32)``.
        start: Number of the first picture.
        off_centre: As in `draw`; the set has a name of its own then.

    Returns:
        Images ``uint8 (n, 3, 64, 64)``, masks ``bool (n, 64, 64)``, `indices` from `start` on.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range(split, seed, start, n)
    images, masks = np.empty((n, 3, SIZE, SIZE), np.uint8), np.empty((n, SIZE, SIZE), np.bool_)
    labels = np.empty(n, np.int64)

    def fill(first: int, stop: int) -> None:
        for k in range(first, stop):
            drawing = draw(seed, start + k, split=split, off_centre=off_centre)
            images[k] = drawing.image.transpose(2, 0, 1)
            masks[k] = drawing.mask
            labels[k] = drawing.label

    with ThreadPoolExecutor(max_workers=2) as pool:  # much of the work is Pillow's and NumPy's
        list(pool.map(lambda k: fill(k, min(k + 64, n)), range(0, n, 64)))
    return ImageSet(
        name=OFF_CENTRE if off_centre else "signs",
        split=split,
        images=torch.from_numpy(images),
        labels=torch.from_numpy(labels),
        classes=CLASSES,
        indices=torch.arange(start, start + n),
        masks=torch.from_numpy(masks),
    )
