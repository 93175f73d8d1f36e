"""Noisy linear imputation of removed pixels (ROAD), and the probability lost by removing pixels.

Grey or blurred pixels have edges of their own, and the shape of a hole is information as well.
Scattered over a picture, as by a random map, holes disturb a network more than the loss of what
was there. Noisy linear imputation (Rong et al. 2022, ROAD, https://arxiv.org/abs/2202.00449) gives
every missing pixel the weighted mean of its eight neighbours instead, all at once, so that single
pixels come back and only what covered a whole region is gone.
"""

from __future__ import annotations

import importlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai import seeds
from trustai.metrics.similarity import ranking
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

# Rows down, columns to the right, and the weight of that neighbour.
NEIGHBOURS = tuple(
    (down, right, 1 / 6 if 0 in (down, right) else 1 / 12)
    for down in (-1, 0, 1)
    for right in (-1, 0, 1)
    if (down, right) != (0, 0)
)


def imputed(x: Tensor, gone: Tensor, *, noise: float = 0.01, seed: int = 0) -> Tensor:
    """The pictures with some pixels replaced by what their neighbours suggest.

    Solves ``sum_j w_ij (v_i - v_j) = 0`` for all missing pixels ``i`` over their neighbours ``j``
    inside the picture: weight 1/6 for those beside, above and below, 1/12 for the diagonal ones.

    Args:
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        gone: ``bool (N, H, W)``, True where a pixel is missing; not all of a picture may be.
        noise: Standard deviation of what is added to the imputed pixels, so that their smoothness
            does not give them away; at least 0.
        seed: Of the noise.

    Returns:
        ``float32 (N, 3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: masks of another size, or one that leaves nothing to impute from.

    >>> x = torch.zeros(1, 3, 3, 3)
    >>> x[..., 2] = 1  # black, black, white
    >>> gone = torch.zeros(1, 3, 3, dtype=torch.bool)
    >>> gone[0, 1, 1] = True
    >>> round(imputed(x, gone, noise=0)[0, 0, 1, 1].item(), 2)
    0.33
    """
    _checked_masks(gone, x)
    dice = seeds.numpy_generator(seed)
    pictures = []
    for picture, mask in zip(x.double().cpu().numpy(), gone.cpu().numpy(), strict=True):
        whole = picture.copy()
        if mask.any():
            found = _solved(picture, mask).T
            whole[:, mask] = found + noise * dice.standard_normal(found.shape)
        pictures.append(whole)
    return torch.from_numpy(np.stack(pictures)).to(x.device, x.dtype).clamp(0, 1)


def _checked_masks(gone: Tensor, x: Tensor) -> None:
    if gone.shape != x[:, 0].shape or gone.dtype != torch.bool:
        raise ValueError(
            f"expected gone as bool {tuple(x[:, 0].shape)}, got {gone.dtype} {tuple(gone.shape)}"
        )
    if gone.flatten(1).all(1).any():
        raise ValueError("expected gone to leave pixels to impute from, got a picture without any")


def _solved(picture: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The missing pixels ``(n, 3)`` of a picture ``(3, H, W)``."""
    sparse = importlib.import_module("scipy.sparse")
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    n = len(rows)
    number = np.full(mask.shape, -1)
    number[rows, columns] = np.arange(n)
    known, total = np.zeros((n, 3)), np.zeros(n)
    places, others, weights = [np.arange(n)], [np.arange(n)], [total]
    for down, right, weight in NEIGHBOURS:
        r, c = rows + down, columns + right
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        total += weight * inside  # in place: the diagonal of the matrix
        here, r, c = np.flatnonzero(inside), r[inside], c[inside]
        missing = number[r, c] >= 0
        known[here[~missing]] += weight * picture[:, r[~missing], c[~missing]].T
        places.append(here[missing])
        others.append(number[r, c][missing])
        weights.append(np.full(int(missing.sum()), -weight))
    entries = (np.concatenate(weights), (np.concatenate(places), np.concatenate(others)))
    matrix = sparse.csc_matrix(entries, shape=(n, n))
    solve = importlib.import_module("scipy.sparse.linalg").spsolve
    found: NDArray[np.float64] = solve(matrix, known)
    return found


def removal(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    share: float = 0.2,
    seed: int = 0,
) -> Tensor:
    """By how much the target's probability falls without the most important pixels.

    ``p_t(x) - p_t(x imputed on the top share of the map)``.

    Args:
        classifier: In eval mode; may be shared with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        maps: ``(N, H, W)``, finite, ranked by value. Ties as in `ranking`.
        target: The class whose probability is followed, one for all or ``int64 (N,)``.
        share: Of the pixels taken away and `imputed`, in ``(0, 1)``.
        seed: Of the imputation's noise.

    Returns:
        ``float32 (N,)`` in ``[-1, 1]``.

    Raises:
        ValueError: an input outside what is said above.

    >>> from trustai import data, zoo
    >>> from trustai.explain import image
    >>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
    >>> found = image.explain("grad_cam", classifier, x)
    >>> bool(removal(classifier, x, found.map, target=found.target) > 0.5)
    True
    """
    checks.pictures(classifier, x)
    gone = _top_pixels(maps, x, share)
    logits = classifier.predict(torch.cat([x, imputed(x, gone, seed=seed)]), batch_size=16)
    wanted = checks.targets(target, n=len(x), n_classes=logits.shape[1]).to(x.device)
    before, after = logits.softmax(1).gather(1, wanted.repeat(2)[:, None])[:, 0].chunk(2)
    return before - after


def _top_pixels(maps: Tensor, x: Tensor, share: float) -> Tensor:
    """``bool (N, H, W)``: the highest `share` of every map."""
    if maps.shape != x[:, 0].shape or not maps.isfinite().all():
        raise ValueError(f"expected finite maps of {tuple(x[:, 0].shape)}, got {tuple(maps.shape)}")
    if not 0 < share < 1:
        raise ValueError(f"expected share in (0, 1), got {share:g}")
    first = ranking(maps)[:, : round(share * maps[0].numel())]
    gone = torch.zeros(len(x), maps[0].numel(), dtype=torch.bool, device=x.device)
    return gone.scatter_(1, first, True).view(maps.shape)
