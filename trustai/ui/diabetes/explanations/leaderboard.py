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
from trustai.ui.kit.frame import listed
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import INTERVALS, ends, tied_with_leader
from trustai.zoo.leaderboard import Leaderboard

EXACT = "nam"
"""The method whose terms are exact on an additive network, the only kind it applies to."""
PROXIES = (
    "No test is the truth. The swap test measures how the output changes when only one value is "
    "replaced. Deletion removes several values at once, so it shows the network patients who do "
    "not exist. Exact Shapley values are one definition of a fair share among others. A method "
    "that works like a test does well in it."
)


def show_leaderboard(card: zoo.Card) -> None:
    """What each test says of each method, from the card."""
    st.subheader("Which methods do well in each test, and how long do they take?")
    board = Leaderboard.from_card(card, TabularLeaderboardRow)
    if not board.rows:
        st.info(
            "This network has no leaderboard yet. `python -m trustai.train.measure "
            f"{card.id} --stages tabular` measures one."
        )
        return
    judged = [row for row in board.rows if row.reason is None]
    st.markdown(findings(judged))
    chart(
        _figure(judged), key="leaderboard-plot", title="Tests of every method", about=card.title,
        wide=True,
    )  # fmt: skip
    st.caption(
        f"{PROXIES} The dashed line shows random orders. "
        + (INTERVALS if judged[0].intervals else "These figures were measured without intervals.")
    )
    with st.expander("All figures of the leaderboard", icon=":material/table:"):
        _show_table(card, board, judged)


def _show_table(
    card: zoo.Card,
    board: Leaderboard[TabularLeaderboardRow],
    judged: Sequence[TabularLeaderboardRow],
) -> None:
    """All figures, how they were measured, and the files."""
    table = pd.DataFrame([_line(row) for row in judged])
    columns = _columns()
    st.dataframe(table, hide_index=True, column_config=columns, column_order=list(columns))
    for row in board.rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(unfit(row.reason))}")
    st.caption(
        f"Means over {board.n} test patients of {plain(card.dataset)}. The methods used one seed "
        f"({board.how['seed']}) and {board.how['background']} background patients. "
        f"`python -m trustai.train.measure {card.id} --stages tabular` measures them again. The "
        f"values of every patient are in `models/{card.id}/tabular.parquet`."
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
        also = f" {listed(tied)} may be as good." if tied else ""
        said.append(f"**{best.title}** is best in the {name} ({getattr(best, figure):.3f}).{also}")
        first[figure] = {best.title, *tied}
    apart = sorted(first["swap_rank"] ^ first["deletion"])
    if apart:
        said.append(f"The tests disagree about {listed(apart)}.")
    exact = next((row for row in rows if row.method == EXACT), None)
    if exact is not None:
        said.append(
            f"{exact.title} are exactly the terms that this additive model adds up. But the swap "
            f"test gives them {exact.swap_rank:.2f} and not 1, so the test is not the truth."
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
        "swap_sign": column("… signs", help="The share of values with the same sign."),
        "deletion": column("Deletion ↓", help=hint("deletion")),
        "deletion_interval": st.column_config.TextColumn("… interval"),
        "random_deletion": column("… random order"),
        "shapley_rank": column("Agreement with Shapley", help="Rank correlation."),
        "shapley_sign": column("… signs"),
        "shapley_top": column("… top three"),
        "seconds": column("Seconds per patient", format="%.4f"),
    }
