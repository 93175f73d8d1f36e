"""The axis of the threshold slider: its range and its stops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustai.ui.ood.pickers import (
    INLIER,
    LEFT_OUT,
    OODMeasurements,
)

BINS = 60
GRID = 120
LOW_ROOM, HIGH_ROOM = 0.05, 0.25
"""Room beyond the scores of the inliers and the left-out class, as a share of their range."""
CROWDED = 0.03
"""An axis is logarithmic where half of the inliers lie in this share of its beginning."""
LEAST = 1e-6
"""Where a logarithmic axis begins at the lowest."""


@dataclass(frozen=True, eq=False)
class Axis:
    """The slider's axis for one score.

    Attributes:
        low, high: Where it begins and ends; what lies beyond stands in the outermost bins.
        stops: Where the slider may rest, ascending.
        start: The stop that accepts the wanted share of the inliers.
        log: It is logarithmic.
    """

    low: float
    high: float
    stops: list[float]
    start: float
    log: bool = False

    @property
    def edges(self) -> NDArray[np.float64]:
        return _spaced(self.low, self.high, BINS + 1, log=self.log)

    def heights(self, scores: NDArray[np.float64]) -> list[float]:
        """Share of the scores in each bin."""
        counts, _ = np.histogram(np.clip(scores, self.low, self.high), self.edges)
        return (counts / max(1, len(scores))).round(5).tolist()

    def ticks(self) -> dict[float, str]:
        """Round numbers along it, five or so; the powers of ten of a logarithmic one."""
        if self.log:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            return {10.0**k: f"{10.0**k:.{max(0, -k)}f}" for k in powers}
        raw = (self.high - self.low) / 5
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(size * m for m in (1, 2, 5, 10) if size * m >= raw)
        first = math.ceil(self.low / step)
        return {i * step: f"{i * step:g}" for i in range(first, int(self.high // step) + 1)}


def _spaced(low: float, high: float, n: int, *, log: bool) -> NDArray[np.float64]:
    """`n` numbers that are equally far apart on the axis, its ends exactly among them."""
    found = np.geomspace(low, high, n) if log else np.linspace(low, high, n)
    found[0], found[-1] = low, high
    return found


def round_range(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis around the values whose four parts end at round numbers."""
    low, high = min(values), max(values)
    step = 10.0 ** math.floor(math.log10((high - low) / 4 or 1.0))
    while True:
        for size in (m * step for m in (1, 2, 2.5, 5)):
            start = math.floor(low / size) * size
            if start + 4 * size >= high:
                return start, start + 4 * size
        step *= 10


def axis_of(measured: OODMeasurements, score: str, *, keep: float) -> Axis:
    """From the lowest to the highest scores of the familiar and the left-out pictures, with some
    room for the OOD sets, and stops that are exact for every whole per cent of inliers accepted.

    It is logarithmic for a score of which most familiar pictures have nearly 0: on a plain axis
    all useful thresholds would lie in its first pixels.
    """
    inliers = measured.of(score, INLIER)
    near = np.concatenate([inliers, measured.of(score, LEFT_OUT)])
    everything = measured.table[score].to_numpy(np.float64)
    low, high = np.quantile(near, [0.002, 0.998])
    room = high - low
    low = max(low - LOW_ROOM * room, everything.min())
    high = min(high + HIGH_ROOM * room, everything.max())
    log = bool(low >= 0 and np.median(inliers) < low + CROWDED * (high - low))
    if log:
        low = max(LEAST, float(np.quantile(inliers, 0.25)))
    start = max(measured.threshold(score, keep=keep), LEAST if log else -np.inf)
    low, high = float(min(low, start)), float(max(high, start))
    exact = [measured.threshold(score, keep=k / 100) for k in range(50, 101)]
    exact = [stop for stop in exact if low <= stop <= high]
    even = _spaced(low, high, GRID + 1, log=log).tolist()
    return Axis(low, high, _apart([start], exact, even, log=log, of=(low, high)), start, log)


def _apart(*groups: Sequence[float], log: bool, of: tuple[float, float]) -> list[float]:
    """All numbers that are far enough on the axis from one taken before; earlier groups first."""

    def place(number: float) -> float:
        return math.log10(number) if log else number

    least = (place(of[1]) - place(of[0])) / 4000
    taken: list[float] = []
    for number in (n for group in groups for n in group):
        if all(abs(place(number) - place(other)) >= least for other in taken):
            taken.append(number)
    return sorted(taken)


def accepted(scores: NDArray[np.float64], stops: Sequence[float]) -> NDArray[np.int64]:
    """How many of the scores each stop accepts."""
    return np.searchsorted(np.sort(scores), np.asarray(stops), side="right")
