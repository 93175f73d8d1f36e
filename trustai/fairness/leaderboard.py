"""Repairs compared: the mean of every figure over several seeds, and its spread."""

from __future__ import annotations

from typing import Final

import pandas as pd

from trustai import zoo
from trustai.fairness.path import PATH

FIGURES: Final = (
    "accuracy", "p_percent_rule_sex", "p_percent_rule_race", "equalised_odds_sex",
    "equalised_odds_race", "adversary_auc_sex", "adversary_auc_race", "seconds",
)  # fmt: skip
RULES: Final = ("p_percent_rule_sex", "p_percent_rule_race")


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per repair from one row per repair and seed.

    Args:
        rows: ``method``, ``seed`` and `FIGURES`.

    Returns:
        Index ``method``, in the order of `rows`: of every figure the mean, and the lowest and the
        highest seed as ``…_low`` and ``…_high``; likewise ``lower_rule``, of each seed the lower
        of both p%-rules; and ``seeds``, how many there are.

    >>> figures = {figure: [0.5, 0.7] for figure in FIGURES}
    >>> found = summary(pd.DataFrame({"method": ["a", "a"], "seed": [0, 1], **figures}))
    >>> found.loc["a", ["accuracy", "accuracy_low", "accuracy_high", "seeds"]].round(2).tolist()
    [0.6, 0.5, 0.7, 2.0]
    """
    table = rows.assign(lower_rule=rows[list(RULES)].min(axis=1))
    groups = table.groupby("method", sort=False)[[*FIGURES, "lower_rule"]]
    found = groups.mean()
    found = found.join(groups.min().add_suffix("_low")).join(groups.max().add_suffix("_high"))
    return found.assign(seeds=table.groupby("method", sort=False).size())


def leaderboard(model_id: str = PATH) -> pd.DataFrame:
    """The repairs that were measured beside a path of networks, see `summary`.

    Args:
        model_id: Of `trustai.zoo.catalog`.

    Raises:
        ValueError: no such card, or its repairs were not measured.
    """
    rows = zoo.measurements(zoo.read_card(model_id).id, topic="repairs")
    if rows is None:
        raise ValueError(
            f"expected the repairs of {model_id}, got none: run "
            f"`python -m trustai.train.measure {model_id} --stages repairs`"
        )
    return summary(rows)
