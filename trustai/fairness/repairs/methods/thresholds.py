"""Thresholds of each group: fairlearn's optimiser, which draws, and ours, which does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from trustai.fairness import thresholds
from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    Decisions,
    FittedRepair,
    Floats,
    Ints,
    People,
    boosting,
    of_scores,
    out_of_fold,
)


class ThresholdOptimizer(FittedRepair):
    """fairlearn's ``ThresholdOptimizer`` under demographic parity on gradient boosting."""

    name = "threshold-optimizer"
    title = "Threshold optimizer"
    paper = "Hardt et al. 2016, Equality of Opportunity in Supervised Learning"
    url = "https://arxiv.org/abs/1610.02413"
    description = (
        "Every group gets two thresholds, one of which is drawn for each person, so that all "
        "groups are selected equally often."
    )
    formula = "max accuracy with P(p = 1 | g) equal for all g"
    needs_group = True

    def fit(self, train: People, *, seed: int) -> Decide:
        from fairlearn.postprocessing import ThresholdOptimizer as Theirs

        model = boosting(seed=seed).fit(train.rows, train.labels)
        cut = Theirs(estimator=_as_they_are(), prefit=True, predict_method="predict_proba")
        scores = out_of_fold(train, seed=seed)[:, None]
        cut.fit(scores, train.labels, sensitive_features=train.crossed()[1])

        def decide(people: People) -> Decisions:
            given = model.predict_proba(people.rows)[:, [1]]
            groups = people.crossed()[1]
            decided = cut.predict(given, sensitive_features=groups, random_state=seed)
            scores = cut._pmf_predict(given, sensitive_features=groups)[:, 1].clip(0, 1)
            return Decisions(np.asarray(decided).astype(np.int64), scores)

        return decide


def _as_they_are() -> Any:
    """A model whose only input is the probability that it gives."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class AsTheyAre(ClassifierMixin, BaseEstimator):
        def fit(self, x: Floats, y: Ints) -> AsTheyAre:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict_proba(self, x: Floats) -> Floats:
            return np.concatenate([1 - x, x], axis=1)

    return AsTheyAre()


class GroupThresholds(FittedRepair):
    """`trustai.fairness.thresholds.fit` for a p%-rule of 80 % on gradient boosting."""

    name = "group-thresholds"
    title = "Thresholds by group"
    paper = "Corbett-Davies et al. 2017, Algorithmic Decision Making and the Cost of Fairness"
    url = "https://arxiv.org/abs/1701.08230"
    description = (
        "Every group gets one threshold, so that the p%-rule is 80 % or more at the best accuracy."
    )
    formula = "max accuracy with min_g P(p = 1 | g) / max_g P(p = 1 | g) >= 0.8"
    needs_group = True

    def fit(self, train: People, *, seed: int) -> Decide:
        model = boosting(seed=seed).fit(train.rows, train.labels)
        names, groups = train.compared()
        rule = thresholds.fit(
            out_of_fold(train, seed=seed), train.labels, groups, n_groups=len(names),
            criterion="p_percent_rule",
        )  # fmt: skip

        def decide(people: People) -> Decisions:
            scores = model.predict_proba(people.rows)[:, 1]
            chance = rule.chance(scores, people.compared()[1])
            return of_scores(np.where(np.isnan(chance), scores >= 0.5, chance))

        return decide


REPAIRS.add(ThresholdOptimizer.name, ThresholdOptimizer(), order=80)
REPAIRS.add(GroupThresholds.name, GroupThresholds(), order=90)
