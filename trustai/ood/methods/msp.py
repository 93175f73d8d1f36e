"""MSP: the maximum softmax probability, the usual baseline (Hendrycks & Gimpel 2017)."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.types import NoParameters


def msp(logits: Tensor) -> Tensor:
    """``1 - max_c softmax(z)_c``, ``(N,)`` in ``[0, 1 - 1/C]``.

    In float64: in float32 every confident picture would tie at exactly 0.

    Args:
        logits: ``(N, C)``.

    >>> import torch
    >>> msp(torch.zeros(1, 4))
    tensor([0.7500], dtype=torch.float64)
    """
    return 1 - logits.double().softmax(1).amax(1)


class MSP(Score[NoParameters]):
    """``s = 1 - max_c p_c`` with ``p = softmax(z)``.

    A threshold of 0.306 accepts from a confidence of 0.694.
    """

    name = "msp"
    title = "Maximum softmax probability"
    paper = (
        "Hendrycks and Gimpel 2017, A Baseline for Detecting Misclassified and "
        "Out-of-Distribution Examples"
    )
    url = "https://arxiv.org/abs/1610.02136"
    formula = "1 - max_c p_c, p = softmax(z)"
    description = "Is high if the network is unsure: it is one minus the largest probability."
    axis = "1 − largest softmax probability"
    params = NoParameters

    def of(self, given: ScoreInput[NoParameters]) -> Tensor:
        return msp(given.logits)


SCORES.add(MSP.name, MSP(), order=10)
