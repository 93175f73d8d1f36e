"""The free energy of the logits (Liu et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.ood.base import SCORES, Score, Seen
from trustai.zoo import checks


@dataclass(frozen=True)
class Energy:
    """Parameters of the energy.

    Attributes:
        T: Temperature, greater than 0; the paper's 1.
    """

    T: float = 1.0

    def __post_init__(self) -> None:
        checks.positive("T", self.T)


def energy(logits: Tensor, *, T: float = 1.0) -> Tensor:
    """``E = -T log sum_c exp(z_c / T)`` of logits ``(N, C)``."""
    return -T * (logits / T).logsumexp(1)


class EnergyScore(Score[Energy]):
    """``s = E(x)``: low where any class responds strongly, however the others do."""

    name = "energy"
    title = "Energy"
    paper = "Liu et al. 2020, Energy-based Out-of-distribution Detection"
    url = "https://arxiv.org/abs/2010.03759"
    description = "How weakly all classes together respond: a smooth form of the maximum logit."
    axis = "energy of the logits"
    params = Energy

    def of(self, seen: Seen[Energy]) -> Tensor:
        return energy(seen.logits, T=seen.params.T)


SCORES.add(EnergyScore.name, EnergyScore())
