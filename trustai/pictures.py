"""Pictures for the eye: frames, enlargements, and perturbations made visible."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from trustai import colours

Pixels = NDArray[np.uint8]


def to_pixels(x: Tensor) -> Pixels:
    """``(3, H, W)`` in ``[0, 1]`` -> ``uint8 (H, W, 3)``."""
    return (x.detach().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def magnified(delta: Tensor) -> tuple[Pixels, float]:
    """A perturbation ``(3, H, W)`` around grey, and by how much it was multiplied.

    The largest change becomes black or white: ``0.5 + factor * delta``. A perturbation of
    nothing stays grey, with factor 1.
    """
    largest = delta.abs().max().item()
    factor = 0.5 / largest if largest > 0 else 1.0
    return to_pixels(0.5 + factor * delta), factor


def framed(pixels: Pixels, colour: str, *, side: int = 320, border: int = 8) -> Pixels:
    """The picture enlarged without smoothing to about `side` pixels, in a frame of `colour`.

    Without smoothing because the pixels are what the network sees; larger pictures are scaled
    down with smoothing.
    """
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        whole = max(1, round(scale))
        shown = pixels.repeat(whole, axis=0).repeat(whole, axis=1)
    else:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    frame = np.empty((shown.shape[0] + 2 * border, shown.shape[1] + 2 * border, 3), np.uint8)
    frame[:] = colours.rgb(colour)
    frame[border : border + shown.shape[0], border : border + shown.shape[1]] = shown
    return frame


def png(pixels: Pixels) -> bytes:
    """The bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
