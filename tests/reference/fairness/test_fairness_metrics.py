"""Rates and criteria of groups beside fairlearn's, areas under the curve beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn import metrics as theirs
from sklearn.metrics import accuracy_score, precision_score, roc_auc_score

from trustai.metrics import fairness
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of

N, GROUPS = 3_000, 4


@pytest.fixture(scope="module")
def people() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores, predictions and four groups that differ in all of them."""
    random = np.random.default_rng(0)
    group = random.choice(GROUPS, size=N, p=[0.5, 0.3, 0.15, 0.05])
    labels = (random.random(N) < 0.2 + 0.1 * group).astype(int)
    scores = (random.random(N) + 0.6 * labels + 0.05 * group) / 1.75
    return labels, scores, (scores > 0.5).astype(int), group


def test_rates_are_those_of_a_metric_frame(people: tuple[np.ndarray, ...]) -> None:
    labels, _, predicted, group = people
    frame = theirs.MetricFrame(
        metrics={
            "selection_rate": theirs.selection_rate,
            "accuracy": accuracy_score,
            "true_positive_rate": theirs.true_positive_rate,
            "false_positive_rate": theirs.false_positive_rate,
            "precision": precision_score,
        },
        y_true=labels,
        y_pred=predicted,
        sensitive_features=group,
    )
    counts = fairness.group_counts(labels, predicted, group, n_groups=GROUPS).astype(float)
    for name, rate in RATES.items():
        if name != "base_rate":
            assert rate.of(counts) == pytest.approx(frame.by_group[name].to_numpy(float)), name
    base = [labels[group == k].mean() for k in range(GROUPS)]
    assert RATES["base_rate"].of(counts) == pytest.approx(base)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("p_percent_rule", theirs.demographic_parity_ratio),
        ("demographic_parity", theirs.demographic_parity_difference),
        ("equal_opportunity", theirs.equal_opportunity_difference),
        ("equalised_odds", theirs.equalized_odds_difference),
    ],
)
def test_criteria_are_fairlearns(
    people: tuple[np.ndarray, ...], name: str, function: object
) -> None:
    labels, _, predicted, group = people
    counts = fairness.group_counts(labels, predicted, group, n_groups=GROUPS)
    wanted = function(labels, predicted, sensitive_features=group)  # type: ignore[operator]
    assert float(criterion_of(CRITERIA[name], counts)) == pytest.approx(wanted)


def test_areas_under_the_curve_are_scikit_learns(people: tuple[np.ndarray, ...]) -> None:
    labels, scores, _, group = people
    found = fairness.auc_by_group(scores, labels, group, n_groups=GROUPS, draws=200)
    for k, one in enumerate(found):
        wanted = roc_auc_score(labels[group == k], scores[group == k])
        assert one.value == pytest.approx(wanted)
        assert one.low < wanted < one.high
