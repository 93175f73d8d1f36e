"""Spectral signatures: poisoned pictures leave a trace in the covariance of a class's features."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.backdoor.defences.base import DEFENCES, ClassVerdict, TrainingDataDefence
from trustai.zoo import checks


@dataclass(frozen=True)
class SpectralSignaturesParams:
    """Parameters of spectral signatures.

    Attributes:
        share: Largest share of poison that is expected among the pictures of a label, the paper's
            epsilon; 1.5 times as many pictures are removed.
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        checks.typed(self)
        if not 0 < self.share <= 0.5:
            raise ValueError(f"expected share in (0, 0.5], got {self.share:g}")


class SpectralSignatures(TrainingDataDefence[SpectralSignaturesParams]):
    r"""Squared distance from the mean along the first singular direction.

    .. math:: \tau_i = \left( (H(x_i) - \mu)^\top v \right)^2,

    with the mean :math:`\mu` of the features of a label and the first right singular vector
    :math:`v` of the centred features.
    """

    name = "spectral-signatures"
    title = "Spectral signatures"
    paper = "Tran, Li and Madry 2018, Spectral Signatures in Backdoor Attacks"
    url = "https://arxiv.org/abs/1811.00636"
    description = (
        "Scores each picture by how far its features lie from the mean of its label, along the "
        "direction in which these features differ most."
    )
    formula = "tau_i = ((H(x_i) - mu) v)^2, v the first right singular vector"
    cost = "fast"
    params = SpectralSignaturesParams

    def of_class(
        self, features: Tensor, *, params: SpectralSignaturesParams, seed: int
    ) -> ClassVerdict:
        centred = features - features.mean(0)
        _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
        scores = (centred @ directions[0]).square()
        count = min(len(scores), round(1.5 * params.share * len(scores)))
        removed = torch.zeros(len(scores), dtype=torch.bool)
        removed[scores.argsort(descending=True, stable=True)[:count]] = True
        ratio = float(sizes[0] / sizes[1].clamp_min(1e-12)) if len(sizes) > 1 else 1.0
        return ClassVerdict(
            scores,
            removed.long(),
            removed,
            {"singular_value": float(sizes[0]), "ratio_to_second": ratio},
        )


DEFENCES.add(SpectralSignatures.name, SpectralSignatures(), order=20)
