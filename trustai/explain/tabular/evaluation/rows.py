"""The row of the leaderboard of explanations of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trustai.explain.tabular.base import METHODS
from trustai.zoo.leaderboard import LeaderboardRow, figure


@dataclass(frozen=True)
class TabularLeaderboardRow(LeaderboardRow):
    """One explanation method; a figure that could not be measured is nan.

    Attributes:
        n: Rows explained.
        swap_rank: Mean Spearman correlation of the absolute values with what exchanging each value
            does, see `trustai.explain.tabular.evaluation.swap`; higher is better.
        swap_sign: Mean share of the columns on whose sign both agree.
        deletion: Mean area under the deletion curve; lower is better.
        random_deletion: That of random orders.
        shapley_rank, shapley_sign, shapley_top: Mean agreement with the exact Shapley values, see
            `trustai.metrics.agreement`.
        seconds: Per row, all rows explained together.
    """

    prefix: ClassVar[str] = "tabular"
    counted: ClassVar[str] = "rows"
    digits: ClassVar[int] = 6
    methods = METHODS

    swap_rank: float = figure()
    swap_sign: float = figure()
    deletion: float = figure()
    random_deletion: float = figure()
    shapley_rank: float = figure()
    shapley_sign: float = figure()
    shapley_top: float = figure()
    seconds: float = figure()
