"""ImageNet samples: one hundred photographs of as many of ImageNet's 1,000 classes.

One source: ``$TRUSTAI_DATA/imagenet-samples/samples.parquet``, columns ``image`` (encoded bytes)
and ``label`` (ImageNet's class number). They are all ``test``: networks that know these classes
come trained. A photograph is scaled to a short side of 256 pixels and its centre of 224 is cut out,
as its networks are tested.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from trustai.data.images.parquet import read_pictures
from trustai.data.sources import DataMissing, prepared_dir
from trustai.types import ImageSet

NAME = "imagenet-samples"
SIZE, SHORT_SIDE = 224, 256
_LINES = Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8")
CLASSES = tuple(_LINES.splitlines())
"""ImageNet's classes by number, under torchvision's names."""


def _file() -> Path | None:
    prepared = prepared_dir()
    path = None if prepared is None else prepared / NAME / "samples.parquet"
    return path if path is not None and path.is_file() else None


def source() -> str | None:
    """``"prepared"`` or None: where the next `load` would read from."""
    return "prepared" if _file() else None


def prepared_as_tested(pixels: np.ndarray) -> np.ndarray:
    """Short side to 256 pixels, bilinear, then the centre: ``uint8 (H, W, 3)`` to 224 x 224."""
    height, width = pixels.shape[:2]
    scale = SHORT_SIDE / min(height, width)
    size = round(width * scale), round(height * scale)
    large = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    top, left = ((side - SIZE) // 2 for side in large.shape[:2])
    return np.ascontiguousarray(large[top : top + SIZE, left : left + SIZE])


def load(
    split: str, *, prepare: Callable[[np.ndarray], np.ndarray] = prepared_as_tested
) -> ImageSet:
    """The hundred photographs, which are all ``"test"``.

    Args:
        split: ``"test"``.
        prepare: Makes a square of every photograph ``uint8 (H, W, 3)``.

    Raises:
        ValueError: another split; nothing is trained on so few.
        DataMissing: the file is not there; the sentence says what to do.
    """
    if split != "test":
        raise ValueError(f"expected split test of {NAME}, which has no other, got {split!r}")
    path = _file()
    if path is None:
        raise DataMissing(
            f"expected photographs in $TRUSTAI_DATA/{NAME}/samples.parquet (columns image, label), "
            "got no such file"
        )
    images, labels = read_pictures(path, prepare=prepare)
    return ImageSet(
        name=NAME,
        split=split,
        images=torch.from_numpy(images),
        labels=torch.from_numpy(labels),
        classes=CLASSES,
        indices=torch.arange(len(labels)),
    )
