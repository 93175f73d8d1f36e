"""Auto-PGD: PGD that chooses its own step size (Croce and Hein 2020), from torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class APGDParams:
    """Parameters of Auto-PGD.

    Attributes:
        steps: At least 1; the paper uses 100.
        n_restarts: Random starts, at least 1.
        rho: Share of improving steps below which the step is halved, in ``(0, 1)``.
    """

    steps: int = 100
    n_restarts: int = 1
    rho: float = 0.75

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_restarts", self.n_restarts, 1)
        if not 0 < self.rho < 1:
            raise ValueError(f"expected rho in (0, 1), got {self.rho:g}")


class APGD(WrappedAttack[APGDParams]):
    """``x_{k+1} = project(x_k + a (z - x_k) + (1 - a)(x_k - x_{k-1}))`` with ``a = 0.75`` and
    ``z = project(x_k + eta * sign(d/dx CE(f(x_k), y)))``.

    ``eta`` begins at ``2 eps`` and is halved, from the best point so far, where fewer than the
    share ``rho`` of the last steps raised the loss.
    """

    name = "apgd"
    title = "Auto-PGD"
    norm = "linf"
    paper = "Croce and Hein 2020, Reliable Evaluation of Adversarial Robustness"
    url = "https://arxiv.org/abs/2003.01690"
    formula = "x_(k+1) = project(x_k + a (z_k - x_k) + (1 - a)(x_k - x_(k-1)))"
    description = (
        "Works like PGD and adapts its step size by itself, so that nobody has to tune it."
    )
    targetable = False
    draws = True
    cost = "slow"
    params = APGDParams

    def build(self, library: ModuleType, task: Task[APGDParams]) -> Any:
        p = task.params
        return library.APGD(
            task.model,
            eps=task.eps,
            steps=p.steps,
            n_restarts=p.n_restarts,
            seed=task.seed,
            rho=p.rho,
        )

    def passes(self, params: APGDParams, *, n_classes: int) -> int:
        return 1 + params.n_restarts * (params.steps + 1)


ATTACKS.add(APGD.name, APGD(), order=100)
