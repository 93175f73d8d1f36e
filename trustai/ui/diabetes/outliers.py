"""Outliers of the table, and the accuracy of a model without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.explain.tabular.exploration import outliers, summary
from trustai.explain.tabular.exploration.outliers import Effect, Outliers
from trustai.plots import tabular_data
from trustai.types import Table
from trustai.ui.diabetes.tables import Chosen
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import fold
from trustai.ui.kit.jobs import Countdown

R = TypeVar("R")


def outliers_of(chosen: Chosen) -> dict[str, str]:
    """Outliers of every column; the sentences by method."""
    table = chosen.table
    found: dict[str, Outliers] = {}
    for method, title in outliers.TITLES.items():
        bar = Countdown(f"Looking for outliers, {title}")
        found[title] = _computed(
            chosen,
            lambda method=method, bar=bar: outliers.outliers(  # type: ignore[misc]
                table, method=method, on_progress=bar
            ),
            method=f"explain.tabular.outliers/{method}",
            heavy="looking for outliers",
            bar=bar,
        )
    flags = {title: one.flags.numpy() for title, one in found.items()}
    with fold("Outliers"):
        for one in found.values():
            st.markdown(plain(one.sentence))
        chart(
            tabular_data.spread(summary.frame(table), table.columns, flags),
            key="outliers",
            title="Outliers of every column",
        )
        st.dataframe(_counts(table, found), hide_index=True)
    return {f"outliers, {title}": one.sentence for title, one in found.items()}


def removal_of(chosen: Chosen) -> dict[str, str]:
    """What removing the rows with outliers does to two models. Measured for the tables that are
    here anyway; for another one it takes some seconds, so it comes last on its page. The sentences
    by method and model."""
    known = ((card, outliers.effects_on(card, chosen.table)) for card in zoo.catalog(kind="table"))
    card, effects = next(((card, found) for card, found in known if found), (None, []))
    if card is None:
        effects = _fitted(chosen)
    with fold("Is a model better without the outliers?"):
        _effects(effects)
        st.caption(
            "5-fold cross-validation with seed 0. Outliers are removed only from the training rows "
            "of each fold. Both models are tested on the same held-out rows. "
            + (
                "The models were trained now, on this table."
                if card is None
                else f"Measured on these {len(chosen.table):,} rows. `python -m "
                f"trustai.train.measure {card.id} --stages {outliers.PREFIX}` measures it again."
            )
        )
    return {f"removal, {e.method}, {e.model}": e.sentence for e in effects}


def _fitted(chosen: Chosen) -> list[Effect]:
    bar = Countdown("Training models with and without outliers")
    return _computed(
        chosen,
        lambda: outliers.removal(chosen.table, on_progress=bar),
        method="explain.tabular.outliers.removal",
        heavy="fitting models with and without outliers",
        bar=bar,
    )


def _counts(table: Table, found: dict[str, Outliers]) -> pd.DataFrame:
    columns: dict[str, Sequence[Any]] = {"column": table.columns}
    for title, one in found.items():
        columns[title] = one.flags.sum(0).tolist()
        columns[f"{title}: range of the others"] = [
            "–" if np.isnan(low) else f"{low:g} to {high:g}" for low, high in one.limits.tolist()
        ]
    return pd.DataFrame(columns)


def _effects(effects: Sequence[Effect]) -> None:
    chart(
        tabular_data.differences(
            [(f"{outliers.TITLES[e.method]}, {e.model}", e.difference, e.error) for e in effects]
        ),
        key="without-outliers",
        title="Accuracy without the outliers",
    )
    for effect in effects:
        st.markdown(f"- {plain(effect.sentence)}")


def _computed(
    chosen: Chosen,
    compute: Callable[[], R],
    *,
    method: str,
    heavy: str = "",
    bar: Countdown | None = None,
    seed: int = 0,
) -> R:
    """`cached_call` on a table: an uploaded one leaves nothing behind outside its session."""
    return cached_call(
        compute,
        subject=chosen,
        weights_sha="",
        method=method,
        seed=seed,
        heavy=heavy,
        bar=bar,
    )
