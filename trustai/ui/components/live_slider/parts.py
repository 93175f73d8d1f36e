"""What follows a live slider: curves, figures, tiles and films, and how they reach the browser."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trustai.plots import colours

Dash = Literal["solid", "dashed", "dotted"]
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
_IMAGE_PREFIX = "data:image/png;base64,"


@dataclass(frozen=True)
class Curve:
    """One line of the plot: `y` holds one number per slider value, None where it is not known."""

    name: str
    y: Sequence[float | None]
    colour: str
    dash: Dash = "solid"

    def data(self, n: int) -> dict[str, Any]:
        """For the browser; `n` is the number of slider values."""
        if len(self.y) != n:
            raise ValueError(f"expected {n} points in curve {self.name!r}, got {len(self.y)}")
        return {
            "name": self.name,
            "y": [finite(y) for y in self.y],
            "colour": pair(self.colour),
            "dash": _dash(self.dash),
        }


@dataclass(frozen=True)
class Figure:
    """One big number above the plot: `texts` holds what it reads at each slider value.

    Give it the colour and dash of the curve it belongs to; it then serves as the legend too.
    """

    label: str
    texts: Sequence[str]
    colour: str
    dash: Dash = "solid"

    def data(self, n: int) -> dict[str, Any]:
        if len(self.texts) != n:
            raise ValueError(f"expected {n} texts in figure {self.label!r}, got {len(self.texts)}")
        return {
            "label": self.label,
            "texts": list(self.texts),
            "colour": pair(self.colour),
            "dash": _dash(self.dash),
        }


@dataclass(frozen=True)
class Tile:
    """One picture that flips once the slider reaches `flips_at`.

    Attributes:
        title: What is true of it whatever the slider says, for instance ``"truth: stop"``.
        flips_at: Slider units; ``inf`` never flips, at or below the first value always flipped.
        before: Label below `flips_at`.
        after: Label from `flips_at` on.
        image: From `data_uri`, or None for a tile of words.
        image_after: Shown instead of `image` from `flips_at` on.
    """

    title: str
    flips_at: float
    before: str
    after: str
    image: str | None = None
    image_after: str | None = None

    def data(self) -> dict[str, Any]:
        check_image(self.image)
        check_image(self.image_after)
        if math.isnan(self.flips_at):
            raise ValueError("expected a tile to flip at a number, got nan")
        return {
            "title": self.title,
            "flipsAt": finite(max(self.flips_at, -1e300)),
            "before": self.before,
            "after": self.after,
            "image": self.image,
            "imageAfter": self.image_after,
        }


@dataclass(frozen=True)
class Film:
    """A picture that changes with the slider: one image and one text per value.

    Attributes:
        title: What it shows whatever the slider says.
        images: From `data_uri`, one per slider value.
        texts: One per slider value.
        colour: Of the frame and the text.
    """

    title: str
    images: Sequence[str]
    texts: Sequence[str]
    colour: str

    def data(self, n: int) -> dict[str, Any]:
        if len(self.images) != n or len(self.texts) != n:
            raise ValueError(
                f"expected {n} images and texts in film {self.title!r}, "
                f"got {len(self.images)} and {len(self.texts)}"
            )
        for image in self.images:
            check_image(image)
        return {
            "title": self.title,
            "images": list(self.images),
            "texts": list(self.texts),
            "colour": pair(self.colour),
        }


def data_uri(pixels: NDArray[np.uint8], *, longest_side: int = 128) -> str:
    """A picture ``uint8 (H, W, 3)`` as the ``data:image/png;base64,`` text a `Tile` takes.

    Pictures larger than `longest_side` are scaled down, smaller ones are kept as they are.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"expected uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
    image = Image.fromarray(pixels)
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return _IMAGE_PREFIX + base64.b64encode(out.getvalue()).decode("ascii")


def check_image(image: str | None) -> None:
    if image is not None and not image.startswith(_IMAGE_PREFIX):
        raise ValueError(f"expected a PNG data URI from data_uri(), got {image[:40]!r}")


def pair(colour: str) -> list[str]:
    """For the light and for the dark theme."""
    return [colours.checked(colour), colours.on_dark(colour)]


def finite(number: float | None) -> float | None:
    """JSON knows neither inf nor nan; the browser gets null."""
    return float(number) if number is not None and math.isfinite(number) else None


def _dash(dash: str) -> str:
    if dash not in _DASHES:
        raise ValueError(f"expected dash to be one of {', '.join(_DASHES)}, got {dash!r}")
    return dash
