"""The parts below a live slider's plot: tiles, films, strips of pictures, bars and matrices."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trustai.ui.components.live_slider.plot import Group, Part, finite, pair

_IMAGE_PREFIX = "data:image/png;base64,"


@dataclass(frozen=True)
class Tile(Part):
    """One picture whose label changes once the slider reaches `flips_at`.

    Attributes:
        title: What is true of it whatever the slider says, for instance ``"truth: stop"``.
        flips_at: Slider units; ``inf`` never flips, at or below the first value always flipped.
        before, after: Labels below `flips_at` and from there on.
        image: From `data_uri`, or None for a tile of words.
        image_after: Shown instead of `image` from `flips_at` on.
    """

    kind: ClassVar[str] = "tiles"
    title: str
    flips_at: float
    before: str
    after: str
    image: str | None = None
    image_after: str | None = None

    def data(self, n: int) -> dict[str, Any]:
        _check_image(self.image)
        _check_image(self.image_after)
        if math.isnan(self.flips_at):
            raise ValueError("expected a tile to flip at a number, got nan")
        return {
            "title": self.title,
            "flipsAt": finite(max(self.flips_at, -1e300)),
            "before": self.before,
            "after": self.after,
            "image": self.image,
            "imageAfter": self.image_after,
        }


@dataclass(frozen=True)
class Tiles(Group):
    """A grid of tiles.

    Attributes:
        title: Its heading.
        flipped_word: What a flipped tile is: ``"3 of 10 fooled"``.
    """

    parts: Sequence[Tile]
    title: str = ""
    flipped_word: str = "fooled"

    def options(self) -> dict[str, Any]:
        return {"tilesTitle": self.title, "flippedWord": self.flipped_word}


@dataclass(frozen=True)
class Film(Part):
    """A picture that changes with the slider: one image and one text per value.

    Attributes:
        title: What it shows whatever the slider says.
        images: From `data_uri`, one per slider value.
        texts: One per slider value.
        colour: Of the frame and the text.
    """

    kind: ClassVar[str] = "films"
    title: str
    images: Sequence[str]
    texts: Sequence[str]
    colour: str

    def data(self, n: int) -> dict[str, Any]:
        if len(self.images) != n or len(self.texts) != n:
            raise ValueError(
                f"expected {n} images and texts in film {self.title!r}, "
                f"got {len(self.images)} and {len(self.texts)}"
            )
        for image in self.images:
            _check_image(image)
        return {
            "title": self.title,
            "images": list(self.images),
            "texts": list(self.texts),
            "colour": pair(self.colour),
        }


@dataclass(frozen=True)
class Films(Group):
    """Films in rows.

    Attributes:
        in_row: At most so many side by side.
        above: Stand above the curves and not below them.
    """

    parts: Sequence[Film]
    in_row: int = 6
    above: bool = False

    def options(self) -> dict[str, Any]:
        return {"filmsInRow": self.in_row, "filmsAbove": self.above}


@dataclass(frozen=True)
class Pin:
    """One picture that has a place on the slider's axis.

    Attributes:
        at: Slider units, finite.
        title: What is true of it.
        text: What is said of it.
        colour: ``#RRGGBB``.
        image: From `data_uri`, or None for one of words.
    """

    at: float
    title: str
    text: str
    colour: str
    image: str | None = None

    def data(self) -> dict[str, Any]:
        """Plain values for the browser."""
        _check_image(self.image)
        if not math.isfinite(self.at):
            raise ValueError(f"expected a pin at a finite number, got {self.at}")
        return {
            "at": float(self.at),
            "title": self.title,
            "text": self.text,
            "colour": pair(self.colour),
            "image": self.image,
        }


@dataclass(frozen=True)
class Strip(Part):
    """The pictures nearest to the slider, `n_each` on each side.

    Attributes:
        below, above: Headings: those up to the slider's value, the nearest last; the others.
        pins: The pictures, in any order.
        n_each: How many of them on each side.
    """

    kind: ClassVar[str] = "strips"
    below: str
    above: str
    pins: Sequence[Pin]
    n_each: int = 5

    def data(self, n: int) -> dict[str, Any]:
        return {
            "below": self.below,
            "above": self.above,
            "n": self.n_each,
            "pins": sorted((pin.data() for pin in self.pins), key=lambda pin: pin["at"]),
        }


@dataclass(frozen=True)
class Bars(Part):
    """Bars that change with the slider, each beside the height that it should have.

    Attributes:
        title: What is drawn.
        x_title, y_title: Of the axes.
        labels: B names, from left to right; empty ones are not written.
        heights: ``(V, B)`` in ``[0, 1]``, None where there is no bar.
        wanted: ``(V, B)`` in ``[0, 1]``: drawn as a line across the bar, None for none.
        weights: ``(V, B)`` in ``[0, 1]``: the share of all that a bar stands for.
        colour: ``#RRGGBB``.
        height_name, wanted_name, weight_name: In the legend.
    """

    kind: ClassVar[str] = "bars"
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
        for numbers in (self.heights, self.wanted, self.weights):
            if len(numbers) != n or any(len(row) != len(self.labels) for row in numbers):
                wanted = f"{n} times {len(self.labels)}"
                raise ValueError(f"expected {wanted} numbers in bars {self.title!r}")
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


@dataclass(frozen=True)
class Matrix(Part):
    """A table of counts that changes with the slider, coloured by the share of each row.

    Attributes:
        title: What is counted.
        rows, columns: Names; a cell whose row and column have one name is framed.
        row_title, column_title: What the names are.
        counts: ``(V, R, C)``: whole numbers, one table per slider value.
        totals: R numbers: how many there are of each row, whatever the slider says.
        share_title: Heading of the column in front, the share of the total; empty for none.
        row_colours: One per row.
        folded: Only the title is seen at first.
    """

    kind: ClassVar[str] = "matrices"
    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    counts: Sequence[Sequence[Sequence[int]]]
    totals: Sequence[int]
    share_title: str
    row_colours: Sequence[str]
    folded: bool = False

    def data(self, n: int) -> dict[str, Any]:
        self._check(n)
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
            "folded": self.folded,
        }

    def _check(self, n: int) -> None:
        rows = [len(self.columns)] * len(self.rows)
        if [[len(row) for row in table] for table in self.counts] != [rows] * n:
            shape = (n, len(self.rows), len(self.columns))
            raise ValueError(f"expected counts {shape} in matrix {self.title!r}, got another shape")
        if not len(self.totals) == len(self.row_colours) == len(rows):
            raise ValueError(f"expected {len(rows)} totals and colours in matrix {self.title!r}")


def data_uri(pixels: NDArray[np.uint8], *, longest_side: int = 128) -> str:
    """A picture as the ``data:image/png;base64,`` text that a `Tile` or a `Film` takes.

    Args:
        pixels: ``uint8 (H, W, 3)``.
        longest_side: Pictures larger than this are scaled down, smaller ones are kept as they are.

    Raises:
        ValueError: another dtype or shape.

    >>> data_uri(np.zeros((2, 2, 3), np.uint8))[:22]
    'data:image/png;base64,'
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"expected uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
    image, out = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    image.save(out, "PNG")
    return _IMAGE_PREFIX + base64.b64encode(out.getvalue()).decode("ascii")


def _check_image(image: str | None) -> None:
    if image is not None and not image.startswith(_IMAGE_PREFIX):
        raise ValueError(f"expected a PNG data URI from data_uri(), got {image[:40]!r}")
