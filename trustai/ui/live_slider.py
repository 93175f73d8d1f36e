"""A slider whose curves, figures and pictures follow it while it is dragged.

`st.slider` reports when the mouse is released. This component is given a finished result once and
then answers in the browser: no server and no model takes part while it moves. On release the value
goes to the server and into the URL, so that a link reproduces the view.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from trustai import colours
from trustai.ui.url_place import UrlPlace, nearest

Dash = Literal["solid", "dashed", "dotted"]
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")
_IMAGE_PREFIX = "data:image/png;base64,"
_HERE = Path(__file__).parent
# Streamlit joins its own names to the key with two underscores.
_KEY = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_HTML = '<div class="live"></div>'


@dataclass(frozen=True)
class Curve:
    """One line of the plot: `y` holds one number per slider value, None where it is not known."""

    name: str
    y: Sequence[float | None]
    colour: str
    dash: Dash = "solid"


@dataclass(frozen=True)
class Figure:
    """One big number above the plot: `texts` holds what it reads at each slider value.

    Give it the colour and dash of the curve it belongs to; it then serves as the legend too.
    """

    label: str
    texts: Sequence[str]
    colour: str
    dash: Dash = "solid"


@dataclass(frozen=True)
class Tile:
    """One picture that flips once the slider reaches `flips_at`.

    Attributes:
        title: What is true of it whatever the slider says, for instance ``"truth: stop"``.
        flips_at: Slider units; ``inf`` never flips, at or below the first value always flipped.
        before: Label below `flips_at`.
        after: Label from `flips_at` on.
        image: From `data_uri`, or None for a tile of words.
        image_after: Shown instead of `image` from `flips_at` on.
    """

    title: str
    flips_at: float
    before: str
    after: str
    image: str | None = None
    image_after: str | None = None


@dataclass(frozen=True)
class Film:
    """A picture that changes with the slider: one image and one text per value.

    Attributes:
        title: What it shows whatever the slider says.
        images: From `data_uri`, one per slider value.
        texts: One per slider value.
        colour: Of the frame and the text.
    """

    title: str
    images: Sequence[str]
    texts: Sequence[str]
    colour: str


def data_uri(pixels: NDArray[np.uint8], *, longest_side: int = 128) -> str:
    """A picture ``uint8 (H, W, 3)`` as the ``data:image/png;base64,`` text a `Tile` takes.

    Pictures larger than `longest_side` are scaled down, smaller ones are kept as they are.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"expected uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
    image = Image.fromarray(pixels)
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return _IMAGE_PREFIX + base64.b64encode(out.getvalue()).decode("ascii")


def live_slider(
    *,
    key: str,
    label: str,
    values: Sequence[float],
    start: float,
    curves: Sequence[Curve] = (),
    figures: Sequence[Figure] = (),
    tiles: Sequence[Tile] = (),
    films: Sequence[Film] = (),
    films_in_row: int = 6,
    unit: str = "",
    value_text: Callable[[float], str] | None = None,
    tick_labels: Mapping[float, str] | None = None,
    y_label: str = "",
    y_range: tuple[float, float] = (0.0, 1.0),
    y_as: Literal["percent", "number"] = "percent",
    tiles_title: str = "",
    flipped_word: str = "fooled",
) -> float:
    """Draws the slider with all that follows it and returns its value as of the last release.

    Args:
        key: Name of the widget and of the URL parameter. On a first visit the URL wins over
            `start`; a link inside the app that changes the parameter moves the slider. At `start`
            the parameter leaves the URL.
        label: What the slider sets, in words, also the title of the x axis.
        values: Two or more numbers, strictly ascending: the only places where the slider rests,
            because only there something was measured. They go into the URL, so prefer display
            units (8 for 8/255) and divide afterwards.
        start: The default; the nearest of `values` is taken.
        curves: Lines over `values`, drawn straight from point to point.
        figures: Big numbers above the plot.
        tiles: Pictures below it, each flipping at its own value.
        films: Pictures below those, each showing its own image at every value.
        films_in_row: At most so many side by side.
        unit: Put after a value in words, for instance ``"/255"``.
        value_text: How a value reads aloud and beside the label; default ``f"{value:g}{unit}"``.
        tick_labels: Texts of the x axis by value; default ``f"{value:g}"``. Crowded ones are left
            out by the browser.
        y_label: Title of the y axis.
        y_range: Lowest and highest y drawn.
        y_as: ``"percent"`` writes 0.25 as 25 %.
        tiles_title: Heading of the grid of tiles.
        flipped_word: ``"3 of 10 fooled"``.

    Returns:
        One of `values`. Where no browser draws the component (as in `AppTest`) this is the value
        of the URL, or `start`.

    Raises:
        ValueError: a key with a double underscore, lengths that do not match, values out of order,
            an image that is not from `data_uri`.

    >>> eps255 = live_slider(                                              # doctest: +SKIP
    ...     key="eps", label="Largest change of a pixel", unit="/255",
    ...     values=[0, 1, 2, 4, 8], start=2, y_label="Accuracy",
    ...     curves=[Curve("standard", [0.92, 0.5, 0.2, 0.02, 0.0], colours.ATTACKED)],
    ...     figures=[Figure("standard", ["92 %", "50 %", "20 %", "2 %", "0 %"], colours.ATTACKED)],
    ...     tiles=[Tile("truth: stop", 2, "stop", "yield", data_uri(pixels))],
    ... )
    """
    stops = _checked_values(values)
    if not _KEY.fullmatch(key):
        raise ValueError(f"expected a key of letters, digits and single - or _, got {key!r}")
    _check_lengths(len(stops), curves, figures)
    _check_films(len(stops), films)
    place = UrlPlace(key=key, widget=f"{key}-live", stops=stops, default=nearest(stops, start))
    place.follow_url()
    data: dict[str, Any] = {
        "label": label,
        "values": stops,
        "texts": [(value_text or (lambda v: f"{v:g}{unit}"))(v) for v in stops],
        "ticks": [(tick_labels or {}).get(v, "" if tick_labels else f"{v:g}") for v in stops],
        "unit": unit,
        "start": place.moved_to,
        "turn": place.turn,
        "saveAs": key,
        "yLabel": y_label,
        "yRange": [float(y_range[0]), float(y_range[1])],
        "yPercent": y_as == "percent",
        "curves": [_curve(c) for c in curves],
        "figures": [_figure(f) for f in figures],
        "tiles": [_tile(t) for t in tiles],
        "films": [_film(f) for f in films],
        "filmsInRow": films_in_row,
        "tilesTitle": tiles_title,
        "flippedWord": flipped_word,
        "colours": {"before": _pair(colours.CLEAN), "after": _pair(colours.ATTACKED)},
    }
    # Streamlit keeps a state only if somebody listens to it; the value itself is read below.
    result = _component()(key=place.widget, data=data, on_value_change=lambda: None)
    return place.settle(getattr(result, "value", None))


