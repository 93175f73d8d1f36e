"""Thresholds, ROC and precision-recall figures of detecting out-of-distribution pictures.

Everywhere: scores of inliers and of outliers, two tensors; a higher score is more
out-of-distribution; a picture is accepted where ``score <= threshold``. In float64 on the CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trustai.metrics import binary

AT_ONCE = 250  # draws in memory


def threshold_at(inliers: Tensor, *, keep: float = 0.95) -> float:
    """The smallest threshold that accepts at least the share `keep` of the inliers.

    It is one of the scores. Where several tie at it, all of them are accepted.

    Args:
        inliers: ``(N,)``.
        keep: In ``(0, 1]``.

    Raises:
        ValueError: no score, one that is NaN, or keep outside ``(0, 1]``.

    >>> threshold_at(torch.arange(20.0), keep=0.95)
    18.0
    """
    if not 0 < keep <= 1:
        raise ValueError(f"expected keep in (0, 1], got {keep:g}")
    ordered = _checked(inliers, "inliers").sort().values
    enough = torch.arange(1, len(ordered) + 1, dtype=torch.float64) / len(ordered) >= keep
    return ordered[enough][0].item()


def accepted_share(scores: Tensor, *, threshold: float) -> float:
    """Share of scores at most `threshold`: the inliers that are kept, the outliers let in.

    Args:
        scores: ``(N,)``.
        threshold: As `threshold_at` gives it.

    Returns:
        In ``[0, 1]``.

    Raises:
        ValueError: no score, or one that is NaN.

    >>> accepted_share(torch.tensor([1.0, 2, 3, 4]), threshold=3)
    0.75
    """
    return (_checked(scores, "scores") <= threshold).double().mean().item()


def auroc(inliers: Tensor, outliers: Tensor) -> float:
    """``P(s_out > s_in) + P(s_out = s_in) / 2``: the area under the ROC curve.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.

    Returns:
        In ``[0, 1]``; 0.5 is chance.

    Raises:
        ValueError: one of the two is empty or holds NaN.

    >>> auroc(torch.tensor([1.0, 2]), torch.tensor([2.0, 3]))
    0.875
    """
    outlier, rank, _ = _ranked(inliers, outliers)
    return binary.roc_auc(outlier, rank)


def roc(inliers: Tensor, outliers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The ROC curve of accepting inliers, which are the positive class here.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.

    Returns:
        Share of the outliers accepted, share of the inliers kept, and the thresholds, ascending,
        one for each distinct score after ``-inf``: ``float64 (K,)`` each. Starts at ``(0, 0)``.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    outlier, rank, values = _ranked(inliers, outliers)
    curve = binary.roc(1 - outlier, -rank)  # accepted from the lowest score on
    thresholds = torch.cat([torch.tensor([-torch.inf], dtype=torch.float64), values])
    return curve.false_positive, curve.true_positive, thresholds


def fpr_at_tpr(inliers: Tensor, outliers: Tensor, *, tpr: float = 0.95) -> float:
    """Share of outliers accepted at the threshold that keeps at least `tpr` of the inliers.

    Inliers are the positive class here, as in the literature.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.
        tpr: In ``(0, 1]``.

    Returns:
        In ``[0, 1]``; 0 is best.

    Raises:
        ValueError: one of the two is empty or holds NaN, or tpr outside ``(0, 1]``.

    >>> fpr_at_tpr(torch.tensor([1.0, 2]), torch.tensor([2.0, 3]))
    0.5
    """
    _checked(outliers, "outliers")
    return accepted_share(outliers, threshold=threshold_at(inliers, keep=tpr))


def precision_recall(inliers: Tensor, outliers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision and recall of finding outliers.

    A picture is called an outlier where ``score >= threshold``: precision is the share of true
    outliers among those called so, recall the share of all outliers that are.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.

    Returns:
        Precision, recall, and the thresholds, descending: ``float64 (K,)`` each.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    outlier, rank, values = _ranked(inliers, outliers)
    curve = binary.precision_recall(outlier, rank)
    return curve.precision, curve.recall, values.flip(0)


def aupr(inliers: Tensor, outliers: Tensor) -> float:
    """Average precision of finding outliers, :math:`\\sum_k (R_k - R_{k-1}) P_k`.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.

    Returns:
        In ``[0, 1]``; chance is the share of outliers.

    Raises:
        ValueError: one of the two is empty or holds NaN.

    >>> aupr(torch.tensor([1.0, 2]), torch.tensor([3.0, 4]))
    1.0
    """
    outlier, rank, _ = _ranked(inliers, outliers)
    return binary.average_precision(outlier, rank)


def auroc_draws(inliers: Tensor, outliers: Tensor, *, weights: tuple[Tensor, Tensor]) -> Tensor:
    """`auroc` of resampled pictures, for an interval, see `trustai.metrics.intervals`.

    Args:
        inliers, outliers: ``(N,)`` and ``(M,)``.
        weights: How often each is taken in each draw: ``(D, N)`` and ``(D, M)``, whole numbers.

    Returns:
        ``float64 (D,)``.

    Raises:
        ValueError: one of the two is empty or holds NaN.
    """
    inside, order = _checked(inliers, "inliers").sort()
    outside = _checked(outliers, "outliers")
    below, upto = (torch.searchsorted(inside, outside, right=right) for right in (False, True))
    found = []
    for drawn_in, drawn_out in zip(*(w.split(AT_ONCE) for w in weights), strict=True):
        known = torch.nn.functional.pad(drawn_in[:, order].double().cumsum(1), (1, 0))
        rank = (known[:, below] + known[:, upto]) / 2
        found.append((rank * drawn_out).sum(1) / (drawn_in.sum(1) * drawn_out.sum(1)))
    return torch.cat(found)


def fpr_draws(
    inliers: Tensor, outliers: Tensor, *, weights: tuple[Tensor, Tensor], tpr: float = 0.95
) -> Tensor:
    """`fpr_at_tpr` of resampled pictures; the threshold is found anew in every draw.

    Arguments, result and errors as of `auroc_draws`.
    """
    inside, order = _checked(inliers, "inliers").sort()
    outside, order_out = _checked(outliers, "outliers").sort()
    upto = torch.searchsorted(outside, inside, right=True)  # accepted at each threshold
    found = []
    for drawn_in, drawn_out in zip(*(w.split(AT_ONCE) for w in weights), strict=True):
        known = drawn_in[:, order].double().cumsum(1)
        at = (known / known[:, -1:] >= tpr).byte().argmax(1)
        accepted = torch.nn.functional.pad(drawn_out[:, order_out].double().cumsum(1), (1, 0))
        share = accepted.gather(1, upto[at][:, None])[:, 0] / accepted[:, -1]
        found.append(share)
    return torch.cat(found)


def _ranked(inliers: Tensor, outliers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Who is an outlier, the rank of its score, and the distinct scores, ascending.

    Only the order counts, and ranks, unlike scores, are always finite.
    """
    inside, outside = _checked(inliers, "inliers"), _checked(outliers, "outliers")
    values, rank = torch.cat([inside, outside]).unique(return_inverse=True)
    outlier = torch.zeros(len(rank), dtype=torch.int64)
    outlier[len(inside) :] = 1
    return outlier, rank, values


def _checked(scores: Tensor, name: str) -> Tensor:
    values = torch.as_tensor(scores).detach().double().flatten().cpu()
    if len(values) == 0:
        raise ValueError(f"expected at least one of the {name}, got none")
    if values.isnan().any():
        raise ValueError(f"expected numbers among the {name}, got NaN")
    return values
