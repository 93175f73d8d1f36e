"""The norm of the features (Park et al. 2023): OOD pictures activate them little."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.types import NoParameters


def feature_norm(features: Tensor) -> Tensor:
    """``-|f|_2``, ``(N,)``.

    Args:
        features: ``(N, D)``.
    """
    return -features.norm(dim=1)


class FeatureNorm(Score[NoParameters]):
    """``s = -|f|_2``. Constant, so of no use, where a network makes its features unit length."""

    name = "feature-norm"
    title = "Feature norm"
    paper = "Park et al. 2023, Understanding the Feature Norm for Out-of-Distribution Detection"
    url = "https://arxiv.org/abs/2310.05316"
    formula = "-|f|_2"
    description = "Is high if the features respond weakly, whatever the classes say."
    axis = "− length of the feature vector"
    params = NoParameters

    def of(self, given: ScoreInput[NoParameters]) -> Tensor:
        return feature_norm(given.features)


SCORES.add(FeatureNorm.name, FeatureNorm(), order=100)
