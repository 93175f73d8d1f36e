"""Projected gradient descent in an Linf or L2 ball (Madry et al. 2018)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.attacks.base import ATTACKS, Attack, Task, reached
from trustai.attacks.steps import (
    Forward,
    l2_step,
    linf_step,
    logits_and_gradient,
    random_start_l2,
    random_start_linf,
)
from trustai.zoo import checks

Confirm = Callable[[Tensor, Tensor], Tensor]
"""Positions ``(M,)`` and their pictures ``(M, 3, H, W)`` -> which are fooled."""


@dataclass(frozen=True)
class PGDParams:
    """Parameters of projected gradient descent.

    Attributes:
        steps: Number of gradient steps, at least 1.
        alpha: Length of a step in the units of `eps`; None is ``2.5 * eps / steps``, Madry's
            choice, so that ten steps are a quarter of the radius each.
        random_start: Begin at a random point of the ball instead of at the picture.
        early_exit: A picture that is fooled stops, and the batch shrinks. The result is then the
            first perturbation that works, not the one of largest loss.
    """

    steps: int = 10
    alpha: float | None = None
    random_start: bool = True
    early_exit: bool = True

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.positive("alpha", self.alpha)

    def step_length(self, eps: float) -> float:
        return 2.5 * eps / self.steps if self.alpha is None else self.alpha


class PGD(Attack[PGDParams]):
    """``x' <- project(x' + alpha * s(d/dx' CE(f(x'), y)))``, ``s`` the steepest step of the norm.

    The base of `PGDLinf` and `PGDL2`, which say what ``s``, `project` and a random start are.
    """

    paper = "Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks"
    url = "https://arxiv.org/abs/1706.06083"
    cost = "fast"
    params = PGDParams

    @staticmethod
    @abstractmethod
    def start(x: Tensor, eps: float, generator: torch.Generator) -> Tensor:
        """A random point of the ball."""

    @staticmethod
    @abstractmethod
    def step(x_adv: Tensor, x: Tensor, gradient: Tensor, *, eps: float, alpha: float) -> Tensor:
        """One projected step."""

    def perturb(self, task: Task[PGDParams]) -> Tensor:
        start = task.x
        if task.params.random_start:
            start = self.start(task.x, task.eps, task.generator)
        return self.ascend(
            task.model,
            task.x,
            task.y,
            start,
            eps=task.eps,
            params=task.params,
            targeted=task.targeted,
        )

    def ascend(
        self,
        forward: Forward,
        x: Tensor,
        y: Tensor,
        start: Tensor,
        *,
        eps: float,
        params: PGDParams,
        targeted: bool = False,
        confirm: Confirm | None = None,
    ) -> Tensor:
        """Follow the gradient from `start`; returns pictures in the ball of `x`.

        The forward pass of a step shows whether the step before it was enough, so the early exit
        costs no pass of its own; the last step is left to the caller to judge.

        Args:
            confirm: Asked about pictures that `forward` sees fooled, where `forward` is a fast
                approximation; those it denies go on.
        """
        x_adv = start.clone()
        active = torch.arange(len(x), device=x.device)
        alpha = params.step_length(eps)
        for _ in range(params.steps):
            logits, gradient = logits_and_gradient(
                forward, x_adv[active], y[active], targeted=targeted
            )
            if params.early_exit:
                fooled = reached(logits, y[active], targeted=targeted)
                if confirm is not None and fooled.any():
                    fooled[fooled.clone()] = confirm(active[fooled], x_adv[active[fooled]])
                active, gradient = active[~fooled], gradient[~fooled]
                if len(active) == 0:
                    break
            x_adv[active] = self.step(x_adv[active], x[active], gradient, eps=eps, alpha=alpha)
        return x_adv

    def passes(self, params: PGDParams, *, n_classes: int) -> int:
        return params.steps


class PGDLinf(PGD):
    """``x' <- project(x' + alpha * sign(d/dx' CE(f(x'), y)))``, every pixel within `eps`."""

    name = "pgd_linf"
    title = "PGD"
    norm = "linf"
    formula = "x' <- project(x' + alpha * sign(d CE(f(x'), y) / dx'))"
    description = (
        "Takes many small steps that raise the error of the network. No pixel moves further than "
        "epsilon. This is the usual test of robustness."
    )
    start = staticmethod(random_start_linf)
    step = staticmethod(linf_step)


class PGDL2(PGD):
    """``x' <- project(x' + alpha * g / |g|_2)``, the whole perturbation no longer than `eps`."""

    name = "pgd_l2"
    title = "PGD (L2)"
    norm = "l2"
    formula = "x' <- project(x' + alpha * g / |g|_2), g = d CE(f(x'), y) / dx'"
    description = (
        "Takes many small steps and limits the length of the whole change. So it can change few "
        "pixels a lot or many pixels a little."
    )
    start = staticmethod(random_start_l2)
    step = staticmethod(l2_step)


ATTACKS.add(PGDLinf.name, PGDLinf(), order=20)
ATTACKS.add(PGDL2.name, PGDL2(), order=30)
