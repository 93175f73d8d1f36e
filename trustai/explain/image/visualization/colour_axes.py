"""Colour decorrelation: the covariance of red, green and blue in pictures, and its square root.

In pictures of the world the three colours rise and fall together. Steps in red, green and blue
separately therefore make garish colours that no photograph has; steps along decorrelated axes do
not (Olah et al. 2017, https://distill.pub/2017/feature-visualization).
"""

from __future__ import annotations

import torch
from torch import Tensor

# Covariance of (red, green, blue) in [0, 1]: the mean of two covariances by `colour_covariance`.
# One over all pixels of signs 0..999 of the training split (trustai.data.load("signs",
# split="train", n=1000)), the other averaged over the five photographs of the world in
# scikit-image's wheel (trustai.data.images.samples: astronaut, cat, coffee, rocket, motorcycle),
# so that a large photograph counts no more than a small one. For comparison, 1,000 test pictures
# of CIFAR-10 have correlations of 0.92 (red, green), 0.80 (red, blue) and 0.92 (green, blue).
COLOUR_COVARIANCE = (
    (0.0533, 0.0405, 0.0326),
    (0.0405, 0.0475, 0.0446),
    (0.0326, 0.0446, 0.0505),
)


def colour_covariance(pixels: Tensor) -> Tensor:
    """Covariance of the three colours over all pixels of some pictures.

    ``C = 1/(M - 1) sum_m (p_m - mean p)(p_m - mean p)^T`` over ``M = N * H * W`` pixels ``p_m``.

    Args:
        pixels: ``(N, 3, H, W)`` in ``[0, 1]``.

    Returns:
        ``float64 (3, 3)``, symmetric.
    """
    if pixels.ndim != 4 or pixels.shape[1] != 3:
        raise ValueError(f"expected pixels as (N, 3, H, W), got {tuple(pixels.shape)}")
    return torch.cov(pixels.double().transpose(0, 1).flatten(1))


def colour_root(covariance: Tensor) -> Tensor:
    """The symmetric square root ``R``, ``R R^T = C``, of a covariance scaled to mean variance 1.

    ``R z`` of uncorrelated colours ``z`` of unit variance has the correlations of `covariance`,
    and on average over the three colours again unit variance.

    Args:
        covariance: ``(3, 3)``, symmetric and positive definite.

    Returns:
        ``float32 (3, 3)``.
    """
    variances, axes = torch.linalg.eigh(covariance.double())
    if not variances[0] > 0:
        raise ValueError(f"expected a positive definite covariance, got {covariance.tolist()}")
    scaled = variances / variances.mean()
    return (axes * scaled.sqrt() @ axes.T).float()