def _component() -> Callable[..., Any]:
    # Declared per call and not at import: the registry belongs to the running server, and a test
    # may import this module before there is one. Declaring the same texts again changes nothing.
    return st.components.v2.component("trustai_live_slider", html=_HTML, css=_CSS, js=_JS)


def _checked_values(values: Sequence[float]) -> list[float]:
    stops = [float(v) for v in values]
    if len(stops) < 2:
        raise ValueError(f"expected at least 2 slider values, got {len(stops)}")
    if not all(math.isfinite(v) for v in stops):
        raise ValueError(f"expected finite slider values, got {stops}")
    if any(later <= earlier for earlier, later in itertools.pairwise(stops)):
        raise ValueError(f"expected slider values in ascending order, got {stops}")
    return stops


def _check_lengths(n: int, curves: Sequence[Curve], figures: Sequence[Figure]) -> None:
    for curve in curves:
        if len(curve.y) != n:
            raise ValueError(f"expected {n} points in curve {curve.name!r}, got {len(curve.y)}")
    for figure in figures:
        if len(figure.texts) != n:
            raise ValueError(
                f"expected {n} texts in figure {figure.label!r}, got {len(figure.texts)}"
            )


def _check_films(n: int, films: Sequence[Film]) -> None:
    for film in films:
        if len(film.images) != n or len(film.texts) != n:
            raise ValueError(
                f"expected {n} images and texts in film {film.title!r}, "
                f"got {len(film.images)} and {len(film.texts)}"
            )
        for image in film.images:
            _check_image(image)


def _check_image(image: str | None) -> None:
    if image is not None and not image.startswith(_IMAGE_PREFIX):
        raise ValueError(f"expected a PNG data URI from data_uri(), got {image[:40]!r}")


def _film(film: Film) -> dict[str, Any]:
    return {
        "title": film.title,
        "images": list(film.images),
        "texts": list(film.texts),
        "colour": _pair(film.colour),
    }


def _pair(colour: str) -> list[str]:
    """For the light and for the dark theme."""
    return [colours.checked(colour), colours.on_dark(colour)]


def _dash(dash: str) -> str:
    if dash not in _DASHES:
        raise ValueError(f"expected dash to be one of {', '.join(_DASHES)}, got {dash!r}")
    return dash


def _finite(number: float | None) -> float | None:
    """JSON knows neither inf nor nan; the browser gets null."""
    return float(number) if number is not None and math.isfinite(number) else None


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "name": curve.name,
        "y": [_finite(y) for y in curve.y],
        "colour": _pair(curve.colour),
        "dash": _dash(curve.dash),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "label": figure.label,
        "texts": list(figure.texts),
        "colour": _pair(figure.colour),
        "dash": _dash(figure.dash),
    }


def _tile(tile: Tile) -> dict[str, Any]:
    _check_image(tile.image)
    _check_image(tile.image_after)
    if math.isnan(tile.flips_at):
        raise ValueError("expected a tile to flip at a number, got nan")
    return {
        "title": tile.title,
        "flipsAt": _finite(max(tile.flips_at, -1e300)),
        "before": tile.before,
        "after": tile.after,
        "image": tile.image,
        "imageAfter": tile.image_after,
    }


_CSS = (_HERE / "live_slider.css").read_text(encoding="utf-8")
_JS = "\n".join(
    (_HERE / f"live_slider{part}.js").read_text(encoding="utf-8")
    for part in ("_plot", "_picture", "_films", "")
)
