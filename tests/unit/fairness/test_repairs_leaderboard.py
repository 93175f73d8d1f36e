"""The leaderboard of repairs: means over seeds and their spread."""

from __future__ import annotations

import pandas as pd
import pytest

from trustai.fairness.leaderboard import FIGURES, leaderboard, summary


def rows_of(method: str, *rules: tuple[float, float], accuracy: float = 0.85) -> pd.DataFrame:
    """A row per seed with these p%-rules for sex and for race."""
    table = pd.DataFrame({"method": method, "seed": range(len(rules))})
    table[list(FIGURES)] = 0.5
    table["accuracy"] = [accuracy + 0.01 * seed for seed in table["seed"]]
    table[["p_percent_rule_sex", "p_percent_rule_race"]] = rules
    return table


def test_means_and_ends_are_taken_over_seeds() -> None:
    found = summary(rows_of("a", (0.9, 0.7), (0.6, 0.8)))
    row = found.loc["a"]
    assert row[["accuracy", "accuracy_low", "accuracy_high"]].tolist() == pytest.approx(
        [0.855, 0.85, 0.86]
    )
    assert row["p_percent_rule_sex"] == pytest.approx(0.75)
    # The lower rule is taken seed by seed, and only then averaged: 0.7 and 0.6.
    assert row[["lower_rule", "lower_rule_low", "lower_rule_high"]].tolist() == pytest.approx(
        [0.65, 0.6, 0.7]
    )
    assert row["seeds"] == 2


def test_repairs_keep_their_order() -> None:
    found = summary(pd.concat([rows_of("b", (0.9, 0.9)), rows_of("a", (0.8, 0.8))]))
    assert found.index.tolist() == ["b", "a"]


def test_a_card_without_repairs_says_what_to_run() -> None:
    with pytest.raises(ValueError, match="measure diabetes-mlp --stages repairs"):
        leaderboard("diabetes-mlp")
