"""Light and palette of a scene, and the canvas on which it is drawn.

Everything is placed in shares of the picture's side (x to the right, y downwards, 0 to 1), so one
scene can be drawn at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from trustai.data.signs.draws import Colour, Draws, dim, mix

Point = tuple[float, float]


@dataclass(frozen=True)
class Light:
    """The light of one scene.

    Attributes:
        name: What to call it.
        share: How often it is drawn, relative to the others.
        top, low: Colour of the sky overhead and at the horizon.
        ambient: What the light does to the colours on the ground, per channel.
        plate: What it does to the sign's face, per channel: dark against the light, bright at
            night, when headlights meet its reflecting foil.
        lamps: How likely windows and lamps are lit.
    """

    name: str
    share: float
    top: Colour
    low: Colour
    ambient: tuple[float, float, float]
    plate: tuple[float, float, float]
    lamps: float


MOODS = (
    Light(
        name="day", share=0.36, top=(74, 140, 214), low=(190, 217, 238),
        ambient=(1.0, 1.0, 0.98), plate=(1.0, 1.0, 0.98), lamps=0.0,
    ),
    Light(
        name="overcast", share=0.22, top=(158, 167, 177), low=(214, 217, 219),
        ambient=(0.84, 0.86, 0.88), plate=(0.9, 0.91, 0.93), lamps=0.0,
    ),
    Light(
        name="fog", share=0.05, top=(186, 192, 196), low=(214, 217, 218),
        ambient=(0.8, 0.82, 0.84), plate=(0.86, 0.87, 0.88), lamps=0.1,
    ),
    Light(
        name="dusk", share=0.14, top=(70, 74, 130), low=(250, 168, 112),
        ambient=(0.7, 0.58, 0.58), plate=(0.88, 0.75, 0.7), lamps=0.5,
    ),
    Light(
        name="backlight", share=0.12, top=(206, 218, 230), low=(255, 240, 206),
        ambient=(0.6, 0.57, 0.54), plate=(0.7, 0.67, 0.65), lamps=0.0,
    ),
    Light(
        name="night", share=0.11, top=(12, 16, 34), low=(38, 42, 70),
        ambient=(0.2, 0.22, 0.3), plate=(0.88, 0.87, 0.84), lamps=0.6,
    ),
)  # fmt: skip

FACADES: tuple[Colour, ...] = (
    (196, 172, 140), (172, 96, 74), (212, 204, 190), (150, 146, 142), (224, 196, 132),
    (128, 108, 96), (164, 178, 184), (206, 150, 120), (112, 122, 134), (232, 222, 204),
)  # fmt: skip
LEAVES: tuple[Colour, ...] = (
    (62, 104, 48), (84, 124, 52), (44, 84, 54), (104, 138, 60), (196, 128, 42), (170, 84, 40),
)  # fmt: skip
PAINTS: tuple[Colour, ...] = (
    (190, 40, 44), (40, 84, 160), (236, 236, 236), (40, 42, 46), (232, 180, 40), (60, 130, 84),
    (150, 156, 162), (226, 116, 36), (120, 66, 130), (60, 170, 190),
)  # fmt: skip
LAMP: Colour = (255, 214, 140)


class Street:
    """A square picture under construction, with its light and its dice."""

    def __init__(self, dice: Draws, mood: Light, pixels: int) -> None:
        self.dice = dice
        self.mood = mood
        self.pixels = pixels
        self.horizon = dice.between(0.5, 0.74)
        height = np.linspace(0, 1 / self.horizon, pixels, dtype=np.float32).clip(0, 1)[:, None]
        top, low = (np.asarray(dice.near(c, 12), np.float32) for c in (mood.top, mood.low))
        rows = (top + (low - top) * height**1.3).astype(np.uint8)[:, None]
        self.picture = Image.fromarray(rows).resize((pixels, pixels), Image.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.picture)

    def lit(self, colour: Colour, *, far: float = 0.0) -> Colour:
        """`colour` under this light; `far` in ``[0, 1]`` fades it into the haze."""
        return mix(dim(colour, self.mood.ambient), self.mood.low, far)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        n = self.pixels
        self.pen.polygon([c * n for point in points for c in point], fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        n = self.pixels
        self.pen.rectangle((left * n, top * n, max(left, right) * n, max(top, bottom) * n), fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        n = self.pixels
        self.pen.ellipse(((x - rx) * n, (y - ry) * n, (x + rx) * n, (y + ry) * n), fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        n = self.pixels
        self.pen.line([(x * n, y * n) for x, y in points], fill, max(round(width * n), 1))


def choose_mood(dice: Draws) -> Light:
    """One of `MOODS`, as often as its share says."""
    left = dice.unit() * sum(mood.share for mood in MOODS)
    for mood in MOODS:
        left -= mood.share
        if left < 0:
            return mood
    return MOODS[-1]
