"""OOD scores compared on the same pictures: paired bootstrap intervals and ties with the best."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from trustai.metrics import detection, intervals
from trustai.metrics.intervals import Comparison

Scores = Mapping[str, Tensor]


def compare(
    inliers: Scores, outliers: Scores, *, tpr: float = 0.95, seed: int = 0
) -> dict[str, Comparison]:
    """Scores beside the best of them, by AUROC and by the share of outliers accepted.

    A draw takes known and OOD pictures with replacement, the same ones for every score. The
    threshold of FPR95 is found anew in every draw.

    Args:
        inliers: By score, ``(N,)`` each, of the same pictures in the same order.
        outliers: By score in the same order, ``(M,)`` each.
        tpr: Share of the inliers that is kept, in ``(0, 1]``.
        seed: In ``[0, 2**32 - 1)``.

    Returns:
        Of ``"auroc"`` (the highest leads) and ``"fpr95"`` (the lowest leads), in the order given.

    Raises:
        ValueError: no score, or scores of different ones.

    >>> x = torch.arange(40.0)
    >>> compare({"a": x, "b": -x}, {"a": x + 30, "b": -x})["auroc"].tied.tolist()
    [True, False]
    """
    if not inliers or list(inliers) != list(outliers):
        raise ValueError(f"expected the same scores, got {list(inliers)} and {list(outliers)}")
    pairs = [(inside, outliers[name]) for name, inside in inliers.items()]
    weights = _taken(*pairs[0], seed=seed)
    auroc = [detection.auroc(*pair) for pair in pairs]
    fpr = [detection.fpr_at_tpr(*pair, tpr=tpr) for pair in pairs]
    drawn = [detection.auroc_draws(*pair, weights=weights) for pair in pairs]
    drawn_fpr = [detection.fpr_draws(*pair, weights=weights, tpr=tpr) for pair in pairs]
    by_fpr = intervals.compare_draws(fpr, torch.stack(drawn_fpr, 1), higher_is_better=False)
    return {
        "auroc": intervals.compare_draws(auroc, torch.stack(drawn, 1)),
        "fpr95": by_fpr.of_shares(n=len(pairs[0][1])),
    }


def _taken(inside: Tensor, outside: Tensor, *, seed: int) -> tuple[Tensor, Tensor]:
    """How often each picture is taken: two streams, drawn independently of each other."""
    known, other = (
        torch.from_numpy(intervals.weights(len(scores), seed=seed + i))
        for i, scores in enumerate((inside, outside))
    )
    return known, other
