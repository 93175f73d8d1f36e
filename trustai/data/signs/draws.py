"""Random numbers of one picture, from a generator of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
Colour = tuple[int, int, int]
BATCH = 512


class Draws:
    """Named ways to draw from one generator.

    Single draws from a NumPy generator cost microseconds each, and a scene needs hundreds, so the
    numbers are drawn in batches.
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self._ready: list[float] = []

    def unit(self) -> float:
        """A number in ``[0, 1)``."""
        if not self._ready:
            self._ready = self.generator.random(BATCH).tolist()
        return self._ready.pop()

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def chance(self, share: float) -> bool:
        return self.unit() < share

    def below(self, n: int) -> int:
        """A whole number in ``[0, n)``."""
        return int(self.unit() * n)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def side(self) -> int:
        """-1 or 1."""
        return 1 if self.chance(0.5) else -1

    def near(self, colour: Colour, spread: int = 18) -> Colour:
        """A colour like `colour`: lighter or darker as a whole, and a little in each channel."""
        r, g, b = colour
        shift, wobble = spread * (2 * self.unit() - 1), spread / 1.5
        return (
            _byte(r + shift + wobble * (self.unit() - 0.5)),
            _byte(g + shift + wobble * (self.unit() - 0.5)),
            _byte(b + shift + wobble * (self.unit() - 0.5)),
        )


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` moved towards `b` by `share` in ``[0, 1]``."""
    if share == 0:
        return a
    return (
        _byte(a[0] + (b[0] - a[0]) * share),
        _byte(a[1] + (b[1] - a[1]) * share),
        _byte(a[2] + (b[2] - a[2]) * share),
    )


def dim(colour: Colour, light: tuple[float, float, float]) -> Colour:
    """`colour` times `light`, channel by channel."""
    return (
        _byte(colour[0] * light[0]),
        _byte(colour[1] * light[1]),
        _byte(colour[2] * light[2]),
    )


def _byte(value: float) -> int:
    return 0 if value < 0 else 255 if value > 255 else int(value + 0.5)
