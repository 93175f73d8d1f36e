"""The fairness page's view of the repairs: who is the most accurate, who is tied, what is worse."""

from __future__ import annotations

import pandas as pd

from tests.app.pages import found_in, no_fault, open_page, texts
from tests.unit.fairness.test_repairs_leaderboard import rows_of
from trustai.fairness import repairs as all_repairs
from trustai.fairness.leaderboard import RepairLeaderboardRow, leaderboard, summary, ties
from trustai.ui.fairness import repairs
from trustai.zoo.leaderboard import FigureInterval


def test_the_page_names_the_leader_of_the_paired_comparison() -> None:
    app = open_page("fairness", view="Repairs")
    no_fault(app)
    kept = [row for row in ties() if row.kept]
    (best,) = (row for row in kept if row.intervals["accuracy"].leader)
    said = found_in(app)
    assert f"**{best.title}** with **{best.accuracy:.1%}**" in said
    for row in kept:
        if row.intervals["accuracy"].tied and row is not best:
            assert row.title in said
    assert repairs.odds_text(leaderboard()) in texts(app)
    shown = app.dataframe[0].value
    assert set(shown["model"]) == {"network", "gradient boosting"}


def row_of(name: str, rule: float, accuracy: float, *, tied: bool) -> RepairLeaderboardRow:
    ends = FigureInterval(accuracy - 0.01, accuracy + 0.01, tied, leader=accuracy == 0.85)
    sure = {"accuracy": ends, "lower_rule": FigureInterval(rule - 0.05, rule + 0.05, tied)}
    title = all_repairs.get(name).title
    return RepairLeaderboardRow(name, title, accuracy=accuracy, lower_rule=rule, intervals=sure)


def test_the_most_accurate_repair_that_keeps_both_rules_is_found() -> None:
    rules = {"network": (0.3, 0.86), "boosting": (0.35, 0.88), "reweighing": (0.6, 0.87),
             "grid-search": (0.9, 0.84), "threshold-optimizer": (0.81, 0.85)}  # fmt: skip
    board = summary(pd.concat(rows_of(n, (r, 0.95), accuracy=a) for n, (r, a) in rules.items()))
    rows = {n: row_of(n, r, a, tied=True) for n, (r, a) in rules.items()}
    start = (
        "Of 3 repairs, 2 keep both p%-rules at 80 %, and 1 of them with the whole 95 % interval. "
        "The most accurate of them is **Threshold optimizer** with **85.0%**. "
    )
    end = "Its model, gradient boosting, has **88.0%** without a repair."
    said = repairs.finding_text(board, rows).replace("\\", "")
    assert said == f"{start}On these test rows Grid search may be as good. {end}"
    rows["grid-search"] = row_of("grid-search", 0.9, 0.84, tied=False)
    said = repairs.finding_text(board, rows).replace("\\", "")
    assert said == f"{start}No other of them is tied with it. {end}"
    unfair = board.loc[["network", "reweighing"]]
    assert repairs.finding_text(unfair, rows) == "No repair of 1 keeps both p%-rules at 80 %."
    shown = repairs.table_of(board, rows)
    assert shown["repair"].tolist()[0] == "Network, no repair"
    assert shown["p%-rule, sex"].tolist() == ["30.0%", "35.0%", "60.0%", "90.0%", "81.0%"]
    assert shown["model"].tolist() == ["network"] + 4 * ["gradient boosting"]
    assert shown["lost"].tolist() == ["–", "–", "1.0 points", "4.0 points", "3.0 points"]
    assert shown["accuracy, 95 % interval"].tolist()[0] == "85.0% to 87.0%"


def test_it_is_said_where_a_repair_makes_equalised_odds_worse() -> None:
    rules = {"network": 0.3, "boosting": 0.3, "reweighing": 0.6, "grid-search": 0.9,
             "threshold-optimizer": 0.81}  # fmt: skip
    board = summary(pd.concat(rows_of(name, (rule, 0.95)) for name, rule in rules.items()))
    assert repairs.odds_text(board) == "", "all are alike"
    board[repairs.ODDS] = [0.1, 0.2, 0.9, 0.3, 0.15]
    said = repairs.odds_text(board)
    assert "For 1 of the 2 repairs" in said, "one that breaks the rules does not count"
    assert "differ by 30.0% to 30.0%" in said
    assert said.endswith("they differ by 10.0% (network) and 20.0% (gradient boosting).")
