"""MNIST: handwritten digits of 28x28, white on black (LeCun et al. 1998), as grey RGB.

One source: ``$TRUSTAI_DATA/mnist/MNIST/raw`` with the four original files, as torchvision leaves
them. A fixed random 2,000 of the training pictures are ``validation``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from trustai.data.sources import DataMissing, prepared_dir
from trustai.types import ImageSet

CLASSES = tuple("0123456789")
SIZE = 28
N_VALIDATION = 2_000
_FILES = ("train-images", "train-labels", "t10k-images", "t10k-labels")


def _folder() -> Path | None:
    prepared = prepared_dir()
    raw = None if prepared is None else prepared / "mnist" / "MNIST" / "raw"
    if raw is None or not all(list(raw.glob(f"{name}-idx?-ubyte")) for name in _FILES):
        return None
    return raw.parent.parent


def source() -> str | None:
    """``"prepared"`` or None: where the next `load` would read from."""
    return "prepared" if _folder() else None


def load(split: str) -> ImageSet:
    """All pictures of ``"train"`` (58,000), ``"validation"`` (2,000) or ``"test"`` (10,000).

    Raises:
        DataMissing: the files are not there; the sentence says what to do.
    """
    # Imported here: torchvision takes a second, and only this function needs it.
    from torchvision.datasets import MNIST

    folder = _folder()
    if folder is None:
        raise DataMissing(
            "expected the four files of MNIST in $TRUSTAI_DATA/mnist/MNIST/raw, got no such files: "
            'torchvision.datasets.MNIST(root="$TRUSTAI_DATA/mnist", download=True) puts them there'
        )
    whole = MNIST(str(folder), train=split != "test", download=False)
    rows = np.arange(len(whole.targets))
    if split != "test":
        order = np.random.Generator(np.random.PCG64(0)).permutation(len(rows))
        chosen = order[:N_VALIDATION] if split == "validation" else order[N_VALIDATION:]
        rows = np.sort(chosen)
    grey = whole.data[rows]
    return ImageSet(
        name="mnist",
        split=split,
        images=grey[:, None].expand(-1, 3, -1, -1).contiguous(),
        labels=whole.targets[rows].long(),
        classes=CLASSES,
        indices=torch.from_numpy(rows),
    )
