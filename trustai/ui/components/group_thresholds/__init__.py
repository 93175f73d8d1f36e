"""A slider of the threshold for each group, with what follows from all of them together.

Rates of every group at every threshold are given once; the browser compares the groups while a
slider is dragged, and no server takes part. Buttons set all thresholds at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai.plots import colours
from trustai.ui.components import assets
from trustai.ui.components.live_slider.plot import Dash, dashed, finite, pair
from trustai.ui.components.url_place import UrlPlace

WIDGET = "group-thresholds-live"


@dataclass(frozen=True)
class ThresholdGroup:
    """One group and its slider.

    Attributes:
        name: Of the group.
        colour, dash: How it is drawn.
        heights: ``(B,)``: the histogram of its probabilities over ``[0, 1]``, in the unit of the
            axis.
        right: ``(T,)``: how many of its people are predicted right at every threshold.
        rates: By name ``(T,)`` in ``[0, 1]``, nan where there is none.
    """

    name: str
    colour: str
    dash: Dash
    heights: Sequence[float]
    right: Sequence[int]
    rates: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Compared:
    """A figure that compares the groups: the largest of some differences, or the smallest ratio.

    Attributes:
        title: What is compared.
        rates: Names of rates of `ThresholdGroup`.
        ratio: Whether it is the smallest rate over the largest, and not their difference.
        limit: Up to here (a ratio: from here on) the criterion counts as kept.
    """

    title: str
    rates: Sequence[str]
    ratio: bool
    limit: float


@dataclass(frozen=True)
class Choice:
    """A button that sets the threshold of every group.

    Attributes:
        title, hint: On it, and what it does.
        at: Per group one of the stops.
    """

    title: str
    hint: str
    at: Sequence[float]


def group_thresholds(
    groups: Sequence[ThresholdGroup],
    criteria: Sequence[Compared],
    choices: Sequence[Choice],
    *,
    n: int,
    stops: Sequence[float],
    shown: Mapping[str, str],
    label: str,
    start: float,
    of: str,
) -> tuple[float, ...]:
    """Draw the sliders; return the thresholds as of the last release, one per group.

    Args:
        groups: In order, from top to bottom.
        criteria: The figures above the sliders, after the accuracy.
        choices: The buttons.
        n: How many people all groups have together.
        stops: Where a slider may rest, ascending.
        shown: Rates written beside each slider, by name with their titles.
        label: In front of the buttons.
        start: Where every slider rests at first.
        of: What the groups are of; where that changes, all sliders go back to `start`.

    The thresholds go into the URL as ``t1``, ``t2``, …
    """
    places = [
        UrlPlace(key=f"t{i}", widget=WIDGET, stops=stops, default=start, of=of)
        for i in range(1, len(groups) + 1)
    ]
    for place in places:
        place.follow_url()
    data = payload(groups, criteria, choices, n=n, stops=stops, shown=shown)
    data |= {"label": label, "of": of}
    data |= {"start": [p.moved_to for p in places], "turn": [p.turn for p in places]}
    component = st.components.v2.component("trustai_group_thresholds", html=_HTML, css=_CSS, js=_JS)
    result = component(key=WIDGET, data=data, on_value_change=lambda: None)
    reports = _reports(getattr(result, "value", None), len(places))
    return tuple(p.settle(report) for p, report in zip(places, reports, strict=True))


def payload(
    groups: Sequence[ThresholdGroup],
    criteria: Sequence[Compared],
    choices: Sequence[Choice],
    *,
    n: int,
    stops: Sequence[float],
    shown: Mapping[str, str],
) -> dict[str, Any]:
    """What the browser is given: plain numbers and texts; see `group_thresholds`.

    Raises:
        ValueError: a rate that is not known at every stop, or a choice that is no stop.
    """
    _check(groups, choices, stops)
    return {
        "n": n,
        "stops": [float(stop) for stop in stops],
        "shown": list(shown.items()),
        "colour": pair(colours.CLEAN),
        "groups": [_group(one) for one in groups],
        "criteria": [
            {"title": c.title, "rates": list(c.rates), "ratio": c.ratio, "limit": c.limit}
            for c in criteria
        ],
        "choices": [{"title": c.title, "hint": c.hint, "at": list(c.at)} for c in choices],
    }


def _group(one: ThresholdGroup) -> dict[str, Any]:
    return {
        "name": one.name,
        "colour": pair(one.colour),
        "dash": dashed(one.dash),
        "heights": [float(h) for h in one.heights],
        "right": [int(k) for k in one.right],
        "rates": {
            name: [finite(round(float(v), 5)) for v in values] for name, values in one.rates.items()
        },
    }


def _check(
    groups: Sequence[ThresholdGroup], choices: Sequence[Choice], stops: Sequence[float]
) -> None:
    for group in groups:
        wrong = [name for name, values in group.rates.items() if len(values) != len(stops)]
        if wrong or len(group.right) != len(stops):
            raise ValueError(f"expected {len(stops)} values of {group.name!r}, got others")
    for choice in choices:
        if len(choice.at) != len(groups) or not set(choice.at) <= set(stops):
            raise ValueError(f"expected {len(groups)} of the stops in {choice.title!r}")


def _reports(value: Any, n: int) -> list[Any]:
    """What the browser says of each slider; it is not trusted further."""
    if not isinstance(value, Mapping):
        return [None] * n
    at, turn = value.get("at"), value.get("turn")
    if not (isinstance(at, list) and isinstance(turn, list) and len(at) == len(turn) == n):
        return [None] * n
    return [{"at": a, "turn": t} for a, t in zip(at, turn, strict=True)]


_HTML = '<div class="live"></div>'
_CSS = assets.joined("live_slider/live_slider.css", "group_thresholds/group_thresholds.css")
_JS = assets.joined("live_slider/plot.js", "group_thresholds/group_thresholds.js")
