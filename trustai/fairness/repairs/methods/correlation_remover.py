"""Correlation remover of fairlearn: the columns lose what is linear in the group."""

from __future__ import annotations

import numpy as np

from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    Decisions,
    FittedRepair,
    Floats,
    People,
    boosting,
    of_scores,
)


def _with_groups(people: People) -> Floats:
    """``(N, D + G)``: the encoded columns, and one per crossed group but the last."""
    names, codes = people.crossed()
    return np.concatenate([people.encoded, np.eye(len(names))[codes][:, :-1]], axis=1)


class CorrelationRemover(FittedRepair):
    """fairlearn's ``CorrelationRemover``, then gradient boosting on what is left."""

    name = "correlation-remover"
    title = "Correlation remover"
    paper = "Bird et al. 2020, Fairlearn: A toolkit for assessing and improving fairness in AI"
    url = "https://fairlearn.org"
    description = (
        "From every column the part is taken away that a linear model can predict from the group."
    )
    formula = "min_W ||X - X'||^2 with X' = X - (S - mean(S)) W"
    seeded = False
    needs_group = True

    def fit(self, train: People, *, seed: int) -> Decide:
        from fairlearn.preprocessing import CorrelationRemover as Theirs

        table = _with_groups(train)
        sensitive = list(range(train.encoded.shape[1], table.shape[1]))
        remover = Theirs(sensitive_feature_ids=sensitive)
        model = boosting(seed=seed).fit(remover.fit_transform(table), train.labels)

        def decide(people: People) -> Decisions:
            without = remover.transform(_with_groups(people))
            return of_scores(model.predict_proba(without)[:, 1])

        return decide


REPAIRS.add(CorrelationRemover.name, CorrelationRemover(), order=70)
