"""What a network sees as alike: its features, their neighbours, and maps of them.

>>> from trustai import represent, zoo                                     # doctest: +SKIP
>>> fitted = zoo.feature_statistics(classifier)                            # doctest: +SKIP
>>> represent.KNN.of(fitted).predict(classifier.features(x), k=3)          # doctest: +SKIP
>>> represent.pca(fitted.reference).place(classifier.features(x))          # doctest: +SKIP
"""

from __future__ import annotations

from trustai.represent.attack import (
    EmbeddingAttack,
    EmbeddingPGD,
    distance_to_class,
    embedding_attack,
)
from trustai.represent.knn import KNN, METRICS, Neighbours, Report, distances, features_of, report
from trustai.represent.projection import PCA, UMAP, Projection, UMAPMap, pca, umap
from trustai.represent.quality import (
    Quality,
    knn_accuracy,
    quality_of_map,
    silhouette,
    trustworthiness,
)
from trustai.represent.views import VIEWS, View, make

__all__ = [
    "KNN",
    "METRICS",
    "PCA",
    "UMAP",
    "VIEWS",
    "EmbeddingAttack",
    "EmbeddingPGD",
    "Neighbours",
    "Projection",
    "Quality",
    "Report",
    "UMAPMap",
    "View",
    "distance_to_class",
    "distances",
    "embedding_attack",
    "features_of",
    "knn_accuracy",
    "make",
    "pca",
    "quality_of_map",
    "report",
    "silhouette",
    "trustworthiness",
    "umap",
]
