"""The entropy of the softmax (Chan et al. 2021)."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.types import NoParameters


def entropy(logits: Tensor) -> Tensor:
    """``H = -sum_c p_c log p_c``, ``(N,)`` in nats: in ``[0, log C]``.

    Args:
        logits: ``(N, C)``.

    >>> import torch
    >>> entropy(torch.zeros(1, 4)).exp()  # log 4
    tensor([4.], dtype=torch.float64)
    """
    log_p = logits.double().log_softmax(1)
    return -(log_p.exp() * log_p).sum(1)


class Entropy(Score[NoParameters]):
    """``s = H(p) = -sum_c p_c log p_c`` with ``p = softmax(z)``."""

    name = "entropy"
    title = "Entropy"
    paper = (
        "Chan et al. 2021, Entropy Maximization and Meta Classification for Out-of-Distribution "
        "Detection"
    )
    url = "https://arxiv.org/abs/2012.06575"
    formula = "-sum_c p_c log p_c, p = softmax(z)"
    description = "Is high if the network spreads its probability over many classes."
    axis = "entropy of the softmax, nats"
    params = NoParameters

    def of(self, given: ScoreInput[NoParameters]) -> Tensor:
        return entropy(given.logits)


SCORES.add(Entropy.name, Entropy(), order=40)
