"""An uploaded CSV with a binary target: what its columns hold, and the `Table` they make.

>>> uploaded = read_csv(b"age;smoker;ill\\n" + b"41;yes;0\\n38;no;1\\n" * 40)
>>> [(column.name, column.kind) for column in uploaded.columns]
[('age', 'number'), ('smoker', 'category'), ('ill', 'number')]
>>> uploaded.targets()
['age', 'smoker', 'ill']
>>> uploaded.table(target="ill").classes
('ill = 0', 'ill = 1')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from trustai.data.tables.base import WHOLE
from trustai.data.tables.csv_text import (
    Grid,
    is_number,
    read_grid,
    shown,
    tidy,
)
from trustai.registry import did_you_mean
from trustai.types import Table

MIN_ROWS: Final = 50
MIN_PER_CLASS: Final = 10
MAX_LEVELS: Final = 20
MAX_NUMBER: Final = 1e30  # float32 ends at 3.4e38, and squares are taken of standardised values

MISSING: Final = frozenset({"", "?", "-", "na", "n/a", "#n/a", "nan", "null", "none"})
_INFINITE: Final = frozenset({"inf", "infinity", "∞"})


@dataclass(frozen=True, eq=False)
class Column:
    """One column of an uploaded CSV.

    Attributes:
        name: As in the header, trimmed.
        kind: ``"number"``, or ``"category"`` for text.
        values: ``float64 (N,)``, NaN where missing; of a category the number of its level.
        levels: The different texts of a category in order; empty for numbers.
        problem: Why it cannot be used to predict, in words, or None.
    """

    name: str
    kind: Literal["number", "category"]
    values: NDArray[np.float64]
    levels: tuple[str, ...]
    problem: str | None

    @property
    def n_missing(self) -> int:
        return int(np.isnan(self.values).sum())

    @property
    def integer(self) -> bool:
        """Whole numbers only."""
        return bool((self.different == np.round(self.different)).all())

    @property
    def different(self) -> NDArray[np.float64]:
        """Its different values in order."""
        return np.unique(self.values[~np.isnan(self.values)])

    def named(self, value: float) -> str:
        """A value as text: the level of a category."""
        return self.levels[int(value)] if self.kind == "category" else f"{value:.12g}"


@dataclass(frozen=True, eq=False)
class CsvTable:
    """An uploaded CSV, read; `table` makes of it what models and explanations want.

    Attributes:
        columns: All of them, usable or not.
        row_numbers: The number of each row in a spreadsheet.
        notes: What was assumed while reading, in words.
        sha256: Hex digest of the bytes that came in.
    """

    columns: tuple[Column, ...]
    row_numbers: tuple[int, ...]
    notes: tuple[str, ...]
    sha256: str

    def __len__(self) -> int:
        return len(self.row_numbers)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            ValueError: there is none.
        """
        known = [column.name for column in self.columns]
        if name not in known:
            some = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
            raise ValueError(
                f"expected a column among {some}, got {shown(name)}" + did_you_mean(name, known)
            )
        return self.columns[known.index(name)]

    def targets(self) -> list[str]:
        """The columns that have exactly two different values."""
        return [c.name for c in self.columns if len(c.different) == 2]

    def usable(self, *, target: str) -> list[str]:
        """The columns that can help to predict `target`."""
        return [c.name for c in self.columns if c.problem is None and c.name != target]

    def table(
        self, *, target: str, columns: Sequence[str] | None = None, positive: str | None = None
    ) -> Table:
        """The table that predicts `target`, whole: `trustai.data.part` splits it.

        Args:
            target: A column with two different values and none missing.
            columns: To predict from, at least one; None for all that can be used.
            positive: The value of the target that is class 1; None for the second in order.

        Raises:
            ValueError: in one sentence, for a target or columns that cannot be used.
        """
        goal = self.column(target)
        labels, classes = self._labels(goal, positive)
        chosen = self._chosen(target, self.usable(target=target) if columns is None else columns)
        rows = np.stack([column.values for column in chosen], axis=1)
        return Table(
            name=f"upload-{self.sha256[:8]}",
            split=WHOLE,
            rows=torch.from_numpy(rows.astype(np.float32)),
            labels=torch.from_numpy(labels),
            columns=tuple(column.name for column in chosen),
            classes=classes,
            indices=torch.arange(len(self)),
            integer=tuple(column.integer for column in chosen),
            synthetic=False,
            levels=tuple(column.levels or None for column in chosen),
            target=target,
        )

    def _chosen(self, target: str, columns: Sequence[str]) -> list[Column]:
        if not columns:
            raise ValueError("expected at least one column to predict from, got none")
        for i, name in enumerate(columns):
            if name == target:
                raise ValueError(f"expected columns other than the target, got {shown(name)}")
            if name in columns[:i]:
                raise ValueError(f"expected every column once, got {shown(name)} twice")
            if problem := self.column(name).problem:
                raise ValueError(f"expected a usable column, got {shown(name)}: {problem}")
        return [self.column(name) for name in columns]

    def _labels(
        self, goal: Column, positive: str | None
    ) -> tuple[NDArray[np.int64], tuple[str, str]]:
        """Labels of all rows, and the names of the classes."""
        name, n = shown(goal.name), len(goal.different)
        names = [goal.named(value) for value in goal.different[:3]]
        if n != 2:
            some = ", ".join(shown(value) for value in names) + (", …" if n > 3 else "")
            raise ValueError(
                f"expected a target with two different values, got {n} in {name}"
                + (f": {some}" if names else "")
            )
        if goal.n_missing:
            row = self.row_numbers[int(np.isnan(goal.values).argmax())]
            raise ValueError(
                f"expected a value of the target {name} in every row, got none in row {row}"
            )
        if positive is not None and positive not in names:
            raise ValueError(
                f"expected class 1 to be {shown(names[0])} or {shown(names[1])}, got "
                f"{shown(positive)}"
            )
        labels = (goal.values == goal.values.max()).astype(np.int64)
        if positive == names[0]:
            labels, names = 1 - labels, names[::-1]
        check_counts(labels)
        if goal.kind == "number":
            names = [f"{goal.name} = {value}" for value in names]
        return labels, (names[0], names[1])


