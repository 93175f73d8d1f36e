"""The distance to the k-th nearest training picture (Sun et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.zoo import Classifier, FeatureStatistics, checks

_TINY = 1e-12  # the square root has no gradient at 0


@dataclass(frozen=True)
class KNNParams:
    """Parameters of the distance.

    Attributes:
        k: Which neighbour counts, at least 1. The paper takes the 50th of 50,000 training
            pictures; the 100 of each class that are kept here leave less choice.
    """

    k: int = 10

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("k", self.k, 1)


def knn_distance(features: Tensor, *, reference: Tensor, k: int) -> Tensor:
    """``|f/|f| - r/|r||_2`` for the k-th nearest r of the reference, ``(N,)`` in ``[0, 2]``.

    Args:
        features: ``(N, D)``.
        reference: ``(R, D)``, of training pictures.
        k: In 1..R.
    """
    unit = functional.normalize(features.double(), dim=1)
    # |a - b|^2 = 2 - 2 a b for unit vectors; float64, because near 0 the difference cancels.
    squared = 2 - 2 * unit @ functional.normalize(reference.double(), dim=1).T
    return squared.kthvalue(k, dim=1).values.clamp_min(_TINY).sqrt()


class KNN(Score[KNNParams]):
    """``s = |f/|f| - r_k/|r_k||_2`` with ``r_k`` the k-th nearest of the reference features."""

    name = "knn"
    title = "k-nearest neighbours"
    paper = "Sun et al. 2022, Out-of-Distribution Detection with Deep Nearest Neighbors"
    url = "https://arxiv.org/abs/2204.06507"
    formula = "|f/|f| - r_k/|r_k||_2, r_k the k-th nearest training picture"
    description = "Is high if the nearest training pictures are far away in the space of features."
    axis = "distance to the k-th nearest training picture"
    needs_fitted = True
    params = KNNParams

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: KNNParams
    ) -> dict[str, Tensor]:
        assert fitted is not None
        if params.k > len(fitted.reference):
            raise ValueError(
                f"expected k to be at most {len(fitted.reference)}, the number of reference "
                f"pictures, got {params.k}"
            )
        return {"reference": fitted.reference}

    def of(self, given: ScoreInput[KNNParams]) -> Tensor:
        reference = given.prepared["reference"]
        return knn_distance(given.features, reference=reference, k=given.params.k)


SCORES.add(KNN.name, KNN(), order=70)
