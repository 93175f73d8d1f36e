"""Equalised odds with thresholds that are drawn for each person.

Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning, section 4,
https://arxiv.org/abs/1610.02413. One threshold for each group can make one rate equal; true and
false positive rates together only meet with a draw, which treats two equal people differently.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from trustai.fairness.thresholds import NOBODY, Floats, GroupThresholds, candidates
from trustai.metrics.group_rates import RATES

GRID: Final = 1_001


def fit(
    probability: npt.ArrayLike, labels: npt.ArrayLike, group: npt.ArrayLike, *, n_groups: int
) -> GroupThresholds:
    """The rule of best accuracy at which true and false positive rates are equal in all groups.

    A rule that draws between two thresholds reaches every point between them on the ROC curve, so
    a group reaches every point below the convex hull of its curve. All groups go to one point
    ``(FPR, TPR)`` that lies on the lowest of the hulls, the one of best accuracy. A group whose
    hull is higher there is judged by its score only sometimes; otherwise chance decides.

    Args:
        probability, labels, group, n_groups: As of `trustai.fairness.thresholds.fit`.

    Raises:
        ValueError: probabilities outside [0, 1], or a group without rows of both labels.

    >>> scores, labels = [0.2, 0.2, 0.9, 0.9, 0.2, 0.2, 0.2, 0.9], [0, 0, 1, 1, 0, 0, 1, 1]
    >>> rule = fit(scores, labels, [0, 0, 0, 0, 1, 1, 1, 1], n_groups=2)
    >>> rule.thresholds[1], rule.weights[1]  # half of the ones are found, no zero is taken for one
    ((0.9,), (1.0,))
    >>> rule.thresholds[0][0], rule.weights[0]  # a coin decides whether the score is looked at
    (0.9, (0.5, 0.5))
    """
    stops, counts = candidates(probability, labels, group, n_groups=n_groups)
    x, y = (RATES[name].of(counts) for name in ("false_positive_rate", "true_positive_rate"))
    hulls = [_hull(a, b) for a, b in zip(x.T, y.T, strict=True)]
    grid = np.unique(np.concatenate([np.linspace(0, 1, GRID), *(hull[:, 0] for hull in hulls)]))
    heights = np.stack([_height(hull, grid) for hull in hulls])
    lowest = heights.min(0)
    negative, positive = counts[0].sum(-1).sum(0)
    best = int((positive * lowest - negative * grid).argmax())
    rules = [
        _mixture(hull, stops, float(grid[best]), float(lowest[best]), float(own[best]))
        for hull, own in zip(hulls, heights, strict=True)
    ]
    return GroupThresholds(
        "equalised_odds", tuple(map(tuple, rules)), tuple(tuple(r.values()) for r in rules)
    )


def _hull(x: Floats, y: Floats) -> Floats:
    """Corners ``(K, 3)`` of the upper convex hull of a ROC curve: FPR, TPR, which threshold."""
    points = np.stack([x, y, np.arange(len(x))], axis=1)[::-1]  # from nobody to everybody
    hull: list[Floats] = []
    for point in points:
        while len(hull) > 1 and _left(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _left(a: Floats, b: Floats, c: Floats) -> bool:
    """Whether the way from `a` over `b` to `c` does not turn right."""
    return bool((b[0] - a[0]) * (c[1] - a[1]) >= (b[1] - a[1]) * (c[0] - a[0]))


def _height(hull: Floats, x: Floats) -> Floats:
    """The largest TPR of a hull at some FPR; where it is upright, its upper end."""
    upright = hull[:, 0] == 0
    found = np.interp(x, hull[:, 0], hull[:, 1])
    return np.where(x == 0, hull[upright, 1].max(), found)


def _mixture(hull: Floats, stops: Floats, x: float, y: float, height: float) -> dict[float, float]:
    """Thresholds and weights that reach the point ``(x, y)`` on or below a hull."""
    judged = 1.0 if height - x < 1e-12 else (y - x) / (height - x)
    right = min(int(np.searchsorted(hull[:, 0], x, side="right")), len(hull) - 1)
    low, high = hull[right - 1], hull[right]
    share = float((x - low[0]) / (high[0] - low[0])) if high[0] > low[0] else 1.0
    found: dict[float, float] = {}
    for threshold, weight in (
        (float(stops[int(high[2])]), judged * share),
        (float(stops[int(low[2])]), judged * (1 - share)),
        (0.0, (1 - judged) * x),
        (NOBODY, (1 - judged) * (1 - x)),
    ):
        if weight > 1e-9:
            found[threshold] = found.get(threshold, 0.0) + weight
    return dict(sorted(found.items()))
