"""The Mahalanobis distance to the nearest class (Lee et al. 2018), on the last features."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.zoo import Classifier, FeatureStatistics, checks

_TINY = 1e-12  # the square root has no gradient at 0


@dataclass(frozen=True)
class MahalanobisParams:
    """Parameters of the distance.

    Attributes:
        shrinkage: Share in ``[0, 1]`` of the covariance that is replaced by the sphere of the same
            mean variance. Features that never vary would have no inverse otherwise.
    """

    shrinkage: float = 1e-3

    def __post_init__(self) -> None:
        checks.typed(self)
        if not 0 <= self.shrinkage <= 1:
            raise ValueError(f"expected shrinkage in [0, 1], got {self.shrinkage:g}")


def precision(within: Tensor, *, shrinkage: float) -> Tensor:
    """Inverse of ``(1 - a) S + a (tr S / D) I``, ``(D, D)`` in float64.

    Args:
        within: The covariance ``S (D, D)``.
        shrinkage: ``a`` in ``[0, 1]``.

    Raises:
        ValueError: it has none.
    """
    within = within.double()
    sphere = within.diagonal().mean() * torch.eye(len(within), dtype=torch.float64).to(within)
    root, failed = torch.linalg.cholesky_ex((1 - shrinkage) * within + shrinkage * sphere)
    if failed:
        raise ValueError(
            f"expected a covariance that can be inverted, got none at shrinkage {shrinkage:g}"
        )
    return torch.cholesky_inverse(root)


def mahalanobis(features: Tensor, *, means: Tensor, precision: Tensor) -> Tensor:
    """``min_c sqrt((f - mu_c)^T P (f - mu_c))``, ``(N,)``.

    Args:
        features: ``(N, D)``.
        means: ``mu (C, D)``, of the classes.
        precision: ``P (D, D)``.
    """
    apart = features.double()[:, None] - means.double()
    squared = torch.einsum("ncd,de,nce->nc", apart, precision, apart)
    return squared.amin(1).clamp_min(_TINY).sqrt()


class Mahalanobis(Score[MahalanobisParams]):
    """``s = min_c sqrt((f - mu_c)^T S^-1 (f - mu_c))``, ``S`` the covariance within the classes.

    The paper's confidence is minus its square, which orders pictures the same.
    """

    name = "mahalanobis"
    title = "Mahalanobis distance"
    paper = "Lee et al. 2018, A Simple Unified Framework for Detecting Out-of-Distribution Samples"
    url = "https://arxiv.org/abs/1807.03888"
    formula = "min_c sqrt((f - mu_c)^T S^-1 (f - mu_c))"
    description = (
        "Is high if the features are far from the centre of every class, in units of the spread "
        "of the training pictures."
    )
    axis = "distance to the nearest class, standard deviations"
    needs_fitted = True
    params = MahalanobisParams

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: MahalanobisParams
    ) -> dict[str, Tensor]:
        assert fitted is not None
        inverse = precision(fitted.within, shrinkage=params.shrinkage)
        return {"means": fitted.means, "precision": inverse}

    def of(self, given: ScoreInput[MahalanobisParams]) -> Tensor:
        return mahalanobis(given.features, **given.prepared)


SCORES.add(Mahalanobis.name, Mahalanobis(), order=60)
