"""The leaderboard of explanation methods that a network's card holds."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from trustai import zoo
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.plots import tabular_evaluation
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import INTERVALS, ends, tied_with_leader
from trustai.zoo.leaderboard import Leaderboard

EXACT = "nam"
"""The method whose terms are exact on an additive network, the only kind it applies to."""
PROXIES = (
    "No test here is the truth. The swap test asks how the output changes when one value alone is "
    "exchanged; deletion takes several values away at once, and so shows the network patients who "
    "do not exist; exact Shapley values are one definition of a fair share among others. A method "
    "that is built like a test does well on it."
)


def show_leaderboard(card: zoo.Card) -> None:
    """How far each test bears each method out, from the card."""
    st.subheader("How far each test bears a method out, and what it costs")
    board = Leaderboard.from_card(card, TabularLeaderboardRow)
    if not board.rows:
        st.info(
            "This network has no leaderboard yet: `python -m trustai.train.measure "
            f"{card.id} --stages tabular` measures one."
        )
        return
    judged = [row for row in board.rows if row.reason is None]
    st.markdown(findings(judged))
    chart(_figure(judged), key="leaderboard-plot", title="Tests of every method", about=card.title)
    st.caption(
        f"{PROXIES} Dashed: random orders. "
        + (INTERVALS if judged[0].intervals else "These figures were measured without intervals.")
    )
    table = pd.DataFrame([_line(row) for row in judged])
    columns = _columns()
    st.dataframe(table, hide_index=True, column_config=columns, column_order=list(columns))
    for row in board.rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(unfit(row.reason))}")
    st.caption(
        f"Means over {board.n} test patients of {plain(card.dataset)}, with one seed "
        f"({board.how['seed']}) of the methods and {board.how['background']} background patients. "
        f"Repeat it: `python -m trustai.train.measure {card.id} --stages tabular`; the values of "
        f"every patient are in `models/{card.id}/tabular.parquet`."
    )
    Export(
        name=f"{card.id}-leaderboard",
        key="leaderboard-table",
        csv=table.to_csv(index=False),
        json={"n": board.n, "how": dict(board.how), "rows": table.to_dict("list")},
    ).show()


def _figure(rows: Sequence[TabularLeaderboardRow]) -> go.Figure:
    column = tabular_evaluation.FigureColumn
    by_swap = column("swap test ↑", [r.swap_rank for r in rows], ends(rows, "swap_rank"))
    by_deletion = column(
        "deletion ↓", [r.deletion for r in rows], ends(rows, "deletion"), rows[0].random_deletion
    )
    return tabular_evaluation.tests_and_cost(
        [row.title for row in rows], [by_swap, by_deletion], [row.seconds for row in rows]
    )


def findings(rows: Sequence[TabularLeaderboardRow]) -> str:
    """Who leads each test and who may be as good; and what the tests cannot tell."""
    said, first = [], {}
    for figure, name in (("swap_rank", "swap test"), ("deletion", "deletion test")):
        sign = -1 if figure == "deletion" else 1
        known = [row for row in rows if not isnan(getattr(row, figure))]
        best = max(known, key=lambda row: sign * getattr(row, figure))
        tied = tied_with_leader(known, figure)
        also = f" These patients cannot tell it from: {'; '.join(tied)}." if tied else ""
        said.append(f"By the {name} **{best.title}** is first ({getattr(best, figure):.3f}).{also}")
        first[figure] = {best.title, *tied}
    apart = sorted(first["swap_rank"] ^ first["deletion"])
    if apart:
        said.append(f"Among the first of one test only: {'; '.join(apart)}. The tests disagree.")
    exact = next((row for row in rows if row.method == EXACT), None)
    if exact is not None:
        said.append(
            f"{exact.title} are exactly what this additive network adds up. The swap test gives "
            f"them {exact.swap_rank:.2f}, not 1: the test itself is no truth."
        )
    return " ".join(said)


def _line(row: TabularLeaderboardRow) -> dict[str, Any]:
    """One line of the table; intervals in words."""
    told = {
        f"{figure}_interval": f"{sure.low:.3f} to {sure.high:.3f}"
        for figure, sure in row.intervals.items()
    }
    return {name: getattr(row, name) for name in ("title", *row.figures())} | told


def _columns() -> dict[str, Any]:

    def column(label: str, *, help: str = "", format: str = "%.3f") -> Any:
        return st.column_config.NumberColumn(label, help=help or None, format=format)

    return {
        "title": "Method",
        "swap_rank": column("Swap test ↑", help=hint("swap test")),
        "swap_rank_interval": st.column_config.TextColumn("… interval"),
        "swap_sign": column("… signs", help="Share of the signs on which both agree."),
        "deletion": column("Deletion ↓", help=hint("deletion")),
        "deletion_interval": st.column_config.TextColumn("… interval"),
        "random_deletion": column("… random order"),
        "shapley_rank": column("Like exact Shapley", help="Rank correlation."),
        "shapley_sign": column("… signs"),
        "shapley_top": column("… top three"),
        "seconds": column("Seconds a patient", format="%.4f"),
    }
