"""Random transformations of a picture before every pass: shift, rotation and scale.

A pattern that a network likes only when it sits on exactly these pixels is grain; one that
survives being shifted, turned and resized is a shape (Mordvintsev et al. 2015, DeepDream; Olah
et al. 2017, https://distill.pub/2017/feature-visualization, "transformation robustness").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_GREY = 0.5


def shifted(x: Tensor, *, down: int, right: int) -> Tensor:
    """Pictures ``(N, C, H, W)`` moved by whole pixels; what leaves on one side enters on the other.

    So nothing is lost: the picture holds the same pixels as before.
    """
    if down == right == 0:
        return x
    return torch.roll(x, (down, right), (2, 3))


def rotated(x: Tensor, *, degrees: float, scale: float) -> Tensor:
    """Pictures ``(N, C, H, W)`` turned and resized about their centre, sampled bilinearly.

    Args:
        degrees: Counter-clockwise as one looks at it.
        scale: Greater than 1 enlarges, by that factor. Where the picture no longer reaches it is
            grey: a mirror image there would complete half of a shape that sits on the border.
    """
    if degrees == 0 and scale == 1:
        return x
    height, width = x.shape[-2:]
    cos = math.cos(math.radians(degrees)) / scale
    sin = math.sin(math.radians(degrees)) / scale
    # For every place of the result, where in x it comes from; coordinates run from -1 to 1 in
    # both directions, so on a picture that is not square a turn mixes the two lengths.
    rows = [[cos, -sin * height / width, 0.0], [sin * width / height, cos, 0.0]]
    matrix = torch.tensor(rows, dtype=x.dtype, device=x.device).expand(len(x), 2, 3)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    # Samples outside count as 0.
    return F.grid_sample(x - _GREY, grid, padding_mode="zeros", align_corners=False) + _GREY


@dataclass(frozen=True)
class RandomTransform:
    """Draws one transformation per call, uniformly from what is allowed.

    Attributes:
        shift: Largest shift in pixels, up, down, left and right.
        rotation: Largest turn in degrees, either way.
        scale: Smallest and largest factor of size.
    """

    shift: int
    rotation: float
    scale: tuple[float, float]

    def __call__(self, x: Tensor, *, generator: torch.Generator) -> Tensor:
        """`x` ``(N, C, H, W)``, moved; `x` itself where none is allowed."""
        if self.rotation > 0 or self.scale != (1, 1):
            turn, size = torch.rand(2, generator=generator).tolist()
            low, high = self.scale
            x = rotated(x, degrees=self.rotation * (2 * turn - 1), scale=low + (high - low) * size)
        if self.shift > 0:
            down, right = torch.randint(
                -self.shift, self.shift + 1, (2,), generator=generator
            ).tolist()
            x = shifted(x, down=down, right=right)
        return x
