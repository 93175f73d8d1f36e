"""How well scores tell strangers from known pictures, and where to put the threshold.

Everywhere: scores of inliers and of outliers, two tensors; higher is stranger; a picture is
accepted where ``score <= threshold``. Computed in float64 on the CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor


def threshold_at(inliers: Tensor, *, keep: float = 0.95) -> float:
    """The smallest threshold that accepts at least the share `keep` of `inliers` ``(N,)``.

    It is one of the scores. Where several tie at it, all of them are accepted.

    Raises:
        ValueError: no score, one that is NaN, or keep outside ``(0, 1]``.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"expected keep in (0, 1], got {keep:g}")
    ordered = _checked(inliers, "inliers").sort().values
    enough = torch.arange(1, len(ordered) + 1, dtype=torch.float64) / len(ordered) >= keep
    return ordered[enough][0].item()


def accepted_share(scores: Tensor, *, threshold: float) -> float:
    """Share of `scores` ``(N,)`` at most `threshold`: of inliers those kept, of strangers those
    let in.

    Raises:
        ValueError: no score, or one that is NaN.
    """
    return (_checked(scores, "scores") <= threshold).double().mean().item()


def auroc(inliers: Tensor, outliers: Tensor) -> float:
    """``P(s_out > s_in) + P(s_out = s_in) / 2``: the area under the ROC curve; 0.5 is chance.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    inside, outside = _checked(inliers, "inliers"), _checked(outliers, "outliers")
    ordered = inside.sort().values
    below = torch.searchsorted(ordered, outside)
    up_to = torch.searchsorted(ordered, outside, right=True)
    return ((below + up_to).double() / 2).mean().item() / len(inside)


def roc(inliers: Tensor, outliers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Outliers accepted, inliers kept, and the thresholds ``(K,)`` ascending, one for each value.

    The curve starts at ``(0, 0)`` with the threshold ``-inf``.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    inside, outside = _checked(inliers, "inliers"), _checked(outliers, "outliers")
    thresholds = torch.cat([inside, outside]).unique()
    thresholds = torch.cat([torch.tensor([-torch.inf], dtype=torch.float64), thresholds])
    accepted, kept = (
        torch.searchsorted(scores.sort().values, thresholds, right=True) / len(scores)
        for scores in (outside, inside)
    )
    return accepted.double(), kept.double(), thresholds


def fpr_at_tpr(inliers: Tensor, outliers: Tensor, *, tpr: float = 0.95) -> float:
    """Share of outliers accepted at the threshold that keeps at least `tpr` of the inliers.

    Inliers are the positive class here, as in the literature.

    Raises:
        ValueError: one of the two is empty or holds NaN, or tpr outside ``(0, 1]``.
    """
    _checked(outliers, "outliers")
    return accepted_share(outliers, threshold=threshold_at(inliers, keep=tpr))


def precision_recall(inliers: Tensor, outliers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of finding outliers: precision, recall, and the thresholds ``(K,)`` descending.

    A picture is called an outlier where ``score >= threshold``: precision is the share of true
    outliers among those called so, recall the share of all outliers that are.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    inside, outside = _checked(inliers, "inliers"), _checked(outliers, "outliers")
    thresholds = torch.cat([inside, outside]).unique().flip(0)
    wrong, found = (
        len(scores) - torch.searchsorted(scores.sort().values, thresholds)
        for scores in (inside, outside)
    )
    return found / (found + wrong).double(), found / float(len(outside)), thresholds


def aupr(inliers: Tensor, outliers: Tensor) -> float:
    """Average precision of finding outliers, ``sum_k (R_k - R_k-1) P_k``; chance is their share.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    precision, recall, _ = precision_recall(inliers, outliers)
    return (recall.diff(prepend=recall.new_zeros(1)) * precision).sum().item()


def _checked(scores: Tensor, name: str) -> Tensor:
    values = torch.as_tensor(scores).detach().double().flatten().cpu()
    if len(values) == 0:
        raise ValueError(f"expected at least one of the {name}, got none")
    if values.isnan().any():
        raise ValueError(f"expected numbers among the {name}, got NaN")
    return values
