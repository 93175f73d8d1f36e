"""Reductions of fairlearn: a fair model as a mixture, or the best, of models with weighted rows."""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
import pandas as pd

from trustai.fairness.repairs.base import (
    REPAIRS,
    Decide,
    Decisions,
    FittedRepair,
    People,
    boosting,
    of_scores,
)

_PAPER = "Agarwal et al. 2018, A Reductions Approach to Fair Classification"
_URL = "https://arxiv.org/abs/1803.02453"
STEPS: Final = tuple(np.linspace(0, 0.8, 7))
"""Of the grid, for each attribute."""
APART: Final = 0.01
"""How far a group's selection rate may be from that of all rows, on the training rows."""


def _parity() -> Any:
    from fairlearn.reductions import DemographicParity

    return DemographicParity(difference_bound=APART)


class ExponentiatedGradient(FittedRepair):
    """fairlearn's ``ExponentiatedGradient`` under demographic parity, with its defaults."""

    name = "exponentiated-gradient"
    title = "Exponentiated gradient"
    paper = _PAPER
    url = _URL
    description = (
        "A game: one player weighs the rows of groups that are selected too seldom, the other "
        "learns from them. The result is a mixture of models, one of which is drawn for each "
        "person."
    )
    formula = "min_Q max_lambda err(Q) + lambda^T (M mu(Q) - c)"
    cost = "slow"

    def fit(self, train: People, *, seed: int) -> Decide:
        from fairlearn.reductions import ExponentiatedGradient as Theirs

        mixture = Theirs(boosting(seed=seed), _parity())
        mixture.fit(train.rows, train.labels, sensitive_features=train.crossed()[1])

        def decide(people: People) -> Decisions:
            decided = mixture.predict(people.rows, random_state=seed)
            scores = mixture._pmf_predict(people.rows)[:, 1].clip(0, 1)
            return Decisions(np.asarray(decided).astype(np.int64), scores)

        return decide


class GridSearch(FittedRepair):
    """fairlearn's ``GridSearch`` under demographic parity.

    Its own grid has too many dimensions for crossed groups, so ours has two: how much the favoured
    group of each attribute is held back.
    """

    name = "grid-search"
    title = "Grid search"
    paper = _PAPER
    url = _URL
    description = (
        "Many models learn with different weights of the groups, and the one with the best mean "
        "of error and unfairness is kept."
    )
    formula = "min over lambda in a grid of (err + gamma) / 2"
    seeded = False
    cost = "slow"

    def fit(self, train: People, *, seed: int) -> Decide:
        from fairlearn.reductions import GridSearch as Theirs

        search = Theirs(boosting(seed=seed), _parity(), grid=grid_of(train))
        search.fit(train.rows, train.labels, sensitive_features=train.crossed()[1])
        return lambda people: of_scores(search.predict_proba(people.rows)[:, 1])


def grid_of(train: People) -> pd.DataFrame:
    """Multipliers of demographic parity: a row per sign and crossed group, a column per model.

    ``lambda_(+, g) - lambda_(-, g) = P(g) sum_a t_a s_a(g)``, where ``s_a`` is 1 for the group of
    the attribute ``a`` that has the outcome more often and -1 for the other, over all ``t_a``:
    selecting a person costs ``t_a`` more or less, where an error costs 1.
    """
    _, codes = train.crossed()
    present = np.unique(codes)
    favoured = []
    for groups in train.groups.values():
        of = groups.binary()
        rates = [train.labels[of == k].mean() for k in (0, 1)]
        side = np.where(of < 0, 0, np.where(of == int(np.argmax(rates)), 1, -1))
        favoured.append([side[codes == g][0] for g in present])
    shares = np.array([(codes == g).mean() for g in present])
    columns = [
        shares * (t @ np.array(favoured)) for t in itertools.product(STEPS, repeat=len(favoured))
    ]
    index = pd.MultiIndex.from_product(
        [["+", "-"], ["all"], present], names=["sign", "event", "group_id"]
    )
    table = np.stack([np.concatenate([v.clip(0), (-v).clip(0)]) for v in columns], axis=1)
    return pd.DataFrame(table, index=index)


REPAIRS.add(ExponentiatedGradient.name, ExponentiatedGradient(), order=50)
REPAIRS.add(GridSearch.name, GridSearch(), order=60)
