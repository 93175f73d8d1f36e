"""Quality of a map of features: kNN accuracy, silhouette, trustworthiness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trustai.represent.knn import KNNClassifier, Metric

K = 3
"""Neighbours that vote, as in the course."""
NEIGHBOURS = 10
"""Of `trustworthiness`: as many as UMAP looks at."""


def knn_accuracy(
    points: Tensor,
    labels: Tensor,
    *,
    reference: Tensor,
    reference_labels: Tensor,
    k: int = K,
    metric: Metric = "euclidean",
    leave_one_out: bool = False,
) -> float:
    """Share of points whose `k` nearest references vote for their class, in ``[0, 1]``.

    The same question can be asked of features and of their places on a map: what the map loses is
    the difference.

    Args:
        points, reference: ``(N, D)`` and ``(R, D)``; D is 2 on a map.
        labels, reference_labels: ``int64 (N,)`` and ``(R,)``.
        k: How many neighbours vote.
        metric: How distance is measured.
        leave_one_out: The points are the reference: none is its own neighbour.
    """
    n_classes = int(max(labels.max(), reference_labels.max())) + 1
    classifier = KNNClassifier(reference, reference_labels, n_classes, metric)
    return float(
        (classifier.predict(points, k=k, leave_one_out=leave_one_out) == labels).float().mean()
    )


def silhouette(points: Tensor, labels: Tensor) -> float | None:
    """Mean silhouette (Rousseeuw 1987, https://doi.org/10.1016/0377-0427(87)90125-7), euclidean.

    ``(b - a) / max(a, b)`` of a point: ``a`` its mean distance to its own class, ``b`` the least
    mean distance to another one. 1: tight classes far apart; 0: on the border; below 0: nearer to
    another class than to its own. None where there is only one class, or one point of each.

    Args:
        points: ``(N, D)``.
        labels: ``int64 (N,)``.

    >>> import torch
    >>> points = torch.tensor([[0.0], [0.0], [1.0], [1.0]])
    >>> silhouette(points, torch.tensor([0, 0, 1, 1]))
    1.0
    """
    from sklearn.metrics import silhouette_score  # a second, which only this needs

    if not 2 <= len(labels.unique()) < len(labels):
        return None
    return float(silhouette_score(_array(points), labels.numpy()))


def trustworthiness(features: Tensor, points: Tensor, *, neighbours: int = NEIGHBOURS) -> float:
    """Whether neighbours on the map are neighbours in truth (Venna & Kaski 2001,
    https://doi.org/10.1007/3-540-44668-0_68), in ``[0, 1]``.

    ``1 - 2 / (N k (2N - 3k - 1)) sum_i sum_j max(0, r(i, j) - k)`` over the k nearest ``j`` of each
    ``i`` on the map; ``r`` is the rank of ``j`` among the neighbours of ``i`` in the features.

    Args:
        features, points: ``(N, D)`` and ``(N, 2)`` of the same N pictures.
        neighbours: k.

    Raises:
        ValueError: N is not more than twice as large as k.
    """
    from sklearn import manifold

    if not 1 <= neighbours < len(points) / 2:
        raise ValueError(
            f"expected neighbours in 1..{(len(points) - 1) // 2} for {len(points)} points, "
            f"got {neighbours}"
        )
    value = manifold.trustworthiness(_array(features), _array(points), n_neighbors=neighbours)
    return float(value)


@dataclass(frozen=True)
class Quality:
    """The figures of one space: the features themselves, or a map of them.

    Attributes:
        knn_accuracy: See there.
        silhouette: See there; None where it is not defined.
        trustworthiness: See there; None for the features themselves.
    """

    knn_accuracy: float
    silhouette: float | None
    trustworthiness: float | None = None


def quality_of_map(
    points: Tensor,
    labels: Tensor,
    features: Tensor,
    *,
    reference: Tensor,
    reference_labels: Tensor,
    leave_one_out: bool = False,
) -> Quality:
    """All three figures of the places ``(N, 2)`` of N pictures.

    Args:
        points: ``(N, 2)``.
        labels: ``int64 (N,)``.
        features: ``(N, D)`` of the same pictures.
        reference: ``(R, 2)``: places of the training pictures, whose classes vote.
        reference_labels: ``int64 (R,)``.
        leave_one_out: The points are the reference: none is its own neighbour.
    """
    return Quality(
        knn_accuracy=knn_accuracy(
            points,
            labels,
            reference=reference,
            reference_labels=reference_labels,
            leave_one_out=leave_one_out,
        ),
        silhouette=silhouette(points, labels),
        trustworthiness=trustworthiness(
            features, points, neighbours=min(NEIGHBOURS, (len(points) - 1) // 2)
        ),
    )


def _array(values: Tensor) -> NDArray[np.float64]:
    return values.detach().double().numpy()