def read_csv(data: bytes) -> CsvTable:
    """Reads an uploaded CSV of numbers and categories; see `csv_text` for what it may look like.

    A column in which every cell is a number is one of numbers; any other with at most 20
    different texts is a category. Empty cells, ``?``, ``-``, ``NA``, ``N/A``, ``NaN``, ``null``
    and ``none`` are missing. Columns that cannot be used say why in `Column.problem`.

    Raises:
        ValueError: in one sentence: not a CSV, damaged, too large, fewer than 50 rows, infinite
            numbers, or no column that could be the target.
    """
    grid = read_grid(data)
    if len(grid.row_numbers) < MIN_ROWS:
        raise ValueError(f"expected at least {MIN_ROWS} rows, got {len(grid.row_numbers)}")
    columns = tuple(
        _column(name, cells, grid) for name, cells in zip(grid.names, grid.columns, strict=True)
    )
    table = CsvTable(columns, grid.row_numbers, grid.notes, grid.sha256)
    if not table.targets():
        raise ValueError(
            "expected a column with exactly two different values as the target, got none"
        )
    return table


def check_counts(labels: NDArray[np.int64]) -> None:
    """Both classes have enough rows for each split to hold some.

    Args:
        labels: ``(N,)`` of 0 and 1.

    Raises:
        ValueError: they have not.
    """
    fewest = int(np.bincount(labels, minlength=2).min())
    if fewest < MIN_PER_CLASS:
        raise ValueError(f"expected at least {MIN_PER_CLASS} rows of each class, got {fewest}")


def numbers(cells: Sequence[str]) -> tuple[NDArray[np.float64], list[int]]:
    """The cells as numbers, NaN where missing, and the positions of those that are neither.

    >>> numbers(["1.5", "", "x"])
    (array([1.5, nan, nan]), [2])
    """
    values = np.full(len(cells), np.nan)
    others = []
    for i, cell in enumerate(cells):
        if is_number(cell):
            values[i] = float(cell)
        elif cell.casefold() not in MISSING:
            others.append(i)
    return values, others


def _column(name: str, cells: tuple[str, ...], grid: Grid) -> Column:
    values, others = numbers(cells)
    infinite = [i for i in others if cells[i].lstrip("+-").casefold() in _INFINITE]
    if len(infinite) < len(others):  # a category of words may have one of these names
        infinite = []
    too_large = np.flatnonzero(np.abs(values) > MAX_NUMBER).tolist()
    if infinite or too_large:
        i = min(infinite + too_large)
        raise ValueError(
            f"expected numbers between -1e30 and 1e30, got {shown(cells[i])} in row "
            f"{grid.row_numbers[i]} of column {shown(name)}"
        )
    if not others:
        return Column(name, "number", values, (), _problem_of_numbers(values))
    return _category(name, cells, others, grid)


def _problem_of_numbers(values: NDArray[np.float64]) -> str | None:
    present = np.unique(values[~np.isnan(values)].astype(np.float32))
    if not len(present):
        return "it is empty"
    if len(present) == 1:
        return f"it is {present[0]:g} wherever it is known"
    steps = np.diff(np.sort(values))
    if len(present) > 2 and (steps == 1).all():  # NaN is no step of 1
        return "it only counts the rows"
    return None


def _category(name: str, cells: tuple[str, ...], others: Sequence[int], grid: Grid) -> Column:
    texts = ["" if cell.casefold() in MISSING else tidy(cell) for cell in cells]
    levels = tuple(sorted({text for text in texts if text}, key=lambda t: (t.casefold(), t)))
    number_of = {level: float(i) for i, level in enumerate(levels)} | {"": np.nan}
    values = np.array([number_of[text] for text in texts])
    problem = None
    if not levels:
        problem = "it is empty"
    elif len(levels) == 1:
        problem = f"it is {shown(levels[0])} wherever it is known"
    elif len(levels) > MAX_LEVELS:
        problem = f"it has {len(levels)} different texts, and {MAX_LEVELS} are the most"
        if len(others) <= len(cells) / 10:
            i = others[0]
            problem = f"it holds numbers, but {shown(cells[i])} in row {grid.row_numbers[i]}" + (
                f" and other text in {len(others) - 1} more" if len(others) > 1 else ""
            )
    return Column(name, "category", values, levels, problem)
