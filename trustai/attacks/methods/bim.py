"""Basic iterative method: FGSM in small steps (Kurakin et al. 2017), from torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class BIMParams:
    """Parameters of the basic iterative method.

    Attributes:
        alpha: Length of a step in pixel units; None is ``eps / 4``.
        steps: At least 1.
    """

    alpha: float | None = None
    steps: int = 10

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("alpha", self.alpha)
        checks.at_least("steps", self.steps, 1)


class BIM(WrappedAttack[BIMParams]):
    """``x' <- project(x' + alpha * sign(d/dx' CE(f(x'), y)))`` from ``x' = x``.

    PGD without its random start.
    """

    name = "bim"
    title = "BIM"
    norm = "linf"
    paper = "Kurakin et al. 2017, Adversarial Examples in the Physical World"
    url = "https://arxiv.org/abs/1607.02533"
    formula = "x' <- project(x' + alpha * sign(d CE(f(x'), y) / dx')), from x' = x"
    description = "Repeats the step of FGSM in smaller steps and starts from the picture itself."
    cost = "moderate"
    params = BIMParams

    def build(self, library: ModuleType, task: Task[BIMParams]) -> Any:
        alpha = task.eps / 4 if task.params.alpha is None else task.params.alpha
        return library.BIM(task.model, eps=task.eps, alpha=alpha, steps=task.params.steps)

    def passes(self, params: BIMParams, *, n_classes: int) -> int:
        return params.steps


ATTACKS.add(BIM.name, BIM(), order=50)
