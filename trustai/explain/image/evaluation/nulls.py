"""Null maps: what a saliency map has to beat before it can be called faithful.

A map of random pixels is a null that nearly anything beats, because it scatters holes over the
picture, and a blob in the centre, which knows neither the network nor the picture, already finds
most objects. So a map is judged beside three kinds of null: a Gaussian random field that is as
smooth as the map, a centred Gaussian, and what the same method says of something else (another
picture, another class).
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai import seeds
from trustai.metrics.similarity import ranks

FIELD, BLOB, PICTURE, CLASS = "field", "blob", "picture", "class"
TITLES = MappingProxyType(
    {
        FIELD: "a random map of the same resolution",
        BLOB: "a blob in the centre",
        PICTURE: "the same method's map of another picture",
        CLASS: "the same method's map of another class",
    }
)
"""How each null is called in a sentence."""
SPREAD = 0.25
"""Standard deviation of the blob in sides of the picture."""
_HALVINGS = 12
_WIDTHS = (0.1, 1.0)  # of the field's filter: least in pixels, most in sides of the picture


def smoothness(maps: Tensor) -> Tensor:
    """Lag-1 rank autocorrelation: how far a pixel's rank is that of its neighbour.

    ``(rho_right + rho_down) / 2`` with ``rho = sum r_p r_q / sqrt(sum r_p^2 sum r_q^2)`` over all
    pairs of a pixel p and its neighbour q, ``r`` the rank in the whole map minus the mean rank.

    Args:
        maps: ``(N, H, W)``.

    Returns:
        ``float32 (N,)`` in ``[-1, 1]``: about 0 for independent pixels, near 1 for a map enlarged
        from a coarse grid; nan where a map is constant.

    >>> smoothness(torch.arange(64.0).view(1, 8, 8)).round(decimals=2)
    tensor([0.9400])
    """
    return _neighbours(ranks(maps).view(maps.shape)).float()


def blob(x: Tensor) -> Tensor:
    """A centred Gaussian, the same for every network and picture.

    Args:
        x: ``(N, 3, H, W)``, for the size.

    Returns:
        ``float32 (N, H, W)`` in ``(0, 1]``, its standard deviation `SPREAD` sides. For deletion,
        insertion and the pointing game only the distance to the centre counts.

    >>> blob(torch.zeros(1, 3, 3, 3))[0, 1]
    tensor([0.4111, 1.0000, 0.4111])
    """
    along = [((torch.arange(n) + 0.5) / n - 0.5) ** 2 for n in x.shape[-2:]]
    squared = along[0][:, None] + along[1][None]
    return (-squared / (2 * SPREAD**2)).exp().expand(len(x), -1, -1).to(x.device)


def random_fields(maps: Tensor, *, n: int = 1, seed: int = 0, first: int = 0) -> list[Tensor]:
    """Gaussian random fields, each as smooth as the map it stands beside.

    White noise goes through a Gaussian filter whose width is found by bisection, so that the
    `smoothness` of the field is that of the map. Every picture meets fields of its own, which
    depend on the map, `seed` and its number ``first + i`` only, not on the batch it stands in.

    Args:
        maps: ``(N, H, W)``, finite and not constant.
        n: How many fields per map.
        seed: Of the noise.
        first: Number of the first picture.

    Returns:
        `n` batches ``float32 (N, H, W)``.

    >>> maps = torch.arange(1024.0).view(1, 32, 32)
    >>> (field,) = random_fields(maps)
    >>> bool((smoothness(field) - smoothness(maps)).abs() < 0.01)
    True
    """
    wanted, height, width = smoothness(maps).tolist(), *maps.shape[1:]
    drawn = np.empty((n, *maps.shape), np.float32)
    for i, rho in enumerate(wanted):
        dice = np.random.default_rng([seeds.checked(seed), first + i])
        for k in range(n):
            drawn[k, i] = _field(dice.standard_normal((2 * height, 2 * width)), rho)
    return [one.to(maps.device) for one in torch.from_numpy(drawn)]


def partners(labels: Tensor) -> Tensor | None:
    """For every picture the number of another one, of another class where there is any.

    Args:
        labels: ``int64 (N,)``.

    Returns:
        ``int64 (N,)``: the next picture of another class, beginning again at the end; None for a
        single picture, which has no other.

    >>> partners(torch.tensor([0, 0, 1])).tolist()
    [2, 2, 0]
    """
    n = len(labels)
    if n < 2:
        return None
    found = []
    for i in range(n):
        others = [(i + k) % n for k in range(1, n)]
        found.append(next((j for j in others if labels[j] != labels[i]), others[0]))
    return torch.tensor(found)


def _field(noise: NDArray[np.float64], rho: float) -> NDArray[np.float32]:
    """The quarter of the filtered noise whose lag-1 rank autocorrelation is `rho`.

    The noise is twice as high and wide, because a filter in the frequency domain joins its edges.
    """
    height, width = (side // 2 for side in noise.shape)
    spectrum = np.fft.rfft2(noise)
    squared = np.fft.fftfreq(2 * height)[:, None] ** 2 + np.fft.rfftfreq(2 * width)[None] ** 2
    low, high = np.log(_WIDTHS[0]), np.log(_WIDTHS[1] * max(height, width))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        kept = np.exp(-2 * (np.pi * np.exp(middle)) ** 2 * squared)
        field = np.fft.irfft2(spectrum * kept, s=noise.shape)[:height, :width]
        found = np.empty(field.size)
        found[field.ravel().argsort()] = np.arange(field.size) - (field.size - 1) / 2
        here = _neighbours(torch.from_numpy(found).view(1, height, width)).item()
        low, high = (middle, high) if here < rho else (low, middle)
    return field.astype(np.float32)


def _neighbours(centred: Tensor) -> Tensor:
    """``(N,)``: correlation of ranks ``(N, H, W)``, mean 0, with those to the right and below."""

    def alike(a: Tensor, b: Tensor) -> Tensor:
        a, b = a.flatten(1), b.flatten(1)
        return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))

    right = alike(centred[:, :, :-1], centred[:, :, 1:])
    return (right + alike(centred[:, :-1], centred[:, 1:])) / 2
