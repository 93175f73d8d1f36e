"""The energy score: the free energy of the logits (Liu et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.zoo import checks


@dataclass(frozen=True)
class EnergyParams:
    """Parameters of the energy.

    Attributes:
        T: Temperature, greater than 0; the paper's 1.
    """

    T: float = 1.0

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("T", self.T)


def energy(logits: Tensor, *, T: float = 1.0) -> Tensor:
    """``E = -T log sum_c exp(z_c / T)``, ``(N,)``.

    Args:
        logits: ``(N, C)``.
        T: Temperature, greater than 0.

    >>> import torch
    >>> energy(torch.zeros(1, 4)).exp()  # -log 4
    tensor([0.2500])
    """
    return -T * (logits / T).logsumexp(1)


class Energy(Score[EnergyParams]):
    """``s = E(x) = -T log sum_c exp(z_c / T)`` of the logits ``z``.

    Low where any class responds strongly, however the others do.
    """

    name = "energy"
    title = "Energy"
    paper = "Liu et al. 2020, Energy-based Out-of-distribution Detection"
    url = "https://arxiv.org/abs/2010.03759"
    formula = "-T log sum_c exp(z_c / T)"
    description = "Is high if no class responds strongly. It is a smooth form of the maximum logit."
    axis = "energy of the logits"
    params = EnergyParams

    def of(self, given: ScoreInput[EnergyParams]) -> Tensor:
        return energy(given.logits, T=given.params.T)


SCORES.add(Energy.name, Energy(), order=30)
