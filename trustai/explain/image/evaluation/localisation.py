"""Localisation metrics of saliency maps: pointing game and energy-based pointing game.

A good score here means that the map agrees with where a person knows the object to be, which is
not the same as being faithful to the network: a network may well look beside the object. Nor is it
more than chance by itself: `controls` says what a random pixel, a map that is the same everywhere
and a blob in the middle reach on the same masks.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trustai.explain.image.evaluation.nulls import blob
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
    peak = ranking(maps)[:, :1]
    hit = hits(masks, tolerance=tolerance).flatten(1).gather(1, peak)[:, 0]
    unknown = says_nothing(maps) | ~masks.flatten(1).any(1)
    return hit.float().masked_fill(unknown, torch.nan)


def hits(masks: Tensor, *, tolerance: float = 0) -> Tensor:
    """The pixels that would hit in the pointing game: those no further than `tolerance` from it.

    Their share of the picture is the chance level of the game, see `controls`.

    Args:
        masks: ``bool (N, H, W)``, True on the object.
        tolerance: In pixels, centre to centre, at least 0.

    Returns:
        ``bool (N, H, W)``.

    >>> hits(torch.eye(3, dtype=torch.bool)[None], tolerance=1)[0, 0]
    tensor([ True,  True, False])
    """
    checks.at_least("tolerance", tolerance, 0)
    found = masks.new_zeros(masks.shape)
    height, width = masks.shape[1:]
    for down in range(-min(int(tolerance), height - 1), min(int(tolerance), height - 1) + 1):
        for right in range(-min(int(tolerance), width - 1), min(int(tolerance), width - 1) + 1):
            if down**2 + right**2 <= tolerance**2:
                into, out = _moved(height, down), _moved(width, right)
                found[:, into[0], out[0]] |= masks[:, into[1], out[1]]
    return found


def _moved(size: int, by: int) -> tuple[slice, slice]:
    """Where a row of `size` pixels lands that is moved `by`, and what of it stays inside."""
    return slice(max(by, 0), size + min(by, 0)), slice(max(-by, 0), size + min(-by, 0))


def controls(masks: Tensor, *, tolerance: float = 0) -> dict[str, Tensor]:
    """What maps that know nothing reach in both pointing games, on the same masks.

    Args:
        masks: ``bool (N, H, W)``, True on the object.
        tolerance: As in `pointing_game`.

    Returns:
        Each ``float32 (N,)``, nan where the mask is empty: ``chance_pointing`` of a random pixel,
        ``centre_pointing`` of the middle of the picture, ``centre_inside`` of a blob there (see
        `nulls.blob`), and `mask_share`, which is what a map that is the same everywhere reaches
        in the energy-based pointing game.

    >>> found = controls(torch.eye(5, dtype=torch.bool)[None])
    >>> {name: round(value.item(), 2) for name, value in found.items()}
    {'chance_pointing': 0.2, 'centre_pointing': 1.0, 'centre_inside': 0.24, 'mask_share': 0.2}
    """
    middle, empty = blob(masks[:, None]), ~masks.flatten(1).any(1)
    found = {
        "chance_pointing": hits(masks, tolerance=tolerance).flatten(1).float().mean(1),
        "centre_pointing": pointing_game(middle, masks, tolerance=tolerance),
        "centre_inside": inside_share(middle, masks),
        "mask_share": mask_share(masks),
    }
    return {name: value.masked_fill(empty, torch.nan) for name, value in found.items()}


def inside_share(maps: Tensor, masks: Tensor) -> Tensor:
    """The energy-based pointing game: the share of the positive attribution on the object.

    ``sum_mask max(m, 0) / sum max(m, 0)``: Wang et al. 2020, Score-CAM,
    https://arxiv.org/abs/1910.01279, with the object's own mask in place of its box. Compare with
    `controls`: a map that is the same everywhere scores exactly `mask_share`.

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
