"""The league table itself, and how a card keeps it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from trustai.explain.tabular.base import METHODS
from trustai.types import Circumstances
from trustai.zoo import Card, Metric
from trustai.zoo.leaderboard import (
    as_figures,
    figures_of,
    rows_on,
)

PREFIX = "tabular"


@dataclass(frozen=True)
class Row:
    """One method in the league; a figure that could not be measured is nan.

    Attributes:
        method, title: Name in the registry, and for people.
        n: Rows explained.
        reason: Why the method cannot apply to this model, in one sentence, else None.
        parameters: Of the method.
        swap_rank: Mean Spearman correlation of the absolute values with what exchanging each value
            does, see `trustai.explain.tabular.evaluation.swap`; higher is better.
        swap_sign: Mean share of the columns on whose sign both agree.
        deletion: Mean area under the deletion curve; lower is better.
        random_deletion: That of random orders.
        beats_random: Share of the rows whose deletion area is below that of random orders.
        shapley_rank, shapley_sign, shapley_top: Mean agreement with the exact Shapley values, see
            `trustai.metrics.agreement`.
        seconds: Per row, all rows explained together.
    """

    method: str
    title: str
    n: int = 0
    reason: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    swap_rank: float = math.nan
    swap_sign: float = math.nan
    deletion: float = math.nan
    random_deletion: float = math.nan
    beats_random: float = math.nan
    shapley_rank: float = math.nan
    shapley_sign: float = math.nan
    shapley_top: float = math.nan
    seconds: float = math.nan


FIGURES = figures_of(Row)


@dataclass(frozen=True)
class League:
    """The table, one row per method in the order asked for.

    Attributes:
        n: Rows of the table that every method explained.
        circumstances: With all that the rows have in common.
    """

    rows: tuple[Row, ...]
    n: int
    circumstances: Circumstances

    def table(self) -> pd.DataFrame:
        """The rows as a pandas table, indexed by method."""
        return pd.DataFrame([dataclasses.asdict(row) for row in self.rows]).set_index("method")


def as_metrics(result: League, *, how: Mapping[str, Any]) -> dict[str, Metric]:
    """The league as metrics of a card, ``tabular/<method>/<figure>``.

    What they all share stands once, with ``tabular/rows``, the number of rows explained; the
    parameters of a method, and why it cannot apply, stand with its ``n``.

    Args:
        how: The data set and its split.
    """
    circumstances = result.circumstances
    shared = {**how, "seed": circumstances.seed, **circumstances.parameters}
    found = {f"{PREFIX}/rows": Metric(float(result.n), shared)}
    same = {"as": f"{PREFIX}/rows"}
    return found | as_figures(result.rows, prefix=PREFIX, same=same, digits=6)


def standings(card: Card) -> list[Row]:
    """The rows that `as_metrics` put on a card, in the order of the menus; empty if it has none."""
    methods = [(name, method.title) for name, method in METHODS]
    return rows_on(card, PREFIX, methods, Row)
