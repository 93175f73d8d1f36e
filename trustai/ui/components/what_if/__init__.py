"""Sliders for all features of a row, with the curve of the output over each.

While one is dragged, the outputs follow along its curve in the browser, without a model: the curves
were computed for all features when the last one was let go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai.plots import colours
from trustai.ui.components import assets

WIDGET = "what-if-live"


@dataclass(frozen=True)
class Dial:
    """The slider of one feature.

    Attributes:
        name, hint, note: What stands over it, explains it, and stands under it.
        own: Where it stands before anything is moved: one of `stops`.
        stops, texts: Where it can stand, ascending, and how each is written.
    """

    name: str
    hint: str
    note: str
    own: float
    stops: Sequence[float]
    texts: Sequence[str]


@dataclass(frozen=True)
class OutputLine:
    """The output of one model as each slider moves alone.

    Attributes:
        title, colour, dash: How it is called and drawn.
        outputs: Per slider the output in ``[0, 1]`` at each of its stops.
        before: The output before anything was moved.
    """

    title: str
    colour: str
    dash: str
    outputs: Sequence[Sequence[float]]
    before: float


def draw(
    dials: Sequence[Dial],
    lines: Sequence[OutputLine],
    *,
    start: Sequence[float],
    turn: int,
    note: tuple[str, str],
) -> None:
    """The sliders with their curves, and the outputs above them.

    Args:
        dials: One per feature.
        lines: One per model.
        start: Where each slider stands at first.
        turn: Raised by the caller whenever the sliders are moved from outside the browser.
        note: Title and text of what stands beside the outputs.
    """
    component = st.components.v2.component("trustai_what_if", html=_HTML, css=_CSS, js=_JS)
    data = payload(dials, lines, start=start, turn=turn, note=note)
    # Streamlit keeps a state only if somebody listens to it; it is read by `reported`.
    component(key=WIDGET, data=data, on_value_change=lambda: None)


def payload(
    dials: Sequence[Dial],
    lines: Sequence[OutputLine],
    *,
    start: Sequence[float],
    turn: int,
    note: tuple[str, str],
) -> dict[str, Any]:
    """What the browser is given: plain numbers and texts; see `draw` for the arguments."""
    pairs = [_pair(line.colour) for line in lines]
    heads = [
        {"label": line.title, "colour": pair, "dash": line.dash}
        for line, pair in zip(lines, pairs, strict=True)
    ]
    return {
        "turn": turn,
        "start": list(start),
        "dials": [_dial(dial) for dial in dials],
        "heads": [*heads, {"label": note[0], "text": note[1], "colour": _pair(colours.RANDOM)}],
        "lines": [
            {
                "colour": pair,
                "dash": line.dash,
                "before": line.before,
                "y": [[round(p, 4) for p in outputs] for outputs in line.outputs],
            }
            for line, pair in zip(lines, pairs, strict=True)
        ],
    }


def reported(turn: int, n: int) -> list[float] | None:
    """Where the browser says that the `n` sliders stand in this turn; it is not trusted further."""
    state = st.session_state.get(WIDGET)
    value = state.get("value") if isinstance(state, Mapping) else None
    if not isinstance(value, Mapping) or value.get("turn") != turn:
        return None
    at = value.get("at")
    if not isinstance(at, list) or len(at) != n:
        return None
    numbers = all(isinstance(v, int | float) and math.isfinite(v) for v in at)
    return [float(v) for v in at] if numbers else None


def _pair(colour: str) -> list[str]:
    return [colours.checked(colour), colours.on_dark(colour)]


def _dial(dial: Dial) -> dict[str, Any]:
    return {
        "name": dial.name,
        "hint": dial.hint,
        "note": dial.note,
        "own": dial.own,
        "values": list(dial.stops),
        "texts": list(dial.texts),
    }


_HTML = '<div class="live"></div>'
_CSS = assets.joined("live_slider/live_slider.css", "what_if/what_if.css")
# The helpers of the live slider, then the view.
_JS = assets.joined("live_slider/plot.js", "what_if/what_if.js")
