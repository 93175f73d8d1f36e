"""The leaderboard of explanation methods that a network's card holds."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.plots import tabular_evaluation
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.glossary import hint
from trustai.zoo.leaderboard import Leaderboard


def show_leaderboard(card: zoo.Card) -> None:
    st.subheader("Which method to trust, and what it costs")
    board = Leaderboard.from_card(card, TabularLeaderboardRow)
    if not board.rows:
        st.info(
            "This network has no leaderboard yet: `python -m trustai.train.measure "
            f"{card.id} --stages tabular` measures one."
        )
        return
    judged = [row for row in board.rows if row.reason is None]
    chart(
        tabular_evaluation.cost_and_truth(
            [row.title for row in judged],
            [row.seconds for row in judged],
            [row.swap_rank for row in judged],
        ),
        key="leaderboard-plot",
    )
    table = pd.DataFrame([dataclasses.asdict(row) for row in judged])
    columns = _columns()
    st.dataframe(table, hide_index=True, column_config=columns, column_order=list(columns))
    for row in board.rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(unfit(row.reason))}")
    st.caption(
        f"Means over {board.n} test patients of {plain(card.dataset)}, seed "
        f"{board.how['seed']}, {board.how['background']} background patients. Repeat it: `python "
        f"-m trustai.train.measure {card.id} --stages tabular`."
    )
    Export(
        name=f"{card.id}-leaderboard",
        key="leaderboard-table",
        csv=table.to_csv(index=False),
        json={"n": board.n, "how": dict(board.how), "rows": table.to_dict("list")},
    ).show()


def _columns() -> dict[str, Any]:

    def column(label: str, *, help: str = "", format: str = "%.3f") -> Any:
        return st.column_config.NumberColumn(label, help=help or None, format=format)

    return {
        "title": "Method",
        "swap_rank": column("Swap test ↑", help=hint("swap test")),
        "swap_sign": column("… signs", help="Share of the signs on which both agree."),
        "deletion": column("Deletion ↓", help=hint("deletion")),
        "random_deletion": column("… random order"),
        "beats_random": column(
            "Beats random", help="Share of patients whose area is lower.", format="percent"
        ),
        "shapley_rank": column("Like exact Shapley", help="Rank correlation."),
        "shapley_sign": column("… signs"),
        "shapley_top": column("… top three"),
        "seconds": column("Seconds a patient", format="%.4f"),
    }
