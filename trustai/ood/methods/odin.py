"""ODIN (Liang et al. 2018): a step towards certainty, then the softmax at high temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.zoo import Classifier, checks


@dataclass(frozen=True)
class ODINParams:
    """Parameters of ODIN, the paper's; they are not tuned on OOD pictures here.

    Attributes:
        T: Temperature, greater than 0.
        eps: Length of the step in pixel units of ``[0, 1]``, at least 0.
    """

    T: float = 1000.0
    eps: float = 0.0014

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("T", self.T)
        checks.at_least("eps", self.eps, 0)


def more_certain(model: Classifier, x: Tensor, *, T: float, eps: float) -> Tensor:
    """``x - eps * sign(-d/dx log max_c softmax(z(x) / T)_c)``; the sign counts as a constant.

    Args:
        model: Pictures to logits.
        x: ``(N, 3, H, W)`` in ``[0, 1]``.
        T: Temperature, greater than 0.
        eps: Length of the step in pixel units.
    """
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        loss = -(model(leaf) / T).log_softmax(1).amax(1).sum()
        (gradient,) = torch.autograd.grad(loss, leaf)
    return x - eps * gradient.sign()


def tempered(logits: Tensor, *, T: float) -> Tensor:
    """``-T log(C max_c softmax(z / T)_c)``, ``(N,)``: 0 where all logits are equal, else less.

    It orders pictures as the paper's ``-max_c softmax(z / T)_c`` does, but on the scale of the
    logits: at T = 1000 that one differs from ``-1/C`` in the fourth digit only.

    Args:
        logits: ``(N, C)``.
        T: Temperature, greater than 0.
    """
    log_p = (logits.double() / T).log_softmax(1).amax(1)
    return -T * (log_p + math.log(logits.shape[1]))


class ODIN(Score[ODINParams]):
    """``s = -T log(C max_c softmax(z(x~) / T)_c)`` with
    ``x~ = x - eps * sign(-d/dx log max_c softmax(z(x) / T)_c)``, a step to more certainty.

    Known pictures gain more certainty from the step than OOD ones. Two forward passes and one
    backward pass of its own.
    """

    name = "odin"
    title = "ODIN"
    paper = "Liang et al. 2018, Enhancing the Reliability of Out-of-distribution Image Detection"
    url = "https://arxiv.org/abs/1706.02690"
    formula = (
        "-T log(C max_c softmax(z(x~) / T)_c), "
        "x~ = x - eps * sign(-d log max_c softmax(z(x) / T)_c / dx)"
    )
    description = (
        "Is high if the network stays unsure although the picture moves a small step towards its "
        "answer."
    )
    axis = "− T · log(C · largest softmax probability at T)"
    params = ODINParams

    def of(self, given: ScoreInput[ODINParams]) -> Tensor:
        moved = more_certain(given.model, given.x, T=given.params.T, eps=given.params.eps)
        return tempered(given.model(moved), T=given.params.T)


SCORES.add(ODIN.name, ODIN(), order=50)
