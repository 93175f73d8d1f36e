"""The L2 attack of Carlini and Wagner (2017), from torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class CWParams:
    """Parameters of Carlini and Wagner's attack.

    Attributes:
        c: Weight of being wrong against being close, greater than 0; not searched for.
        kappa: Margin in logits asked of the wrong class, at least 0.
        steps: Steps of Adam, at least 1.
        lr: Its learning rate in tanh space, greater than 0.
    """

    c: float = 1.0
    kappa: float = 0.0
    steps: int = 50
    lr: float = 0.01

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("c", self.c)
        checks.positive("lr", self.lr)
        checks.at_least("kappa", self.kappa, 0)
        checks.at_least("steps", self.steps, 1)


class CW(WrappedAttack[CWParams]):
    """``min |x' - x|_2^2 + c * max(f_y(x') - max_{i != y} f_i(x'), -kappa)`` in tanh space.

    Untargeted only: in targeted mode torchattacks 3.3.0 keeps the pictures that have *not*
    reached their target.
    """

    name = "cw"
    title = "Carlini-Wagner"
    norm = "min-norm"
    paper = "Carlini and Wagner 2017, Towards Evaluating the Robustness of Neural Networks"
    url = "https://arxiv.org/abs/1608.04644"
    formula = "min |x' - x|_2^2 + c * max(f_y(x') - max_(i != y) f_i(x'), -kappa)"
    description = "Searches for the shortest change that fools the network, by optimisation."
    targetable = False
    cost = "slow"
    params = CWParams

    def build(self, library: ModuleType, task: Task[CWParams]) -> Any:
        p = task.params
        return library.CW(task.model, c=p.c, kappa=p.kappa, steps=p.steps, lr=p.lr)

    def passes(self, params: CWParams, *, n_classes: int) -> int:
        return params.steps


ATTACKS.add(CW.name, CW(), order=70)
