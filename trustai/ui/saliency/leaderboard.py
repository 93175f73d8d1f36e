"""The leaderboards of attribution methods that the cards hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from trustai import zoo
from trustai.explain.image import SaliencyLeaderboardRow
from trustai.plots import saliency as plots_saliency
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.glossary import hint
from trustai.zoo.leaderboard import Leaderboard


def show_leaderboard(card: zoo.Card) -> None:
    """The measured leaderboard of a network, at first of that of `card` where it has one."""
    st.subheader("Which method to trust, and what it costs")
    cards = {c.id: c for c in zoo.catalog()}
    found = {i: Leaderboard.from_card(c, SaliencyLeaderboardRow) for i, c in cards.items()}
    boards = {i: board for i, board in found.items() if board.rows}
    if not boards:
        st.info(
            "No network has a leaderboard yet: `python -m trustai.train.measure <model id> "
            "--stages saliency` measures one."
        )
        return
    ids = list(boards)
    chosen = st.selectbox(
        "Measured on the test pictures of",
        ids,
        index=ids.index(card.id) if card.id in ids else 0,
        format_func=lambda i: cards[i].title,
        key="league",
        bind="query-params",
    )
    _show_board(chosen, boards[chosen])


def _show_board(model_id: str, board: Leaderboard[SaliencyLeaderboardRow]) -> None:
    applied = [row for row in board.rows if row.reason is None]
    st.plotly_chart(_bars(applied), key="leaderboard-plot", config={"displayModeBar": False})
    table = pd.DataFrame([dataclasses.asdict(row) for row in applied])
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=_columns(),
        # Where nobody knows the truth, there is no sign to point at.
        column_order=[name for name in _columns() if table[name].notna().any()],
    )
    for row in board.rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(unfit(row.reason))}")
    st.caption(
        f"Means over {board.n} of {board.how['n']} test pictures, those that the network "
        f"gets right, seed {board.how['seed']}. Areas of coarse and of fine maps cannot be set "
        "side by side; what can is the lead of each over its own random maps, which are as coarse "
        f"as it is. Repeat it: `python -m trustai.train.measure {model_id} --stages saliency`."
    )
    Export(
        name=f"{model_id}-leaderboard",
        key="leaderboard-table",
        csv=table.to_csv(index=False),
        json={"pictures": board.n, "how": dict(board.how), "rows": table.to_dict("list")},
    ).show()


def _bars(rows: Sequence[SaliencyLeaderboardRow]) -> go.Figure:
    return plots_saliency.cost_and_gain(
        [row.title for row in rows],
        [row.seconds for row in rows],
        [
            (row.insertion - row.deletion) - (row.random_insertion - row.random_deletion)
            for row in rows
        ],
    )


def _columns() -> dict[str, Any]:

    def column(label: str, *, help: str = "", format: str = "%.3f") -> Any:
        return st.column_config.NumberColumn(label, help=help or None, format=format)

    return {
        "title": "Method",
        "deletion": column("Deletion ↓", help=hint("deletion")),
        "random_deletion": column("… random", help="Random maps just as coarse."),
        "insertion": column("Insertion ↑", help=hint("insertion")),
        "random_insertion": column("… random", help="Random maps just as coarse."),
        "beats_random": column(
            "Beats random", help="Share of pictures whose deletion area is lower.", format="percent"
        ),
        "pointing": column("Peak on it", help="Its maximum lies on the sign.", format="percent"),
        "inside_share": column(
            "Mass on it", help="Share of its positive values on the sign.", format="percent"
        ),
        "seconds": column("Seconds", help="For one picture, alone."),
    }
