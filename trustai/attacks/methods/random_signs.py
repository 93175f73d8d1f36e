"""Random signs: noise as large as an attack's step, the control of every experiment."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.attacks.base import ATTACKS, Attack, Task
from trustai.attacks.steps import linf_step, uniform


@dataclass(frozen=True)
class RandomSignsParams:
    """Parameters of random signs: none besides `eps`."""


class RandomSigns(Attack[RandomSignsParams]):
    """``x' = clip(x + eps * s)``, every entry of ``s`` -1 or +1 by a fair coin.

    As large in Linf as FGSM's step, but blind to the model: what it does not do, the direction
    does.
    """

    name = "random_signs"
    title = "Random noise"
    norm = "linf"
    paper = "Goodfellow et al. 2015, section 4 compares with it"
    url = "https://arxiv.org/abs/1412.6572"
    formula = "x' = clip(x + eps * s), s = -1 or +1 at random"
    description = (
        "Is no attack: every pixel goes up or down by epsilon at random. Compare it with an "
        "attack of the same size."
    )
    cost = "fast"
    targetable = False
    moves_fooled = True
    params = RandomSignsParams

    def perturb(self, task: Task[RandomSignsParams]) -> Tensor:
        direction = uniform(task.x.shape, task.generator, task.x)
        return linf_step(task.x, task.x, direction, eps=task.eps, alpha=task.eps)

    def passes(self, params: RandomSignsParams, *, n_classes: int) -> int:
        return 0


ATTACKS.add(RandomSigns.name, RandomSigns(), order=40)
