"""Figures and curves of two classes: confusion, ROC, precision and recall, Brier score, ECE.

Every function takes ``labels``, ``int64 (N,)`` of 0 and 1, and ``probability``, ``(N,)``, of class
1. The curves and the areas under them take any score that rises with class 1. They are
scikit-learn's, which is imported when the first of them is wanted: it takes a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.metrics.calibration import reliability_of

BINS = 10
"""Of probability, for the expected calibration error."""


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Receiver operating characteristic: rates at each threshold, which falls.

    Attributes:
        false_positive, true_positive: ``float64 (K,)``: shares of class 0 and of class 1 from the
            threshold on; the first point is (0, 0).
        thresholds: ``float64 (K,)``, the first infinite.
    """

    false_positive: Tensor
    true_positive: Tensor
    thresholds: Tensor


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at each threshold, which falls, so that recall rises; ``float64 (K,)``.

    Attributes:
        precision: Of those called class 1, the share that is.
        recall: Of class 1, the share that is called so.
        thresholds: Class 1 is called from here on.
    """

    precision: Tensor
    recall: Tensor
    thresholds: Tensor


def confusion(labels: Tensor, probability: Tensor, *, threshold: float = 0.5) -> list[list[int]]:
    """Counts of what is true against what is predicted.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)`` of class 1.
        threshold: Class 1 is predicted from here on.

    Returns:
        ``[[true negative, false positive], [false negative, true positive]]``.

    >>> confusion(torch.tensor([0, 0, 1]), torch.tensor([0.2, 0.7, 0.9]))
    [[1, 1], [0, 1]]
    """
    predicted = (probability >= threshold).long()
    counts: list[list[int]] = (
        torch.bincount(labels * 2 + predicted, minlength=4).view(2, 2).tolist()
    )
    return counts


def roc(labels: Tensor, probability: Tensor) -> RocCurve:
    """The receiver operating characteristic, a point for every distinct score.

    ``FPR(t) = |{y=0, p>=t}| / |{y=0}|`` and ``TPR(t) = |{y=1, p>=t}| / |{y=1}|``.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)``, finite.

    Raises:
        ValueError: only one class is there.

    >>> curve = roc(torch.tensor([0, 1, 1]), torch.tensor([0.2, 0.1, 0.9]))
    >>> curve.true_positive.tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    from sklearn.metrics import roc_curve

    _check_classes(labels)
    points = roc_curve(labels.numpy(), _scores(probability), drop_intermediate=False)
    return RocCurve(*(torch.from_numpy(values).double() for values in points))


def precision_recall(labels: Tensor, probability: Tensor) -> PrecisionRecall:
    """Precision against recall, a point for every distinct score.

    ``P(t) = |{y=1, p>=t}| / |{p>=t}|`` and ``R(t) = |{y=1, p>=t}| / |{y=1}|``.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)``, finite.

    Raises:
        ValueError: only one class is there.

    >>> precision_recall(torch.tensor([0, 1, 1]), torch.tensor([0.2, 0.1, 0.9])).recall.tolist()
    [0.5, 0.5, 1.0]
    """
    from sklearn.metrics import precision_recall_curve

    _check_classes(labels)
    precision, recall, thresholds = precision_recall_curve(labels.numpy(), _scores(probability))
    # The last point of scikit-learn's, precision 1 at recall 0, belongs to no threshold.
    rising = (precision[-2::-1], recall[-2::-1], thresholds[::-1])
    return PrecisionRecall(*(torch.from_numpy(values.copy()).double() for values in rising))


def roc_auc(labels: Tensor, probability: Tensor) -> float:
    """Area under `roc`: ``P(p_1 > p_0) + P(p_1 = p_0) / 2`` of a pair of one of each class.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)``, finite.

    Returns:
        In ``[0, 1]``; 0.5 is chance.

    Raises:
        ValueError: only one class is there.

    >>> roc_auc(torch.tensor([0, 1, 1]), torch.tensor([0.2, 0.1, 0.9]))
    0.5
    """
    from sklearn.metrics import roc_auc_score

    _check_classes(labels)
    return float(roc_auc_score(labels.numpy(), _scores(probability)))


def average_precision(labels: Tensor, probability: Tensor) -> float:
    """:math:`\\sum_n (R_n - R_{n-1}) P_n` along `precision_recall`.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)``, finite.

    Returns:
        In ``[0, 1]``; chance is the share of class 1.

    Raises:
        ValueError: only one class is there.
    """
    from sklearn.metrics import average_precision_score

    _check_classes(labels)
    return float(average_precision_score(labels.numpy(), _scores(probability)))


def at_threshold(labels: Tensor, probability: Tensor, *, threshold: float) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of calling class 1 from `threshold` on.

    ``precision = TP / (TP + FP)``, NaN where class 1 is never called; ``recall = TP / (TP + FN)``;
    ``F1 = 2 TP / (2 TP + FP + FN)``.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)`` of class 1.
        threshold: Class 1 is predicted from here on.

    Raises:
        ValueError: only one class is there.

    >>> labels, probability = torch.tensor([0, 0, 1]), torch.tensor([0.2, 0.7, 0.9])
    >>> at_threshold(labels, probability, threshold=0.5)["recall"]
    1.0
    """
    _check_classes(labels)
    (tn, fp), (fn, tp) = confusion(labels, probability, threshold=threshold)
    return {
        "accuracy": (tp + tn) / len(labels),
        "precision": tp / (tp + fp) if tp + fp else math.nan,
        "recall": tp / (tp + fn),
        "f1": 2 * tp / (2 * tp + fp + fn),
    }


def figures(labels: Tensor, probability: Tensor, *, threshold: float = 0.5) -> dict[str, float]:
    """What `at_threshold` gives, and ROC AUC, average precision, Brier score and ECE.

    ``brier`` is the mean squared distance of probability and label, ``ece`` the expected
    calibration error of probabilities in `BINS` bins, see `trustai.metrics.calibration`.

    Args:
        labels: ``int64 (N,)`` of 0 and 1.
        probability: ``(N,)`` in ``[0, 1]``, of class 1.
        threshold: Class 1 is predicted from here on.

    Raises:
        ValueError: only one class is there.

    >>> figures(torch.tensor([0, 1]), torch.tensor([0.25, 0.75]))["brier"]
    0.0625
    """
    return at_threshold(labels, probability, threshold=threshold) | {
        "roc_auc": roc_auc(labels, probability),
        "average_precision": average_precision(labels, probability),
        "brier": float((probability.double() - labels).square().mean()),
        "ece": reliability_of(probability, labels, bins=BINS).ece,
    }


def _check_classes(labels: Tensor) -> None:
    if not 0 < int(labels.sum()) < len(labels):
        raise ValueError("expected labels of both classes, got only one")


def _scores(probability: Tensor) -> object:
    return probability.detach().double().cpu().numpy()
