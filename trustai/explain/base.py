"""What attribution methods have in common, whether they explain pictures or tables."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, Literal, TypeVar

from trustai.types import OnProgress
from trustai.zoo import checks

P = TypeVar("P")
Cost = Literal["fast", "moderate", "slow"]
"""Passes through the model for one explanation: one or two, some ten, hundreds."""


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
        """`params`, or the defaults."""
        return checks.params(self.name, params, self.params)


def part_of(on_progress: OnProgress | None, i: int, n: int) -> OnProgress | None:
    """Progress of the `i`-th of `n` equal parts of some work, told as progress of the whole."""
    if on_progress is None:
        return None
    return lambda share: on_progress((i + share) / n)


def progress_of(parts: Iterable[Any], on_progress: OnProgress | None) -> Iterable[Any]:
    """The parts themselves, reporting after each what share is done."""
    everything = list(parts)
    for i, part in enumerate(everything, start=1):
        yield part
        if on_progress is not None:
            on_progress(i / len(everything))
