"""Thresholds of each group: fairlearn's optimiser, which draws, and ours, which does not."""

from __future__ import annotations

import numpy as np

from trustai.fairness import thresholds
from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    Decisions,
    FittedRepair,
    People,
    boosting,
    of_scores,
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

    def fit(self, train: People, validation: People, *, seed: int) -> Decide:
        from fairlearn.postprocessing import ThresholdOptimizer as Theirs

        model = boosting(seed=seed).fit(train.rows, train.labels)
        cut = Theirs(estimator=model, prefit=True, predict_method="predict_proba")
        cut.fit(validation.rows, validation.labels, sensitive_features=validation.crossed()[1])

        def decide(people: People) -> Decisions:
            groups = people.crossed()[1]
            decided = cut.predict(people.rows, sensitive_features=groups, random_state=seed)
            scores = cut._pmf_predict(people.rows, sensitive_features=groups)[:, 1].clip(0, 1)
            return Decisions(np.asarray(decided).astype(np.int64), scores)

        return decide


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

    def fit(self, train: People, validation: People, *, seed: int) -> Decide:
        model = boosting(seed=seed).fit(train.rows, train.labels)
        names, groups = validation.compared()
        scores = model.predict_proba(validation.rows)[:, 1]
        rule = thresholds.fit(
            scores, validation.labels, groups, n_groups=len(names), criterion="p_percent_rule"
        )

        def decide(people: People) -> Decisions:
            scores = model.predict_proba(people.rows)[:, 1]
            chance = rule.chance(scores, people.compared()[1])
            return of_scores(np.where(np.isnan(chance), scores >= 0.5, chance))

        return decide


REPAIRS.add(ThresholdOptimizer.name, ThresholdOptimizer(), order=80)
REPAIRS.add(GroupThresholds.name, GroupThresholds(), order=90)
