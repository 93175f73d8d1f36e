"""OOD scores compared on the same pictures: paired bootstrap intervals and ties with the best."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from trustai.metrics import detection, intervals
from trustai.metrics.intervals import Comparison


def compare(
    inliers: Mapping[str, Tensor],
    outliers: Mapping[str, Tensor],
    *,
    tpr: float = 0.95,
    seed: int = 0,
    draws: int = intervals.DRAWS,
) -> dict[str, Comparison]:
    """Scores beside the best of them, by AUROC and by the share of outliers accepted.

    A draw takes known and OOD pictures with replacement, the same ones for every score. The
    threshold of FPR95 is found anew in every draw.

    Args:
        inliers: By score, ``(N,)`` each, of the same pictures in the same order.
        outliers: By score in the same order, ``(M,)`` each.
        tpr: Share of the inliers that is kept, in ``(0, 1]``.
        seed, draws: As of `trustai.metrics.intervals.weights`.

    Returns:
        Of ``"auroc"`` (the highest leads) and ``"fpr95"`` (the lowest leads), scores in the order
        given.

    Raises:
        ValueError: no score, or scores of different ones.

    >>> x = torch.arange(40.0)
    >>> compare({"a": x, "b": -x}, {"a": x + 30, "b": -x}, draws=200)["auroc"].tied.tolist()
    [True, False]
    """
    if not inliers or list(inliers) != list(outliers):
        raise ValueError(
            f"expected the same scores of both, got {list(inliers)} and {list(outliers)}"
        )
    pairs = [(inside, outliers[name]) for name, inside in inliers.items()]
    weights = _taken(*pairs[0], seed=seed, draws=draws)
    auroc = [detection.auroc_draws(*pair, weights=weights) for pair in pairs]
    fpr = [detection.fpr_draws(*pair, weights=weights, tpr=tpr) for pair in pairs]
    return {
        "auroc": intervals.compare_draws(
            [detection.auroc(*pair) for pair in pairs], torch.stack(auroc, 1).numpy()
        ),
        "fpr95": intervals.compare_draws(
            [detection.fpr_at_tpr(*pair, tpr=tpr) for pair in pairs],
            torch.stack(fpr, 1).numpy(),
            higher_is_better=False,
        ),
    }


def _taken(inside: Tensor, outside: Tensor, *, seed: int, draws: int) -> tuple[Tensor, Tensor]:
    """How often each picture is taken: two streams, drawn independently of each other."""
    known, other = (
        torch.from_numpy(intervals.weights(len(scores), seed=seed + i, draws=draws))
        for i, scores in enumerate((inside, outside))
    )
    return known, other
