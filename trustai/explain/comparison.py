"""Values of single items behind a leaderboard of explanations: compared, and kept as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from trustai.metrics.intervals import compare, holm, mean_draws, p_values
from trustai.zoo.leaderboard import LeaderboardRow, with_intervals

if TYPE_CHECKING:  # only a table needs it
    import pandas as pd

R = TypeVar("R", bound=LeaderboardRow)
Values = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""By method, by figure: one value per item ``(N,)``, nan where the method said nothing."""
FEWEST = 0.5
"""Share of the items on which a method must have a value to be compared with others."""


def compared(
    rows: Sequence[R], values: Values, *, higher_is_better: Mapping[str, bool], seed: int = 0
) -> tuple[R, ...]:
    """The rows with the interval of each figure, and who is tied with its leader.

    Methods are compared on the items on which all of them have a value. One that has a value on
    fewer than `FEWEST` of them stays without an interval.

    Args:
        rows: Of the methods.
        values: Of their items.
        higher_is_better: By figure, for the figures to compare.
        seed: Of the bootstrap.
    """
    found = {row.method: row for row in rows}
    for figure, higher in higher_is_better.items():
        names, table = together(values, figure)
        if not names or not table.size:
            continue
        told = compare(table, higher_is_better=higher, seed=seed)
        some = with_intervals([found[name] for name in names], figure, told)
        found |= {row.method: row for row in some}
    return tuple(found[row.method] for row in rows)


def above_zero(values: Values, figure: str, *, seed: int = 0) -> dict[str, float]:
    """By method the two-sided bootstrap p value of a mean of 0, corrected by Holm for all methods.

    Args:
        values: Of the items.
        figure: One of theirs.
        seed: Of the bootstrap.
    """
    names, table = together(values, figure)
    if not names or not table.size:
        return {}
    corrected = holm(p_values(mean_draws(table, seed=seed)))
    return dict(zip(names, corrected.tolist(), strict=True))


def together(values: Values, figure: str) -> tuple[list[str], NDArray[np.float64]]:
    """The methods that can be compared, and their values ``(K, N)`` on the items they share.

    Args:
        values: Of the items.
        figure: One of theirs.
    """
    having = {
        name: of[figure]
        for name, of in values.items()
        if figure in of and np.isfinite(of[figure]).mean() >= FEWEST
    }
    if not having:
        return [], np.empty((0, 0))
    table = np.stack(list(having.values()))
    return list(having), table[:, np.isfinite(table).all(0)]


def as_table(values: Values, items: Sequence[int]) -> pd.DataFrame:
    """One line per method and item, for `zoo.save_measurements`.

    Args:
        values: Of the items.
        items: Their numbers in the data set.

    >>> as_table({"lime": {"area": np.array([0.25, 0.5])}}, [3, 9]).to_dict("list")
    {'method': ['lime', 'lime'], 'item': [3, 9], 'area': [0.25, 0.5]}
    """
    import pandas as pd

    parts = [
        pd.DataFrame(
            {"method": name, "item": np.asarray(items, np.int32)}
            | {figure: one.round(4).astype(np.float32) for figure, one in of.items()}
        )
        for name, of in values.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_figures(row: R, figures: Mapping[str, float]) -> R:
    """The row with some figures set, of those that it has.

    Args:
        row: Of one method.
        figures: By name.
    """
    known: dict[str, Any] = {k: value for k, value in figures.items() if k in row.figures()}
    return dataclasses.replace(row, **known)
