"""What every registered method (attack, attribution, score, ...) says of itself."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar, Generic, Literal, TypeVar

from trustai.zoo import checks

P = TypeVar("P")
Cost = Literal["fast", "moderate", "slow"]
"""Passes through the model for one answer: one to ten, some ten, hundreds."""


class Described(ABC, Generic[P]):
    """How a method describes itself; menus, captions and tests read it from here.

    Attributes:
        name: Key in the registry.
        title: For people.
        paper, url: Reference.
        description: One sentence in plain language.
        formula: In the paper's symbols, one line.
        cost: How long it takes beside the others.
        params: The frozen dataclass of the method's parameters.
        quick: Parameters with which it stays within seconds where its defaults would not; None:
            its defaults do.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    url: ClassVar[str]
    description: ClassVar[str]
    formula: ClassVar[str]
    cost: ClassVar[Cost] = "fast"
    params: type[P]
    quick: ClassVar[Any] = None

    def checked(self, params: P | None) -> P:
        """`params`, or the defaults.

        Args:
            params: Of this method, or None.

        Raises:
            ValueError: they are another method's.
        """
        return checks.params(self.name, params, self.params)
