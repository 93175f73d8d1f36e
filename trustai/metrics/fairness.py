"""Group fairness of predictions: rates and criteria with intervals, by threshold, and of scores.

The rates and criteria themselves are in `trustai.metrics.group_rates`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from trustai import seeds
from trustai.metrics import detection, intervals
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.metrics.intervals import DRAWS, LEVEL

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
RARE = 30
"""A group of fewer rows is rare: its rates say little."""


@dataclass(frozen=True)
class Interval:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class GroupReport:
    """Rates of every group and criteria between them, with bootstrap intervals.

    Attributes:
        groups: Names of the ``G`` groups.
        counts: ``int64 (G, 2, 2)``: label, prediction.
        rates: By name in `RATES`, one per group.
        criteria: By name in `CRITERIA`; groups whose rate has no rows are left out.
    """

    groups: tuple[str, ...]
    counts: Counts
    rates: Mapping[str, tuple[Interval, ...]]
    criteria: Mapping[str, Interval]

    @property
    def rare(self) -> tuple[str, ...]:
        """Groups of fewer than `RARE` rows."""
        sizes = self.counts.sum((1, 2)).tolist()
        return tuple(g for g, n in zip(self.groups, sizes, strict=True) if n < RARE)


def group_counts(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, group: npt.ArrayLike, *, n_groups: int
) -> Counts:
    """Counts of label and prediction in every group.

    Args:
        labels, predicted: ``(N,)`` of 0 and 1.
        group: ``int (N,)`` in ``[0, n_groups)``; -1 where it is not known: the row is left out.
        n_groups: At least 1.

    Returns:
        ``int64 (G, 2, 2)``.

    Raises:
        ValueError: lengths that differ, or another value than those said above.

    >>> group_counts([0, 1, 1], [0, 1, 0], [0, 0, 1], n_groups=2).tolist()
    [[[1, 0], [0, 1]], [[0, 0], [1, 0]]]
    """
    y, p, g = (np.asarray(one) for one in (labels, predicted, group))
    if not y.shape == p.shape == g.shape or y.ndim != 1:
        raise ValueError(
            f"expected labels, predictions and groups (N,), got {y.shape}, {p.shape}, {g.shape}"
        )
    if not (np.isin(y, (0, 1)).all() and np.isin(p, (0, 1)).all()):
        raise ValueError("expected labels and predictions of 0 and 1, got another value")
    if len(g) and not (g.min() >= -1 and g.max() < n_groups):
        raise ValueError(f"expected groups in [-1, {n_groups}), got {g.min()} to {g.max()}")
    known = g >= 0
    cell = g[known].astype(np.int64) * 4 + y[known].astype(np.int64) * 2 + p[known].astype(np.int64)
    return np.bincount(cell, minlength=4 * n_groups).reshape(n_groups, 2, 2)


def bootstrap_counts(counts: npt.ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> Counts:
    """Counts of rows drawn with replacement, ``int64 (draws, G, 2, 2)``.

    Rates are functions of the counts alone, and the counts of ``N`` rows drawn with replacement
    are multinomial with probabilities ``counts / N``. So they are drawn at once, and no row is
    looked at again. Arguments as of `report`.

    >>> bootstrap_counts([[[3, 1], [0, 0]], [[2, 2], [0, 0]]], draws=5).sum((1, 2, 3)).tolist()
    [8, 8, 8, 8, 8]
    """
    table = np.asarray(counts, dtype=np.int64)
    n = int(table.sum())
    if n < 1:
        raise ValueError("expected at least one row, got none")
    drawn = seeds.numpy_generator(seed).multinomial(n, table.ravel() / n, size=draws)
    return drawn.reshape(draws, *table.shape)


def counts_by_threshold(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    thresholds: npt.ArrayLike,
    n_groups: int,
) -> Counts:
    """Counts of every group at each of several thresholds, so that a slider needs no model.

    Args:
        probability: ``(N,)``; 1 is predicted from the threshold on, ``p >= t``.
        labels, group, n_groups: As of `group_counts`.
        thresholds: ``(T,)``, ascending.

    Returns:
        ``int64 (T, G, 2, 2)``.

    Raises:
        ValueError: thresholds that do not ascend, and as of `group_counts`.

    >>> counts_by_threshold([0.2, 0.7], [0, 1], [0, 0], thresholds=[0.1, 0.5], n_groups=1).tolist()
    [[[[0, 1], [0, 1]]], [[[1, 0], [0, 1]]]]
    """
    score, at = np.asarray(probability, dtype=float), np.asarray(thresholds, dtype=float)
    if at.ndim != 1 or not len(at) or (np.diff(at) <= 0).any():
        raise ValueError("expected thresholds (T,) that ascend, got others")
    y, g = np.asarray(labels), np.asarray(group)
    whole = group_counts(y, np.ones(len(y), np.int64), g, n_groups=n_groups)[..., 1]
    above = np.searchsorted(at, score, side="right")  # at how many thresholds it is predicted 1
    known = g >= 0
    cell = (above[known] * n_groups + g[known].astype(np.int64)) * 2 + y[known].astype(np.int64)
    some = np.bincount(cell, minlength=(len(at) + 1) * n_groups * 2)
    some = some.reshape(len(at) + 1, n_groups, 2)
    selected = some[::-1].cumsum(0)[::-1][1:]
    return np.stack([whole - selected, selected], axis=-1)


def auc_by_group(
    scores: npt.ArrayLike,
    labels: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    n_groups: int,
    draws: int = DRAWS // 4,
    seed: int = 0,
) -> tuple[Interval, ...]:
    """The area under the ROC curve within every group, nan where it lacks one of the labels.

    Args:
        scores: ``(N,)``, rising with label 1.
        labels, group, n_groups: As of `group_counts`.
        draws, seed: Of the bootstrap, which draws within each label.

    >>> found = auc_by_group([0.1, 0.8, 0.3, 0.2], [0, 1, 0, 1], [0, 0, 1, 1], n_groups=2)
    >>> [one.value for one in found]
    [1.0, 0.0]
    """
    s, y, g = (torch.as_tensor(np.asarray(one)) for one in (scores, labels, group))
    found = []
    for k in range(n_groups):
        low, high = (s[(g == k) & (y == label)] for label in (0, 1))
        if not (len(low) and len(high)):
            found.append(Interval(*[math.nan] * 3))
            continue
        taken = tuple(
            torch.from_numpy(intervals.weights(len(one), seed=seed + i, draws=draws))
            for i, one in enumerate((low, high))
        )
        drawn = detection.auroc_draws(low, high, weights=(taken[0], taken[1])).numpy()
        ends = intervals.percentiles(drawn[:, None])
        found.append(Interval(detection.auroc(low, high), *(float(end[0]) for end in ends)))
    return tuple(found)


def implied_false_positive_rate(
    base_rate: npt.ArrayLike, *, precision: npt.ArrayLike, true_positive_rate: npt.ArrayLike
) -> Floats:
    """The false positive rate that follows from the base rate ``b``, precision and recall.

    ``FPR = b / (1 - b) * (1 - precision) / precision * TPR`` (Chouldechova 2017, equation 2.6). So
    two groups of different base rates cannot have the same precision, the same true positive rate
    and the same false positive rate, unless the prediction is perfect.

    >>> implied = implied_false_positive_rate([0.5, 0.2], precision=0.8, true_positive_rate=0.8)
    >>> implied.round(3).tolist()
    [0.2, 0.05]
    """
    b, ppv, tpr = (np.asarray(one, float) for one in (base_rate, precision, true_positive_rate))
    return b / (1 - b) * (1 - ppv) / ppv * tpr


def report(
    counts: npt.ArrayLike, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0
) -> GroupReport:
    """Rates and criteria with their 95 % bootstrap intervals.

    A criterion is the distance of the extreme groups, so that chance alone makes it larger than
    0 (a ratio smaller than 1) where the groups are treated alike: read its interval, too.

    Args:
        counts: ``(G, 2, 2)`` as of `group_counts`.
        groups: Names of the groups.
        draws, seed: Of the bootstrap.

    Raises:
        ValueError: another number of groups, or no row.

    >>> found = report([[[30, 10], [5, 15]], [[20, 20], [5, 15]]], ["a", "b"])
    >>> round(found.rates["selection_rate"][0].value, 3)
    0.417
    """
    table = np.asarray(counts, dtype=np.int64)
    if table.shape != (len(groups), 2, 2):
        raise ValueError(f"expected counts ({len(groups)}, 2, 2), got {table.shape}")
    drawn = bootstrap_counts(table, draws=draws, seed=seed)
    rates = {}
    for name, rate in RATES.items():
        value, ends = rate.of(table.astype(float)), _ends(rate.of(drawn.astype(float)))
        rates[name] = tuple(
            Interval(float(v), float(a), float(b)) for v, a, b in zip(value, *ends, strict=True)
        )
    criteria = {
        name: Interval(
            float(criterion_of(one, table)), *map(float, _ends(criterion_of(one, drawn)))
        )
        for name, one in CRITERIA.items()
    }
    return GroupReport(tuple(groups), table, rates, criteria)


def intersections(
    names: Sequence[Sequence[str]], groups: Sequence[npt.ArrayLike]
) -> tuple[tuple[str, ...], Counts]:
    """Groups crossed: ``female`` and ``Black`` -> ``female, Black``.

    Args:
        names: Per attribute the names of its groups.
        groups: Per attribute ``int (N,)``, -1 where it is not known.

    Returns:
        Names of all crossings, and ``int64 (N,)``, -1 where one attribute is not known.

    >>> intersections([["a", "b"], ["x", "y"]], [[0, 1, 1], [1, 0, -1]])[1].tolist()
    [1, 2, -1]
    """
    crossed = np.zeros(len(np.asarray(groups[0])), np.int64)
    unknown = crossed < 0
    titles: list[str] = [""]
    for levels, one in zip(names, groups, strict=True):
        values = np.asarray(one, dtype=np.int64)
        crossed, unknown = crossed * len(levels) + values, unknown | (values < 0)
        titles = [
            f"{before}, {level}" if before else level for before in titles for level in levels
        ]
    return tuple(titles), np.where(unknown, -1, crossed)


def _ends(drawn: Floats) -> tuple[Floats, Floats]:
    """The percentile interval over the first axis; draws without a value are left out."""
    outside = (1 - LEVEL) / 2
    known = np.where(np.isnan(drawn).all(0), 0.0, drawn)
    low, high = np.nanquantile(known, [outside, 1 - outside], axis=0)
    gone = np.isnan(drawn).all(0)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)
