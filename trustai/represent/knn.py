"""The k-nearest-neighbour classifier over a network's features (Cover & Hart 1967).

https://doi.org/10.1109/TIT.1967.1053964

It learns nothing: a picture is called what most of the k training pictures nearest to it in the
space of features are called. So it says how good the features are, without the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from trustai.zoo import Classifier, FeatureStatistics

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = get_args(Metric)
_ROWS = 1024  # at a time: distances to 1,600 references take 6 MB then, pictures 50 MB


@torch.no_grad()
def features_of(classifier: Classifier, x: Tensor, *, batch_size: int = 64) -> Tensor:
    """Features ``(N, D)`` of any number of pictures, in batches.

    Args:
        classifier: In eval mode.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        batch_size: Pictures at a time.
    """
    return torch.cat([classifier.features(part) for part in x.split(batch_size)])


def features_of_bytes(classifier: Classifier, images: Tensor) -> Tensor:
    """As `features_of`, of a whole data set kept as bytes.

    Args:
        classifier: In eval mode.
        images: ``uint8 (N, 3, H, W)``.
    """
    parts = [features_of(classifier, some.float() / 255) for some in images.split(_ROWS)]
    return torch.cat(parts)


def distances(features: Tensor, reference: Tensor, *, metric: Metric = "cosine") -> Tensor:
    """How far every picture is from every reference, ``(N, R)``.

    ``cosine``: ``1 - u v / (|u| |v|)``, in ``[0, 2]``; a feature of length 0 is 1 from all.
    ``euclidean``: ``|u - v|``.

    Args:
        features, reference: ``(N, D)`` and ``(R, D)``.
        metric: One of `METRICS`.

    Raises:
        ValueError: an unknown metric, or features of different lengths.

    >>> distances(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 4.0], [4.0, 1.0]]))
    tensor([[0.0000, 0.7575]])
    >>> distances(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]), metric="euclidean")
    tensor([[5.]])
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

        Args:
            k: In 1..K.
            n_classes: Of the votes.

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
class KNNClassifier:
    """``argmax_c sum_{j in N_k(f)} [y_j = c]``, ``N_k(f)`` the k references nearest to ``f``.

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
    def of(cls, fitted: FeatureStatistics, *, metric: Metric = "cosine") -> KNNClassifier:
        """Over the reference features that `trustai.zoo.statistics` gives for a network."""
        return cls(fitted.reference, fitted.labels, len(fitted.counts), metric)

    def neighbours(
        self, features: Tensor, *, k: int = 3, leave_one_out: bool = False
    ) -> Neighbours:
        """The `k` nearest references of every picture.

        Args:
            features: ``(N, D)``.
            k: In 1..R, or in 1..R - 1.
            leave_one_out: The features are the reference itself: none is its own neighbour.

        Raises:
            ValueError: k is not in 1..R (or R - 1), or the features have another length.
        """
        most = len(self.reference) - leave_one_out
        if not 1 <= k <= most:
            raise ValueError(f"expected k in 1..{most}, got {k}")
        rows, near = [], []
        for start in range(0, len(features), _ROWS):
            part = features[start : start + _ROWS]
            apart = distances(part, self.reference, metric=self.metric)
            if leave_one_out:
                here = torch.arange(len(part))
                apart[here, start + here] = torch.inf
            # Sorted in full: `topk` puts equally near ones in any order.
            values, order = apart.sort(dim=1, stable=True)
            rows.append(order[:, :k])
            near.append(values[:, :k])
        found = torch.cat(rows)
        return Neighbours(found, torch.cat(near), self.labels[found])

    def predict(self, features: Tensor, *, k: int = 3, leave_one_out: bool = False) -> Tensor:
        """Classes ``int64 (N,)`` of features ``(N, D)``; arguments as of `neighbours`.

        >>> knn = KNNClassifier(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1]), 2)
        >>> knn.predict(torch.tensor([[3.0, 1.0], [0.0, 2.0]]), k=1)
        tensor([0, 1])
        """
        return self.neighbours(features, k=k, leave_one_out=leave_one_out).vote(
            k, n_classes=self.n_classes
        )
