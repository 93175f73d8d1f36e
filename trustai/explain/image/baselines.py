"""Baselines: pictures without information, with which methods hide pixels or from which they begin.

Also called reference inputs, or missingness (Sturmfels et al. 2020, Visualizing the Impact of
Feature Attribution Baselines, https://distill.pub/2020/attribution-baselines).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from trustai.data.images.blur import gaussian_blur
from trustai.explain.image.passes import Passes, at_once
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


def completeness_gap(
    passes: Passes, starts: Sequence[Tensor], pixels: Tensor, *, weights: Sequence[float] = (1.0,)
) -> Tensor:
    """By what share the attributions miss the difference that they should sum to.

    ``|sum - (f_t(x) - mean f_t(x'))| / |f_t(x) - mean f_t(x')|``, with ``f_t`` the target's logit.

    Args:
        passes: With the pictures, ``(N, 3, H, W)``, and their targets.
        starts: One or several baselines ``x'`` of every picture, each ``(N, 3, H, W)``.
        pixels: The attributions ``(N, 3, H, W)``.
        weights: Of the baselines in their mean; they sum to 1.

    Returns:
        ``(N,)``, at least 0.
    """
    predict, together = passes.classifier.predict, at_once(passes.x)
    at_x, *at_starts = (
        predict(one, batch_size=together).double().gather(1, passes.target[:, None])[:, 0]
        for one in (passes.x, *starts)
    )
    mean = torch.tensor(weights, dtype=torch.float64, device=at_x.device) @ torch.stack(at_starts)
    difference = at_x - mean
    missed = (pixels.double().sum((1, 2, 3)) - difference).abs()
    return (missed / difference.abs().clamp_min(1e-9)).float()


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
