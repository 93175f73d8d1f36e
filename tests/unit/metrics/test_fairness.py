"""Group fairness by hand, on counts that can be checked on paper, and what must hold always."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustai.metrics import fairness
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of

# label, prediction: women 40 no/10 yes, of whom 8 and 6 are selected; men 30/30, of whom 10 and 24.
WOMEN, MEN = [[32, 8], [4, 6]], [[20, 10], [6, 24]]
BOTH = np.array([WOMEN, MEN])


def rows(counts: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions and groups with these counts."""
    cells = np.array(list(np.ndindex(np.shape(counts)))).repeat(np.ravel(counts), axis=0)
    return cells[:, 1], cells[:, 2], cells[:, 0]


def test_rates_by_hand() -> None:
    found = {name: rate.of(BOTH.astype(float)).tolist() for name, rate in RATES.items()}
    assert found["selection_rate"] == pytest.approx([14 / 50, 34 / 60])
    assert found["base_rate"] == pytest.approx([10 / 50, 30 / 60])
    assert found["accuracy"] == pytest.approx([38 / 50, 44 / 60])
    assert found["true_positive_rate"] == pytest.approx([6 / 10, 24 / 30])
    assert found["false_positive_rate"] == pytest.approx([8 / 40, 10 / 30])
    assert found["precision"] == pytest.approx([6 / 14, 24 / 34])


def test_criteria_by_hand() -> None:
    found = {name: float(criterion_of(one, BOTH)) for name, one in CRITERIA.items()}
    assert found["p_percent_rule"] == pytest.approx((14 / 50) / (34 / 60))
    assert found["demographic_parity"] == pytest.approx(34 / 60 - 14 / 50)
    assert found["equal_opportunity"] == pytest.approx(0.8 - 0.6)
    assert found["equalised_odds"] == pytest.approx(0.2)  # of .2 and .133
    assert found["predictive_parity"] == pytest.approx(24 / 34 - 6 / 14)
    assert found["accuracy_difference"] == pytest.approx(38 / 50 - 44 / 60)


def test_a_group_without_a_rate_is_left_out() -> None:
    nobody_deserving = [[5, 5], [0, 0]]
    counts = np.array([WOMEN, MEN, nobody_deserving])
    assert float(criterion_of(CRITERIA["equal_opportunity"], counts)) == pytest.approx(0.2)
    assert np.isnan(criterion_of(CRITERIA["equal_opportunity"], [nobody_deserving]))
    assert np.isnan(criterion_of(CRITERIA["p_percent_rule"], [[[5, 0], [5, 0]]]))


def test_counts_are_those_of_the_rows() -> None:
    y, p, g = rows(BOTH)
    assert (fairness.group_counts(y, p, g, n_groups=2) == BOTH).all()
    g[0] = -1  # a woman whose group is not known
    assert fairness.group_counts(y, p, g, n_groups=2)[0, 0, 0] == 31


def test_equal_groups_are_within_chance_and_unequal_ones_are_not() -> None:
    alike = fairness.report([MEN, MEN], ["a", "b"])
    assert alike.criteria["p_percent_rule"].value == 1
    assert alike.criteria["p_percent_rule"].high > 0.97
    apart = fairness.report(10 * BOTH, ["women", "men"])
    assert apart.criteria["p_percent_rule"].high < 0.6
    low, high = (getattr(apart.criteria["demographic_parity"], end) for end in ("low", "high"))
    assert 0.2 < low < 34 / 60 - 14 / 50 < high < 0.36


def test_the_interval_is_that_of_drawing_rows() -> None:
    """The multinomial draw says the same as drawing rows with replacement."""
    y, p, g = rows(BOTH)
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(2_000):
        taken = random.integers(len(y), size=len(y))
        drawn.append(fairness.group_counts(y[taken], p[taken], g[taken], n_groups=2))
    slow = criterion_of(CRITERIA["demographic_parity"], np.stack(drawn))
    quick = criterion_of(CRITERIA["demographic_parity"], fairness.bootstrap_counts(BOTH))
    assert quick.mean() == pytest.approx(slow.mean(), abs=0.01)
    assert np.quantile(quick, [0.025, 0.975]) == pytest.approx(
        np.quantile(slow, [0.025, 0.975]), abs=0.02
    )


def test_a_rare_group_is_named() -> None:
    few = fairness.report([MEN, [[10, 5], [5, 5]]], ["men", "others"])
    assert few.rare == ("others",)
    wide, narrow = few.rates["selection_rate"][1], few.rates["selection_rate"][0]
    assert wide.high - wide.low > narrow.high - narrow.low


def test_groups_are_crossed() -> None:
    names, crossed = fairness.intersections(
        [["women", "men"], ["Black", "White"]], [[0, 0, 1, -1], [0, 1, 1, 0]]
    )
    assert names == ("women, Black", "women, White", "men, Black", "men, White")
    assert crossed.tolist() == [0, 1, 3, -1]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 1), st.integers(-1, 2)), min_size=1),
    st.lists(st.integers(0, 11), min_size=1, unique=True),
)
def test_counts_at_every_threshold(people: list[tuple[int, int, int]], at: list[int]) -> None:
    score, y, g = (np.array(one) for one in zip(*people, strict=True))
    thresholds = np.sort(np.array(at, dtype=float))
    found = fairness.counts_by_threshold(score, y, g, thresholds=thresholds, n_groups=3)
    for t, counts in zip(thresholds, found, strict=True):
        predicted = (score >= t).astype(int)
        assert (counts == fairness.group_counts(y, predicted, g, n_groups=3)).all()


def test_equal_precision_and_recall_exclude_equal_false_positive_rates() -> None:
    """Chouldechova's identity holds on any counts, so unequal base rates force unequal errors."""
    table = BOTH.astype(float)
    implied = fairness.implied_false_positive_rate(
        RATES["base_rate"].of(table),
        precision=RATES["precision"].of(table),
        true_positive_rate=RATES["true_positive_rate"].of(table),
    )
    assert implied == pytest.approx(RATES["false_positive_rate"].of(table))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: fairness.group_counts([0, 1], [0], [0, 0], n_groups=1),
        lambda: fairness.group_counts([0, 2], [0, 1], [0, 0], n_groups=1),
        lambda: fairness.group_counts([0, 1], [0, 1], [0, 3], n_groups=2),
        lambda: fairness.report(BOTH, ["women"]),
        lambda: fairness.bootstrap_counts(np.zeros((2, 2, 2), int)),
        lambda: fairness.counts_by_threshold([0.5], [1], [0], thresholds=[0.5, 0.2], n_groups=1),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        wrong()


def test_every_criterion_says_what_it_is() -> None:
    for criterion in CRITERIA.values():
        assert criterion.title
        assert criterion.sentence.endswith(".")
        assert criterion.formula
        assert criterion.url.startswith("https://")
        assert set(criterion.rates) <= set(RATES)
