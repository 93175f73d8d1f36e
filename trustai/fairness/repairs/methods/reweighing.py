"""Reweighing: rows of a group that seldom has a label count more."""

from __future__ import annotations

import numpy as np

from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    FittedRepair,
    Floats,
    Ints,
    People,
    boosting,
    of_scores,
)


def weights(labels: Ints, groups: Ints) -> Floats:
    """``P(g) P(y) / P(g, y)`` of every row ``(N,)``: label and group are independent under them.

    Args:
        labels: ``(N,)`` of 0 and 1.
        groups: ``(N,)``, at least 0.

    >>> weights(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])).round(2).tolist()
    [0.75, 0.75, 1.5, 0.5]
    """
    counts = np.zeros((int(groups.max()) + 1, 2))
    np.add.at(counts, (groups, labels), 1)
    expected = counts.sum(1)[groups] * counts.sum(0)[labels] / len(labels)
    found: Floats = expected / counts[groups, labels]
    return found


class Reweighing(FittedRepair):
    """``w = P(g) P(y) / P(g, y)`` with the groups crossed."""

    name = "reweighing"
    title = "Reweighing"
    paper = (
        "Kamiran and Calders 2012, Data preprocessing techniques for classification without "
        "discrimination"
    )
    url = "https://doi.org/10.1007/s10115-011-0463-8"
    description = (
        "Rows get weights under which the outcome does not depend on the group, and the model "
        "learns from them."
    )
    formula = "w(g, y) = P(g) P(y) / P(g, y)"
    seeded = False

    def fit(self, train: People, *, seed: int) -> Decide:
        _, groups = train.crossed()
        model = boosting(seed=seed).fit(
            train.rows, train.labels, sample_weight=weights(train.labels, groups)
        )
        return lambda people: of_scores(model.predict_proba(people.rows)[:, 1])


REPAIRS.add(Reweighing.name, Reweighing(), order=40)
