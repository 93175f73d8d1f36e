"""Noise pictures, drawn by our own code: an OOD set without any content."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trustai.data.images.drawn import DrawnSet

CLASSES = ("uniform", "Gaussian", "low-frequency")


def draw(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], int]:
    """One picture ``uint8 (size, size, 3)`` and its label; see `trustai.data.images.drawn` for the
    streams.

    Uniform: every number of every pixel in 0..255 alike. Gaussian: around a grey, standard
    deviation 20 to 80. Low-frequency: 2 x 2 to 6 x 6 random colours, enlarged by cubic splines.
    """
    label = int(rng.integers(len(CLASSES)))
    if label == 0:
        return rng.integers(0, 256, (size, size, 3), dtype=np.uint8), label
    if label == 1:
        spread, grey = rng.uniform(20, 80), rng.uniform(90, 165)
        noise = rng.normal(grey, spread, (size, size, 3))
        return np.clip(noise.round(), 0, 255).astype(np.uint8), label
    cells = int(rng.integers(2, 7))
    coarse = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)), label


DRAWN = DrawnSet("noise", CLASSES, draw)
