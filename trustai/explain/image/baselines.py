"""Baselines: pictures without information, with which methods hide pixels or from which they begin.

Also called reference inputs, or missingness (Sturmfels et al. 2020, Visualizing the Impact of
Feature Attribution Baselines, https://distill.pub/2020/attribution-baselines).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from trustai.data.images.blur import gaussian_blur
from trustai.zoo.classifier import Classifier

Baseline = Literal["grey", "blur", "mean", "black", "white"]
BASELINES: tuple[Baseline, ...] = ("grey", "blur", "mean", "black", "white")

# Standard deviation of the blur, as a share of the picture's shorter side. RISE's 5 pixels of 224
# leave our networks sure of small pictures; from a tenth of the side on they are guessing.
BLUR = 0.1


def baseline_pictures(classifier: Classifier, x: Tensor, baseline: Baseline) -> Tensor:
    """The baseline of every picture.

    Args:
        classifier: Knows the mean colour of its training pictures.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        baseline: ``"grey"``: the mean colour of the training pictures, which the network's own
            normalisation turns into 0. ``"blur"``: the picture under a Gaussian of standard
            deviation `BLUR` of its shorter side. ``"mean"``: its own mean colour. ``"black"``,
            ``"white"``.

    Returns:
        ``(N, 3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: no such baseline.
    """
    checked_baseline(baseline)
    if baseline == "grey":
        return classifier.mean.to(x.device).expand_as(x)
    if baseline == "blur":
        return gaussian_blur(x, sigma=BLUR * min(x.shape[-2:])).clamp(0, 1)
    if baseline == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x)
    return torch.full_like(x, 0.0 if baseline == "black" else 1.0)


def checked_baseline(baseline: str, name: str = "baseline") -> None:
    """Refuse what is none of `BASELINES`.

    Args:
        baseline: What was given.
        name: What the parameter is called.

    Raises:
        ValueError: no such baseline.
    """
    if baseline not in BASELINES:
        raise ValueError(f"expected {name} among {', '.join(BASELINES)}, got {baseline!r}")
