"""Attacks of torchattacks that need nothing but their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class BIM:
    """Parameters of the basic iterative method.

    Attributes:
        alpha: Length of a step in pixel units; None is ``eps / 4``.
        steps: At least 1.
    """

    alpha: float | None = None
    steps: int = 10

    def __post_init__(self) -> None:
        checks.positive("alpha", self.alpha)
        checks.at_least("steps", self.steps, 1)


class BIMAttack(WrappedAttack[BIM]):
    """FGSM in small steps from the picture itself: PGD without its random start."""

    name = "bim"
    title = "BIM"
    norm = "linf"
    paper = "Kurakin et al. 2017, Adversarial Examples in the Physical World"
    url = "https://arxiv.org/abs/1607.02533"
    description = "Repeats the one-step attack in smaller steps, starting from the picture itself."
    params = BIM

    def build(self, library: ModuleType, task: Task[BIM]) -> Any:
        alpha = task.eps / 4 if task.params.alpha is None else task.params.alpha
        return library.BIM(task.model, eps=task.eps, alpha=alpha, steps=task.params.steps)

    def passes(self, params: BIM, *, n_classes: int) -> int:
        return params.steps


@dataclass(frozen=True)
class MIFGSM:
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
        checks.positive("alpha", self.alpha)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("mu", self.mu, 0)


class MIFGSMAttack(WrappedAttack[MIFGSM]):
    """``g <- mu * g + d / |d|_1``, a step of length alpha along ``sign(g)``."""

    name = "mifgsm"
    title = "MI-FGSM"
    norm = "linf"
    paper = "Dong et al. 2018, Boosting Adversarial Attacks with Momentum"
    url = "https://arxiv.org/abs/1710.06081"
    description = (
        "Keeps some of its earlier direction at every step, which makes pictures that often fool "
        "other models too."
    )
    params = MIFGSM

    def build(self, library: ModuleType, task: Task[MIFGSM]) -> Any:
        p = task.params
        alpha = task.eps / 4 if p.alpha is None else p.alpha
        return library.MIFGSM(task.model, eps=task.eps, alpha=alpha, steps=p.steps, decay=p.mu)

    def passes(self, params: MIFGSM, *, n_classes: int) -> int:
        return params.steps


@dataclass(frozen=True)
class CW:
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
        checks.positive("c", self.c)
        checks.positive("lr", self.lr)
        checks.at_least("kappa", self.kappa, 0)
        checks.at_least("steps", self.steps, 1)


class CWAttack(WrappedAttack[CW]):
    """``min |x' - x|_2^2 + c * max(f_y(x') - max_{i != y} f_i(x'), -kappa)`` in tanh space.

    Untargeted only: in targeted mode torchattacks 3.3.0 keeps the pictures that have *not*
    reached their target.
    """

    name = "cw"
    title = "Carlini-Wagner"
    norm = "min-norm"
    paper = "Carlini and Wagner 2017, Towards Evaluating the Robustness of Neural Networks"
    url = "https://arxiv.org/abs/1608.04644"
    description = "Looks for the shortest change that fools the model, by careful optimisation."
    targetable = False
    params = CW

    def build(self, library: ModuleType, task: Task[CW]) -> Any:
        p = task.params
        return library.CW(task.model, c=p.c, kappa=p.kappa, steps=p.steps, lr=p.lr)

    def passes(self, params: CW, *, n_classes: int) -> int:
        return params.steps


@dataclass(frozen=True)
class DeepFool:
    """Parameters of DeepFool.

    Attributes:
        steps: At most this many linearisations, at least 1.
        overshoot: How far beyond the boundary to go, at least 0.
    """

    steps: int = 50
    overshoot: float = 0.02

    def __post_init__(self) -> None:
        checks.at_least("steps", self.steps, 1)
        checks.at_least("overshoot", self.overshoot, 0)


class DeepFoolAttack(WrappedAttack[DeepFool]):
    """Crosses the nearest boundary of the model's linear approximation, again and again."""

    name = "deepfool"
    title = "DeepFool"
    norm = "min-norm"
    paper = "Moosavi-Dezfooli et al. 2016, DeepFool"
    url = "https://arxiv.org/abs/1511.04599"
    description = "Steps across the nearest border between two classes, as if it were straight."
    targetable = False
    params = DeepFool

    def build(self, library: ModuleType, task: Task[DeepFool]) -> Any:
        p = task.params
        return library.DeepFool(task.model, steps=p.steps, overshoot=p.overshoot)

    def passes(self, params: DeepFool, *, n_classes: int) -> int:
        return params.steps


@dataclass(frozen=True)
class Square:
    """Parameters of the Square attack.

    Attributes:
        n_queries: Pictures shown to the model at most, at least 1; the paper uses 5000.
        p_init: First share of the picture that a square covers, in ``(0, 1]``.
    """

    n_queries: int = 1000
    p_init: float = 0.8

    def __post_init__(self) -> None:
        checks.at_least("n_queries", self.n_queries, 1)
        if not 0 < self.p_init <= 1:
            raise ValueError(f"expected p_init in (0, 1], got {self.p_init:g}")


class SquareAttack(WrappedAttack[Square]):
    """Random squares of colour, each kept where it lowers the margin: no gradient is used."""

    name = "square"
    title = "Square (black box)"
    norm = "linf"
    paper = "Andriushchenko et al. 2020, Square Attack"
    url = "https://arxiv.org/abs/1912.00049"
    description = (
        "Never looks inside the model: tries coloured squares and keeps those that make it less "
        "sure."
    )
    draws = True
    params = Square

    def build(self, library: ModuleType, task: Task[Square]) -> Any:
        p = task.params
        return library.Square(
            task.model, eps=task.eps, n_queries=p.n_queries, p_init=p.p_init, seed=task.seed
        )

    def passes(self, params: Square, *, n_classes: int) -> int:
        return params.n_queries + 3


ATTACKS.add(BIMAttack.name, BIMAttack())
ATTACKS.add(MIFGSMAttack.name, MIFGSMAttack())
ATTACKS.add(CWAttack.name, CWAttack())
ATTACKS.add(DeepFoolAttack.name, DeepFoolAttack())
ATTACKS.add(SquareAttack.name, SquareAttack())
