"""A slider whose curves, figures and pictures follow it while it is dragged.

`st.slider` reports when the mouse is released. This component is given a finished result once and
then answers in the browser: no server and no model takes part while it moves. On release the value
goes to the server and into the URL, so that a link reproduces the view.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from trustai.plots import colours
from trustai.ui.components import assets
from trustai.ui.components.live_slider.parts import (
    Curve,
    Dash,
    Figure,
    Film,
    Tile,
    data_uri,
    pair,
)
from trustai.ui.components.live_slider.sets import (
    Area,
    Bars,
    Mark,
    Matrix,
    Pin,
    Strip,
)
from trustai.ui.components.url_place import UrlPlace, nearest

__all__ = [
    "Area",
    "Bars",
    "Curve",
    "Dash",
    "Figure",
    "Film",
    "Mark",
    "Matrix",
    "Pin",
    "Strip",
    "Tile",
    "data_uri",
    "live_slider",
]
# Streamlit joins its own names to the key with two underscores.
_KEY = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_HTML = '<div class="live"></div>'


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
    areas: Sequence[Area] = (),
    ridge: bool = False,
    sides: tuple[str, str] | None = None,
    marks: Sequence[Mark] = (),
    bars: Sequence[Bars] = (),
    strips: Sequence[Strip] = (),
    matrices: Sequence[Matrix] = (),
    unit: str = "",
    value_text: Callable[[float], str] | None = None,
    tick_labels: Mapping[float, str] | None = None,
    y_label: str = "",
    y_range: tuple[float, float] = (0.0, 1.0),
    y_as: Literal["percent", "number"] = "percent",
    y_root: bool = False,
    of: str = "",
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
        areas: Histograms over the axis.
        ridge: Each area on a line of its own, as high as its largest, instead of all on one.
        sides: Words at the marker: what lies at or below the value, and what above.
        marks: Places of the axis that have a name.
        bars: Bar charts below the plot.
        strips: Rows of the pictures nearest to the value.
        matrices: Tables of counts.
        unit: Put after a value in words, for instance ``"/255"``.
        value_text: How a value reads aloud and beside the label; default ``f"{value:g}{unit}"``.
        tick_labels: Texts of the x axis by place, which need not be one of `values`; default
            ``f"{value:g}"`` at each of them. Crowded ones are left out by the browser.
        y_label: Title of the y axis.
        y_range: Lowest and highest y drawn.
        y_as: ``"percent"`` writes 0.25 as 25 %.
        y_root: Heights grow with the square root of y, so that small ones are seen beside large.
        of: What the values are of. Where that changes, the slider goes back to `start`.
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
    n = len(stops)
    default = nearest(stops, start)
    place = UrlPlace(key=key, widget=f"{key}-live", stops=stops, default=default, of=of)
    place.follow_url()
    ticks = tick_labels or {v: f"{v:g}" for v in stops}
    data: dict[str, Any] = {
        "label": label,
        "values": stops,
        "texts": [(value_text or (lambda v: f"{v:g}{unit}"))(v) for v in stops],
        "ticks": [[float(v), text] for v, text in ticks.items()],
        "unit": unit,
        "start": place.moved_to,
        "turn": place.turn,
        "saveAs": key,
        "yLabel": y_label,
        "yRange": [float(y_range[0]), float(y_range[1])],
        "yPercent": y_as == "percent",
        "yRoot": y_root,
        "curves": [c.data(n) for c in curves],
        "figures": [f.data(n) for f in figures],
        "tiles": [t.data() for t in tiles],
        "films": [f.data(n) for f in films],
        "areas": [a.data() for a in areas],
        "ridge": ridge,
        "sides": sides,
        "marks": [m.data() for m in marks],
        "bars": [b.data(n) for b in bars],
        "strips": [s.data() for s in strips],
        "matrices": [m.data(n) for m in matrices],
        "filmsInRow": films_in_row,
        "tilesTitle": tiles_title,
        "flippedWord": flipped_word,
        "colours": {"before": pair(colours.CLEAN), "after": pair(colours.ATTACKED)},
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


_CSS = assets.joined("live_slider/live_slider.css")
_JS = assets.joined(
    *(
        f"live_slider/{part}.js"
        for part in (
            "plot", "areas", "picture", "films", "bars", "strips", "matrices", "live_slider"
        )
    )
)  # fmt: skip
