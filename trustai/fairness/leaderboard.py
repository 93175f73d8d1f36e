"""Repairs compared: the mean of every figure over several seeds, its spread, and who is tied.

A spread over seeds says how much the training varies. How much the people vary on whom a repair was
judged is said by the paired bootstrap over the test rows, see `trustai.metrics.intervals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from trustai import zoo
from trustai.fairness.groups import COMPARED
from trustai.fairness.path import PATH, MeasuredPart
from trustai.fairness.repairs import REPAIRS
from trustai.fairness.thresholds import LEAST_RATIO
from trustai.metrics import intervals
from trustai.zoo.leaderboard import Leaderboard, LeaderboardRow, figure, with_intervals

FIGURES: Final = (
    "accuracy", "p_percent_rule_sex", "p_percent_rule_race", "equalised_odds_sex",
    "equalised_odds_race", "adversary_auc_sex", "adversary_auc_race", "seconds",
)  # fmt: skip
REPAIRED: Final = "repairs"
DECISIONS: Final = "decisions"
"""Topics of the measurements: a row per repair and seed, and a row per person."""
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
    rows = zoo.measurements(zoo.read_card(model_id).id, topic=REPAIRED)
    if rows is None:
        raise ValueError(
            f"expected the repairs of {model_id}, got none: run "
            f"`python -m trustai.train.measure {model_id} --stages repairs`"
        )
    return summary(rows)


@dataclass(frozen=True)
class RepairLeaderboardRow(LeaderboardRow):
    """One repair, the mean over seeds.

    Attributes:
        n: Rows of the test part.
        accuracy: Tied or not within its league: the repairs that keep both p%-rules at 80 % are
            compared with one another, and so are the others.
        lower_rule: Of each seed the lower of both p%-rules. All are compared with one another.
    """

    prefix: ClassVar[str] = "repair-ties"
    counted: ClassVar[str] = "rows"
    methods = REPAIRS

    accuracy: float = figure()
    lower_rule: float = figure()

    @property
    def kept(self) -> bool:
        """Whether both p%-rules are kept."""
        return self.lower_rule >= LEAST_RATIO


def compared(
    decisions: pd.DataFrame, part: MeasuredPart, *, seeds: int
) -> Leaderboard[RepairLeaderboardRow]:
    """The repairs compared on the same rows, by the paired bootstrap.

    Args:
        decisions: A row per person of `part`: ``index``, and by repair a ``uint8`` whose bit ``s``
            says whether seed ``s`` decided 1.
        part: The people.
        seeds: How many there are, ``S``.

    Raises:
        ValueError: the decisions are those of other people.
    """
    if decisions["index"].tolist() != part.indices.tolist():
        raise ValueError("expected decisions of the people of this part, got those of others")
    names = [name for name in decisions.columns if name != "index"]
    bits = decisions[names].to_numpy(np.uint8).T
    decided = np.stack([(bits >> seed) & 1 for seed in range(seeds)], axis=1)  # (K, S, N)
    right = (decided == part.labels).mean(axis=1)
    rules, drawn = _lower_rules(decided, part)
    n = len(part.labels)
    rows = [
        RepairLeaderboardRow(name, REPAIRS.get(name).title, n=n, accuracy=a, lower_rule=r)
        for name, a, r in zip(names, right.mean(axis=1).tolist(), rules.tolist(), strict=True)
    ]
    rows = list(with_intervals(rows, "lower_rule", intervals.compare_draws(rules, drawn)))
    for kept in (True, False):
        league = [k for k, row in enumerate(rows) if row.kept == kept]
        if league:
            found = intervals.compare(right[league])
            new = with_intervals([rows[k] for k in league], "accuracy", found)
            for k, row in zip(league, new, strict=True):
                rows[k] = row
    how = {"seeds": seeds, "split": "test", **intervals.HOW}
    return Leaderboard(RepairLeaderboardRow, tuple(rows), n=n, how=how)


def _lower_rules(
    decided: npt.NDArray[np.uint8], part: MeasuredPart
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean over seeds of the lower p%-rule ``(K,)``, and its bootstrap draws ``(D, K)``.

    Args:
        decided: ``(K, S, N)`` of 0 and 1.
    """
    k, s, n = decided.shape
    members = [part.groups[attribute] == group for attribute in COMPARED for group in range(2)]
    chosen = [(decided & member).reshape(k * s, n) for member in members]
    table = np.concatenate([np.stack(members).astype(np.uint8), *chosen])

    def of(means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of means ``(D, 4 + 4 K S)``."""
        sizes, selected = means[:, :4], means[:, 4:].reshape(-1, 4, k, s)
        rates = selected / sizes[:, :, None, None]
        pairs = np.sort(rates.reshape(-1, 2, 2, k, s), axis=2)
        rules = np.divide(
            pairs[:, :, 0], pairs[:, :, 1], out=np.zeros_like(pairs[:, :, 0]),
            where=pairs[:, :, 1] > 0,
        )  # fmt: skip
        found: npt.NDArray[np.float64] = rules.min(axis=1).mean(axis=-1)
        return found

    return of(table.mean(axis=1)[None])[0], of(intervals.mean_draws(table))


def ties(model_id: str = PATH) -> tuple[RepairLeaderboardRow, ...]:
    """How the repairs compare on the test rows, as `compared` found and the card says.

    Args:
        model_id: Of `trustai.zoo.catalog`.

    Raises:
        ValueError: no such card.
    """
    return Leaderboard.from_card(zoo.read_card(model_id), RepairLeaderboardRow).rows
