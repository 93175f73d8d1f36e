"""The leaderboard of explanations of tables: how faithful each is on a model, and what it costs.

Every method explains the same rows. Its values are judged by the course's test of exchanging values
with the other class, by deletion curves, and by how near they come to exact Shapley values. Each is
a proxy with a bias of its own, and none is the truth.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.explain.base import part_of
from trustai.explain.comparison import compared
from trustai.explain.tabular.base import METHODS, checked, explain
from trustai.explain.tabular.coalitions import MAX_FEATURES
from trustai.explain.tabular.evaluation.deletion import deletion, random_deletion
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.explain.tabular.evaluation.swap import (
    Swaps,
    swap,
    swap_rank,
    swap_sign,
)
from trustai.metrics.agreement import agreement
from trustai.types import OnProgress, Table
from trustai.zoo.architectures.tabular import TabularModel
from trustai.zoo.leaderboard import Leaderboard

TOP = 3
HIGHER_IS_BETTER = {
    "swap_rank": True,
    "swap_sign": True,
    "deletion": False,
    "shapley_rank": True,
}
"""Of the figures that have an interval and a leader."""
Items = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class TabularLeaderboard(Leaderboard[TabularLeaderboardRow]):
    """A leaderboard that was just measured, with its rows of the table.

    Attributes:
        values: By method, by figure: one value per row of the table.
    """

    values: Mapping[str, Items] = field(default_factory=dict)


def leaderboard(
    model: TabularModel,
    test: Table,
    *,
    train: Table,
    background: Tensor,
    methods: Sequence[str],
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> TabularLeaderboard:
    """Judge every method on the same rows; all explain the logit.

    Args:
        model: In eval mode.
        test: The rows to explain, with their classes.
        train: Where values of the other class come from.
        background: ``float32 (B, F)``, for the methods and, by its median, for deletion.
        methods: Some of `names()`.
        settings: By name the parameters of methods that are not to have their defaults.
        seed: Of the methods, of the random orders and of the bootstrap.
        on_progress: Called with the share of the methods done; may raise to stop.

    Raises:
        ValueError: an unknown method, or tables that do not fit the model.
    """
    started = time.perf_counter()
    titles = {name: METHODS.get(name).title for name in methods}
    evaluation = _Evaluation(model, test, train=train, background=background, seed=seed)
    measured, values = evaluation.rows(titles, settings or {}, on_progress)
    circumstances = model.circumstances(
        method="leaderboard", parameters=evaluation.parameters, seed=seed, started=started
    )
    told = compared(measured, values, higher_is_better=HIGHER_IS_BETTER, seed=seed)
    how = {"seed": seed, **evaluation.parameters}
    return TabularLeaderboard(
        TabularLeaderboardRow, told, len(test), how, circumstances, values=values
    )


class _Evaluation:
    """The rows that every method explains, and what all methods' judging has in common."""

    def __init__(
        self, model: TabularModel, test: Table, *, train: Table, background: Tensor, seed: int
    ) -> None:
        self.model, self.test, self.background, self.seed = model, test, background, seed
        self.fill = checked(model, background, name="background").quantile(0.5, dim=0)
        self.swaps: Swaps = swap(model, test.rows, test.labels, donors=train)
        self.by_chance = random_deletion(model, test.rows, fill=self.fill, seed=seed)
        self.exact: Tensor | None = None
        if len(model.columns) <= MAX_FEATURES:
            self.exact = explain("shapley", model, test.rows, background=background).values
        self.parameters = {
            "output": "logit",
            "background": len(background),
            "donors": train.split,
            "fill": "median of the background",
            "top": min(TOP, len(model.columns)),
            "threads": torch.get_num_threads(),
        }

    def rows(
        self, titles: Mapping[str, str], settings: Mapping[str, Any], on_progress: OnProgress | None
    ) -> tuple[list[TabularLeaderboardRow], dict[str, Items]]:
        """One row per method, and the values of those that apply, row by row of the table."""
        found, values = [], {}
        for i, (name, title) in enumerate(titles.items()):
            report = part_of(on_progress, i, len(titles))
            row, of = self.row(name, title, settings.get(name), on_progress=report)
            found.append(row)
            if of:
                values[name] = of
        return found, values

    def row(
        self, name: str, title: str, params: Any, *, on_progress: OnProgress | None
    ) -> tuple[TabularLeaderboardRow, Items]:
        """One method's row, and its values row by row of the table."""
        try:
            found = explain(
                name,
                self.model,
                self.test.rows,
                background=self.background,
                seed=self.seed,
                params=params,
                on_progress=on_progress,
            )
        except ValueError as error:  # about the model: the rows were checked before
            return TabularLeaderboardRow(name, title, reason=str(error)), {}
        area = deletion(self.model, self.test.rows, found.values, fill=self.fill).area
        figures = {
            "swap_rank": swap_rank(found.values, self.swaps),
            "swap_sign": swap_sign(found.values, self.swaps),
            "deletion": area,
            "random_deletion": self.by_chance,
        }
        if self.exact is not None:
            k = min(TOP, len(self.model.columns))
            alike = agreement(found.values, self.exact, k=k)
            figures |= {f"shapley_{name}": getattr(alike, name) for name in ("rank", "sign", "top")}
        row = TabularLeaderboardRow(
            method=name,
            title=title,
            n=len(self.test),
            parameters=dict(found.circumstances.parameters),
            seconds=found.seconds / len(self.test),
        )
        means: dict[str, Any] = {key: one.nanmean().item() for key, one in figures.items()}
        values = {key: one.double().numpy() for key, one in figures.items()}
        return dataclasses.replace(row, **means), values
