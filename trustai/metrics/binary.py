"""How good the probabilities of two classes are: counts, curves, and whether they are honest.

Every function takes ``labels``, ``(N,)`` of 0 and 1, and ``probability``, ``(N,)`` in ``[0, 1]`` of
class 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 10


@dataclass(frozen=True, eq=False)
class Roc:
    """Shares of class 0 and of class 1 above each threshold, which falls; starts at (0, 0)."""

    false_positive: Tensor
    true_positive: Tensor
    thresholds: Tensor


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at each threshold, which falls, so that recall rises."""

    precision: Tensor
    recall: Tensor
    thresholds: Tensor


@dataclass(frozen=True, eq=False)
class Calibration:
    """Per bin of probability, empty ones left out: the mean said, the share true, how many."""

    said: Tensor
    true: Tensor
    count: Tensor


def confusion(labels: Tensor, probability: Tensor, *, threshold: float = 0.5) -> list[list[int]]:
    """Counts, rows true and columns predicted; class 1 is predicted from `threshold` on."""
    predicted = (probability >= threshold).long()
    counts: list[list[int]] = (
        torch.bincount(labels * 2 + predicted, minlength=4).view(2, 2).tolist()
    )
    return counts


def _above(labels: Tensor, probability: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of each distinct probability, descending: true and false positives from it on, itself."""
    if not 0 < int(labels.sum()) < len(labels):
        raise ValueError("expected labels of both classes, got only one")
    probability, order = probability.double().sort(descending=True)
    true = labels[order].cumsum(0).double()
    false = torch.arange(1, len(labels) + 1, device=labels.device) - true
    last = torch.ones_like(labels, dtype=torch.bool)  # of those that share a probability
    last[:-1] = probability[1:] != probability[:-1]
    return true[last], false[last], probability[last]


def roc(labels: Tensor, probability: Tensor) -> Roc:
    """The receiver operating characteristic.

    Raises:
        ValueError: only one class is there.
    """
    true, false, thresholds = _above(labels, probability)
    start = torch.zeros(1, dtype=torch.float64)
    return Roc(
        torch.cat([start, false / false[-1]]),
        torch.cat([start, true / true[-1]]),
        torch.cat([start + torch.inf, thresholds]),
    )


def precision_recall(labels: Tensor, probability: Tensor) -> PrecisionRecall:
    """Precision against recall.

    Raises:
        ValueError: only one class is there.
    """
    true, false, thresholds = _above(labels, probability)
    return PrecisionRecall(true / (true + false), true / true[-1], thresholds)


def roc_auc(labels: Tensor, probability: Tensor) -> float:
    """Area under `roc`: how often class 1 gets the higher probability of a mixed pair."""
    curve = roc(labels, probability)
    return float(torch.trapezoid(curve.true_positive, curve.false_positive))


def average_precision(labels: Tensor, probability: Tensor) -> float:
    """:math:`\\sum_n (R_n - R_{n-1}) P_n` along `precision_recall`."""
    curve = precision_recall(labels, probability)
    steps = curve.recall.diff(prepend=torch.zeros(1, dtype=torch.float64))
    return float((steps * curve.precision).sum())


def calibration(labels: Tensor, probability: Tensor, *, bins: int = BINS) -> Calibration:
    """What was said beside what came true, in `bins` of equal width."""
    probability = probability.double()
    place = (probability * bins).long().clamp_max(bins - 1)
    count = torch.bincount(place, minlength=bins)
    said = torch.bincount(place, probability, minlength=bins)
    true = torch.bincount(place, labels.double(), minlength=bins)
    some = count > 0
    return Calibration((said / count)[some], (true / count)[some], count[some])


def figures(labels: Tensor, probability: Tensor, *, threshold: float = 0.5) -> dict[str, float]:
    """Accuracy, precision, recall and F1 at `threshold`; ROC AUC, average precision, Brier, ECE.

    Precision is 0 where class 1 is never predicted. ``brier`` is the mean squared distance of
    probability and label, ``ece`` the expected calibration error, the mean distance of the two
    sides of `calibration` (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Raises:
        ValueError: only one class is there.
    """
    area = roc_auc(labels, probability)  # first, because it wants both classes
    (tn, fp), (fn, tp) = confusion(labels, probability, threshold=threshold)
    bins = calibration(labels, probability)
    return {
        "accuracy": (tp + tn) / len(labels),
        "precision": tp / max(1, tp + fp),
        "recall": tp / (tp + fn),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "roc_auc": area,
        "average_precision": average_precision(labels, probability),
        "brier": float((probability.double() - labels).square().mean()),
        "ece": float(((bins.said - bins.true).abs() * bins.count).sum() / len(labels)),
    }
