"""Calibration of groups and what equal error rates exclude, by hand and on drawn people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustai.fairness.calibration import by_group
from trustai.fairness.impossibility import RULES, ScoredRows, exclusion, implied_rates
from trustai.fairness.thresholds import EQUALISED
from trustai.metrics.fairness import group_counts
from trustai.metrics.group_rates import RATES


def drawn(seed: int, n: int = 3_000) -> ScoredRows:
    """People of two groups whose probabilities are true, and whose base rates differ."""
    random = np.random.default_rng(seed)
    group = random.integers(2, size=n)
    probability = random.beta(np.where(group, 2, 1), 3)
    return ScoredRows(probability, (random.random(n) < probability).astype(int), group)


def test_a_diagram_by_hand() -> None:
    found = by_group(
        [0.05, 0.15, 0.15, 0.95, 0.95, 0.4], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, -1], ["a", "b"]
    )
    (one,) = found  # nobody is of group b
    assert (one.group, one.n, one.rare) == ("a", 5, True)
    assert one.said == pytest.approx(2.25 / 5)
    assert one.observed.value == pytest.approx(3 / 5)
    assert [(b.n, round(b.said, 2), b.observed.value) for b in one.bins] == [
        (1, 0.05, 0), (2, 0.15, 0.5), (2, 0.95, 1),
    ]  # fmt: skip
    assert one.ece == pytest.approx((0.05 + 2 * 0.35 + 2 * 0.05) / 5)
    half = one.bins[1].observed
    assert (round(half.low, 3), round(half.high, 3)) == (0.095, 0.905)  # Wilson's of 1 in 2


def test_true_probabilities_are_calibrated_in_every_group_and_doubled_odds_are_not() -> None:
    people = drawn(0, n=20_000)
    right = by_group(people.probability, people.labels, people.group, ["a", "b"])
    assert all(one.right_on_average and one.ece < 0.02 for one in right)
    odds = 2 * people.probability / (1 - people.probability)
    moved = np.where(people.group == 0, odds / (1 + odds), people.probability)
    wrong, still = by_group(moved, people.labels, people.group, ["a", "b"])
    assert wrong.ece > 0.1
    assert not wrong.right_on_average
    assert still == right[1]


def test_the_implied_rate_is_an_identity_where_precision_and_recall_are_equal() -> None:
    """Both groups have precision 0.8 and recall 0.8: what is implied is what is there."""
    counts = [[[380, 20], [20, 80]], [[80, 20], [20, 80]]]
    found = implied_rates(counts, ["a", "b"])
    for name in ("implied", "actual"):
        assert [one.value for one in getattr(found, name)] == pytest.approx([0.05, 0.2])
    assert found.gap.value == pytest.approx(0.15)
    assert found.gap.low > 0.08  # chance does not close it


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(20, 400), min_size=8, max_size=8))
def test_different_base_rates_never_have_one_implied_rate(cells: list[int]) -> None:
    counts = np.array(cells).reshape(2, 2, 2)
    found = implied_rates(counts, ["a", "b"], draws=50)
    base = [one.value for one in found.base_rate]
    implied = [one.value for one in found.implied]
    assert (base[0] < base[1]) == (implied[0] < implied[1])
    assert base == pytest.approx(RATES["base_rate"].of(counts.astype(float)).tolist())


def test_no_rule_keeps_every_criterion_where_base_rates_differ() -> None:
    table = exclusion(drawn(1, n=20_000), drawn(2, n=20_000), ["a", "b"], draws=200)
    assert set(table["rule"]) == set(RULES)
    value = table.pivot(index="rule", columns="criterion", values="value")
    # The thresholds were chosen on other people of the same kind.
    assert value.loc["demographic_parity", "demographic_parity"] < 0.05
    assert value.loc["equal_opportunity", "equal_opportunity"] < 0.06
    assert value.loc["equalised_odds_randomised", "equalised_odds"] < 0.06
    assert value.loc["accuracy", "demographic_parity"] > 0.15
    fair = value[list(EQUALISED)[1:]] < 0.06
    assert not fair.all(axis=1).any()  # the impossibility, on people
    assert (table["low"] <= table["high"]).all()
    best = table.groupby("rule")["accuracy"].first()
    assert best.idxmax() in {"accuracy", "predictive_parity"}  # equal treatment is not free


def test_counts_of_the_accuracy_rule_are_those_of_one_threshold() -> None:
    people = drawn(3)
    table = exclusion(people, people, ["a", "b"], draws=50).set_index(["rule", "criterion"])
    best = max(
        float(((people.probability >= t) == people.labels).mean()) for t in people.probability
    )
    assert table.loc[("accuracy", "p_percent_rule"), "accuracy"] == pytest.approx(best, abs=0.002)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": [0.5, 2]}, r"expected probabilities in \[0, 1\]"),
        ({"labels": [0, 3]}, "expected labels of 0 and 1"),
        ({"group": [0, 7]}, r"expected groups in \[-1, 1\), got 0 to 7"),
        ({"labels": [0]}, r"got \(2,\), \(1,\), \(2,\)"),
    ],
)
def test_errors_of_a_diagram(change: dict[str, list[float]], message: str) -> None:
    arguments = {"probability": [0.5, 0.5], "labels": [0, 1], "group": [0, 0]} | change
    with pytest.raises(ValueError, match=message):
        by_group(**arguments, names=["a"])  # type: ignore[arg-type]


def test_nobody_selected_has_no_implied_rate() -> None:
    counts = group_counts([0, 1], [0, 0], [0, 1], n_groups=2)
    with pytest.raises(ValueError, match="expected somebody who is selected"):
        implied_rates(counts, ["a", "b"])
