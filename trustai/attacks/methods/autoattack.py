"""AutoAttack: an ensemble of four attacks at the strength of its paper (Croce and Hein 2020), from
torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class AutoAttackParams:
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
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_queries", self.n_queries, 1)
        checks.at_least("n_target_classes", self.n_target_classes, 1)


class AutoAttack(WrappedAttack[AutoAttackParams]):
    """``x'`` is that of the first of APGD-CE, APGD-T, FAB-T and Square that fools ``f``: each
    attacks only the pictures on which the ones before it failed.

    APGD-T's loss compares four logits, so at least four classes are needed.
    """

    name = "autoattack"
    title = "AutoAttack"
    norm = "linf"
    paper = "Croce and Hein 2020, Reliable Evaluation of Adversarial Robustness"
    url = "https://arxiv.org/abs/2003.01690"
    formula = "the first of APGD-CE, APGD-T, FAB-T, Square that fools f"
    description = (
        "Runs four strong attacks one after the other. Published defences are compared by it. It "
        "is slow."
    )
    targetable = False
    draws = True
    cost = "slow"
    params = AutoAttackParams

    def build(self, library: ModuleType, task: Task[AutoAttackParams]) -> Any:
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

    def passes(self, params: AutoAttackParams, *, n_classes: int) -> int:
        targets = self._targets(params, n_classes)
        return (1 + 3 * targets) * (params.steps + 2) + params.n_queries

    @staticmethod
    def _targets(params: AutoAttackParams, n_classes: int) -> int:
        return min(params.n_target_classes, n_classes - 1)


ATTACKS.add(AutoAttack.name, AutoAttack(), order=110)
