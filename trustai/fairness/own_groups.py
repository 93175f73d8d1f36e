"""Groups of the rows of an uploaded table, from one or two of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trustai.data.tables.csv_column import Column
from trustai.data.tables.csv_text import shown
from trustai.data.tables.number_formats import number_text
from trustai.metrics.fairness import RARE, intersections
from trustai.types import Table

MOST_VALUES: Final = 8
"""A column of numbers with more different values is cut in two at its median."""


@dataclass(frozen=True, eq=False)
class ColumnGroups:
    """The groups of the rows of a table.

    Attributes:
        title: What they differ in, for instance ``"sex and age"``.
        names: Of the groups, each with at least one row.
        codes: ``int64 (N,)``, an index into `names`; -1 where a value is missing.
    """

    title: str
    names: tuple[str, ...]
    codes: npt.NDArray[np.int64]

    @property
    def n_unknown(self) -> int:
        """Rows whose group is missing."""
        return int((self.codes < 0).sum())

    def take(self, rows: npt.ArrayLike) -> ColumnGroups:
        """The groups of some rows, by position; names stay, also of groups without a row there."""
        return ColumnGroups(self.title, self.names, self.codes[np.asarray(rows)])

    def compared(self) -> tuple[int, ...]:
        """The groups that have enough rows to be compared, the largest first."""
        sizes = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        order = np.argsort(-sizes, kind="stable")
        return tuple(int(k) for k in order if sizes[k] >= RARE)


def groups_of_columns(columns: Sequence[Column]) -> ColumnGroups:
    """The groups that one or two columns make; of two, their intersections.

    A level of a category is a group, and so is a number of a column with at most 8 different ones.
    Any other column of numbers is cut in two: below its median, and from there on.

    Args:
        columns: One or two of an uploaded table.

    Raises:
        ValueError: another number of columns, or a column with fewer than two different values.

    >>> from trustai.data.tables.csv_table import read_csv
    >>> csv = read_csv(b"sex,age,ill\\n" + b"f,30,0\\nm,50,1\\n,40,0\\n" * 30)
    >>> found = groups_of_columns([csv.column("sex")])
    >>> found.names, found.codes[:3].tolist(), found.n_unknown
    (('f', 'm'), [0, 1, -1], 30)
    """
    if not 1 <= len(columns) <= 2:
        raise ValueError(f"expected one or two columns of groups, got {len(columns)}")
    parts = [_groups(column) for column in columns]
    if len(parts) == 1:
        return parts[0]
    names, codes = intersections([one.names for one in parts], [one.codes for one in parts])
    there = np.unique(codes[codes >= 0])
    new = np.full(len(names) + 1, -1)
    new[there] = np.arange(len(there))
    title = " and ".join(one.title for one in parts)
    return ColumnGroups(title, tuple(names[k] for k in there), new[codes].astype(np.int64))


def unseen_levels(train: Table, test: Table) -> dict[str, tuple[str, ...]]:
    """Levels that occur in the test rows and in no row that a network learned from.

    Args:
        train, test: Parts of one table.

    Returns:
        By column, where there are some.

    >>> import torch
    >>> table = Table("t", "whole", torch.tensor([[0.0], [1], [2]]), torch.tensor([0, 1, 0]),
    ...               ("city",), ("no", "yes"), torch.arange(3), (True,), False,
    ...               levels=(("Bonn", "Rome", "Oslo"),))
    >>> unseen_levels(table.take(torch.tensor([0, 1])), table.take(torch.tensor([2])))
    {'city': ('Oslo',)}
    """
    found = {}
    for k, levels in enumerate(train.levels):
        if levels is not None:
            columns = (part.rows[:, k] for part in (train, test))
            known, asked = ({int(v) for v in c[~c.isnan()].unique()} for c in columns)
            if new := sorted(asked - known):
                found[train.columns[k]] = tuple(levels[i] for i in new)
    return found


def _groups(column: Column) -> ColumnGroups:
    values, different = column.values, column.different
    if len(different) < 2:
        raise ValueError(
            f"expected a column of groups with two different values, got {len(different)} in "
            f"{shown(column.name)}"
        )
    gone = np.isnan(values)
    if column.kind == "number" and len(different) > MOST_VALUES:
        middle = float(np.median(values[~gone]))
        middle = middle if middle > different[0] else float(different[1])
        names = tuple(f"{column.name} {sign} {number_text(middle)}" for sign in ("<", "≥"))
        codes = (values >= middle).astype(np.int64)
    else:
        names = tuple(column.named(value) for value in different)
        if column.kind == "number":
            names = tuple(f"{column.name} = {name}" for name in names)
        codes = np.searchsorted(different, np.where(gone, different[0], values))
    return ColumnGroups(column.name, names, np.where(gone, -1, codes).astype(np.int64))
