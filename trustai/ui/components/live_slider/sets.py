"""Sets of pictures under a live slider: their distributions, what of them is taken, who is near.

Where the slider is a threshold, what lies at or below it has been passed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trustai.ui.components.live_slider.parts import (
    check_image,
    finite,
    pair,
)


@dataclass(frozen=True)
class Area:
    """A histogram over the slider's axis, pale all along and full where the slider has passed.

    Attributes:
        name: Of the set.
        edges: Slider units, B + 1 of them, strictly ascending; what lies outside the slider's
            range is not drawn.
        heights: B numbers in the unit of the y axis.
    """

    name: str
    edges: Sequence[float]
    heights: Sequence[float]
    colour: str

    def data(self) -> dict[str, Any]:
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
class Matrix:
    """A table of counts that changes with the slider, coloured by the share of each row.

    Attributes:
        title: What is counted.
        rows, columns: Names; a cell whose row and column have one name is framed.
        row_title, column_title: What the names are.
        counts: ``(V, R, C)``: whole numbers, one table per slider value.
        totals: R numbers: how many there are of each row, whatever the slider says.
        share_title: Heading of the column in front, the share of the total that the row counts.
        row_colours: One per row.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    counts: Sequence[Sequence[Sequence[int]]]
    totals: Sequence[int]
    share_title: str
    row_colours: Sequence[str]

    def data(self, n: int) -> dict[str, Any]:
        """For the browser; `n` is the number of slider values."""
        shape = (n, len(self.rows), len(self.columns))
        if len(self.counts) != n or any(
            len(table) != shape[1] or any(len(row) != shape[2] for row in table)
            for table in self.counts
        ):
            raise ValueError(f"expected counts {shape} in matrix {self.title!r}, got another shape")
        if len(self.totals) != shape[1] or len(self.row_colours) != shape[1]:
            raise ValueError(f"expected {shape[1]} totals and colours in matrix {self.title!r}")
        return {
            "title": self.title,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "rowTitle": self.row_title,
            "columnTitle": self.column_title,
            "counts": [[int(c) for row in table for c in row] for table in self.counts],
            "totals": [int(t) for t in self.totals],
            "shareTitle": self.share_title,
            "colours": [pair(c) for c in self.row_colours],
        }


@dataclass(frozen=True)
class Pin:
    """One picture that has a place on the slider's axis.

    Attributes:
        at: Slider units, finite.
        title: What is true of it.
        text: What is said of it.
        image: From `data_uri`, or None for one of words.
    """

    at: float
    title: str
    text: str
    colour: str
    image: str | None = None


@dataclass(frozen=True)
class Strip:
    """The pictures nearest to the slider, `n` on each side.

    Attributes:
        below: Heading of those at or below the slider's value, the nearest of them last.
        above: Heading of those above it, the nearest of them first.
    """

    below: str
    above: str
    pins: Sequence[Pin]
    n: int = 5

    def data(self) -> dict[str, Any]:
        for pin in self.pins:
            check_image(pin.image)
            if not math.isfinite(pin.at):
                raise ValueError(f"expected a pin at a finite number, got {pin.at}")
        return {
            "below": self.below,
            "above": self.above,
            "n": self.n,
            "pins": [
                {
                    "at": float(pin.at),
                    "title": pin.title,
                    "text": pin.text,
                    "colour": pair(pin.colour),
                    "image": pin.image,
                }
                for pin in sorted(self.pins, key=lambda pin: pin.at)
            ],
        }


@dataclass(frozen=True)
class Mark:
    """A place on the slider's axis that has a name."""

    at: float
    label: str

    def data(self) -> dict[str, Any]:
        if not math.isfinite(self.at):
            raise ValueError(f"expected a mark at a finite number, got {self.at}")
        return {"at": float(self.at), "label": self.label}


@dataclass(frozen=True)
class Bars:
    """Bars that change with the slider, each beside the height that it should have.

    Attributes:
        title: What is drawn; `x_title`, `y_title` name the axes.
        labels: B names, from left to right; empty ones are not written.
        heights: ``(V, B)`` in ``[0, 1]``, None where there is no bar.
        wanted: ``(V, B)`` in ``[0, 1]``: drawn as a line across the bar, None for none.
        weights: ``(V, B)`` in ``[0, 1]``: the share of all that a bar stands for.
    """

    title: str
    x_title: str
    y_title: str
    labels: Sequence[str]
    heights: Sequence[Sequence[float | None]]
    wanted: Sequence[Sequence[float | None]]
    weights: Sequence[Sequence[float]]
    colour: str
    height_name: str
    wanted_name: str
    weight_name: str

    def data(self, n: int) -> dict[str, Any]:
        """For the browser; `n` is the number of slider values."""
        for numbers in (self.heights, self.wanted, self.weights):
            if len(numbers) != n or any(len(row) != len(self.labels) for row in numbers):
                raise ValueError(
                    f"expected {n} times {len(self.labels)} numbers in bars {self.title!r}"
                )
        return {
            "title": self.title,
            "xTitle": self.x_title,
            "yTitle": self.y_title,
            "labels": list(self.labels),
            "heights": [[finite(v) for v in row] for row in self.heights],
            "wanted": [[finite(v) for v in row] for row in self.wanted],
            "weights": [[finite(v) for v in row] for row in self.weights],
            "colour": pair(self.colour),
            "names": [self.height_name, self.wanted_name, self.weight_name],
        }
