"""The maximum logit (Hendrycks et al. 2022): the softmax forgets how large the logits were."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, Seen
from trustai.types import NoParameters


def max_logit(logits: Tensor) -> Tensor:
    """``-max_c z_c`` of logits ``(N, C)``."""
    return -logits.amax(1)


class MaxLogit(Score[NoParameters]):
    """``s = -max_c z_c``."""

    name = "max-logit"
    title = "Maximum logit"
    paper = "Hendrycks et al. 2022, Scaling Out-of-Distribution Detection for Real-World Settings"
    url = "https://arxiv.org/abs/1911.11132"
    description = "How weakly the network responds with its strongest class, before the softmax."
    axis = "− largest logit"
    params = NoParameters

    def of(self, seen: Seen[NoParameters]) -> Tensor:
        return max_logit(seen.logits)


SCORES.add(MaxLogit.name, MaxLogit())
