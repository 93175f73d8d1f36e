"""One person beside others: the nearest real person of another group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from trustai.types import Table

Floats = npt.NDArray[np.float64]
OUTER: Final = 0.05
"""The scale of a number is the distance of these quantiles from both ends."""


@dataclass(frozen=True)
class Neighbour:
    """A real person near to another one.

    Attributes:
        position: In the table.
        distance: Gower's, in ``[0, 1]``: the mean over the columns; 0 for the same values.
        different: The columns that differ, the largest differences first.
    """

    position: int
    distance: float
    different: tuple[str, ...]


def nearest(
    table: Table, row: Tensor, among: npt.ArrayLike, *, n: int = 1
) -> tuple[Neighbour, ...]:
    """The nearest real people, by Gower's distance.

    Gower 1971, A General Coefficient of Similarity, https://doi.org/10.2307/2528823.

    The mean over the columns of: for levels 0 if they are the same and 1 if not; for numbers
    ``min(1, |x - x'| / scale)``, the scale being the distance between the quantiles at 5 and 95 %.
    A value that only one of the two misses counts 1, one that both miss 0.

    Args:
        table: Real rows; leave out the columns that are not to be compared.
        row: ``(F,)`` in raw units, NaN where missing.
        among: ``bool (N,)``: the rows to look among, for instance those of another group.
        n: How many, at least 1.

    Returns:
        At most `n`, the nearest first.

    Raises:
        ValueError: another length, or no row to look among.

    >>> import torch
    >>> rows = torch.tensor([[20.0, 0], [30, 1], [60, 0]])
    >>> table = Table("t", "whole", rows, torch.tensor([0, 1, 0]), ("age", "colour"), ("no", "yes"),
    ...               torch.arange(3), (True, True), False, levels=(None, ("red", "blue")))
    >>> nearest(table, torch.tensor([22.0, 0]), [False, True, True])[0].different
    ('age',)
    """
    wanted = _checked(table, row, among, n)
    apart = _differences(table, row.double().numpy())
    at = wanted.nonzero()[0]
    order = at[np.argsort(apart[at].mean(1), kind="stable")[:n]]
    return tuple(
        Neighbour(int(i), float(apart[i].mean()), _largest(apart[i], table.columns)) for i in order
    )


def _checked(table: Table, row: Tensor, among: npt.ArrayLike, n: int) -> npt.NDArray[np.bool_]:
    wanted = np.asarray(among, bool)
    if wanted.shape != (len(table),) or row.shape != (len(table.columns),):
        raise ValueError(
            f"expected a row ({len(table.columns)},) and a choice ({len(table)},), got "
            f"{tuple(row.shape)} and {wanted.shape}"
        )
    if not wanted.any():
        raise ValueError("expected rows to look among, got none")
    if n < 1:
        raise ValueError(f"expected n to be at least 1, got {n}")
    return wanted


def _differences(table: Table, row: Floats) -> Floats:
    """``(N, F)`` in [0, 1]."""
    values = table.rows.double().numpy()
    found = np.empty(values.shape)
    for k, levels in enumerate(table.levels):
        column, x = values[:, k], row[k]
        gone = np.isnan(column)
        if np.isnan(x):
            found[:, k] = ~gone
            continue
        if levels is not None:
            found[:, k] = column != x
        else:
            found[:, k] = np.minimum(1, np.abs(column - x) / _scale(column[~gone]))
        found[gone, k] = 1
    return found


def _scale(known: Floats) -> float:
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [OUTER, 1 - OUTER])
    return float(high - low or np.ptp(known) or 1.0)


def _largest(apart: Floats, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(columns[k] for k in np.argsort(-apart, kind="stable") if apart[k] > 0)
