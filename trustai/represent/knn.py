"""The k-nearest-neighbour classifier over a network's features (Cover & Hart 1967).

https://doi.org/10.1109/TIT.1967.1053964

It learns nothing: a picture is called what most of the k training pictures nearest to it in the
space of features are called. So it says how good the features are, without the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from trustai.zoo import Classifier, FeatureStatistics

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = get_args(Metric)
_ROWS = 1024  # at a time: distances to 1,600 references take 6 MB then, pictures 50 MB


@torch.no_grad()
def features_of(classifier: Classifier, x: Tensor, *, batch_size: int = 64) -> Tensor:
    """Features ``(N, D)`` of any number of pictures ``(N, 3, H, W)`` in ``[0, 1]``, in batches."""
    return torch.cat([classifier.features(part) for part in x.split(batch_size)])


def features_of_bytes(classifier: Classifier, images: Tensor) -> Tensor:
    """As `features_of`, of pictures kept as bytes ``uint8 (N, 3, H, W)``: a whole data set."""
    parts = [features_of(classifier, some.float() / 255) for some in images.split(_ROWS)]
    return torch.cat(parts)


def distances(features: Tensor, reference: Tensor, *, metric: Metric = "cosine") -> Tensor:
    """How far every picture is from every reference, ``(N, R)``.

    ``cosine``: ``1 - u v / (|u| |v|)``, in ``[0, 2]``; a feature of length 0 is 1 from all.
    ``euclidean``: ``|u - v|``.

    Args:
        features, reference: ``(N, D)`` and ``(R, D)``.

    Raises:
        ValueError: an unknown metric, or features of different lengths.
    """
    if metric not in METRICS:
        raise ValueError(f"expected metric to be one of {', '.join(METRICS)}, got {metric!r}")
    if features.ndim != 2 or reference.ndim != 2 or features.shape[1] != reference.shape[1]:
        raise ValueError(
            f"expected features (N, D) and reference (R, D), got {tuple(features.shape)} and "
            f"{tuple(reference.shape)}"
        )
    if metric == "cosine":
        return 1 - functional.normalize(features) @ functional.normalize(reference).T
    # Not by the product of matrices: of near points it leaves nothing but rounding.
    return torch.cdist(features, reference, compute_mode="donot_use_mm_for_euclid_dist")


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest references of N pictures, nearest first; equally near ones in their order.

    Attributes:
        rows: ``int64 (N, K)``: positions in the reference.
        distances: ``(N, K)``, ascending.
        labels: ``int64 (N, K)``: their classes.
    """

    rows: Tensor
    distances: Tensor
    labels: Tensor

    def vote(self, k: int, *, n_classes: int) -> Tensor:
        """What most of the first `k` are called, ``int64 (N,)``.

        Of classes with equally many votes the one wins whose first neighbour is nearer.

        Raises:
            ValueError: k is not in 1..K.
        """
        if not 1 <= k <= self.labels.shape[1]:
            raise ValueError(f"expected k in 1..{self.labels.shape[1]}, got {k}")
        labels = self.labels[:, :k]
        votes = functional.one_hot(labels, n_classes).sum(1)
        best = votes.gather(1, labels) == votes.amax(1, keepdim=True)
        return labels.gather(1, best.int().argmax(1, keepdim=True))[:, 0]  # the first that is best


@dataclass(frozen=True, eq=False)
class KNN:
    """The classifier.

    Attributes:
        reference, labels: ``(R, D)`` and ``int64 (R,)``: what is remembered.
        metric: How distance is measured.
        n_classes: Of the votes.
    """

    reference: Tensor
    labels: Tensor
    n_classes: int
    metric: Metric = "cosine"

    @classmethod
    def of(cls, fitted: FeatureStatistics, *, metric: Metric = "cosine") -> KNN:
        """Over the reference features that `trustai.zoo.statistics` gives for a network."""
        return cls(fitted.reference, fitted.labels, len(fitted.counts), metric)

    def neighbours(self, features: Tensor, *, k: int = 3, own: bool = False) -> Neighbours:
        """The `k` nearest references of features ``(N, D)``.

        Args:
            own: The features are the reference itself: none is its own neighbour (leave one out).

        Raises:
            ValueError: k is not in 1..R (or R - 1), or the features have another length.
        """
        most = len(self.reference) - own
        if not 1 <= k <= most:
            raise ValueError(f"expected k in 1..{most}, got {k}")
        rows, near = [], []
        for start in range(0, len(features), _ROWS):
            part = features[start : start + _ROWS]
            apart = distances(part, self.reference, metric=self.metric)
            if own:
                here = torch.arange(len(part))
                apart[here, start + here] = torch.inf
            # Sorted in full: `topk` puts equally near ones in any order.
            values, order = apart.sort(dim=1, stable=True)
            rows.append(order[:, :k])
            near.append(values[:, :k])
        found = torch.cat(rows)
        return Neighbours(found, torch.cat(near), self.labels[found])

    def predict(self, features: Tensor, *, k: int = 3, own: bool = False) -> Tensor:
        """Classes ``int64 (N,)`` of features ``(N, D)``; arguments as of `neighbours`.

        >>> fitted = zoo.feature_statistics(classifier)                  # doctest: +SKIP
        >>> KNN.of(fitted).predict(classifier.features(x), k=3)          # doctest: +SKIP
        """
        return self.neighbours(features, k=k, own=own).vote(k, n_classes=self.n_classes)


@dataclass(frozen=True, eq=False)
class Report:
    """How well predictions agree with the truth.

    Attributes:
        accuracy: In ``[0, 1]``.
        table: A row per class and the two averages: precision, recall, f1 and support; 0 where
            a class was never predicted.
        confusion: ``int64 (C, C)``: rows true, columns predicted.
    """

    accuracy: float
    table: pd.DataFrame
    confusion: NDArray[np.int64]


def report(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], *, classes: tuple[str, ...]
) -> Report:
    """Scikit-learn's classification report and confusion matrix.

    Args:
        labels, predicted: ``(N,)``, indices into `classes`.

    Raises:
        ValueError: nothing to judge.
    """
    # Imported here: a second, and only this function needs it.
    from sklearn.metrics import classification_report, confusion_matrix

    if len(labels) == 0 or len(labels) != len(predicted):
        raise ValueError(
            f"expected as many predictions as labels, at least one, got {len(predicted)} and "
            f"{len(labels)}"
        )
    numbers = list(range(len(classes)))
    rows = classification_report(
        labels,
        predicted,
        labels=numbers,
        target_names=[f"{i}" for i in numbers],  # a class may be called "macro avg"
        output_dict=True,
        zero_division=0,
    )
    averages = ("macro avg", "weighted avg")
    named = [(name, rows[f"{i}"]) for i, name in enumerate(classes)]
    named += [(name, rows[name]) for name in averages]
    table = pd.DataFrame(
        [
            {
                "class": name,
                "precision": row["precision"],
                "recall": row["recall"],
                "f1": row["f1-score"],
                "support": int(row["support"]),
            }
            for name, row in named
        ]
    )
    return Report(
        accuracy=float(np.mean(labels == predicted)),
        table=table,
        confusion=confusion_matrix(labels, predicted, labels=numbers),
    )
