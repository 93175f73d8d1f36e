"""View of the repairs: which of them keep the p%-rule, and at which accuracy."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from trustai.fairness import repairs
from trustai.fairness.leaderboard import leaderboard
from trustai.fairness.path import MeasuredPath
from trustai.plots.fairness.repairs import RepairMark, Spread, price
from trustai.ui.fairness.measured import LEGAL, path
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, how_made, methods

UNREPAIRED: Final = ("network", "boosting")
COLUMNS: Final = {
    "accuracy": "accuracy",
    "p_percent_rule_sex": "p%-rule, sex",
    "p_percent_rule_race": "p%-rule, race",
    "equalised_odds_sex": "equalised odds, sex",
    "equalised_odds_race": "equalised odds, race",
    "adversary_auc_sex": "adversary's AUC, sex",
    "adversary_auc_race": "adversary's AUC, race",
    "seconds": "seconds",
}


def show() -> None:
    measured = path()
    board = leaderboard(measured.card.id).sort_values("accuracy", ascending=False)
    finding(finding_text(board))
    chart(
        price([_mark(name, row) for name, row in board.iterrows()], limit=LEGAL),
        key="repairs",
        title="Accuracy and p%-rule of each repair",
        about=f"Adult census, test rows. Lines: lowest and highest of {_seeds(board)} seeds. "
        "Diamonds need to know the group, grey circles repair nothing.",
    )
    st.caption(
        "Right is fairer, and up is more accurate. A repair with a diamond must know the group of "
        "every person at the time of the decision, and the law of many countries forbids that. "
        "Equalised odds is a difference between the groups, and 0 is fair. An adversary's AUC of "
        "0.5 means that the group cannot be told from the answer."
    )
    st.dataframe(table_of(board), hide_index=True, width="stretch", height="content")
    with how_made():
        st.caption(
            f"Every repair was fitted with {_seeds(board)} seeds to training rows and measured on "
            f"{len(measured.parts['test'].labels):,} test rows, and a new adversary was trained on "
            "each. The table shows the mean, and in brackets the lowest and the highest seed."
        )
    methods(*(repairs.get(str(name)) for name in board.index), label="About these repairs")
    _export(measured, board).show()


def finding_text(board: pd.DataFrame) -> str:
    """How many repairs keep both p%-rules, and which of them is the most accurate."""
    kept = board[board["lower_rule"] >= LEGAL].sort_values("accuracy", ascending=False)
    first = board.loc["network"]
    start = (
        f"Without a repair the network is right for **{first['accuracy']:.1%}**, and the lower of "
        f"its two p%-rules is **{first['lower_rule']:.1%}**. "
    )
    n = len(board.drop(index=list(UNREPAIRED), errors="ignore"))
    if kept.empty:
        return f"{start}No repair of {n} keeps both p%-rules at 80 %."
    best, title = kept.iloc[0], repairs.get(str(kept.index[0])).title
    return (
        f"{start}Of {n} repairs, {len(kept)} keep both p%-rules at 80 %. The most accurate of "
        f"them is **{plain(title)}** with **{best['accuracy']:.1%}**."
    )


def _seeds(board: pd.DataFrame) -> int:
    return int(board["seeds"].min())


def _mark(name: object, row: pd.Series[float]) -> RepairMark:
    repair = repairs.get(str(name))
    return RepairMark(
        repair.title,
        _spread(row, "lower_rule"),
        _spread(row, "accuracy"),
        repair.needs_group,
        repaired=str(name) not in UNREPAIRED,
    )


def _spread(row: pd.Series[float], figure: str) -> Spread:
    return float(row[figure]), float(row[f"{figure}_low"]), float(row[f"{figure}_high"])


def table_of(board: pd.DataFrame) -> pd.DataFrame:
    """The means, with the lowest and the highest seed in brackets."""
    rows = []
    for name, row in board.iterrows():
        cells = {"repair": repairs.get(str(name)).title}
        for figure, title in COLUMNS.items():
            mean, low, high = _spread(row, figure)
            cells[title] = _text(figure, mean)
            if figure != "seconds" and high > low:
                cells[title] += f" ({_text(figure, low)}–{_text(figure, high)})"
        rows.append(cells)
    return pd.DataFrame(rows)


def _text(figure: str, value: float) -> str:
    if figure == "seconds":
        return f"{value:.1f}"
    return f"{value:.3f}" if figure.startswith("adversary") else f"{value:.1%}"


def _export(measured: MeasuredPath, board: pd.DataFrame) -> Export:
    return Export(
        name=f"{measured.card.id}-repairs",
        key="repairs-table",
        csv=board.to_csv(),
        json={
            "model": measured.card.id,
            "weights_sha256": measured.card.weights_sha256,
            "seeds": _seeds(board),
            "repairs": board.to_dict("index"),
        },
        python=f"""
from trustai.fairness.leaderboard import leaderboard

board = leaderboard("{measured.card.id}").sort_values("accuracy", ascending=False)
print(board[["accuracy", "p_percent_rule_sex", "p_percent_rule_race", "lower_rule"]].to_string())
""",
    )
