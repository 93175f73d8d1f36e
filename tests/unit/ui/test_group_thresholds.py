"""The sliders of thresholds by group: what goes to the browser, and what comes back."""

from __future__ import annotations

import json
import math

import pytest

from trustai.plots import colours
from trustai.ui.components.group_thresholds import (
    Choice,
    Compared,
    ThresholdGroup,
    _reports,
    payload,
)

STOPS = (0.25, 0.5, 0.75)


def group(*rates: float, right: tuple[int, ...] = (1, 2, 3)) -> ThresholdGroup:
    return ThresholdGroup(
        "a", colours.CLEAN, "solid", [0.5, 0.5], right, {"selection_rate": rates or (1, 0.5, 0)}
    )


def sent(*groups: ThresholdGroup, at: tuple[float, ...] = (0.25, 0.75)) -> dict[str, object]:
    return payload(
        groups,
        [Compared("p%-rule", ["selection_rate"], True, 0.8)],
        [Choice("p%-rule", "why", at)],
        n=8,
        stops=STOPS,
        shown={"selection_rate": "selected"},
    )


def test_rates_and_criteria_go_to_the_browser_as_they_are() -> None:
    data = json.loads(json.dumps(sent(group(), group(0.9, math.nan, 0.1)), allow_nan=False))
    assert [g["rates"]["selection_rate"] for g in data["groups"]] == [[1, 0.5, 0], [0.9, None, 0.1]]
    assert data["groups"][0]["right"] == [1, 2, 3]
    rule = {"title": "p%-rule", "rates": ["selection_rate"], "ratio": True, "limit": 0.8}
    assert data["criteria"] == [rule]
    assert data["choices"] == [{"title": "p%-rule", "hint": "why", "at": [0.25, 0.75]}]
    assert (data["n"], data["stops"]) == (8, list(STOPS))
    assert data["shown"] == [["selection_rate", "selected"]]


@pytest.mark.parametrize(
    ("groups", "at", "message"),
    [
        ((group(0.5, 0.5), group()), (0.25, 0.75), "3 values of 'a'"),
        ((group(right=(1,)), group()), (0.25, 0.75), "3 values of 'a'"),
        ((group(), group()), (0.25,), "2 of the stops in 'p%-rule'"),
        ((group(), group()), (0.25, 0.3), "2 of the stops in 'p%-rule'"),
    ],
)
def test_what_does_not_fit_is_refused(
    groups: tuple[ThresholdGroup, ...], at: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sent(*groups, at=at)


@pytest.mark.parametrize(
    "value", [None, 3, {}, {"at": 0.5, "turn": 1}, {"at": [0.5], "turn": [1]}, {"at": [0.5, 0.5]}]
)
def test_a_report_of_another_form_is_none(value: object) -> None:
    assert _reports(value, 2) == [None, None]


def test_a_report_is_taken_apart_by_group() -> None:
    found = _reports({"at": [0.25, 0.5], "turn": [1, 2]}, 2)
    assert found == [{"at": 0.25, "turn": 1}, {"at": 0.5, "turn": 2}]
