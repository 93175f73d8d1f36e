"""How far each column of a table alone tells the classes apart, and what to be careful with.

A column that tells nearly everything is probably the answer itself, written down in another way; a
column that is sensitive may not decide about people. Pure functions of a `Table`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trustai.types import Table

ANSWER: Final = 0.95
"""ROC AUC from which a column alone is suspected to be the answer."""
FEW: Final = 5
"""Rows of a level below which its share says little."""
SENSITIVE: Final = frozenset(
    {"age", "birthday", "birthdate", "birthyear", "dob", "sex", "gender", "race", "ethnicity"}
    | {"ethnic", "nationality", "citizenship", "religion", "disability", "disabled", "marital"}
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LevelShare:
    """A level of a column and the share of its rows that are of class 1."""

    level: str
    share: float


@dataclass(frozen=True)
class Separation:
    """How far each column alone tells the classes apart.

    Attributes:
        auc: Per column ``P(x_1 > x_0) + P(x_1 = x_0) / 2`` for a random row of each class: 0.5
            says nothing, 1 and 0 everything. Of a column with levels the same of the share of class
            1 in the level, learned from one half of the rows and asked of the other. NaN where a
            class has no value.
        shares: Of columns with levels, and of those of 0 and 1: the levels with the largest and
            the smallest share of class 1.
        classes: In label order.
    """

    auc: dict[str, float]
    shares: dict[str, tuple[LevelShare, LevelShare]]
    classes: tuple[str, str]

    def strength(self, name: str) -> float:
        """In ``[0.5, 1]``: the ROC AUC in whichever direction; less than chance is chance for a
        column with levels. NaN where it is not known."""
        value = self.auc[name]
        return max(value, 0.5) if name in self.shares and value < 0.5 else max(value, 1 - value)

    @property
    def answers(self) -> list[str]:
        """The columns that tell so much that each is probably the answer itself."""
        return [name for name in self.auc if self.strength(name) >= ANSWER]

    @property
    def sentence(self) -> str:
        known = {name: self.strength(name) for name, v in self.auc.items() if not math.isnan(v)}
        if not known:
            return "No column has values in both classes."
        best, least = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
        text = f"{best} alone separates the classes best: {self._how(best)}"
        if len(known) == 1:
            return text + "."
        return f"{text}. {least} separates them least ({known[least]:.0%})."

    def _how(self, name: str) -> str:
        if name in self.shares:
            most, fewest = self.shares[name]
            return (
                f"{most.share:.0%} of the rows with “{most.level}” are “{self.classes[1]}”, and "
                f"{fewest.share:.0%} of those with “{fewest.level}” (ROC AUC "
                f"{self.strength(name):.3f})"
            )
        way = "higher" if self.auc[name] >= 0.5 else "lower"
        return (
            f"in pairs of one row of each class, the row with “{self.classes[1]}” has the {way} "
            f"value in {self.strength(name):.0%} of the pairs"
        )


def separation(table: Table) -> Separation:
    """The area under the ROC curve of each column on its own (Mann & Whitney 1947).

    Args:
        table: Rows of both classes; missing values are left out.
    """
    labels = table.labels.numpy()
    auc: dict[str, float] = {}
    shares: dict[str, tuple[LevelShare, LevelShare]] = {}
    columns = zip(table.columns, table.rows.double().numpy().T, table.levels, strict=True)
    for name, column, levels in columns:
        known = ~np.isnan(column)
        x, y = column[known], labels[known]
        if levels is None and not _is_yes_no(x):
            auc[name] = _rank_auc(x, y)
            continue
        auc[name] = _rank_auc(x, y) if levels is None else _level_auc(x.astype(int), y)
        if not math.isnan(auc[name]):
            shares[name] = _extremes(x.astype(int), y, levels or ("0", "1"))
    return Separation(auc, shares, table.classes)


def sensitive_columns(table: Table) -> list[str]:
    """The columns whose names speak of what may not decide about people.

    >>> from trustai import data
    >>> sensitive_columns(data.load("diabetes-synthetic"))
    ['Age']
    """
    return [name for name in table.columns if SENSITIVE & {*_words(name)}]


def _words(name: str) -> list[str]:
    """The words of a name: ``"marital-status"``, ``"PatientAge"`` and ``"age_years"`` have two."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", apart.casefold())


def _is_yes_no(x: Floats) -> bool:
    return np.unique(x).tolist() == [0, 1]


def _rank_auc(x: Floats, y: NDArray[np.int64]) -> float:
    positive = y == 1
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if not n0 or not n1:
        return math.nan
    _, place, count = np.unique(x, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]  # ties share the middle of their ranks
    return float((ranks[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def _level_auc(x: NDArray[np.int64], y: NDArray[np.int64]) -> float:
    """Shares of class 1 by level, learned from each half of the rows and asked of the other."""
    if min(int((y == label).sum()) for label in (0, 1)) < 2:
        return math.nan
    half = np.zeros(len(y), dtype=bool)
    for label in (0, 1):
        half[np.flatnonzero(y == label)[::2]] = True
    each = []
    for learn in (half, ~half):
        if not len(y[learn]):
            return math.nan
        n, ones = (
            np.bincount(x[learn], weights=w, minlength=x.max() + 1) for w in (None, y[learn])
        )
        share = (ones + y[learn].mean()) / (n + 1)  # a level that was not seen: as all rows
        each.append(_rank_auc(share[x[~learn]], y[~learn]))
    return float(np.mean(each))


def _extremes(
    x: NDArray[np.int64], y: NDArray[np.int64], levels: tuple[str, ...]
) -> tuple[LevelShare, LevelShare]:
    n = np.bincount(x, minlength=len(levels))
    share = np.bincount(x, weights=y, minlength=len(levels)) / np.maximum(1, n)
    often = [k for k in range(len(levels)) if n[k] >= FEW]
    often = often if len(often) > 1 else [k for k in range(len(levels)) if n[k]]
    most, fewest = max(often, key=share.__getitem__), min(often, key=share.__getitem__)
    return LevelShare(levels[most], share[most]), LevelShare(levels[fewest], share[fewest])
