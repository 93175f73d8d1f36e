"""A sticker on the face of a sign: perspective, light and camera apply to it as to the paint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from trustai.data.signs.pose import Pose
from trustai.data.signs.street import Point


@dataclass(frozen=True, eq=False)
class Sticker:
    """What is stuck on, and where on the plate; whatever is beyond the plate's edge is cut off.

    Attributes:
        picture: ``uint8 (H, W, 3)``.
        size: Side of its square, as a share of the plate's width, in ``(0, 1]``.
        x, y: Its centre in plate coordinates: -1 is the left or upper end, 1 the other one.
        opacity: In ``(0, 1]``.

    Raises:
        ValueError: another picture, or a number outside its range.
    """

    picture: NDArray[np.uint8]
    size: float
    x: float = 0.0
    y: float = 0.0
    opacity: float = 1.0

    def __post_init__(self) -> None:
        shape = self.picture.shape
        if self.picture.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ValueError(
                f"expected a sticker as uint8 (H, W, 3), got {self.picture.dtype} {shape}"
            )
        for name in ("size", "opacity"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"expected {name} in (0, 1], got {getattr(self, name):g}")
        for name in ("x", "y"):
            if not -1 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} in [-1, 1], got {getattr(self, name):g}")

    def on(self, face: Image.Image) -> Image.Image:
        """A copy of a face (see `plates.face`) with the sticker; its cut-out stays."""
        level = face.width
        left, top, right, low = (
            round((middle + 1 + way * self.size) / 2 * level)
            for way in (-1, 1)
            for middle in (self.x, self.y)
        )
        size = max(right - left, 1), max(low - top, 1)
        small = Image.fromarray(self.picture).resize(size, Image.Resampling.LANCZOS)
        colour = Image.merge("RGB", face.split()[:3])
        colour.paste(small, (left, top), Image.new("L", size, round(255 * self.opacity)))
        return Image.merge("RGBX", (*colour.split(), face.getchannel("X")))

    def seen(self, visible: Image.Image, spot: Pose) -> Image.Image:
        """What a picture shows of it: mode L, 255 where it covers a pixel of the `visible` face."""
        pixels = _FINER * visible.width  # Pillow's polygons are half a pixel too large
        whole = Image.new("L", (pixels, pixels), 0)
        corners = [spot.at(self.x + a * self.size, self.y + b * self.size) for a, b in _CORNERS]
        ImageDraw.Draw(whole).polygon([(x * pixels, y * pixels) for x, y in corners], fill=255)
        return ImageChops.multiply(whole.reduce(_FINER), visible)


_FINER = 4
_CORNERS: tuple[Point, ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1))
