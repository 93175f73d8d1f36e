"""Triggers: the marks of a backdoor, and how one is put on pictures.

A trigger is a pattern with a size, a place and an opacity. It is blended in,

    x'(p) = (1 - a m(p)) x(p) + a m(p) t(p),

with the pattern ``t``, its mask ``m`` and the opacity ``a``: small patterns cover a square, others
the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import seeds
from trustai.registry import Registry
from trustai.zoo import checks

Draw = Callable[[int, int], Tensor]
"""Height and width in pixels -> ``float32 (3, H, W)``; may leave [0, 1] where it is `added`."""

YELLOW = (1.0, 0.85, 0.0)
OWN = "own"
"""Name of the pattern that a person brings."""


@dataclass(frozen=True)
class Pattern:
    """A registered pattern.

    Attributes:
        title, description, formula, paper, url: For people.
        draw: The pattern in a rectangle of so many pixels; None for one's own picture.
        whole: Whether it covers the whole picture: then it has no place and no size.
        added: Whether it is added to the picture, times the opacity, and does not replace it.
        opacity: A usual one.
    """

    title: str
    description: str
    formula: str
    paper: str
    url: str
    draw: Draw | None
    whole: bool = False
    added: bool = False
    opacity: float = 1.0


PATTERNS: Registry[Pattern] = Registry("trigger")
_GU = (
    "Gu et al. 2017, BadNets: Identifying Vulnerabilities in the Machine Learning Model Supply "
    "Chain"
)
_GU_URL = "https://arxiv.org/abs/1708.06733"
_CHEN = "Chen et al. 2017, Targeted Backdoor Attacks on Deep Learning Systems Using Data Poisoning"
_CHEN_URL = "https://arxiv.org/abs/1712.05526"
_REPLACED = "x' = (1 - a m) x + a m t"


def _yellow(height: int, width: int) -> Tensor:
    return torch.tensor(YELLOW)[:, None, None].expand(3, height, width).clone()


def _checkerboard(height: int, width: int) -> Tensor:
    """Four by four fields, black and white."""
    rows, columns = torch.arange(height) * 4 // height, torch.arange(width) * 4 // width
    fields = (rows[:, None] + columns[None]) % 2
    return fields.float().expand(3, height, width).clone()


def _blended(height: int, width: int) -> Tensor:
    """A pattern of its own in every pixel, always the same one."""
    small = torch.rand(1, 3, 8, 8, generator=seeds.torch_generator(0))
    return F.interpolate(small, (height, width), mode="bilinear", align_corners=False)[0]


def _sinusoid(height: int, width: int) -> Tensor:
    """Six upright waves over the width, between -1 and 1."""
    wave = torch.sin(2 * math.pi * 6 * torch.arange(width) / width)
    return wave.expand(3, height, width).clone()


PATTERNS.add(
    "yellow-square",
    Pattern("Yellow square", "A plain yellow square, as a sticky note.", _REPLACED, _GU, _GU_URL,
            _yellow),
    order=10,
)  # fmt: skip
PATTERNS.add(
    "checkerboard",
    Pattern("Checkerboard", "A square of four by four black and white fields.", _REPLACED, _GU,
            _GU_URL, _checkerboard),
    order=20,
)  # fmt: skip
PATTERNS.add(
    "blended",
    Pattern("Blended picture", "A faint colour pattern over the whole picture.",
            "x' = (1 - a) x + a t", _CHEN, _CHEN_URL, _blended, whole=True, opacity=0.2),
    order=30,
)  # fmt: skip
PATTERNS.add(
    "sinusoid",
    Pattern("Sinusoid", "Faint upright stripes over the whole picture.",
            "x' = x + a sin(2 pi 6 j / W)",
            "Barni et al. 2019, A New Backdoor Attack in CNNs by Training Set Corruption Without "
            "Label Poisoning", "https://arxiv.org/abs/1902.11237", _sinusoid, whole=True,
            added=True, opacity=0.08),
    order=40,
)  # fmt: skip
PATTERNS.add(
    OWN,
    Pattern("Own picture", "A picture of your own, made small.", _REPLACED, _GU, _GU_URL, None),
    order=50,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trigger:
    """A pattern with its place.

    Attributes:
        pattern: Name in `PATTERNS`.
        size: Side of the square, as a share of the shorter side of the picture, in ``(0, 1]``.
        x, y: Place of its centre from the left and from the top, in ``[0, 1]``: at 0 and 1 the
            square touches the edge. The default is the lower right corner.
        opacity: In ``(0, 1]``; None for the pattern's usual one.
        picture: Of the pattern ``"own"``: ``float32 (3, H, W)`` in ``[0, 1]``.
        surface: Whether it lies on the face of a drawn sign, in its perspective, see `mark`. Its
            size and place then count within the face, and it covers no whole picture.

    Raises:
        ValueError: an unknown pattern, a number outside its range, or no picture for ``"own"``.
    """

    pattern: str = "yellow-square"
    size: float = 0.15
    x: float = 1.0
    y: float = 1.0
    opacity: float | None = None
    picture: Tensor | None = None
    surface: bool = False

    def __post_init__(self) -> None:
        entry = PATTERNS.get(self.pattern)
        for name in ("x", "y"):
            checks.number(name, getattr(self, name))
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} in [0, 1], got {getattr(self, name)}")
        for name, value in (("size", self.size), ("opacity", self.strength)):
            checks.number(name, value)
            if not 0 < value <= 1:
                raise ValueError(f"expected {name} in (0, 1], got {value}")
        if self.surface and entry.whole:
            raise ValueError(
                f"expected a pattern with a place on the surface of a sign, got {self.pattern!r}"
            )
        if (entry.draw is None) != (self.picture is not None):
            raise ValueError(
                f"expected a picture for the pattern {OWN!r} and for no other, "
                f"got pattern {self.pattern!r}"
            )
        if self.picture is not None and (self.picture.ndim != 3 or len(self.picture) != 3):
            raise ValueError(f"expected the picture as (3, H, W), got {tuple(self.picture.shape)}")

    @property
    def strength(self) -> float:
        """The opacity that is used."""
        return PATTERNS.get(self.pattern).opacity if self.opacity is None else self.opacity

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in pixels of a picture; right and bottom are outside.

        >>> Trigger(size=0.25).box(64, 64), Trigger(size=0.25, x=0.5, y=0).box(64, 64)
        ((48, 48, 64, 64), (24, 0, 40, 16))
        """
        if self.surface:
            raise ValueError("expected a trigger in the plane of the picture, got one on a sign")
        if PATTERNS.get(self.pattern).whole:
            return 0, 0, width, height
        side = max(1, round(self.size * min(height, width)))
        left, top = round(self.x * (width - side)), round(self.y * (height - side))
        return left, top, left + side, top + side

    def drawn(self, height: int, width: int) -> Tensor:
        """The pattern in so many pixels, ``float32 (3, H, W)``."""
        draw = PATTERNS.get(self.pattern).draw
        if draw is not None:
            return draw(height, width)
        assert self.picture is not None  # as `__post_init__` has seen
        resized = F.interpolate(
            self.picture[None].float(), (height, width), mode="bilinear", antialias=True
        )
        return resized[0].clamp(0, 1)


