"""MI-FGSM: iterative FGSM with momentum (Dong et al. 2018), from torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class MIFGSMParams:
    """Parameters of the momentum method.

    Attributes:
        alpha: Length of a step in pixel units; None is ``eps / 4``.
        steps: At least 1.
        mu: How much of the last direction is kept, at least 0 (the library calls it decay).
    """

    alpha: float | None = None
    steps: int = 10
    mu: float = 1.0

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("alpha", self.alpha)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("mu", self.mu, 0)


class MIFGSM(WrappedAttack[MIFGSMParams]):
    """``g <- mu * g + d / |d|_1`` with ``d = d/dx' CE(f(x'), y)``, then
    ``x' <- project(x' + alpha * sign(g))``.
    """

    name = "mifgsm"
    title = "MI-FGSM"
    norm = "linf"
    paper = "Dong et al. 2018, Boosting Adversarial Attacks with Momentum"
    url = "https://arxiv.org/abs/1710.06081"
    formula = "g <- mu * g + d / |d|_1, x' <- project(x' + alpha * sign(g))"
    description = (
        "Keeps a part of its earlier direction at every step. Its pictures often fool other "
        "networks too."
    )
    cost = "moderate"
    params = MIFGSMParams

    def build(self, library: ModuleType, task: Task[MIFGSMParams]) -> Any:
        p = task.params
        alpha = task.eps / 4 if p.alpha is None else p.alpha
        return library.MIFGSM(task.model, eps=task.eps, alpha=alpha, steps=p.steps, decay=p.mu)

    def passes(self, params: MIFGSMParams, *, n_classes: int) -> int:
        return params.steps


ATTACKS.add(MIFGSM.name, MIFGSM(), order=60)
