"""STRIP: a picture with a trigger keeps its class whatever is blended into it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.backdoor.defences.base import DEFENCES, InputDefence, Work
from trustai.zoo import checks

AT_ONCE = 256  # blends in one pass


@dataclass(frozen=True)
class STRIPParams:
    """Parameters of STRIP.

    Attributes:
        blends: N, clean pictures that are blended into each input. The paper takes 100.
        weight: Of the clean picture that is added, in ``(0, 1]``. The paper adds it with 1; a mean
            of both pictures would fade the trigger, too.
    """

    blends: int = 32
    weight: float = 1.0

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("blends", self.blends, 1)
        if not 0 < self.weight <= 1:
            raise ValueError(f"expected weight in (0, 1], got {self.weight:g}")


class STRIP(InputDefence[STRIPParams]):
    r"""Minus the entropy of the predictions, averaged over blends.

    .. math:: H(x) = -\frac{1}{N} \sum_{n=1}^N \sum_c p_c(x_n) \log_2 p_c(x_n), \qquad
              x_n = \min(x + w \, t_n, 1),

    with clean pictures :math:`t_n`, the same ones for every input. The score is :math:`-H(x)`, in
    ``[-log2 C, 0]``.
    """

    name = "strip"
    title = "STRIP"
    paper = "Gao et al. 2019, STRIP: A Defence Against Trojan Attacks on Deep Neural Networks"
    url = "https://arxiv.org/abs/1902.06531"
    description = (
        "Adds clean pictures to the input. A clean input then gets many different predictions, "
        "but an input with a trigger always gets the same one."
    )
    formula = "H = -1/N sum_n sum_c p_c(x_n) log2 p_c(x_n), x_n = min(x + w t_n, 1)"
    cost = "moderate"
    params = STRIPParams

    @torch.no_grad()
    def scores(self, x: Tensor, clean: Tensor, *, work: Work[STRIPParams]) -> Tensor:
        generator, params = seeds.torch_generator(work.seed), work.params
        rows = torch.randint(len(clean), (params.blends,), generator=generator)
        if params.blends <= len(clean):  # each once, as far as they go
            rows = torch.randperm(len(clean), generator=generator)[: params.blends]
        model, others, found = work.model.folded(), clean[rows] * params.weight, []
        parts = x.split(max(1, AT_ONCE // params.blends))
        for i, part in enumerate(parts):
            blended = (part[:, None] + others).clamp_max(1)
            p = model.predict(blended.flatten(0, 1)).double().softmax(1)
            entropy = -torch.special.xlogy(p, p).sum(1) / torch.log(torch.tensor(2.0)).double()
            found.append(-entropy.view(len(part), -1).mean(1))
            work.report((i + 1) / len(parts))
        return torch.cat(found)


DEFENCES.add(STRIP.name, STRIP(), order=30)
