"""Localisation metrics of saliency maps: pointing game and share inside the object's mask.

A good score here means that the map agrees with where a person knows the object to be, which is
not the same as being faithful to the network: a network may well look beside the object.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trustai.metrics.similarity import ranking, says_nothing
from trustai.zoo import checks


def pointing_game(maps: Tensor, masks: Tensor, *, tolerance: float = 0) -> Tensor:
    """The pointing game: whether the map's highest pixel is on the object.

    A hit is a maximum no further than `tolerance` from the mask (Zhang et al. 2018, Top-down
    Neural Attention by Excitation Backprop, https://arxiv.org/abs/1608.00507, allow 15 pixels in
    photographs of about 500). Of several equal maxima one is taken, as in `ranking`.

    Args:
        maps: ``(N, H, W)``.
        masks: ``bool (N, H, W)``, True on the object.
        tolerance: In pixels, centre to centre, at least 0.

    Returns:
        ``float32 (N,)``: 1 for a hit, 0 for a miss; nan where the mask is empty and where the map
        has no maximum, because it is constant or not finite.

    Raises:
        ValueError: shapes that do not fit, masks that are not bool, a negative tolerance.

    >>> mask = torch.eye(3, dtype=torch.bool)[None]
    >>> pointing_game(torch.arange(9.0).view(1, 3, 3), mask)  # its maximum is the last pixel
    tensor([1.])
    """
    _checked(maps, masks)
    checks.at_least("tolerance", tolerance, 0)
    width = maps.shape[2]
    peak = ranking(maps)[:, 0]
    rows = torch.arange(maps.shape[1], device=maps.device).view(1, -1, 1)
    columns = torch.arange(width, device=maps.device).view(1, 1, -1)
    squared = (rows - (peak // width).view(-1, 1, 1)) ** 2
    squared = squared + (columns - (peak % width).view(-1, 1, 1)) ** 2
    hit = (masks & (squared <= tolerance**2)).flatten(1).any(1)
    unknown = says_nothing(maps) | ~masks.flatten(1).any(1)
    return hit.float().masked_fill(unknown, torch.nan)


def inside_share(maps: Tensor, masks: Tensor) -> Tensor:
    """The share of a map's positive attribution that lies on the object.

    ``sum_mask max(m, 0) / sum max(m, 0)``. Compare with `mask_share`: a map that is the same
    everywhere scores exactly that.

    Args:
        maps: ``(N, H, W)``; negative values count as 0.
        masks: ``bool (N, H, W)``, True on the object.

    Returns:
        ``float32 (N,)`` in ``[0, 1]``; nan where nothing is positive, the map is not finite or
        the mask is empty.

    Raises:
        ValueError: shapes that do not fit, or masks that are not bool.

    >>> mask = torch.eye(2, dtype=torch.bool)[None]
    >>> inside_share(torch.tensor([[[3.0, 1.0], [-2.0, 4.0]]]), mask)
    tensor([0.8750])
    """
    _checked(maps, masks)
    positive = maps.relu().flatten(1)
    # Divided by the largest value, so that neither sum leaves the range of float32.
    positive = positive / positive.amax(1, keepdim=True)
    inside = masks.flatten(1)
    share = (positive * inside).sum(1) / positive.sum(1)
    unknown = ~maps.flatten(1).isfinite().all(1) | ~inside.any(1)
    return share.masked_fill(unknown, torch.nan)


def mask_share(masks: Tensor) -> Tensor:
    """The share of the picture that the object fills.

    Args:
        masks: ``bool (N, H, W)``.

    Returns:
        ``float32 (N,)`` in ``[0, 1]``.

    >>> mask_share(torch.eye(4, dtype=torch.bool)[None])
    tensor([0.2500])
    """
    return masks.flatten(1).float().mean(1)


def _checked(maps: Tensor, masks: Tensor) -> None:
    if maps.ndim != 3 or maps.shape != masks.shape or masks.dtype != torch.bool:
        raise ValueError(
            f"expected maps (N, H, W) and bool masks of the same shape, got {tuple(maps.shape)} "
            f"and {masks.dtype} {tuple(masks.shape)}"
        )
