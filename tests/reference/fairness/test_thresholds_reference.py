"""Thresholds of groups beside fairlearn's ThresholdOptimizer, which always draws between two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from trustai.fairness import randomised_odds, thresholds
from trustai.fairness.thresholds import GroupThresholds
from trustai.metrics.group_rates import CRITERIA, criterion_of


class Scores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Gives back the score that it gets."""

    def fit(self, x: Any, y: Any) -> Scores:
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, x: Any) -> np.ndarray:
        return np.hstack([1 - np.asarray(x), np.asarray(x)])


@pytest.fixture(scope="module")
def people() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    group = (random.random(6_000) < 0.35).astype(int)
    labels = (random.random(6_000) < np.where(group, 0.12, 0.3)).astype(int)
    logit = 1.6 * labels - 1.5 - 0.5 * group + random.normal(size=6_000)
    return 1 / (1 + np.exp(-logit)), labels, group


def theirs(people: tuple[np.ndarray, ...], constraints: str) -> np.ndarray:
    """Expected counts of their rule ``(2, 2, 2)``."""
    scores, labels, group = people
    optimizer = ThresholdOptimizer(
        estimator=Scores().fit(None, None), constraints=constraints, prefit=True,
        objective="accuracy_score", grid_size=1_000, predict_method="predict_proba",
    )  # fmt: skip
    optimizer.fit(scores[:, None], labels, sensitive_features=group)
    chance = optimizer._pmf_predict(scores[:, None], sensitive_features=group)[:, 1]
    counts = np.zeros((2, 2, 2))
    for k, y in np.ndindex(2, 2):
        some = chance[(group == k) & (labels == y)]
        counts[k, y] = len(some) - some.sum(), some.sum()
    return counts


def accuracy(counts: np.ndarray) -> float:
    return float((counts[:, 0, 0] + counts[:, 1, 1]).sum() / counts.sum())


@pytest.mark.parametrize(
    ("criterion", "constraints"),
    [
        ("demographic_parity", "demographic_parity"),
        ("equal_opportunity", "true_positive_rate_parity"),
    ],
)
def test_one_threshold_a_group_is_as_good_as_fairlearns(
    people: tuple[np.ndarray, ...], criterion: str, constraints: str
) -> None:
    beside = theirs(people, constraints)
    rule = thresholds.fit(*people, n_groups=2, criterion=criterion, tolerance=0.002)
    ours = rule.counts(*people)
    assert float(criterion_of(CRITERIA[criterion], ours)) <= 0.002
    assert accuracy(ours) == pytest.approx(accuracy(beside), abs=0.003)


def test_the_draw_of_equalised_odds_is_fairlearns(people: tuple[np.ndarray, ...]) -> None:
    beside = theirs(people, "equalized_odds")
    rule: GroupThresholds = randomised_odds.fit(*people, n_groups=2)
    ours = rule.counts(*people)
    assert float(criterion_of(CRITERIA["equalised_odds"], ours)) == pytest.approx(0, abs=1e-6)
    assert float(criterion_of(CRITERIA["equalised_odds"], beside)) == pytest.approx(0, abs=0.005)
    assert accuracy(ours) == pytest.approx(accuracy(beside), abs=0.001)
