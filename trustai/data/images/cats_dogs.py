"""Cats and dogs: photographs larger than those that the networks were trained on.

One source: ``$TRUSTAI_DATA/cats-dogs/{train,test}.parquet``, columns ``image`` (encoded bytes,
short side 128 pixels) and ``label`` (0 cat, 1 dog). Their centred squares are the pictures. The
last 200 of the training photographs are ``validation``.
"""

from __future__ import annotations

import numpy as np
import torch

from trustai.data.images.parquet import prepared_file, read_pictures
from trustai.data.sources import DataMissing
from trustai.data.uploads import to_square
from trustai.types import ImageSet

CLASSES = ("cat", "dog")
SIZE = 128
N_VALIDATION = 200


def source() -> str | None:
    """``"prepared"`` or None: where the next `load` would read from."""
    return (
        "prepared"
        if prepared_file("cats-dogs", "train") and prepared_file("cats-dogs", "test")
        else None
    )


def load(split: str) -> ImageSet:
    """All pictures of ``"train"``, ``"validation"`` (200) or ``"test"`` (2,000).

    Raises:
        DataMissing: the files are not there; the sentence says what to do.
    """
    path = prepared_file("cats-dogs", split)
    if path is None:
        raise DataMissing(
            "expected photographs in $TRUSTAI_DATA/cats-dogs as train.parquet and test.parquet "
            "(columns image, label), got no such files"
        )
    images, labels = read_pictures(path, prepare=_square)
    rows = np.arange(len(labels))
    if split != "test":
        rows = rows[-N_VALIDATION:] if split == "validation" else rows[:-N_VALIDATION]
    return ImageSet(
        name="cats-dogs",
        split=split,
        images=torch.from_numpy(images[rows]),
        labels=torch.from_numpy(labels[rows]),
        classes=CLASSES,
        indices=torch.from_numpy(rows),
    )


def _square(pixels: np.ndarray) -> np.ndarray:
    return to_square(pixels, SIZE)
