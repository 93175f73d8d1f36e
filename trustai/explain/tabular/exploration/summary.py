"""Exploratory figures of a table, each with one sentence read from its numbers.

Pure functions of a `Table`; missing values are left out, never filled. For outliers see
`trustai.explain.tabular.exploration.outliers`, for what each column alone tells see `…separation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from trustai.types import Table

CorrelationName = Literal["pearson", "spearman"]
TITLES: Final = {"pearson": "Pearson", "spearman": "Spearman"}


def frame(table: Table) -> pd.DataFrame:
    """The table for pandas: one column each, then the labels under the target's name."""
    values = pd.DataFrame(table.rows.double().numpy(), columns=list(table.columns))
    return values.assign(**{table.target: table.labels.numpy()})


def ordered(table: Table) -> list[str]:
    """The columns whose values have an order: numbers, and categories of two levels."""
    pairs = zip(table.columns, table.levels, strict=True)
    return [name for name, levels in pairs if levels is None or len(levels) == 2]


@dataclass(frozen=True, eq=False)
class Correlations:
    """How the columns go together.

    Attributes:
        matrix: Of the ordered columns and the target, each pair over the rows that have both;
            NaN where a column is constant.
        pair: The two columns, target left out, with the largest absolute correlation.
        value: Theirs.
        n: Rows that have both.
        best: The column with the largest absolute correlation with the target.
    """

    method: CorrelationName
    matrix: pd.DataFrame
    pair: tuple[str, str]
    value: float
    n: int
    best: str

    @property
    def sentence(self) -> str:
        target = str(self.matrix.columns[-1])
        to_target = float(self.matrix[target].to_dict()[self.best])
        return (
            f"{self.pair[0]} and {self.pair[1]} have the largest correlation "
            f"({TITLES[self.method]} {self.value:+.2f}, {self.n:,} rows with both values). "
            f"{target} has its largest correlation with {self.best} ({to_target:+.2f})."
        )


def correlation(table: Table, *, method: CorrelationName = "pearson") -> Correlations:
    """Pearson's correlation, or Spearman's: the same of the ranks, which only asks for order.

    Raises:
        ValueError: another method, or fewer than two columns that vary.
    """
    if method not in ("pearson", "spearman"):
        raise ValueError(f"expected method to be pearson or spearman, got {method!r}")
    values = frame(table)[[*ordered(table), table.target]]
    matrix = values.corr(method=method, min_periods=3)
    strength = matrix.abs().to_numpy()[:-1].copy()
    to_target, among = strength[:, -1], np.triu(strength[:, :-1], k=1)
    if not np.nan_to_num(among).any():
        raise ValueError("expected at least two columns of numbers that vary, got fewer")
    i, j = divmod(int(np.nan_to_num(among).argmax()), len(among))
    pair = (str(matrix.columns[i]), str(matrix.columns[j]))
    return Correlations(
        method=method,
        matrix=matrix,
        pair=pair,
        value=float(matrix.iloc[i, j]),  # type: ignore[arg-type]
        n=len(values[list(pair)].dropna()),
        best=str(matrix.columns[int(np.nan_to_num(to_target).argmax())]),
    )


def pair_sentence(table: Table, *, pair: tuple[str, str]) -> str:
    """What the scatter of two columns shows in each class, by Spearman's correlation."""
    values = frame(table)
    inside = [
        float(values.loc[values[table.target] == label, list(pair)].corr("spearman").iloc[0, 1])  # type: ignore[arg-type]
        for label in (0, 1)
    ]
    ways = [_way(value) for value in inside]
    start = f"As {pair[0]} rises, {pair[1]}"
    each = [f"{v:+.2f} in “{name}”" for v, name in zip(inside, table.classes, strict=True)]
    if ways[0] == ways[1]:
        return f"{start} {ways[0]} in both classes (Spearman {each[0]}, {each[1]})."
    return (
        f"{start} {ways[0]} in one class and {ways[1]} in the other (Spearman {', '.join(each)})."
    )


def _way(value: float) -> str:
    if math.isnan(value) or abs(value) < 0.1:
        return "hardly changes"
    return ("rises" if value > 0 else "falls") + (" clearly" if abs(value) >= 0.5 else "")


@dataclass(frozen=True)
class Balance:
    """How many rows each class has."""

    counts: tuple[int, int]
    classes: tuple[str, str]

    @property
    def sentence(self) -> str:
        larger = int(self.counts[1] > self.counts[0])
        share = self.counts[larger] / sum(self.counts)
        return (
            f"{self.counts[larger]:,} of {sum(self.counts):,} rows are "
            f"“{self.classes[larger]}”. Always guessing this class gives {share:.0%} accuracy, so "
            "a useful model must be better."
        )


def balance(table: Table) -> Balance:
    zeros = int((table.labels == 0).sum())
    return Balance((zeros, len(table) - zeros), table.classes)


@dataclass(frozen=True, eq=False)
class Missing:
    """Missing values.

    Attributes:
        counts: Rows without a value, per column and class.
        sizes: Rows of each class.
        complete: Rows that miss nothing.
    """

    counts: pd.DataFrame
    sizes: tuple[int, int]
    complete: int

    @property
    def sentence(self) -> str:
        total = self.counts.sum(axis=1)
        n = sum(self.sizes)
        if not total.any():
            return f"No value is missing: all {n:,} rows are complete."
        worst = str(total.idxmax())
        per_class = zip(self.counts.columns, self.counts.T[worst].tolist(), self.sizes, strict=True)
        shares = [f"{gone / size:.0%} of “{name}”" for name, gone, size in per_class if size]
        return (
            f"{worst} is missing most often, in {total[worst]:,} of {n:,} rows "
            f"({' and '.join(shares)}). "
            + ("1 row is complete." if self.complete == 1 else f"{self.complete:,} are complete.")
        )


def missing(table: Table) -> Missing:
    """Missing values per column and class."""
    gone = table.rows.isnan()
    per_class = [gone[table.labels == label].sum(0).tolist() for label in (0, 1)]
    counts = pd.DataFrame(
        dict(zip(table.classes, per_class, strict=True)), index=list(table.columns)
    )
    return Missing(counts, balance(table).counts, int((~gone.any(1)).sum()))
