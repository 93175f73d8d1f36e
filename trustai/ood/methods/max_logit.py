"""The maximum logit (Hendrycks et al. 2022)."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.types import NoParameters


def max_logit(logits: Tensor) -> Tensor:
    """``-max_c z_c``, ``(N,)``.

    Args:
        logits: ``(N, C)``.
    """
    return -logits.amax(1)


class MaxLogit(Score[NoParameters]):
    """``s = -max_c z_c``. The softmax forgets how large the logits were; this score does not."""

    name = "max-logit"
    title = "Maximum logit"
    paper = "Hendrycks et al. 2022, Scaling Out-of-Distribution Detection for Real-World Settings"
    url = "https://arxiv.org/abs/1911.11132"
    formula = "-max_c z_c"
    description = "Is high if even the strongest class responds weakly, before the softmax."
    axis = "− largest logit"
    params = NoParameters

    def of(self, given: ScoreInput[NoParameters]) -> Tensor:
        return max_logit(given.logits)


SCORES.add(MaxLogit.name, MaxLogit(), order=20)
