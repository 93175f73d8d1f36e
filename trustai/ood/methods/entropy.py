"""The entropy of the softmax: how far the answer is from a single class."""

from __future__ import annotations

from torch import Tensor

from trustai.ood.base import SCORES, Score, Seen
from trustai.types import NoParameters


def entropy(logits: Tensor) -> Tensor:
    """``H = -sum_c p_c log p_c`` of logits ``(N, C)``, in nats: in ``[0, log C]``."""
    log_p = logits.double().log_softmax(1)
    return -(log_p.exp() * log_p).sum(1)


class Entropy(Score[NoParameters]):
    """``s = H(softmax(z))``."""

    name = "entropy"
    title = "Entropy"
    paper = (
        "Chan et al. 2021, Entropy Maximization and Meta Classification for Out-of-Distribution "
        "Detection"
    )
    url = "https://arxiv.org/abs/2012.06575"
    description = "How widely the network spreads its probability over the classes."
    axis = "entropy of the softmax, nats"
    params = NoParameters

    def of(self, seen: Seen[NoParameters]) -> Tensor:
        return entropy(seen.logits)


SCORES.add(Entropy.name, Entropy())
