"""The league table itself, and how a card keeps it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from trustai.explain.image.base import METHODS
from trustai.types import Circumstances
from trustai.zoo import Card, Metric
from trustai.zoo.leaderboard import (
    as_figures,
    figures_of,
    rows_on,
)

PREFIX = "saliency"


@dataclass(frozen=True)
class Row:
    """One method in the league; a figure that could not be measured is nan.

    Attributes:
        method, title: Name in the registry, and for people.
        n: Maps judged.
        problems: Maps that said nothing (all zero, constant, not finite): counted here, not
            judged.
        reason: Why the method cannot apply to this network, in one sentence, else None.
        parameters: Of the method.
        deletion, insertion: Mean areas under the curves; lower and higher is better.
        random_deletion, random_insertion: Those of random maps just as coarse.
        beats_random: Share of the pictures whose deletion area is below that of random maps.
        pointing: Share of the maps whose maximum lies on the object.
        inside_share: Mean share of the positive attribution that lies on the object.
        mask_share: Mean share of the picture that the object fills, for comparison.
        seconds: Median time to explain one picture, alone.
    """

    method: str
    title: str
    n: int = 0
    problems: int = 0
    reason: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    deletion: float = math.nan
    insertion: float = math.nan
    random_deletion: float = math.nan
    random_insertion: float = math.nan
    beats_random: float = math.nan
    pointing: float = math.nan
    inside_share: float = math.nan
    mask_share: float = math.nan
    seconds: float = math.nan


FIGURES = figures_of(Row)


@dataclass(frozen=True)
class League:
    """The table, one row per method in the order asked for.

    Attributes:
        n: Pictures given.
        n_correct: Of them classified correctly, and so used.
        circumstances: With all that the rows have in common.
    """

    rows: tuple[Row, ...]
    n: int
    n_correct: int
    circumstances: Circumstances

    def table(self) -> pd.DataFrame:
        """The rows as a pandas table, indexed by method."""
        return pd.DataFrame([dataclasses.asdict(row) for row in self.rows]).set_index("method")


def as_metrics(result: League, *, how: Mapping[str, Any]) -> dict[str, Metric]:
    """The league as metrics of a card, ``saliency/<method>/<figure>``.

    What they all share stands once, with ``saliency/pictures``, the number of pictures used; the
    parameters of a method, and why it cannot apply, stand with its ``n``, the maps judged.

    Args:
        how: The data set, its split and how the pictures were drawn.
    """
    circumstances = result.circumstances
    shared = {**how, "n": result.n, "seed": circumstances.seed, "used": "classified correctly"}
    shared |= circumstances.parameters
    found = {f"{PREFIX}/pictures": Metric(float(result.n_correct), shared)}
    same = {"seed": circumstances.seed, "as": f"{PREFIX}/pictures"}
    return found | as_figures(result.rows, prefix=PREFIX, same=same, digits=5)


def standings(card: Card) -> list[Row]:
    """The rows that `as_metrics` put on a card, in the order of the menus; empty if it has none."""
    methods = [(name, method.title) for name, method in METHODS]
    return rows_on(card, PREFIX, methods, Row)