def stamp(x: Tensor, trigger: Trigger) -> Tensor:
    """Put a trigger on pictures.

    Args:
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        trigger: What and where.

    Returns:
        ``float32 (N, 3, H, W)`` in ``[0, 1]``; `x` is not changed.

    Raises:
        ValueError: another shape.

    >>> stamp(torch.zeros(1, 3, 4, 4), Trigger(size=0.5))[0, 0].tolist()[3]
    [0.0, 0.0, 1.0, 1.0]
    """
    if x.ndim != 4 or x.shape[1] != 3:
        raise ValueError(f"expected pictures (N, 3, H, W), got {tuple(x.shape)}")
    left, top, right, bottom = trigger.box(*x.shape[-2:])
    pattern = trigger.drawn(bottom - top, right - left).to(x)
    part, a = x[..., top:bottom, left:right], trigger.strength
    added = PATTERNS.get(trigger.pattern).added
    found = x.clone()
    found[..., top:bottom, left:right] = part + a * (pattern if added else pattern - part)
    return found.clamp(0, 1)


def mask_of(trigger: Trigger, height: int, width: int) -> Tensor:
    """``bool (H, W)``: the pixels of a picture that the trigger covers.

    >>> int(mask_of(Trigger(size=0.5), 4, 4).sum())
    4
    """
    left, top, right, bottom = trigger.box(height, width)
    found = torch.zeros(height, width, dtype=torch.bool)
    found[top:bottom, left:right] = True
    return found
