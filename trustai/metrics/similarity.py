"""Similarity of two saliency maps: rank correlation, SSIM, overlap of the top pixels.

All three numbers compare the maps of one picture at a time and ignore their scale. Where one of
the two maps is constant, or not finite, there is no order and no pattern to compare: the answer is
``nan``, never 0 or 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

WINDOW = 7  # side in pixels of SSIM's sliding window
_TIES_SEED = 0


def ranking(maps: Tensor) -> Tensor:
    """The pixels of every map from the highest value to the lowest.

    Pixels of equal value, of which enlarged and tiled maps have many, come in the order of one
    fixed random permutation: in raster order they would be taken from the top left, which is a
    shape of its own.

    Args:
        maps: ``(N, H, W)``.

    Returns:
        ``int64 (N, H * W)``, pixel numbers ``row * W + column``.

    >>> ranking(torch.tensor([[[0.1, 0.4], [0.3, 0.2]]]))
    tensor([[1, 2, 3, 0]])
    """
    flat = maps.flatten(1)
    generator = torch.Generator().manual_seed(_TIES_SEED)
    mixed = torch.randperm(flat.shape[1], generator=generator).to(maps.device)
    return mixed[flat[:, mixed].argsort(dim=1, descending=True, stable=True)]


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's rank correlation of the pixels of two maps.

    ``rho = cov(r_a, r_b) / (std(r_a) std(r_b))`` with ``r`` the rank of each pixel, equal values
    sharing the mean of their ranks. 1: same order, 0: unrelated, -1: reversed.

    Args:
        a, b: ``(N, H, W)``.

    Returns:
        ``float32 (N,)`` in ``[-1, 1]``; nan where a map is constant or not finite.

    Raises:
        ValueError: not two batches of maps of one shape.

    >>> a = torch.arange(6.0).view(1, 2, 3)
    >>> rank_correlation(a, a**2), rank_correlation(a, -a)
    (tensor([1.]), tensor([-1.]))
    """
    checked_pair(a, b)
    ranks_a, ranks_b = ranks(a), ranks(b)
    norm = ranks_a.norm(dim=1) * ranks_b.norm(dim=1)
    rho = ((ranks_a * ranks_b).sum(1) / norm).clamp(-1, 1).float().to(a.device)
    return rho.masked_fill(says_nothing(a) | says_nothing(b), torch.nan)


def ssim(a: Tensor, b: Tensor, *, signed: bool = False) -> Tensor:
    """Structural similarity: do the maps look alike, place by place? (Wang et al. 2004).

    Each map is first divided by its own largest absolute value. One that is at least 0 then lies
    in ``[0, 1]``; a signed one, in ``[-1, 1]``, is brought there as ``(1 + v) / 2``, so that 0
    stays in the middle, the way a diverging colour scale shows it.
    scikit-image's ``structural_similarity`` compares them in windows of `WINDOW` pixels.

    Args:
        a, b: ``(N, H, W)``, at least `WINDOW` pixels high and wide.
        signed: Whether the maps are signed, see `Attribution.signed`.

    Returns:
        ``float32 (N,)`` in ``[-1, 1]``, 1 for equal maps; nan where a map is constant or not
        finite.

    Raises:
        ValueError: not two batches of maps of one shape, maps too small, or negative values in
            maps that are said to have none.

    >>> a = torch.arange(64.0).view(1, 8, 8)
    >>> ssim(a, 2 * a)
    tensor([1.])
    """
    # scikit-image takes half a second to import, which the start of the app need not pay.
    from skimage.metrics import structural_similarity

    checked_pair(a, b)
    if min(a.shape[1:]) < WINDOW:
        raise ValueError(
            f"expected maps of at least {WINDOW} x {WINDOW} pixels, got {a.shape[1]} x {a.shape[2]}"
        )
    nothing = (says_nothing(a) | says_nothing(b)).cpu()
    result = torch.full((len(a),), torch.nan)
    for i in (~nothing).nonzero()[:, 0].tolist():
        first, second = _to_unit(a[i], signed).numpy(), _to_unit(b[i], signed).numpy()
        result[i] = float(structural_similarity(first, second, win_size=WINDOW, data_range=1.0))
    return result.to(a.device)


def top_overlap(a: Tensor, b: Tensor, *, share: float = 0.1) -> Tensor:
    """How much of what matters most in one map also matters most in the other.

    ``|A and B| / |A|`` with ``A``, ``B`` the `share` of the pixels with the highest values. Two
    unrelated maps have about `share`. Ties are broken as in `ranking`, alike in both maps, so
    that every map overlaps itself entirely.

    Args:
        a, b: ``(N, H, W)``; of signed maps the most positive pixels count.
        share: In ``(0, 1]``; at least one pixel is taken.

    Returns:
        ``float32 (N,)`` in ``[0, 1]``; nan where a map is constant or not finite.

    Raises:
        ValueError: not two batches of maps of one shape, or `share` out of range.

    >>> a = torch.arange(10.0).view(1, 2, 5)
    >>> top_overlap(a, a.flip(2), share=0.3)  # pixels 9, 8, 7 and 5, 6, 7
    tensor([0.3333])
    """
    checked_pair(a, b)
    if not 0 < share <= 1:
        hint = f" (did you mean {share / 100:g}?)" if 1 < share <= 100 else ""
        raise ValueError(f"expected share in (0, 1], got {share:g}{hint}")
    size = a[0].numel()
    k = max(1, round(share * size))
    inside_a = torch.zeros((len(a), size), dtype=torch.bool, device=a.device)
    inside_b = inside_a.clone()
    inside_a.scatter_(1, ranking(a)[:, :k], True)
    inside_b.scatter_(1, ranking(b)[:, :k], True)
    overlap = (inside_a & inside_b).sum(1) / k
    return overlap.masked_fill(says_nothing(a) | says_nothing(b), torch.nan)


def says_nothing(maps: Tensor) -> Tensor:
    """``bool (N,)``: the map is constant, or has values that are not finite."""
    flat = maps.flatten(1)
    return ~flat.isfinite().all(1) | (flat.amax(1) == flat.amin(1))


def checked_pair(a: Tensor, b: Tensor) -> None:
    """Two batches of maps of one shape."""
    if a.ndim != 3 or a.shape != b.shape or a.numel() == 0:
        raise ValueError(
            "expected two batches of maps of one shape (N, H, W), got "
            f"{tuple(a.shape)} and {tuple(b.shape)}"
        )


def ranks(maps: Tensor) -> Tensor:
    """Ranks of the pixels, ties averaged, minus their mean.

    Args:
        maps: ``(N, H, W)``.

    Returns:
        ``float64 (N, H * W)``.

    >>> ranks(torch.tensor([[[5.0, 1.0, 1.0]]]))
    tensor([[ 1.0000, -0.5000, -0.5000]], dtype=torch.float64)
    """
    rows = []
    for row in maps.detach().cpu().flatten(1):
        _, which, counts = row.unique(return_inverse=True, return_counts=True)
        last = counts.cumsum(0).double()
        rows.append((last - (counts - 1) / 2)[which])
    found = torch.stack(rows)
    return found - found.mean(1, keepdim=True)


def _to_unit(one: Tensor, signed: bool) -> Tensor:
    one = one.detach().cpu().double()
    if not signed and one.min() < 0:
        raise ValueError(
            f"expected maps of at least 0, got values down to {one.min():g} "
            "(did you mean signed=True?)"
        )
    one = one / one.abs().max()
    return (1 + one) / 2 if signed else one
