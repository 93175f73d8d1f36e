"""Calibration by group: whether a probability means the same for everybody.

A model is calibrated within a group if of its people to whom it gives 70 %, 70 % have the outcome
(Pleiss et al. 2017, On Fairness and Calibration, https://arxiv.org/abs/1709.02012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from trustai.metrics.calibration import reliability_of
from trustai.metrics.fairness import RARE, Interval
from trustai.metrics.intervals import proportion

BINS: Final = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """People with about the same probability.

    Attributes:
        low, high: Their probabilities are in ``(low, high]``; the first bin also holds 0.
        n: How many they are, at least 1.
        said: The mean of their probabilities.
        observed: The share of them that has the outcome, with Wilson's 95 % interval.
    """

    low: float
    high: float
    n: int
    said: float
    observed: Interval


@dataclass(frozen=True)
class GroupCalibration:
    """The reliability diagram of one group.

    Attributes:
        group: Its name.
        n: Rows of it; at least 1.
        said: The mean probability.
        observed: The share that has the outcome: the base rate, with Wilson's 95 % interval.
        ece: Expected calibration error ``sum_b n_b / n |observed_b - said_b|``. Of few rows chance
            alone makes it large.
        bins: Those that hold somebody, from low to high.
    """

    group: str
    n: int
    said: float
    observed: Interval
    ece: float
    bins: tuple[ReliabilityBin, ...]

    @property
    def rare(self) -> bool:
        """Whether it has so few rows that its figures say little."""
        return self.n < RARE

    @property
    def right_on_average(self) -> bool:
        """Whether the mean probability lies inside the interval of the base rate."""
        return self.observed.low <= self.said <= self.observed.high


def by_group(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    group: npt.ArrayLike,
    names: Sequence[str],
    *,
    bins: int = BINS,
) -> tuple[GroupCalibration, ...]:
    """The reliability diagram of every group that has rows.

    Args:
        probability: ``(N,)`` in ``[0, 1]``, of label 1.
        labels: ``(N,)`` of 0 and 1.
        group: ``int (N,)``, indices into `names`; -1 where it is not known: the row is left out.
        names: Of the groups.
        bins: Of equal width, at least 1.

    Raises:
        ValueError: lengths that differ, or values outside what is said above.

    >>> found = by_group([0.8, 0.8, 0.8, 0.2], [1, 1, 0, 0], [0, 0, 0, 1], ["a", "b"])
    >>> [(one.group, one.n, round(one.said - one.observed.value, 2)) for one in found]
    [('a', 3, 0.13), ('b', 1, 0.2)]
    """
    p, y, g = np.asarray(probability, float), np.asarray(labels), np.asarray(group)
    if not p.shape == y.shape == g.shape or p.ndim != 1:
        raise ValueError(
            f"expected probabilities, labels and groups (N,), got {p.shape}, {y.shape}, {g.shape}"
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities in [0, 1], got others")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("expected labels of 0 and 1, got another value")
    if len(g) and not (g.min() >= -1 and g.max() < len(names)):
        raise ValueError(f"expected groups in [-1, {len(names)}), got {g.min()} to {g.max()}")
    return tuple(
        _calibration(name, p[g == k], y[g == k], bins)
        for k, name in enumerate(names)
        if (g == k).any()
    )


def _calibration(
    name: str, p: npt.NDArray[np.float64], y: npt.NDArray[np.int64], bins: int
) -> GroupCalibration:
    found = reliability_of(torch.from_numpy(p), torch.from_numpy(y.astype(np.int64)), bins=bins)
    some = zip(*(one.tolist() for one in (found.low, found.high, found.count, found.confidence,
                                          found.accuracy)), strict=True)  # fmt: skip
    return GroupCalibration(
        group=name,
        n=len(p),
        said=float(p.mean()),
        observed=_share(int(y.sum()), len(y)),
        ece=found.ece,
        bins=tuple(
            ReliabilityBin(low, high, int(n), said, _share(round(share * n), int(n)))
            for low, high, n, said, share in some
            if n and not math.isnan(said)
        ),
    )


def _share(count: int, n: int) -> Interval:
    return Interval(count / n, *proportion(count, n))
