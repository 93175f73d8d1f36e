"""Activation clustering: poisoned pictures of a class lie apart in the last hidden layer."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from trustai.backdoor.defences.base import DEFENCES, ClassVerdict, TrainingDataDefence
from trustai.zoo import checks


@dataclass(frozen=True)
class ActivationClusteringParams:
    """Parameters of activation clustering.

    Attributes:
        reduction: ``"pca"``, or ``"ica"``, the paper's, which makes all components equally wide: on
            some hundred pictures of a label it often finds a single one that is unusual.
        components: To which the features are reduced.
        silhouette: From this mean silhouette on, the two clusters are taken for two kinds.
        size: The smaller cluster is poison if it holds at most this share of the label's pictures.
    """

    reduction: Literal["pca", "ica"] = "pca"
    components: int = 10
    silhouette: float = 0.15
    size: float = 0.35

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("components", self.components, 1)
        if self.reduction not in ("ica", "pca"):
            raise ValueError(f"expected reduction to be ica or pca, got {self.reduction!r}")
        for name in ("silhouette", "size"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} in [0, 1], got {getattr(self, name):g}")


class ActivationClustering(TrainingDataDefence[ActivationClusteringParams]):
    r"""k-means with two clusters on the reduced features of every label.

    The paper removes whole clusters: the smaller one, where it is small and the silhouette
    :math:`s` is high. For a ranking of single pictures the score is

    .. math:: s \frac{d_1 - d_2}{\max(d_1, d_2)},

    with the distances :math:`d_1, d_2` to the centres of the larger and of the smaller cluster:
    high in the middle of a small cluster that is clearly apart.
    """

    name = "activation-clustering"
    title = "Activation clustering"
    paper = (
        "Chen et al. 2018, Detecting Backdoor Attacks on Deep Neural Networks by Activation "
        "Clustering"
    )
    url = "https://arxiv.org/abs/1811.03728"
    description = (
        "Splits the features of the pictures of each label into two clusters, and suspects a small "
        "cluster that lies clearly apart."
    )
    formula = "k-means with k = 2 on the features of one label; s = mean silhouette"
    cost = "fast"
    params = ActivationClusteringParams

    def of_class(
        self, features: Tensor, *, params: ActivationClusteringParams, seed: int
    ) -> ClassVerdict:
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score

        reduced = _reduced(features, params, seed)
        if reduced is None:  # all pictures are the same to the network
            none = torch.zeros(len(features))
            return ClassVerdict(none, none.long(), none.bool(), {"silhouette": 0.0, "size": 0.0})
        fitted = KMeans(2, n_init=10, random_state=seed).fit(reduced)
        small = int(np.bincount(fitted.labels_, minlength=2).argmin())
        group = fitted.labels_ == small
        apart = float(silhouette_score(reduced, fitted.labels_))
        distance = np.linalg.norm(reduced[:, None] - fitted.cluster_centers_, axis=2)
        near, far = distance[:, small], distance[:, 1 - small]
        scores = apart * (far - near) / np.maximum(np.maximum(far, near), 1e-12)
        suspicious = apart >= params.silhouette and group.mean() <= params.size
        return ClassVerdict(
            torch.from_numpy(scores),
            torch.from_numpy(group).long(),
            torch.from_numpy(group & suspicious),
            {"silhouette": apart, "size": float(group.mean())},
        )


def _reduced(
    features: Tensor, params: ActivationClusteringParams, seed: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """``(n, components)``, fewer where the features have fewer directions; None if none."""
    from sklearn.decomposition import PCA, FastICA

    x = features.numpy()
    spread = np.linalg.svd(x - x.mean(0), compute_uv=False)
    rank = int((spread > 1e-8 * max(float(np.abs(x).max()), 1.0) * len(x)).sum())
    components = min(params.components, rank)
    if components == 0:
        return None
    if params.reduction == "pca":
        return np.asarray(PCA(components, random_state=seed).fit_transform(x))
    with warnings.catch_warnings(action="ignore"):  # not converged is near enough for two clusters
        fit = FastICA(components, whiten="unit-variance", random_state=seed, max_iter=400)
        return np.asarray(fit.fit_transform(x))


DEFENCES.add(ActivationClustering.name, ActivationClustering(), order=10)
