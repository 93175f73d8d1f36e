"""View of the repairs: which of them keep the p%-rule, and at which accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

import pandas as pd
import streamlit as st

from trustai.fairness import repairs
from trustai.fairness.leaderboard import RepairLeaderboardRow, leaderboard, ties
from trustai.fairness.path import MeasuredPath
from trustai.fairness.repairs import Repair
from trustai.plots.fairness.repairs import RepairMark, Spread, price
from trustai.ui.fairness.measured import LEGAL, path
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, how_made, listed, methods
from trustai.ui.kit.measured import INTERVALS, tied_with_leader

UNREPAIRED: Final = ("network", "boosting")
ODDS: Final = "equalised_odds_sex"
INTERVAL_COLUMNS: Final = {
    "accuracy": "accuracy, 95 % interval",
    "lower_rule": "lower p%-rule, 95 % interval",
}
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
    rows = {row.method: row for row in ties(measured.card.id)}
    finding(finding_text(board, rows))
    chart(
        price([_mark(rows[str(name)]) for name in board.index], limit=LEGAL),
        key="repairs",
        title="Accuracy and p%-rule of each repair",
        about="Test rows of Adult. Lines: 95 % intervals.",
    )
    st.caption(
        "Right is fairer, and up is more accurate. The repairs have two different models: filled "
        "marks repair gradient boosting, and open marks repair the network. Compare a repair with "
        "the grey mark of its own model, which is not repaired. A repair with a diamond must know "
        "the group of every person at the time of the decision, and the law of many countries "
        "forbids that."
    )
    st.markdown(odds_text(board))
    st.dataframe(table_of(board, rows), hide_index=True, width="stretch", height="content")
    st.caption(
        "“Lost” is the accuracy that the repair costs its own model. Equalised odds is a "
        "difference between the groups, and 0 is fair. An adversary's AUC of 0.5 means that the "
        "group cannot be told from the answer."
    )
    with how_made():
        st.caption(
            f"Every repair was fitted with {_seeds(board)} seeds to training rows and measured on "
            f"{len(measured.parts['test'].labels):,} test rows, and a new adversary was trained on "
            "each. The table shows the mean, and in brackets the lowest and the highest seed. "
            f"{INTERVALS} Repairs that keep both p%-rules are compared with one another. The "
            "seconds are those of one processor."
        )
    methods(*(repairs.get(str(name)) for name in board.index), label="About these repairs")
    _export(measured, board, rows).show()


Rows = Mapping[str, RepairLeaderboardRow]


def finding_text(board: pd.DataFrame, rows: Rows) -> str:
    """How many repairs keep both p%-rules, which is the most accurate, and who is tied with it."""
    fitted = [str(name) for name in board.index if name not in UNREPAIRED]
    kept = [rows[name] for name in fitted if rows[name].kept]
    if not kept:
        return f"No repair of {len(fitted)} keeps both p%-rules at 80 %."
    best = max(kept, key=lambda row: row.accuracy)
    tied = tied_with_leader(kept, "accuracy")
    also = (
        f"On these test rows {plain(listed(tied))} may be as good"
        if tied
        else "No other of them is tied with it"
    )
    model = repairs.get(best.method).model
    sure = sum(row.intervals["lower_rule"].low >= LEGAL for row in kept)
    return (
        f"Of {len(fitted)} repairs, {len(kept)} keep both p%-rules at 80 %, and {sure} of them "
        "with the whole 95 % interval. The most accurate of "
        f"them is **{plain(best.title)}** with **{best.accuracy:.1%}**. {also}. Its model, "
        f"{model}, has **{rows[_unrepaired(best.method)].accuracy:.1%}** without a repair."
    )


def odds_text(board: pd.DataFrame) -> str:
    """How equalised odds change where the p%-rules are kept."""
    odds = {str(name): float(value) for name, value in board[ODDS].items()}
    fair = {str(name) for name in board.index[board["lower_rule"] >= LEGAL]}
    kept = [name for name in odds if name in fair and name not in UNREPAIRED]
    worse = [odds[name] for name in kept if odds[name] > odds[_unrepaired(name)]]
    if not worse:
        return ""
    some = f"all {len(kept)}" if len(worse) == len(kept) else f"{len(worse)} of the {len(kept)}"
    before = listed([f"{odds[name]:.1%} ({repairs.get(name).model})" for name in UNREPAIRED])
    return (
        f"**A better p%-rule can make another criterion worse.** For {some} repairs that keep both "
        "rules, equalised odds by sex are worse than without a repair: the error rates of the "
        f"groups differ by {min(worse):.1%} to {max(worse):.1%}. "
        f"Without a repair they differ by {before}."
    )


def _unrepaired(method: str) -> str:
    """The model of a repair as it is without one."""
    model = repairs.get(method).model
    return next(name for name in UNREPAIRED if repairs.get(name).model == model)


def _seeds(board: pd.DataFrame) -> int:
    return int(board["seeds"].min())


def _mark(row: RepairLeaderboardRow) -> RepairMark:
    repair = repairs.get(row.method)
    repaired, filled = row.method not in UNREPAIRED, repair.model == Repair.model
    return RepairMark(
        f"{repair.title}, {repair.model}" if repaired and not filled else repair.title,
        _sure(row, "lower_rule"),
        _sure(row, "accuracy"),
        repair.needs_group,
        repaired=repaired,
        filled=filled,
    )


def _sure(row: RepairLeaderboardRow, figure: str) -> Spread:
    found = row.intervals[figure]
    return getattr(row, figure), found.low, found.high


def table_of(board: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """The means, with the lowest and the highest seed in brackets."""
    found = []
    for name, row in board.iterrows():
        repair, before = repairs.get(str(name)), rows[_unrepaired(str(name))].accuracy
        lost = "–" if name in UNREPAIRED else f"{100 * (before - row['accuracy']):.1f} points"
        cells = {"repair": repair.title, "model": repair.model, "lost": lost}
        for figure, title in COLUMNS.items():
            mean, low, high = (
                float(row[key]) for key in (figure, f"{figure}_low", f"{figure}_high")
            )
            cells[title] = _text(figure, mean)
            if figure != "seconds" and high > low:
                cells[title] += f" ({_text(figure, low)}–{_text(figure, high)})"
        sure = rows[str(name)].intervals
        for figure, title in INTERVAL_COLUMNS.items():
            cells[title] = f"{sure[figure].low:.1%} to {sure[figure].high:.1%}"
        found.append(cells)
    return pd.DataFrame(found)


def _text(figure: str, value: float) -> str:
    if figure == "seconds":
        return f"{value:.1f}"
    return f"{value:.3f}" if figure.startswith("adversary") else f"{value:.1%}"


def _export(measured: MeasuredPath, board: pd.DataFrame, rows: Rows) -> Export:
    return Export(
        name=f"{measured.card.id}-repairs",
        key="repairs-table",
        csv=board.to_csv(),
        json={
            "model": measured.card.id,
            "weights_sha256": measured.card.weights_sha256,
            "seeds": _seeds(board),
            "repairs": board.to_dict("index"),
            "intervals": {
                name: {figure: asdict(one) for figure, one in row.intervals.items()}
                for name, row in rows.items()
            },
        },
        python=f"""
from trustai.fairness.leaderboard import leaderboard, ties

board = leaderboard("{measured.card.id}").sort_values("accuracy", ascending=False)
print(board[["accuracy", "p_percent_rule_sex", "p_percent_rule_race", "lower_rule"]].to_string())
for row in ties("{measured.card.id}"):
    print(row.method, row.kept, row.intervals["accuracy"])
""",
    )
