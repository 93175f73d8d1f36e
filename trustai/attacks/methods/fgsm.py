"""FGSM: one step along the sign of the gradient (Goodfellow et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.attacks.base import ATTACKS, Attack, Task
from trustai.attacks.steps import input_gradient, linf_step


@dataclass(frozen=True)
class FGSMParams:
    """Parameters of FGSM: none besides `eps`."""


class FGSM(Attack[FGSMParams]):
    """``x' = clip(x + eps * sign(d/dx CE(f(x), y)))``; with a target, ``-`` and its label.

    Every picture takes the step, also one that is misclassified already.
    """

    name = "fgsm"
    title = "FGSM"
    norm = "linf"
    paper = "Goodfellow et al. 2015, Explaining and Harnessing Adversarial Examples"
    url = "https://arxiv.org/abs/1412.6572"
    formula = "x' = clip(x + eps * sign(d CE(f(x), y) / dx))"
    description = (
        "Computes the gradient once and moves every pixel by epsilon in the direction that raises "
        "the error of the network."
    )
    cost = "fast"
    moves_fooled = True
    params = FGSMParams

    def perturb(self, task: Task[FGSMParams]) -> Tensor:
        gradient = input_gradient(task.model, task.x, task.y, targeted=task.targeted)
        return linf_step(task.x, task.x, gradient, eps=task.eps, alpha=task.eps)

    def passes(self, params: FGSMParams, *, n_classes: int) -> int:
        return 1


ATTACKS.add(FGSM.name, FGSM(), order=10)
