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

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from trustai.data.tables.base import WHOLE
from trustai.data.tables.csv_column import Column, TwoReadings, fits_of, read_column, undecided
from trustai.data.tables.csv_text import Grid, read_grid, shown
from trustai.data.tables.number_formats import DecimalMark
from trustai.registry import did_you_mean
from trustai.types import Table

MIN_ROWS: Final = 50
MIN_PER_CLASS: Final = 10


@dataclass(frozen=True, eq=False)
class CsvTable:
    """An uploaded CSV, read; `table` makes of it what models and explanations want.

    Attributes:
        columns: All of them, usable or not.
        row_numbers: The number of each row in a spreadsheet.
        notes: What was assumed while reading, in words.
        sha256: Hex digest of the bytes that came in.
        doubts: The columns whose numbers can be read in two ways, decided or not, by name.
    """

    columns: tuple[Column, ...]
    row_numbers: tuple[int, ...]
    notes: tuple[str, ...]
    sha256: str
    doubts: Mapping[str, TwoReadings] = field(default_factory=dict)

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
                + _gone(goal)
            )
        if goal.n_missing:
            row = self.row_numbers[int(np.isnan(goal.values).argmax())]
            raise ValueError(
                f"expected a value of the target {name} in every row, got none in row {row}"
                + _gone(goal)
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


def read_csv(
    data: bytes,
    *,
    decimals: Mapping[str, DecimalMark | None] | None = None,
    missing: Mapping[str, Collection[str]] | None = None,
) -> CsvTable:
    """Reads an uploaded CSV of numbers and categories; see `csv_text` for what it may look like.

    A column in which every cell is a number is one of numbers; any other with at most 20
    different texts is a category. How numbers may be written is said in `number_formats`, which
    words are missing values in `missing_words`; what was assumed stands in `CsvTable.notes`.
    Columns that cannot be used say why in `Column.problem`.

    Args:
        data: The file's content.
        decimals: By column ``"."`` or ``","``, where its numbers can be read in two ways; None
            leaves such a column out.
        missing: By column the words that mean missing, beside the empty cell.

    Raises:
        ValueError: in one sentence: not a CSV, damaged, too large, fewer than 50 rows, infinite
            numbers, numbers that can be read in two ways and no decision, or no column that could
            be the target.
    """
    return table_of(read_grid(data), decimals=decimals, missing=missing)


def table_of(
    grid: Grid,
    *,
    decimals: Mapping[str, DecimalMark | None] | None = None,
    missing: Mapping[str, Collection[str]] | None = None,
) -> CsvTable:
    """As `read_csv`, of a file that was taken apart before."""
    decimals, missing = decimals or {}, missing or {}
    if len(grid.row_numbers) < MIN_ROWS:
        raise ValueError(f"expected at least {MIN_ROWS} rows, got {len(grid.row_numbers)}")
    fits = fits_of(grid)
    doubts = undecided(grid, fits)
    for name, open_ in doubts.items():
        if name not in decimals:
            raise ValueError(
                f"expected numbers that can be read in one way, got column {shown(name)}, where "
                f"{open_} (say decimals={{…: '.'}} or ',')"
            )
    columns = []
    for name in grid.names:
        mark = decimals.get(name)
        doubt = doubts.get(name) if mark is None else None
        decimal = mark or next(iter(fits[name]), None)
        columns.append(
            read_column(name, grid, decimal=decimal, missing=missing.get(name), doubt=doubt)
        )
    notes = (*grid.notes, *_notes(columns))
    table = CsvTable(tuple(columns), grid.row_numbers, notes, grid.sha256, doubts)
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


def _gone(goal: Column) -> str:
    """What of a target was taken for missing."""
    words = ", ".join(shown(word) for word in sorted(goal.missing))
    return f" ({words} taken for missing)" if words else ""


def _notes(columns: Sequence[Column]) -> list[str]:
    """What was assumed of the columns, and of which."""
    where: dict[str, list[str]] = {}
    for column in columns:
        said = list(column.notes)
        for word, n in column.words.items():
            what = "taken for missing" if word in column.missing else "kept as a value"
            said.append(f"{shown(word)} {what} ({n} row{'s' * (n > 1)})")
        for note in said:
            where.setdefault(note, []).append(shown(column.name))
    return [f"{note} in {', '.join(names)}" for note, names in where.items()]
