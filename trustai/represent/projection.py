"""Projections of features to a map of two axes: PCA and UMAP.

Both are fitted to the reference features of a network's training pictures; any other picture is
placed on the finished map by `place`, which moves nothing else.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from trustai.zoo import checks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOCK = threading.Lock()  # two fits at once can abort the process: numba's threads allow no guest


class Projection(Protocol):
    """A finished map of features to the plane."""

    @property
    def points(self) -> Tensor:
        """``float32 (R, 2)``: where the reference lies."""
        ...

    def place(self, features: Tensor) -> Tensor:
        """Features ``(N, D)`` -> ``float32 (N, 2)`` on the same map."""
        ...


def _checked(features: Tensor, *, length: int | None = None, least: int = 1) -> Tensor:
    if features.ndim != 2 or len(features) < least:
        raise ValueError(
            f"expected features (N, D) of at least {least} pictures, got {tuple(features.shape)}"
        )
    if length is not None and features.shape[1] != length:
        raise ValueError(f"expected {length} features a picture, got {features.shape[1]}")
    if not features.isfinite().all():
        raise ValueError("expected finite features, got infinities or NaN")
    return features.detach()


@dataclass(frozen=True, eq=False)
class PCAProjection:
    """Principal components: ``(x - mean) @ axes.T``, the axes of largest variance (Pearson 1901).

    Attributes:
        mean: ``(D,)``: what is taken off first.
        axes: ``(2, D)``: orthogonal, of length 1; the largest number of each is positive.
        share: Of the variance along each axis, in ``[0, 1]``; the rest is not on the map.
        points: ``float32 (R, 2)``: where the reference lies.
    """

    mean: Tensor
    axes: Tensor
    share: tuple[float, float]
    points: Tensor

    def place(self, features: Tensor) -> Tensor:
        """``(x - mean) @ axes.T``, ``float32 (N, 2)``, of features ``(N, D)``."""
        x = _checked(features, length=len(self.mean)).double()
        return ((x - self.mean) @ self.axes.T).float()


def pca(reference: Tensor) -> PCAProjection:
    """Principal component analysis of features ``(R, D)`` by singular values, in float64.

    The sign of an axis is free; the one whose largest number is positive is taken, so that the
    same features give the same map.

    Args:
        reference: ``(R, D)``.

    Raises:
        ValueError: fewer than two pictures or features, or numbers that are not finite.

    >>> line = torch.arange(3.0)[:, None] * torch.tensor([[3.0, 4.0]])
    >>> pca(line).points[:, 0]
    tensor([-5.,  0.,  5.])
    """
    x = _checked(reference, least=2).double()
    if x.shape[1] < 2:
        raise ValueError(f"expected at least 2 features a picture, got {x.shape[1]}")
    mean = x.mean(0)
    _, sizes, directions = torch.linalg.svd(x - mean, full_matrices=False)
    axes = directions[:2]
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    axes = axes * torch.where(largest < 0, -1.0, 1.0)
    shares = sizes[:2] ** 2 / (sizes**2).sum().clamp_min(1e-300)
    first, second = shares.tolist()
    return PCAProjection(mean, axes, (first, second), ((x - mean) @ axes.T).float())


@dataclass(frozen=True)
class UMAPParams:
    """Parameters of UMAP (McInnes et al. 2018, https://arxiv.org/abs/1802.03426), the course's.

    Attributes:
        n_neighbors: How many neighbours a picture is tied to: few show detail, many the whole.
        min_dist: How close points may lie on the map, in its units.
        seed: Of the start and of the sampling. The same seed gives the same map on one machine;
            another machine's rounding may turn out another one.
    """

    n_neighbors: int = 10
    min_dist: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n_neighbors", self.n_neighbors, 2)
        checks.at_least("min_dist", self.min_dist, 0)
        if self.min_dist > 1:
            raise ValueError(f"expected min_dist in [0, 1], got {self.min_dist:g}")


@dataclass(frozen=True, eq=False)
class UMAPProjection:
    """A fitted UMAP.

    Attributes:
        points: ``float32 (R, 2)``: where the reference lies.
        params: How it was fitted.
        length: D, of the features.
    """

    points: Tensor
    params: UMAPParams
    length: int
    _fitted: Any = field(repr=False)

    def place(self, features: Tensor) -> Tensor:
        """New pictures ``(N, D)`` among the fitted ones, which stay: ``float32 (N, 2)``."""
        x = _as_array(_checked(features, length=self.length))
        with _LOCK, _quiet():
            return torch.from_numpy(self._fitted.transform(x)).float()


def umap(reference: Tensor, *, params: UMAPParams | None = None) -> UMAPProjection:
    """Fit UMAP to features ``(R, D)``. The first call in a process compiles for 10 to 20 s.

    One at a time in the whole process; the others wait.

    Args:
        reference: ``(R, D)``.
        params: None for the defaults.

    Raises:
        ValueError: not more pictures than neighbours, or numbers that are not finite.
    """
    params = checks.params("umap", params, UMAPParams)
    x = _checked(reference, least=params.n_neighbors + 2)
    with _LOCK, _quiet():
        # Imported here: it compiles, and only who asks for UMAP is to wait for it.
        from umap import UMAP as Fit

        fitted = Fit(
            n_neighbors=params.n_neighbors,
            min_dist=params.min_dist,
            random_state=params.seed,
            n_jobs=1,  # what a seed means anyway
        ).fit(_as_array(x))
        return UMAPProjection(
            torch.from_numpy(fitted.embedding_).float(), params, x.shape[1], fitted
        )


def _as_array(features: Tensor) -> NDArray[np.float32]:
    return features.float().contiguous().numpy()


def _quiet() -> warnings.catch_warnings[None]:
    """Without the library's remarks on its own dependencies."""
    return warnings.catch_warnings(action="ignore")
