"""APGD and AutoAttack (Croce and Hein 2020) from torchattacks, at the strength of their paper."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class APGD:
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
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_restarts", self.n_restarts, 1)
        if not 0 < self.rho < 1:
            raise ValueError(f"expected rho in (0, 1), got {self.rho:g}")


class APGDAttack(WrappedAttack[APGD]):
    """PGD with momentum that halves its own step when progress stalls; cross-entropy loss."""

    name = "apgd"
    title = "Auto-PGD"
    norm = "linf"
    paper = "Croce and Hein 2020, Reliable Evaluation of Adversarial Robustness"
    url = "https://arxiv.org/abs/2003.01690"
    description = "A PGD that finds a good step size by itself, so that nobody has to tune it."
    targetable = False
    draws = True
    params = APGD

    def build(self, library: ModuleType, task: Task[APGD]) -> Any:
        p = task.params
        return library.APGD(
            task.model,
            eps=task.eps,
            steps=p.steps,
            n_restarts=p.n_restarts,
            seed=task.seed,
            rho=p.rho,
        )

    def passes(self, params: APGD, *, n_classes: int) -> int:
        return 1 + params.n_restarts * (params.steps + 1)


@dataclass(frozen=True)
class AutoAttack:
    """Parameters of the standard ensemble.

    Attributes:
        steps: Of each gradient attack, at least 1. The paper's 100; torchattacks' own AutoAttack
            takes only 10, which is weaker than the figures published under that name.
        n_queries: Of the Square attack, at least 1; the paper's 5000.
        n_target_classes: Runner-up classes that APGD-T and FAB-T aim at, at least 1; the paper's
            9, or one less than the classes there are.
    """

    steps: int = 100
    n_queries: int = 5000
    n_target_classes: int = 9

    def __post_init__(self) -> None:
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_queries", self.n_queries, 1)
        checks.at_least("n_target_classes", self.n_target_classes, 1)


class AutoAttackEnsemble(WrappedAttack[AutoAttack]):
    """APGD-CE, APGD-T, FAB-T and Square in turn, each on what the ones before left standing.

    APGD-T's loss compares four logits, so at least four classes are needed.
    """

    name = "autoattack"
    title = "AutoAttack"
    norm = "linf"
    paper = "Croce and Hein 2020, Reliable Evaluation of Adversarial Robustness"
    url = "https://arxiv.org/abs/2003.01690"
    description = (
        "Four different strong attacks in turn: the figure that published defences are compared "
        "by. Slow."
    )
    targetable = False
    draws = True
    params = AutoAttack

    def build(self, library: ModuleType, task: Task[AutoAttack]) -> Any:
        if task.n_classes < 4:
            raise ValueError(
                f"expected a model of at least 4 classes for 'autoattack', got {task.n_classes}"
            )
        p, model = task.params, task.model
        common = {"eps": task.eps, "seed": task.seed}
        targeted = common | {"steps": p.steps, "n_classes": self._targets(p, task.n_classes) + 1}
        return library.MultiAttack(
            [
                library.APGD(model, **common, steps=p.steps),
                library.APGDT(model, **targeted),
                library.FAB(model, **targeted, multi_targeted=True),
                library.Square(model, **common, n_queries=p.n_queries),
            ]
        )

    def passes(self, params: AutoAttack, *, n_classes: int) -> int:
        targets = self._targets(params, n_classes)
        return (1 + 3 * targets) * (params.steps + 2) + params.n_queries

    @staticmethod
    def _targets(params: AutoAttack, n_classes: int) -> int:
        return min(params.n_target_classes, n_classes - 1)


ATTACKS.add(APGDAttack.name, APGDAttack())
ATTACKS.add(AutoAttackEnsemble.name, AutoAttackEnsemble())
