"""The Square attack: random search without gradients (Andriushchenko et al. 2020), from
torchattacks."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from trustai.attacks.base import ATTACKS, Task
from trustai.attacks.torchattacks_wrapper import WrappedAttack
from trustai.zoo import checks


@dataclass(frozen=True)
class SquareParams:
    """Parameters of the Square attack.

    Attributes:
        n_queries: Pictures shown to the model at most, at least 1; the paper uses 5000.
        p_init: First share of the picture that a square covers, in ``(0, 1]``.
    """

    n_queries: int = 1000
    p_init: float = 0.8

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n_queries", self.n_queries, 1)
        if not 0 < self.p_init <= 1:
            raise ValueError(f"expected p_init in (0, 1], got {self.p_init:g}")


class Square(WrappedAttack[SquareParams]):
    """Random search for ``min f_y(x') - max_{i != y} f_i(x')`` over ``|x' - x|_inf <= eps``.

    A proposal sets a random square, of an area that shrinks from ``p_init``, to ``x - eps`` or
    ``x + eps`` by channel; it is kept where the margin falls. No gradient is used.
    """

    name = "square"
    title = "Square (black box)"
    norm = "linf"
    paper = "Andriushchenko et al. 2020, Square Attack"
    url = "https://arxiv.org/abs/1912.00049"
    formula = "min f_y(x') - max_(i != y) f_i(x') over random squares, |x' - x|_inf <= eps"
    description = (
        "Does not use the gradient. It tries coloured squares and keeps those that make the "
        "network less sure."
    )
    draws = True
    cost = "slow"
    params = SquareParams

    def build(self, library: ModuleType, task: Task[SquareParams]) -> Any:
        p = task.params
        return library.Square(
            task.model, eps=task.eps, n_queries=p.n_queries, p_init=p.p_init, seed=task.seed
        )

    def passes(self, params: SquareParams, *, n_classes: int) -> int:
        return params.n_queries + 3


ATTACKS.add(Square.name, Square(), order=90)
