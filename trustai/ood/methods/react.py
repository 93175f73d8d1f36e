"""ReAct (Sun et al. 2021): features cut off above, then the energy."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.ood.base import SCORES, Score, Seen
from trustai.ood.methods.energy import energy
from trustai.zoo import Classifier, FeatureStatistics


@dataclass(frozen=True)
class ReAct:
    """Parameters of ReAct.

    Attributes:
        percentile: Of all activations of the reference pictures, in ``(0, 100]``: what lies above
            is cut off. The paper's 90.
    """

    percentile: float = 90.0

    def __post_init__(self) -> None:
        if not 0 < self.percentile <= 100:
            raise ValueError(f"expected percentile in (0, 100], got {self.percentile:g}")


class ReActScore(Score[ReAct]):
    """``s = E(head(min(f, c)))`` with ``c`` the percentile and ``E`` the energy."""

    name = "react"
    title = "ReAct"
    paper = "Sun et al. 2021, ReAct: Out-of-distribution Detection With Rectified Activations"
    url = "https://arxiv.org/abs/2111.12797"
    description = "The energy after unusually strong single features have been cut off."
    axis = "energy of the logits from cut features"
    needs_fitted = True
    params = ReAct

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: ReAct
    ) -> dict[str, Tensor]:
        assert fitted is not None
        return {"limit": fitted.reference.flatten().quantile(params.percentile / 100)}

    def of(self, seen: Seen[ReAct]) -> Tensor:
        return energy(seen.model.head(seen.features.minimum(seen.prepared["limit"])))


SCORES.add(ReActScore.name, ReActScore())
