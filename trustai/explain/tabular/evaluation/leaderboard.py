"""The leaderboard of explanations of tables: how faithful each is on a model, and what it costs.

Every method explains the same rows. Its values are judged by the course's test of exchanging values
with the other class, by deletion curves, and by how near they come to exact Shapley values.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from trustai.explain.base import part_of
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
) -> Leaderboard[TabularLeaderboardRow]:
    """Judge every method on the same rows; all explain the logit.

    Args:
        model: In eval mode.
        test: The rows to explain, with their classes.
        train: Where values of the other class come from.
        background: ``float32 (B, F)``, for the methods and, by its median, for deletion.
        methods: Some of `names()`.
        settings: By name the parameters of methods that are not to have their defaults.
        seed: Of the methods and of the random orders.
        on_progress: Called with the share of the methods done; may raise to stop.

    Raises:
        ValueError: an unknown method, or tables that do not fit the model.
    """
    started = time.perf_counter()
    titles = {name: METHODS.get(name).title for name in methods}
    settings = settings or {}
    evaluation = _Evaluation(model, test, train=train, background=background, seed=seed)
    parts = [part_of(on_progress, i, len(titles)) for i in range(len(titles))]
    rows = tuple(
        evaluation.row(name, title, settings.get(name), on_progress=part)
        for (name, title), part in zip(titles.items(), parts, strict=True)
    )
    circumstances = model.circumstances(
        method="leaderboard", parameters=evaluation.parameters, seed=seed, started=started
    )
    how = {"seed": seed, **evaluation.parameters}
    return Leaderboard(TabularLeaderboardRow, rows, len(test), how, circumstances)


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

    def row(
        self, name: str, title: str, params: Any, *, on_progress: OnProgress | None
    ) -> TabularLeaderboardRow:
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
            return TabularLeaderboardRow(name, title, reason=str(error))
        area = deletion(self.model, self.test.rows, found.values, fill=self.fill).area
        figures = {
            "swap_rank": swap_rank(found.values, self.swaps),
            "swap_sign": swap_sign(found.values, self.swaps),
            "deletion": area,
            "random_deletion": self.by_chance,
            "beats_random": (area < self.by_chance).double(),
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
        return dataclasses.replace(row, **means)
