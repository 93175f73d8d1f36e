"""Densities of a model's probabilities by group: distributions that should lie on each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
POINTS = 101
BANDWIDTH = 0.025


def densities(
    probability: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    n_groups: int,
    points: int = POINTS,
    bandwidth: float = BANDWIDTH,
) -> Floats:
    """The density of the probability in each group, by a Gaussian kernel.

    ``f(x) = 1/n sum_i sum_m K((x - x_i^m) / h) / h`` with the images ``x_i^m = p_i, -p_i, 2 - p_i``
    of every probability, so that nothing is lost beyond 0 and 1 (reflection; Silverman 1986,
    section 2.10). Probabilities are first rounded to `points` places.

    Args:
        probability: ``(K, N)`` of K models, in ``[0, 1]``.
        group: ``int (N,)`` in ``[0, n_groups)``, -1 where the row is left out.
        n_groups: At least 1.
        points: How many places between 0 and 1, both among them; at least 2.
        bandwidth: ``h``, above 0.

    Returns:
        ``(K, G, points)``, nan for a group without rows.

    Raises:
        ValueError: another shape, or a number outside what is said above.

    >>> found = densities([[0.1, 0.1, 0.9]], [0, 0, 1], n_groups=2, points=11)
    >>> found.argmax(-1).tolist()
    [[1, 9]]
    """
    p, g = _checked(probability, group, points, bandwidth)
    places = np.round(p * (points - 1)).astype(np.int64)
    kernel = _kernel(points, bandwidth)
    found = np.full((len(p), n_groups, points), np.nan)
    for k, j in np.ndindex(len(p), n_groups):
        counts = np.bincount(places[k, g == j], minlength=points)
        if counts.sum():
            found[k, j] = counts @ kernel / counts.sum()
    return found


def _checked(
    probability: npt.ArrayLike, group: npt.ArrayLike, points: int, bandwidth: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    p, g = np.asarray(probability, float), np.asarray(group)
    if p.ndim != 2 or g.shape != p.shape[1:]:
        raise ValueError(f"expected probabilities (K, N) and groups (N,), got {p.shape}, {g.shape}")
    if points < 2 or not (math.isfinite(bandwidth) and bandwidth > 0):
        raise ValueError(f"expected 2 points and a bandwidth above 0, got {points}, {bandwidth}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"expected probabilities in [0, 1], got {p.min()} to {p.max()}")
    return p, g


def _kernel(points: int, bandwidth: float) -> Floats:
    """``(points, points)``: the density that one probability at each place adds at each place."""
    x = np.linspace(0, 1, points)
    images = (x[:, None], -x[:, None], 2 - x[:, None])
    weight = sum(np.exp(-0.5 * ((x[None] - image) / bandwidth) ** 2) for image in images)
    return np.asarray(weight / (bandwidth * math.sqrt(2 * math.pi)))
