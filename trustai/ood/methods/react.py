"""ReAct: the energy of the logits from clipped features (Sun et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.ood.methods.energy import energy
from trustai.zoo import Classifier, FeatureStatistics, checks


@dataclass(frozen=True)
class ReActParams:
    """Parameters of ReAct.

    Attributes:
        percentile: Of all activations of the reference pictures, in ``(0, 100]``: what lies above
            is cut off. The paper's 90.
    """

    percentile: float = 90.0

    def __post_init__(self) -> None:
        checks.typed(self)
        if not 0 < self.percentile <= 100:
            raise ValueError(f"expected percentile in (0, 100], got {self.percentile:g}")


class ReAct(Score[ReActParams]):
    """``s = E(W min(f, c) + b)`` with ``E(z) = -log sum_k exp(z_k)`` the energy.

    ``c`` is the percentile of all activations of the reference pictures.
    """

    name = "react"
    title = "ReAct"
    paper = "Sun et al. 2021, ReAct: Out-of-distribution Detection With Rectified Activations"
    url = "https://arxiv.org/abs/2111.12797"
    formula = "-log sum_k exp(z_k), z = W min(f, c) + b"
    description = "Is the energy of the logits after very strong single features are cut off."
    axis = "energy of the logits from cut features"
    needs_fitted = True
    params = ReActParams

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: ReActParams
    ) -> dict[str, Tensor]:
        assert fitted is not None
        return {"limit": fitted.reference.flatten().quantile(params.percentile / 100)}

    def of(self, given: ScoreInput[ReActParams]) -> Tensor:
        return energy(given.model.head(given.features.minimum(given.prepared["limit"])))


SCORES.add(ReAct.name, ReAct(), order=90)
