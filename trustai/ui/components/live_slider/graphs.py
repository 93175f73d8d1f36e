"""Small graphs below a live slider: curves that change with it, and dots that move along them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trustai.ui.components.live_slider.plot import Dash, Part, dashed, finite, pair


@dataclass(frozen=True)
class Curve:
    """One curve of a graph.

    Attributes:
        name: In the legend.
        x: ``(P,)`` places.
        y: ``(V, P)``, one curve per slider value, or ``(1, P)`` for one that stays.
        colour: ``#RRGGBB``.
        dash: How it is drawn.
        filled: Whether the area below it is filled.
        dots: Per slider value the place of a dot; empty for none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[Sequence[float]]
    colour: str
    dash: Dash = "solid"
    filled: bool = False
    dots: Sequence[tuple[float, float]] = ()

    def data(self, n: int) -> dict[str, Any]:
        """Plain values for the browser; `n` as of `Part.data`."""
        if len(self.y) not in (1, n) or any(len(row) != len(self.x) for row in self.y):
            raise ValueError(
                f"expected {n} times {len(self.x)} numbers in curve {self.name!r}, or one row"
            )
        if self.dots and len(self.dots) != n:
            raise ValueError(f"expected {n} dots on curve {self.name!r}, got {len(self.dots)}")
        return {
            "name": self.name,
            "x": _finite(self.x),
            "y": [_finite(row) for row in self.y],
            "colour": pair(self.colour),
            "dash": dashed(self.dash),
            "filled": self.filled,
            "dots": [_finite(dot) for dot in self.dots],
        }


@dataclass(frozen=True)
class Axis:
    """An axis of a graph.

    Attributes:
        title: Below or beside it.
        range: Lowest and highest value drawn.
        ticks: Values that are written; in per cent where `percent`.
        percent: Whether 0.25 is written as 25 %.
    """

    title: str
    range: tuple[float, float]
    ticks: Sequence[float] = ()
    percent: bool = True

    def data(self) -> dict[str, Any]:
        """Plain values for the browser."""
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"expected an ascending range of axis {self.title!r}, got {low, high}")
        texts = [f"{100 * t:g} %" if self.percent else f"{t:g}" for t in self.ticks]
        ticks = [[float(t), text] for t, text in zip(self.ticks, texts, strict=True)]
        return {"title": self.title, "range": [float(low), float(high)], "ticks": ticks}


@dataclass(frozen=True)
class Graph(Part):
    """A small graph whose curves follow the slider.

    Attributes:
        title: What is drawn.
        curves: In the order of the legend.
        x, y: The axes.
        lines: Vertical lines that stay: ``(place, name)``.
    """

    kind: ClassVar[str] = "graphs"
    title: str
    curves: Sequence[Curve]
    x: Axis
    y: Axis
    lines: Sequence[tuple[float, str]] = ()

    def data(self, n: int) -> dict[str, Any]:
        return {
            "title": self.title,
            "curves": [curve.data(n) for curve in self.curves],
            "x": self.x.data(),
            "y": self.y.data(),
            "lines": [[float(at), name] for at, name in self.lines],
        }


def _finite(numbers: Sequence[float]) -> list[float | None]:
    return [finite(round(float(v), 5)) for v in numbers]
