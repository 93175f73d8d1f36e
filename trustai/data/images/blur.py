"""Gaussian blur of pictures."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian_blur(x: Tensor, *, sigma: float | Tensor) -> Tensor:
    """Pictures convolved with a Gaussian, mirrored at the border.

    The kernel reaches three standard deviations, 99.7 % of the weight, or as far as the picture
    can be mirrored; the mean of a flat picture stays.

    Args:
        x: ``(N, C, H, W)``, of any range.
        sigma: Standard deviation in pixels, at least 0: one for all, or ``(N,)``.

    Returns:
        ``(N, C, H, W)``; `x` itself for the number 0.

    >>> point = torch.zeros(1, 1, 3, 5)
    >>> point[..., 2] = 1
    >>> (100 * gaussian_blur(point, sigma=0.5)[0, 0, 0]).round().int().tolist()
    [0, 11, 79, 11, 0]
    """
    if isinstance(sigma, float | int) and sigma == 0:
        return x
    sigmas = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, 1).clamp_min(1e-3)
    # With a sigma of its own for every picture, pictures become channels of one.
    y = x if len(sigmas) == 1 else x.reshape(1, -1, *x.shape[2:])
    for _ in range(2):  # along the rows, then along the columns
        radius = min(math.ceil(3 * sigmas.max().item()), y.shape[3] - 1)
        offsets = torch.arange(-radius, radius + 1, dtype=x.dtype)
        weights = torch.exp(-0.5 * (offsets / sigmas) ** 2)
        kernel = (weights / weights.sum(1, keepdim=True)).to(x.device)
        kernel = kernel.repeat_interleave(x.shape[1], 0)[:, None, None]
        padded = F.pad(y, (radius, radius, 0, 0), mode="reflect")
        y = F.conv2d(padded, kernel, groups=y.shape[1]).mT
    return y.reshape(x.shape)
