"""The league of explanation methods as a network's card has it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.explain.tabular.evaluation.rows import standings
from trustai.plots import tabular_evaluation as plots_judged
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import downloads


def league_of(card: zoo.Card) -> None:
    st.subheader("Which method to trust, and what it costs")
    rows = standings(card)
    if not rows:
        st.info(
            "This network has no league yet: `python -m trustai.train.measure.tables "
            f"{card.id} --stages tabular` measures one."
        )
        return
    judged = [row for row in rows if row.reason is None]
    chart(
        plots_judged.cost_and_truth(
            [row.title for row in judged],
            [row.seconds for row in judged],
            [row.swap_rank for row in judged],
        ),
        key="league-plot",
    )
    table = pd.DataFrame([dataclasses.asdict(row) for row in judged])
    columns = _columns()
    st.dataframe(table, hide_index=True, column_config=columns, column_order=list(columns))
    for row in rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(row.reason)}")
    shared = card.metrics["tabular/rows"]
    st.caption(
        f"Means over {shared.value:.0f} test patients of {plain(card.dataset)}, seed "
        f"{shared.how['seed']}, {shared.how['background']} background patients. Repeat it: `python "
        f"-m trustai.train.measure.tables {card.id} --stages tabular`."
    )
    downloads(
        name=f"{card.id}-league",
        key="league-table",
        csv=table.to_csv(index=False),
        json={"n": shared.value, "how": dict(shared.how), "rows": table.to_dict("list")},
    )


def _columns() -> dict[str, Any]:

    def column(label: str, *, help: str = "", format: str = "%.3f") -> Any:
        return st.column_config.NumberColumn(label, help=help or None, format=format)

    return {
        "title": "Method",
        "swap_rank": column("Swap test ↑", help="Rank correlation with what swapping does."),
        "swap_sign": column("… signs", help="Share of the signs on which both agree."),
        "deletion": column("Deletion ↓", help="Area under the curve; lower is better."),
        "random_deletion": column("… random order"),
        "beats_random": column(
            "Beats random", help="Share of patients whose area is lower.", format="percent"
        ),
        "shapley_rank": column("Like exact Shapley", help="Rank correlation."),
        "shapley_sign": column("… signs"),
        "shapley_top": column("… top three"),
        "seconds": column("Seconds a patient", format="%.4f"),
    }
