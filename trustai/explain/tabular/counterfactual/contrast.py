"""The result of a search for a contrastive row: the changes, the steps, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.types import Circumstances, Table, TabularAttribution
from trustai.zoo.architectures.tabular import TabularModel


@dataclass(frozen=True, eq=False)
class ContrastStep:
    """A row ``(F,)`` on the way, and the probability of class 1 there."""

    row: Tensor
    probability: float


@dataclass(frozen=True)
class Attempt:
    """One number of columns tried.

    Attributes:
        k: How many columns were freed together.
        sets: How many sets of them were tried.
        closest: The probability of class 1 nearest to the other side that any of them reached.
    """

    k: int
    sets: int
    closest: float


@dataclass(frozen=True)
class Change:
    """One changed value.

    Attributes:
        column: Name.
        before, after: In raw units; of a column with levels the number of the level.
        size: ``|after - before|`` in standard deviations of the column.
        was_missing: The value before was not known, but the training median.
        in_turn: Probability of class 1 after this change and all before it in the list.
        text: ``"Glucose were 31 lower"``.
    """

    column: str
    before: float
    after: float
    size: float
    was_missing: bool
    in_turn: float
    text: str


@dataclass(frozen=True, eq=False)
class Contrast:
    """A row and its contrastive row.

    Attributes:
        rows: ``float32 (2, F)``: before and after; the same twice if none was found.
        missing: ``bool (F,)``: which values of the row were not known, but filled.
        found: Whether the decision turned.
        probability: ``(2,)``: of class 1, before and after.
        changes: Largest first, in standard deviations; empty if none was found.
        trace: The way of the search, from the row to the contrastive row.
        attempts: What was tried, by number of columns.
        left_out: Columns pruned as redundant.
        table: The training table without its rows: names of columns and classes.
        attribution: Shapley values of the probability before and after, or None.
    """

    rows: Tensor
    missing: Tensor
    found: bool
    probability: Tensor
    changes: tuple[Change, ...]
    trace: tuple[ContrastStep, ...]
    attempts: tuple[Attempt, ...]
    left_out: tuple[str, ...]
    table: Table
    attribution: TabularAttribution | None
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds

    @property
    def largest(self) -> Change | None:
        """The largest single change, in standard deviations of its column."""
        return self.changes[0] if self.changes else None

    def sentence(self, *, called: str | None = None) -> str:
        """In plain language what would turn the decision, or why nothing was found.

        Args:
            called: What to call the probability; None: ``"the probability of <class 1>"``.
        """
        called = called or f"the probability of {self.table.classes[1]}"
        before, after = self.probability.tolist()
        if not self.found:
            return self._why_not(called, before)
        texts = [change.text for change in self.changes]
        listed = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
        digits = 1 if abs(before - after) >= 0.02 else 2
        return (
            f"If {listed}, {called} would {'fall' if after < before else 'rise'} "
            f"from {before:.{digits}%} to {after:.{digits}%}."
        )

    def _why_not(self, called: str, before: float) -> str:
        last = self.attempts[-1]
        tried = sum(attempt.sets for attempt in self.attempts)
        closest = max((a.closest for a in self.attempts), key=lambda p: abs(p - before))
        without = f" without {', '.join(self.left_out)}" if self.left_out else ""
        return (
            f"The search found no change of up to {last.k} values{without} that turns the decision "
            f"and stays in the training range. The best of {tried} sets of columns moved {called} "
            f"from {before:.1%} to {closest:.1%}. The search does not try every value."
        )


def changes_between(
    model: TabularModel, rows: Tensor, *, missing: Tensor, scale: Tensor, table: Table
) -> tuple[Change, ...]:
    """The changed values of two rows ``(2, F)``, largest first, measured by `scale` ``(F,)``."""
    sizes = (rows[1] - rows[0]).abs() / scale
    order = [int(i) for i in sizes.argsort(descending=True) if sizes[i] > 0]
    in_turn = rows[0].repeat(len(order), 1)
    for i, column in enumerate(order):
        in_turn[i:, column] = rows[1, column]
    probabilities = model.probability(in_turn).tolist() if order else []
    return tuple(
        Change(
            column=table.columns[column],
            before=rows[0, column].item(),
            after=rows[1, column].item(),
            size=sizes[column].item(),
            was_missing=bool(missing[column]),
            in_turn=probability,
            text=described(table, column, rows[0, column].item(), rows[1, column].item()),
        )
        for column, probability in zip(order, probabilities, strict=True)
    )


def described(table: Table, column: int, before: float, after: float) -> str:
    """``"Glucose were 31 lower"``, or ``"Sex were male instead of female"``."""
    name, levels = table.columns[column], table.levels[column]
    if levels is not None:
        return f"{name} were {levels[round(after)]} instead of {levels[round(before)]}"
    amount = abs(after - before)
    text = f"{amount:.0f}" if amount == round(amount) else f"{amount:.3g}"
    return f"{name} were {text} {'higher' if after > before else 'lower'}"
