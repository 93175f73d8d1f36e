"""Pictures with nothing left to see, whatever a method hides pixels or begins with."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.zoo.classifier import Classifier

Fill = Literal["grey", "blur", "mean", "black", "white"]
FILLS: tuple[Fill, ...] = ("grey", "blur", "mean", "black", "white")

# Standard deviation of the blur, as a share of the picture's shorter side. RISE's 5 pixels of 224
# leave our networks sure of small pictures; from a tenth of the side on they are guessing.
BLUR = 0.1


def filled(classifier: Classifier, x: Tensor, fill: Fill) -> Tensor:
    """The pictures ``(N, 3, H, W)`` with nothing left to see.

    Args:
        fill: ``"grey"``: the mean colour of the training pictures, which the network's own
            normalisation turns into 0. ``"blur"``: the picture behind a Gaussian of standard
            deviation `BLUR` of its shorter side. ``"mean"``: its own mean colour. ``"black"``,
            ``"white"``.

    Raises:
        ValueError: no such fill.
    """
    checked_fill(fill)
    if fill == "grey":
        return classifier.mean.to(x.device).expand_as(x)
    if fill == "blur":
        return blurred(x, sigma=BLUR * min(x.shape[-2:]))
    if fill == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x)
    return torch.full_like(x, 0.0 if fill == "black" else 1.0)


def blurred(x: Tensor, *, sigma: float) -> Tensor:
    """``(N, C, H, W)`` convolved with a Gaussian of `sigma` pixels, mirrored at the border."""
    for _ in range(2):  # along the rows, then along the columns
        radius = min(math.ceil(3 * sigma), x.shape[3] - 1)
        offsets = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
        weights = torch.exp(-(offsets**2) / (2 * sigma**2))
        kernel = (weights / weights.sum()).expand(x.shape[1], 1, 1, -1)
        padded = F.pad(x, (radius, radius, 0, 0), mode="reflect")
        x = F.conv2d(padded, kernel, groups=x.shape[1]).mT
    return x.clamp(0, 1)


def checked_fill(fill: str, name: str = "fill") -> None:
    """One of `FILLS`; `name` is what the parameter is called."""
    if fill not in FILLS:
        raise ValueError(f"expected {name} among {', '.join(FILLS)}, got {fill!r}")
