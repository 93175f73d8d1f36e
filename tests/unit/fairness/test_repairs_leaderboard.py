"""The leaderboard of repairs: means over seeds, their spread, and who is tied."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from trustai.fairness.leaderboard import FIGURES, compared, leaderboard, summary
from trustai.fairness.path import MeasuredPart


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


N = 1_200


def people() -> MeasuredPart:
    """Both groups of both attributes are selected alike by a decision that is always right."""
    rows = np.arange(N)
    return MeasuredPart(
        indices=rows,
        labels=(rows // 4) % 2,
        probability=np.zeros((1, N), np.float32),
        groups={"sex": rows % 2, "race": (rows // 2) % 2},
        names={"sex": ("Female", "Male"), "race": ("White", "Black")},
        compared={"sex": 2, "race": 2},
    )


def decided(part: MeasuredPart, wrong: slice, *, seeds: int = 2) -> np.ndarray:
    """Right for all but some rows, with every seed."""
    found = part.labels.copy()
    found[wrong] = 1 - found[wrong]
    return (found * (2**seeds - 1)).astype(np.uint8)


def test_repairs_are_compared_on_the_same_rows_and_only_with_those_that_are_as_fair() -> None:
    part = people()
    unfair = part.labels * (part.groups["sex"] == 0)
    table = pd.DataFrame(
        {
            "index": part.indices,
            "boosting": decided(part, slice(0, 0)),
            "reweighing": decided(part, slice(0, 8)),
            "grid-search": decided(part, slice(0, 200)),
            "network": (unfair * 3).astype(np.uint8),
        }
    )
    board = compared(table, part, seeds=2)
    rows = {row.method: row for row in board.rows}
    assert {name: row.accuracy for name, row in rows.items()} == pytest.approx(
        {"boosting": 1, "reweighing": 1 - 8 / N, "grid-search": 1 - 200 / N, "network": 0.75}
    )
    assert rows["boosting"].lower_rule == 1
    assert rows["network"].lower_rule == 0
    assert [name for name, row in rows.items() if not row.kept] == ["network"]
    sure = {name: row.intervals["accuracy"] for name, row in rows.items()}
    assert sure["boosting"].leader
    assert not sure["grid-search"].tied
    assert sure["network"].leader, "it is compared with none of those that keep the rules"
    low, high = sure["grid-search"].low, sure["grid-search"].high
    assert low < 1 - 200 / N < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt((1 / 6) * (5 / 6) / N), rel=0.1)


def test_the_lower_rule_is_taken_seed_by_seed() -> None:
    """Each seed is unfair to another group, and the mean of both would be fair."""
    part = people()
    women = part.labels * (part.groups["sex"] == 0)
    men = part.labels * (part.groups["sex"] == 1)
    table = pd.DataFrame({"index": part.indices, "network": (women + 2 * men).astype(np.uint8)})
    (row,) = compared(table, part, seeds=2).rows
    assert row.lower_rule == 0


def test_decisions_of_other_people_are_refused() -> None:
    part = people()
    table = pd.DataFrame({"index": part.indices, "network": decided(part, slice(0, 0))})
    other = dataclasses.replace(part, indices=part.indices + 1)
    with pytest.raises(ValueError, match="expected decisions of the people of this part"):
        compared(table, other, seeds=2)
