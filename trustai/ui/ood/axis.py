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


@dataclass(frozen=True, eq=False)
class Axis:
    """The slider's axis for one score.

    Attributes:
        low, high: Where it begins and ends; what lies beyond stands in the outermost bins.
        stops: Where the slider may rest, ascending.
        start: The stop that keeps the wanted share of the inliers.
    """

    low: float
    high: float
    stops: list[float]
    start: float

    @property
    def edges(self) -> NDArray[np.float64]:
        return np.linspace(self.low, self.high, BINS + 1)

    def heights(self, scores: NDArray[np.float64]) -> list[float]:
        """Share of the scores in each bin."""
        counts, _ = np.histogram(np.clip(scores, self.low, self.high), self.edges)
        return (counts / max(1, len(scores))).round(5).tolist()

    def ticks(self) -> dict[float, str]:
        """Round numbers along it, five or so."""
        raw = (self.high - self.low) / 5
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(size * m for m in (1, 2, 5, 10) if size * m >= raw)
        first = math.ceil(self.low / step)
        return {i * step: f"{i * step:g}" for i in range(first, int(self.high // step) + 1)}


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
    """From the lowest to the highest scores of the known and the left-out pictures, with some room
    for the OOD sets, and stops that are exact for every whole per cent of inliers kept."""
    near = np.concatenate([measured.of(score, INLIER), measured.of(score, LEFT_OUT)])
    everything = measured.table[score].to_numpy(np.float64)
    low, high = np.quantile(near, [0.002, 0.998])
    room = 0.25 * (high - low)
    low, high = max(low - room, everything.min()), min(high + room, everything.max())
    start = measured.threshold(score, keep=keep)
    low, high = min(low, start), max(high, start)
    exact = [measured.threshold(score, keep=k / 100) for k in range(50, 101)]
    exact = [stop for stop in exact if low <= stop <= high]
    even = np.linspace(low, high, GRID + 1).tolist()
    return Axis(low, high, _apart([start], exact, even, least=(high - low) / 4000), start)


def _apart(*groups: Sequence[float], least: float) -> list[float]:
    """All numbers that are not nearer than `least` to one taken before; earlier groups first."""
    taken: list[float] = []
    for number in (n for group in groups for n in group):
        if all(abs(number - other) >= least for other in taken):
            taken.append(number)
    return sorted(taken)


def accepted(scores: NDArray[np.float64], stops: Sequence[float]) -> NDArray[np.int64]:
    """How many of the scores each stop accepts."""
    return np.searchsorted(np.sort(scores), np.asarray(stops), side="right")
