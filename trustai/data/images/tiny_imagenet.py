"""Tiny-ImageNet: photographs of 64x64 in 200 of ImageNet's classes (Le & Yang 2015).

One source: ``$TRUSTAI_DATA/tiny-imagenet/`` with ``train-*.parquet`` (any number of parts) and
``val.parquet``, columns ``image`` (encoded bytes) and ``label`` (line of the class in
``tiny_imagenet_classes.txt`` beside this file). The official test pictures have no labels, so the
official 10,000 validation pictures are ``test``; a fixed random 2,000 of the training pictures are
``validation``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from trustai.data.images.parquet import read_pictures
from trustai.data.sources import DataMissing, prepared_dir
from trustai.types import ImageSet

_LINES = Path(__file__).with_name("tiny_imagenet_classes.txt").read_text(encoding="utf-8")
CLASSES = tuple(line.partition(" ")[2] for line in _LINES.splitlines())
WORDNET_IDS = tuple(line.partition(" ")[0] for line in _LINES.splitlines())
N_VALIDATION = 2_000


def _files(split: str) -> list[Path]:
    prepared = prepared_dir()
    if prepared is None:
        return []
    pattern = "val.parquet" if split == "test" else "train-*.parquet"
    return sorted((prepared / "tiny-imagenet").glob(pattern))


def source() -> str | None:
    """``"prepared"`` or None: where the next `load` would read from."""
    return "prepared" if _files("train") and _files("test") else None


def load(split: str) -> ImageSet:
    """All pictures of ``"train"``, ``"validation"`` (2,000) or ``"test"`` (10,000).

    Raises:
        DataMissing: the files are not there; the sentence says what to do.
    """
    if source() is None:
        raise DataMissing(
            "expected Tiny-ImageNet in $TRUSTAI_DATA/tiny-imagenet as train-*.parquet and "
            "val.parquet (columns image, label), got no such files: prepare them from "
            "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
        )
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(read_pictures, _files(split)))
    images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = np.arange(len(labels))
    if split != "test":
        order = np.random.Generator(np.random.PCG64(0)).permutation(len(labels))
        chosen = order[:N_VALIDATION] if split == "validation" else order[N_VALIDATION:]
        rows = np.sort(chosen)
    return ImageSet(
        name="tiny-imagenet",
        split=split,
        images=torch.from_numpy(images if split == "test" else images[rows]),
        labels=torch.from_numpy(labels[rows]),
        classes=CLASSES,
        indices=torch.from_numpy(rows),
    )
