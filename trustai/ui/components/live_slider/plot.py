"""The parts of a live slider's plot: lines, histograms, marks, axes, and the figures above it."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trustai.plots import colours

Dash = Literal["solid", "dashed", "dotted"]
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


class Part(ABC):
    """Something that follows the slider.

    Attributes:
        kind: Name of the list of the browser's payload that it belongs to.
    """

    kind: ClassVar[str]

    @abstractmethod
    def data(self, n: int) -> dict[str, Any]:
        """Plain values for the browser.

        Args:
            n: Number of slider values.

        Raises:
            ValueError: lengths that do not match `n`, or a value that the browser cannot draw.
        """


@dataclass(frozen=True)
class Group(ABC):
    """Several parts of one kind, with the options that all of them share."""

    parts: Sequence[Part]

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """The options, by their names in the browser's payload."""


@dataclass(frozen=True)
class XAxis:
    """How the slider's values are written.

    Attributes:
        unit: Put after a value in words, for instance ``"/255"``.
        value_text: How a value reads aloud and beside the label; default ``f"{value:g}{unit}"``.
        tick_labels: Texts by place, which need not be one of the slider's values; default
            ``f"{value:g}"`` at each of them. Crowded ones are left out by the browser.
        log: The axis is logarithmic; all values are greater than 0.
    """

    unit: str = ""
    value_text: Callable[[float], str] | None = None
    tick_labels: Mapping[float, str] | None = None
    log: bool = False

    def data(self, values: Sequence[float]) -> dict[str, Any]:
        """Plain values for the browser; `values` are those of the slider.

        Raises:
            ValueError: a value on a logarithmic axis that is not greater than 0.
        """
        if self.log and min(values) <= 0:
            raise ValueError(f"expected values above 0 on a log axis, got {min(values)}")
        text = self.value_text or (lambda value: f"{value:g}{self.unit}")
        ticks = self.tick_labels or {value: f"{value:g}" for value in values}
        return {
            "texts": [text(value) for value in values],
            "ticks": [[float(value), words] for value, words in ticks.items()],
            "unit": self.unit,
            "xLog": self.log,
        }


@dataclass(frozen=True)
class YAxis:
    """The axis of lines and histograms.

    Attributes:
        label: Its title.
        range: Lowest and highest value drawn.
        unit: ``"percent"`` writes 0.25 as 25 %.
        root: Heights grow with the square root, so that small ones are seen beside large.
    """

    label: str = ""
    range: tuple[float, float] = (0.0, 1.0)
    unit: Literal["percent", "number"] = "percent"
    root: bool = False

    def data(self) -> dict[str, Any]:
        """Plain values for the browser."""
        return {
            "yLabel": self.label,
            "yRange": [float(self.range[0]), float(self.range[1])],
            "yPercent": self.unit == "percent",
            "yRoot": self.root,
        }


@dataclass(frozen=True)
class Line(Part):
    """One line of the plot, drawn straight from point to point.

    Attributes:
        name: In the legend or at its end.
        y: One number per slider value, None where it is not known.
        colour: ``#RRGGBB``.
        dash: How it is drawn.
    """

    kind: ClassVar[str] = "curves"
    name: str
    y: Sequence[float | None]
    colour: str
    dash: Dash = "solid"

    def data(self, n: int) -> dict[str, Any]:
        if len(self.y) != n:
            raise ValueError(f"expected {n} points in line {self.name!r}, got {len(self.y)}")
        return {
            "name": self.name,
            "y": [finite(y) for y in self.y],
            "colour": pair(self.colour),
            "dash": dashed(self.dash),
        }


@dataclass(frozen=True)
class Figure(Part):
    """One big number above the plot.

    Give it the colour and dash of the line it belongs to; it then serves as the legend too.

    Attributes:
        label: What is counted.
        texts: What it reads at each slider value.
        colour: ``#RRGGBB``.
        dash: That of its line.
    """

    kind: ClassVar[str] = "figures"
    label: str
    texts: Sequence[str]
    colour: str
    dash: Dash = "solid"

    def data(self, n: int) -> dict[str, Any]:
        if len(self.texts) != n:
            raise ValueError(f"expected {n} texts in figure {self.label!r}, got {len(self.texts)}")
        return {
            "label": self.label,
            "texts": list(self.texts),
            "colour": pair(self.colour),
            "dash": dashed(self.dash),
        }


@dataclass(frozen=True)
class Area(Part):
    """A histogram over the slider's axis: pale, and in full colour where the slider has passed.

    Attributes:
        name: Of the set.
        edges: Slider units, B + 1 of them, strictly ascending; what lies outside the slider's
            range is not drawn.
        heights: B numbers in the unit of the y axis.
        colour: ``#RRGGBB``.
    """

    kind: ClassVar[str] = "areas"
    name: str
    edges: Sequence[float]
    heights: Sequence[float]
    colour: str

    def data(self, n: int) -> dict[str, Any]:
        if len(self.edges) != len(self.heights) + 1:
            raise ValueError(
                f"expected one edge more than heights in area {self.name!r}, "
                f"got {len(self.edges)} and {len(self.heights)}"
            )
        if any(later <= earlier for earlier, later in itertools.pairwise(self.edges)):
            raise ValueError(f"expected edges in ascending order in area {self.name!r}")
        return {
            "name": self.name,
            "edges": [float(e) for e in self.edges],
            "heights": [finite(h) or 0.0 for h in self.heights],
            "colour": pair(self.colour),
        }


@dataclass(frozen=True)
class Areas(Group):
    """Histograms over the slider's axis.

    Attributes:
        ridge: Each on a line of its own, as high as its largest, instead of all on one.
        sides: Words at the marker: what lies at or below the value, and what above.
    """

    parts: Sequence[Area]
    ridge: bool = False
    sides: tuple[str, str] | None = None

    def options(self) -> dict[str, Any]:
        return {"ridge": self.ridge, "sides": self.sides}


@dataclass(frozen=True)
class Mark(Part):
    """A place on the slider's axis that has a name.

    Attributes:
        at: Slider units, finite.
        label: Its name.
    """

    kind: ClassVar[str] = "marks"
    at: float
    label: str

    def data(self, n: int) -> dict[str, Any]:
        if not math.isfinite(self.at):
            raise ValueError(f"expected a mark at a finite number, got {self.at}")
        return {"at": float(self.at), "label": self.label}


def pair(colour: str) -> list[str]:
    """The colour in the light theme and in the dark theme."""
    return [colours.checked(colour), colours.on_dark(colour)]


def finite(number: float | None) -> float | None:
    """`number`, or None (JSON's null) for inf and nan, which JSON lacks."""
    return float(number) if number is not None and math.isfinite(number) else None


def dashed(dash: str) -> str:
    """`dash`, if the browser knows it."""
    if dash not in _DASHES:
        raise ValueError(f"expected dash to be one of {', '.join(_DASHES)}, got {dash!r}")
    return dash
