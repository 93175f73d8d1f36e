"""Representations: features of a network, their nearest neighbours, maps, attacks on them.

>>> from trustai import data, represent, zoo
>>> classifier = zoo.load("signs-resnet18")
>>> statistics = zoo.feature_statistics(classifier)
>>> features = represent.features_of(classifier, data.load("signs", n=2).pixels)
>>> represent.KNNClassifier.of(statistics).predict(features, k=3).shape
torch.Size([2])
>>> represent.pca(statistics.reference).place(features).shape
torch.Size([2, 2])
"""

from __future__ import annotations

from trustai.represent.attack import (
    EmbeddingAttackResult,
    distance_to_class,
    embedding_attack,
)
from trustai.represent.knn import METRICS, KNNClassifier, Neighbours, distances, features_of
from trustai.represent.picture_states import PICTURE_STATES, PictureState, in_state
from trustai.represent.projection import PCAProjection, Projection, UMAPProjection, pca, umap
from trustai.represent.quality import (
    Quality,
    knn_accuracy,
    quality_of_map,
    silhouette,
    trustworthiness,
)

__all__ = [
    "METRICS",
    "PICTURE_STATES",
    "EmbeddingAttackResult",
    "KNNClassifier",
    "Neighbours",
    "PCAProjection",
    "PictureState",
    "Projection",
    "Quality",
    "UMAPProjection",
    "distance_to_class",
    "distances",
    "embedding_attack",
    "features_of",
    "in_state",
    "knn_accuracy",
    "pca",
    "quality_of_map",
    "silhouette",
    "trustworthiness",
    "umap",
]
