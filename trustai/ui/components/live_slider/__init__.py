"""A slider whose lines, figures and pictures follow it while it is dragged.

`st.slider` reports when the mouse is released. This component is given a finished result once and
then answers in the browser: no server and no model takes part while it moves. On release the value
goes to the server and into the URL, so that a link reproduces the view.

>>> eps255 = live_slider(                                                  # doctest: +SKIP
...     Line("standard", [0.92, 0.5, 0.2, 0.02, 0.0], colours.ATTACKED),
...     Figure("standard", ["92 %", "50 %", "20 %", "2 %", "0 %"], colours.ATTACKED),
...     Tile("truth: stop", 2, "stop", "yield", data_uri(pixels)),
...     key="eps", label="Largest change of a pixel", values=[0, 1, 2, 4, 8], start=2,
...     x=XAxis(unit="/255"), y=YAxis("Accuracy"))
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from trustai.plots import colours
from trustai.ui.components import assets
from trustai.ui.components.live_slider.graphs import Axis, Curve, Graph
from trustai.ui.components.live_slider.panels import (
    Bars,
    Film,
    Films,
    Matrix,
    Pin,
    Strip,
    Tile,
    Tiles,
    data_uri,
)
from trustai.ui.components.live_slider.plot import (
    Area,
    Areas,
    Dash,
    Figure,
    Group,
    Line,
    Mark,
    Part,
    XAxis,
    YAxis,
    pair,
)
from trustai.ui.components.url_place import UrlPlace, nearest

__all__ = [
    "Area",
    "Areas",
    "Axis",
    "Bars",
    "Curve",
    "Dash",
    "Figure",
    "Film",
    "Films",
    "Graph",
    "Group",
    "Line",
    "Mark",
    "Matrix",
    "Part",
    "Pin",
    "Strip",
    "Tile",
    "Tiles",
    "XAxis",
    "YAxis",
    "data_uri",
    "live_slider",
    "pair",
]
_KINDS = (Line, Figure, Tile, Film, Area, Mark, Bars, Strip, Matrix, Graph)
_GROUPS = (Tiles(()), Films(()), Areas(()))
# Streamlit joins its own names to the key with two underscores.
_KEY = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_HTML = '<div class="live"></div>'


def live_slider(
    *parts: Part | Group,
    key: str,
    label: str,
    values: Sequence[float],
    start: float,
    x: XAxis | None = None,
    y: YAxis | None = None,
    of: str = "",
) -> float:
    """Draw the slider with all that follows it; return its value as of the last release.

    Args:
        parts: What follows the slider. Those of one kind are drawn together, in this order.
        key: Name of the widget and of the URL parameter. On a first visit the URL wins over
            `start`; a link inside the app that changes the parameter moves the slider. At `start`
            the parameter leaves the URL.
        label: What the slider sets, in words, also the title of the x axis.
        values: Two or more numbers, strictly ascending: the only places where the slider rests,
            because only there something was measured. They go into the URL, so prefer display
            units (8 for 8/255) and divide afterwards.
        start: The default; the nearest of `values` is taken.
        x, y: The axes.
        of: What the values are of. Where that changes, the slider goes back to `start`.

    Returns:
        One of `values`. Where no browser draws the component (as in `AppTest`) this is the value
        of the URL, or `start`.

    Raises:
        ValueError: a key with a double underscore, values out of order, a part that does not fit.
    """
    stops = _checked_values(values)
    place = _place(key, stops, start, of)
    own = {"label": label, "start": place.moved_to, "turn": place.turn, "saveAs": key}
    data = own | _payload(parts, stops, x or XAxis(), y or YAxis())
    # Streamlit keeps a state only if somebody listens to it; the value itself is read below.
    result = _component()(key=place.widget, data=data, on_value_change=lambda: None)
    return place.settle(getattr(result, "value", None))


def _place(key: str, stops: Sequence[float], start: float, of: str) -> UrlPlace:
    if not _KEY.fullmatch(key):
        raise ValueError(f"expected a key of letters, digits and single - or _, got {key!r}")
    default = nearest(stops, start)
    place = UrlPlace(key=key, widget=f"{key}-live", stops=stops, default=default, of=of)
    place.follow_url()
    return place


def _payload(
    parts: Sequence[Part | Group], stops: Sequence[float], x: XAxis, y: YAxis
) -> dict[str, Any]:
    """All parts as the browser takes them: a list of each kind, and the options of the groups."""
    payload: dict[str, Any] = {kind.kind: [] for kind in _KINDS}
    for group in (*_GROUPS, *(part for part in parts if isinstance(part, Group))):
        payload |= group.options()
    for part in parts:
        for one in part.parts if isinstance(part, Group) else (part,):
            payload[one.kind].append(one.data(len(stops)))
    both = {"before": pair(colours.CLEAN), "after": pair(colours.ATTACKED)}
    return {**payload, **x.data(stops), **y.data(), "values": stops, "colours": both}


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
            "plot", "areas", "picture", "films", "bars", "strips", "matrices", "graphs",
            "live_slider",
        )
    )
)  # fmt: skip
