"""DeepFool: the nearest boundary of a linear approximation (Moosavi-Dezfooli et al. 2016), from
torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class DeepFoolParams:
    """Parameters of DeepFool.

    Attributes:
        steps: At most this many linearisations, at least 1.
        overshoot: How far beyond the boundary to go, at least 0.
    """

    steps: int = 50
    overshoot: float = 0.02

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("overshoot", self.overshoot, 0)


class DeepFool(WrappedAttack[DeepFoolParams]):
    """``x' = x + (1 + eta) * sum r`` with ``r = |f_l - f_y| * w_l / |w_l|_2^2`` of every step.

    ``w_k`` is the gradient of ``f_k - f_y`` at the current point, and ``l`` the class whose linear
    boundary is nearest: ``argmin_k |f_k - f_y| / |w_k|_2``. ``eta`` is the `overshoot`.
    """

    name = "deepfool"
    title = "DeepFool"
    norm = "min-norm"
    paper = "Moosavi-Dezfooli et al. 2016, DeepFool"
    url = "https://arxiv.org/abs/1511.04599"
    formula = "x' = x + (1 + eta) * sum r, r = |f_l - f_y| w_l / |w_l|_2^2"
    description = (
        "Steps across the nearest border between two classes and treats this border as straight."
    )
    targetable = False
    cost = "moderate"
    params = DeepFoolParams

    def build(self, library: ModuleType, task: Task[DeepFoolParams]) -> Any:
        p = task.params
        return library.DeepFool(task.model, steps=p.steps, overshoot=p.overshoot)

    def passes(self, params: DeepFoolParams, *, n_classes: int) -> int:
        return params.steps


ATTACKS.add(DeepFool.name, DeepFool(), order=80)
