"""Criteria of fairness that exclude each other, computed on predictions.

Chouldechova 2017, Fair prediction with disparate impact, https://arxiv.org/abs/1703.00056;
Kleinberg, Mullainathan and Raghavan 2016, Inherent Trade-Offs in the Fair Determination of Risk
Scores, https://arxiv.org/abs/1609.05807.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from trustai.fairness import randomised_odds, thresholds
from trustai.fairness.thresholds import EQUALISED, GroupThresholds
from trustai.metrics import fairness, intervals
from trustai.metrics.fairness import Interval, bootstrap_counts, implied_false_positive_rate
from trustai.metrics.group_rates import RATES
from trustai.metrics.intervals import DRAWS

ACCURACY = "accuracy"
RANDOMISED = "equalised_odds_randomised"
"""The rule of `trustai.fairness.randomised_odds`, in the rows of `exclusion`."""
RULES = (ACCURACY, *EQUALISED, RANDOMISED)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows with the probability that a model gives them.

    Attributes:
        probability: ``(N,)`` in ``[0, 1]``, of label 1.
        labels: ``int (N,)`` of 0 and 1.
        group: ``int (N,)``, -1 where it is not known.
    """

    probability: npt.NDArray[np.floating]
    labels: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]


@dataclass(frozen=True)
class ImpliedRates:
    """What equal precision and equal true positive rates would do to the false positive rates.

    Attributes:
        groups: Names of the ``G`` groups.
        precision, true_positive_rate: The same for all groups: those of all people together.
        base_rate: Per group, with 95 % bootstrap intervals as the two below.
        implied: Per group the false positive rate that then follows.
        actual: Per group the false positive rate that was measured.
        gap: The largest difference of the implied rates.
    """

    groups: tuple[str, ...]
    precision: float
    true_positive_rate: float
    base_rate: tuple[Interval, ...]
    implied: tuple[Interval, ...]
    actual: tuple[Interval, ...]
    gap: Interval


def implied_rates(
    counts: npt.ArrayLike, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0
) -> ImpliedRates:
    """The false positive rates that follow if precision and true positive rates were equal.

    ``FPR_g = b_g / (1 - b_g) * (1 - precision) / precision * TPR`` with the base rate ``b_g`` of
    each group. Where base rates differ the false positive rates do, too, whatever model is built,
    unless the prediction is perfect.

    Args:
        counts: ``(G, 2, 2)`` as of `trustai.metrics.fairness.group_counts`.
        groups: Names of the groups.
        draws, seed: Of the bootstrap.

    Raises:
        ValueError: another number of groups, or nobody who is selected with the outcome.

    >>> found = implied_rates([[[90, 10], [10, 10]], [[40, 10], [25, 25]]], ["a", "b"])
    >>> round(found.precision, 3), round(found.true_positive_rate, 3)
    (0.636, 0.5)
    >>> [round(one.value, 3) for one in found.implied]
    [0.057, 0.286]
    """
    table = np.asarray(counts, np.int64)
    if table.shape != (len(groups), 2, 2):
        raise ValueError(f"expected counts ({len(groups)}, 2, 2), got {table.shape}")
    if not table[:, 1, 1].sum():
        raise ValueError("expected somebody who is selected and has the outcome, got nobody")
    drawn = bootstrap_counts(table, draws=draws, seed=seed).astype(float)
    whole = table.astype(float)
    implied, more = _implied(whole), _implied(drawn)
    return ImpliedRates(
        groups=tuple(groups),
        precision=float(RATES["precision"].of(whole.sum(0))),
        true_positive_rate=float(RATES["true_positive_rate"].of(whole.sum(0))),
        base_rate=_with_ends(RATES["base_rate"].of(whole), RATES["base_rate"].of(drawn)),
        implied=_with_ends(implied, more),
        actual=_with_ends(*(RATES["false_positive_rate"].of(one) for one in (whole, drawn))),
        gap=_with_ends(_spread(implied[None]), _spread(more)[:, None])[0],
    )


def exclusion(
    fitted: ScoredRows, judged: ScoredRows, groups: Sequence[str], *, draws: int = DRAWS
) -> pd.DataFrame:
    """What each criterion costs the others: equalise one, and look at all.

    For each of `RULES` thresholds of the groups are chosen on one set of rows at the best accuracy
    and judged on another, by every criterion.

    Args:
        fitted: Rows that thresholds are chosen on, for instance the validation part.
        judged: Rows that they are judged on.
        groups: Names of the groups.
        draws: Of the bootstrap.

    Returns:
        A row per rule and criterion: ``rule``, ``criterion``, ``value``, ``low``, ``high``, and of
        the rule ``accuracy`` with ``accuracy_low``, ``accuracy_high``. Where the rule draws
        thresholds its expected counts are judged.

    Raises:
        ValueError: a group without rows of both labels.
    """
    found = []
    for rule in RULES:
        chosen = _chosen(rule, fitted, len(groups))
        counts = np.rint(chosen.counts(judged.probability, judged.labels, judged.group))
        found += _judged(rule, counts.astype(np.int64), groups, draws)
    return pd.DataFrame(found)


def _chosen(rule: str, rows: ScoredRows, n_groups: int) -> GroupThresholds:
    args = (rows.probability, rows.labels, rows.group)
    if rule == RANDOMISED:
        return randomised_odds.fit(*args, n_groups=n_groups)
    return thresholds.fit(*args, n_groups=n_groups, criterion=rule)


def _judged(
    rule: str, counts: npt.NDArray[np.int64], groups: Sequence[str], draws: int
) -> list[dict[str, str | float]]:
    """A row per criterion."""
    report = fairness.report(counts, groups, draws=draws)
    right, n = int(counts[:, 0, 0].sum() + counts[:, 1, 1].sum()), int(counts.sum())
    low, high = intervals.proportion(right, n)
    found: list[dict[str, str | float]] = []
    for name in EQUALISED:
        one = report.criteria[name]
        found.append({"rule": rule, "criterion": name, "value": one.value, "low": one.low,
                      "high": one.high, "accuracy": right / n, "accuracy_low": low,
                      "accuracy_high": high})  # fmt: skip
    return found


def _implied(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """``(..., G)`` of counts ``(..., G, 2, 2)``: precision and recall of all groups together."""
    together = counts.sum(-3)
    precision, recall = (RATES[name].of(together) for name in ("precision", "true_positive_rate"))
    with np.errstate(divide="ignore", invalid="ignore"):  # draws of few rows may lack a label
        return implied_false_positive_rate(
            RATES["base_rate"].of(counts),
            precision=np.expand_dims(precision, -1),
            true_positive_rate=np.expand_dims(recall, -1),
        )


def _with_ends(
    value: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64]
) -> tuple[Interval, ...]:
    outside = (1 - intervals.LEVEL) / 2
    finite = np.where(np.isfinite(drawn), drawn, np.nan)
    low, high = np.nanquantile(finite, [outside, 1 - outside], axis=0)
    return tuple(Interval(*map(float, ends)) for ends in zip(value, low, high, strict=True))


def _spread(rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """``(D, G)`` to the largest difference of the groups ``(D,)``."""
    found: npt.NDArray[np.float64] = rates.max(1) - rates.min(1)
    return found
