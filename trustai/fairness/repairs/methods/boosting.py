"""Gradient boosting without a repair: what the repairs of it are compared with."""

from __future__ import annotations

from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    FittedRepair,
    People,
    boosting,
    of_scores,
)


class Boosting(FittedRepair):
    """Scikit-learn's histogram gradient boosting with its defaults."""

    name = "boosting"
    title = "Gradient boosting, no repair"
    paper = "Friedman 2001, Greedy Function Approximation: A Gradient Boosting Machine"
    url = "https://doi.org/10.1214/aos/1013203451"
    description = "Many small trees learn one after the other what the earlier ones missed."
    formula = "f_m = f_(m-1) + nu h_m, h_m fitted to the gradient of the loss"
    seeded = False

    def fit(self, train: People, *, seed: int) -> Decide:
        model = boosting(seed=seed).fit(train.rows, train.labels)
        return lambda people: of_scores(model.predict_proba(people.rows)[:, 1])


REPAIRS.add(Boosting.name, Boosting(), order=30)
