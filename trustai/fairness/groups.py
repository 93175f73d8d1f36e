"""The groups of people that a table names: by sex and by race."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trustai.types import Table

COMPARED: Final = {"sex": ("Female", "Male"), "race": ("White", "Black")}
"""By attribute the groups that criteria compare. The other races have too few rows to tell them
from one another, so they are shown with their intervals only."""


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of one attribute.

    Attributes:
        names: Those that criteria compare come first.
        codes: ``int64 (N,)``: of each row, an index into `names`, -1 where it is not known.
        compared: How many of `names` criteria compare.
    """

    names: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    compared: int

    def binary(self) -> npt.NDArray[np.int64]:
        """`codes` of the groups that are compared, -1 everywhere else."""
        return np.where(self.codes < self.compared, self.codes, -1)


def groups_of(table: Table) -> dict[str, Groups]:
    """The groups of the rows of a census, by attribute.

    Args:
        table: With the columns ``sex`` and ``race``, as ``adult`` and ``adult-synthetic``.

    Raises:
        ValueError: it has no such column.

    >>> from trustai import data
    >>> found = groups_of(data.load("adult-synthetic", split="test", n=50))
    >>> found["sex"].names, found["race"].names[:2], len(found["sex"].codes)
    (('Female', 'Male'), ('White', 'Black'), 50)
    """
    found = {}
    for attribute, compared in COMPARED.items():
        if attribute not in table.columns:
            raise ValueError(f"expected a column {attribute!r}, got {', '.join(table.columns)}")
        at = table.columns.index(attribute)
        levels = table.levels[at] or ()
        names = (*compared, *(level for level in levels if level not in compared))
        new = np.array([names.index(level) for level in levels])
        values = table.rows[:, at].numpy()
        known = np.where(np.isnan(values), 0, values).astype(np.int64)
        codes = np.where(np.isnan(values), -1, new[known])
        found[attribute] = Groups(names, codes.astype(np.int64), len(compared))
    return found
