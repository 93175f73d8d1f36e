"""Thresholds of each group: one score, cut so that a criterion of group fairness holds.

Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning,
https://arxiv.org/abs/1610.02413. The model stays as it is; only the threshold from which on a
person is selected depends on the group. Thresholds are chosen on validation rows and judged on
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trustai.metrics.fairness import counts_by_threshold
from trustai.metrics.group_rates import CRITERIA, RATES, Criterion, criterion_of
from trustai.registry import did_you_mean

Floats = npt.NDArray[np.float64]
EQUALISED: Final = (
    "p_percent_rule", "demographic_parity", "equal_opportunity", "equalised_odds",
    "predictive_parity",
)  # fmt: skip
"""Criteria that thresholds can be chosen for, names in `trustai.metrics.group_rates.CRITERIA`."""
TOLERANCE: Final = 0.01
LEAST_RATIO: Final = 0.8
"""Of the p%-rule: the common legal limit."""
NOBODY: Final = float(np.nextafter(1, 2))
"""A threshold above every probability."""
MOST_STOPS: Final = 512


@dataclass(frozen=True)
class GroupThresholds:
    """A rule for every group: the threshold, or several of which one is drawn for each person.

    Attributes:
        criterion: What the thresholds were chosen for; ``"accuracy"`` for one threshold for all.
        thresholds: Per group ascending thresholds; 1 is predicted where ``p >= t``.
        weights: Per group the probability of each of them.
    """

    criterion: str
    thresholds: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]

    @property
    def randomised(self) -> bool:
        """Whether two people with the same values may be treated differently."""
        return any(len(one) > 1 for one in self.weights)

    def chance(self, probability: npt.ArrayLike, group: npt.ArrayLike) -> Floats:
        """How probable it is that each row is selected.

        Args:
            probability: ``(N,)`` of the model.
            group: ``int (N,)``, -1 where it is not known.

        Returns:
            ``(N,)`` in ``[0, 1]``, nan where the group is not known.

        >>> rule = GroupThresholds("accuracy", ((0.5,), (0.3, 0.6)), ((1.0,), (0.5, 0.5)))
        >>> rule.chance([0.4, 0.4, 0.7], [0, 1, 1]).tolist()
        [0.0, 0.5, 1.0]
        """
        score, g = np.asarray(probability, float), np.asarray(group)
        found = np.full(len(score), np.nan)
        for k, (cuts, weights) in enumerate(zip(self.thresholds, self.weights, strict=True)):
            of = g == k
            found[of] = (score[of, None] >= np.array(cuts)) @ np.array(weights)
        return found

    def counts(
        self, probability: npt.ArrayLike, labels: npt.ArrayLike, group: npt.ArrayLike
    ) -> Floats:
        """Expected counts of label and prediction ``(G, 2, 2)``; whole where nothing is drawn.

        Args:
            probability, labels, group: As of `fit`.
        """
        chance, y, g = self.chance(probability, group), np.asarray(labels), np.asarray(group)
        found = np.zeros((len(self.thresholds), 2, 2))
        for k, label in np.ndindex(found.shape[:2]):
            some = chance[(g == k) & (y == label)]
            found[k, label] = len(some) - some.sum(), some.sum()
        return found


def fit(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    n_groups: int,
    criterion: str,
    tolerance: float | None = None,
) -> GroupThresholds:
    """Thresholds of each group at which a criterion holds at the best accuracy.

    Among up to 512 thresholds of each group, as `equalise` chooses.

    Args:
        probability: ``(N,)`` of the model, in ``[0, 1]``.
        labels: ``(N,)`` of 0 and 1.
        group: ``int (N,)`` in ``[0, n_groups)``; -1 where it is not known: the row is left out.
        n_groups: At least 1.
        criterion: A name in `EQUALISED`, or ``"accuracy"``: one threshold for all groups.
        tolerance: As of `equalise`.

    Raises:
        ValueError: an unknown criterion, a group without rows of both labels, or an argument
            outside what is said above.

    >>> scores, labels = [0.2, 0.4, 0.6, 0.8, 0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1, 0, 0, 1, 1]
    >>> group = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> fit(scores, labels, group, n_groups=2, criterion="demographic_parity").thresholds
    ((0.6,), (0.3,))
    """
    stops, counts = candidates(probability, labels, group, n_groups=n_groups)
    at = equalise(counts, criterion=criterion, tolerance=tolerance)
    return GroupThresholds(criterion, tuple((float(stops[i]),) for i in at), ((1.0,),) * len(at))


def equalise(
    counts: npt.ArrayLike, *, criterion: str, tolerance: float | None = None
) -> tuple[int, ...]:
    """Which of several thresholds each group gets, so that a criterion holds at best accuracy.

    Every threshold of the first group is tried: the others take the most accurate threshold whose
    rates are within the tolerance of the first group's, or else the nearest one. Of those choices
    the most accurate one that keeps the criterion wins, or, if none does, the fairest.

    Args:
        counts: ``(T, G, 2, 2)`` as of `trustai.metrics.fairness.counts_by_threshold`.
        criterion: A name in `EQUALISED`, or ``"accuracy"``: the one threshold for all groups that
            is right most often.
        tolerance: The largest difference of the groups' rates; of the p%-rule, how far it may be
            below 100 %. None for 0.01, of the p%-rule for 0.2, the common legal limit.

    Returns:
        Per group a position in ``[0, T)``.

    Raises:
        ValueError: an unknown criterion, or a group without rows of both labels.

    >>> counts = [[[[0, 2], [0, 2]], [[0, 2], [0, 2]]],   # all are selected
    ...           [[[2, 0], [0, 2]], [[2, 0], [1, 1]]],
    ...           [[[2, 0], [2, 0]], [[2, 0], [2, 0]]]]   # nobody is
    >>> equalise(counts, criterion="accuracy")
    (1, 1)
    >>> equalise(counts, criterion="demographic_parity", tolerance=0.5)
    (1, 1)
    """
    table = checked(counts)
    right = table[..., 0, 0] + table[..., 1, 1]  # (T, G)
    if criterion == "accuracy":
        return (int(right.sum(1).argmax()),) * table.shape[1]
    judged, tolerance = _limit(criterion, tolerance)
    return _best(table, right, judged, tolerance)


def candidates(
    probability: npt.ArrayLike, labels: npt.ArrayLike, group: npt.ArrayLike, *, n_groups: int
) -> tuple[Floats, Floats]:
    """Thresholds to choose among, with the counts at each.

    Args:
        probability, labels, group, n_groups: As of `fit`.

    Returns:
        Ascending thresholds ``(T,)``, from 0, where everybody is selected, over at most 512 scores
        of each group, evenly by rank, to `NOBODY`; and counts ``(T, G, 2, 2)``.

    Raises:
        ValueError: probabilities outside [0, 1], or a group without rows of both labels.

    >>> candidates([0.2, 0.7], [0, 1], [0, 0], n_groups=1)[0].round(2).tolist()
    [0.0, 0.2, 0.7, 1.0]
    """
    score, g = np.asarray(probability, float), np.asarray(group)
    if not ((score >= 0) & (score <= 1)).all():
        raise ValueError("expected probabilities in [0, 1], got others")
    found = [np.array([0.0, NOBODY])]
    for k in range(n_groups):
        some = np.unique(score[g == k])
        at = np.linspace(0, len(some) - 1, min(len(some), MOST_STOPS)).round().astype(int)
        found.append(some[at])
    stops = np.unique(np.concatenate(found))
    counts = counts_by_threshold(score, labels, g, thresholds=stops, n_groups=n_groups)
    return stops, checked(counts)


def _limit(criterion: str, tolerance: float | None) -> tuple[Criterion, float]:
    """The criterion and how unfair a choice may be."""
    if criterion not in EQUALISED:
        raise ValueError(
            f"expected criterion to be one of accuracy, {', '.join(EQUALISED)}, got {criterion!r}"
            + did_you_mean(criterion, ["accuracy", *EQUALISED])
        )
    judged = CRITERIA[criterion]
    if tolerance is None:
        tolerance = 1 - LEAST_RATIO if judged.ratio else TOLERANCE
    if not 0 <= tolerance <= 1:
        raise ValueError(f"expected tolerance in [0, 1], got {tolerance:g}")
    return judged, tolerance


def _best(table: Floats, right: Floats, judged: Criterion, tolerance: float) -> tuple[int, ...]:
    """The most accurate choice that keeps the criterion, or else the fairest."""
    choices = _choices(table, right, judged, tolerance)  # (T, G)
    groups = np.arange(table.shape[1])
    value = criterion_of(judged, table[choices, groups])
    unfair = np.where(np.isnan(value), np.inf, 1 - value if judged.ratio else value)
    accuracy = right[choices, groups].sum(1)
    keeps = unfair <= tolerance + 1e-12
    best = np.where(keeps, accuracy, -1).argmax() if keeps.any() else unfair.argmin()
    return tuple(int(i) for i in choices[best])


def _choices(
    table: Floats, right: Floats, judged: Criterion, tolerance: float
) -> npt.NDArray[np.int64]:
    """``(T, G)``: for every threshold of the first group those of the others."""
    rates = np.stack([RATES[name].of(table) for name in judged.rates])  # (R, T, G)
    n_steps, n_groups = right.shape
    apart = 1 if n_groups == 2 else 2  # two groups may be on either side of the first
    found = np.empty((n_steps, n_groups), np.int64)
    found[:, 0] = np.arange(n_steps)
    for k in range(1, n_groups):
        first, other = rates[:, :, [0]], rates[:, None, :, k]
        with np.errstate(invalid="ignore", divide="ignore"):
            if judged.ratio:
                distance = 1 - np.minimum(first, other) / np.maximum(first, other)
            else:
                distance = np.abs(first - other)
        distance = np.where(np.isnan(distance), np.inf, distance).max(0)  # (T, T)
        near = distance <= tolerance / apart + 1e-12
        best = np.where(near, right[:, k], -1).argmax(1)
        found[:, k] = np.where(near.any(1), best, distance.argmin(1))
    return found


def checked(counts: npt.ArrayLike) -> Floats:
    """Counts ``(T, G, 2, 2)`` as numbers; in every group there are rows of both labels.

    Raises:
        ValueError: another shape, or a group without rows of a label.
    """
    table = np.asarray(counts, float)
    if table.ndim != 4 or table.shape[2:] != (2, 2) or not table.shape[0]:
        raise ValueError(f"expected counts (T, G, 2, 2), got {table.shape}")
    for k, rows in enumerate(table[0].sum(-1)):
        if not rows.all():
            raise ValueError(f"expected rows of both labels in every group, got none in group {k}")
    return table
