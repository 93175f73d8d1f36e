"""Figures of group fairness."""

from __future__ import annotations

import math

from trustai.plots.fairness.curves import GroupCurve, densities
from trustai.plots.fairness.rates import GroupRate, rates
from trustai.plots.fairness.repairs import RepairMark, price


def test_rates_stand_in_their_order_with_their_intervals_and_sizes() -> None:
    groups = [GroupRate("Male", 30, 0.3, 0.2, 0.45), GroupRate("Female", 9, 0.1, 0.05, 0.2)]
    figure = rates(groups, name="share", overall=0.25)
    (points,) = figure.data
    assert (list(points.x), list(points.y)) == ([0.3, 0.1], [0, 1])
    assert [round(v, 9) for v in points.error_x.array] == [0.15, 0.1]
    assert [round(v, 9) for v in points.error_x.arrayminus] == [0.1, 0.05]
    assert list(figure.layout.yaxis.ticktext) == ["Male<br>(30)", "Female<br>(9)"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first is on top"
    assert figure.layout.shapes[0].x0 == 0.25
    assert "25.0%" in figure.layout.annotations[0].text


def test_a_long_group_is_shown_whole_and_one_of_a_user_is_escaped() -> None:
    names = ("Female, Amer-Indian-Eskimo", "<b>mine</b>")
    figure = rates([GroupRate(name, 9, 0.1, 0.05, 0.2) for name in names], name="share")
    assert list(figure.layout.yaxis.ticktext) == [
        "Female, Amer-Indian-Eskimo<br>(9)",
        "&lt;b&gt;mine&lt;/b&gt;<br>(9)",
    ]


def test_a_group_without_rows_has_no_point() -> None:
    (points,) = rates([GroupRate("a", 0, math.nan, math.nan, math.nan)], name="share").data
    assert math.isnan(points.x[0])


def test_a_repair_has_its_number_its_spread_and_the_look_of_its_kind() -> None:
    marks = [
        RepairMark("none", (0.3, 0.2, 0.4), (0.86, 0.85, 0.87), False, repaired=False),
        RepairMark("cut", (0.9, 0.8, 0.95), (0.84, 0.83, 0.85), True),
        RepairMark("weigh", (0.8, 0.8, 0.8), (0.85, 0.85, 0.85), False, filled=False),
    ]
    figure = price(marks, limit=0.8)
    assert [one.name for one in figure.data] == ["1 none", "2 cut", "3 weigh"]
    assert [one.marker.symbol for one in figure.data] == ["circle", "diamond", "square-open"]
    assert len({one.marker.color for one in figure.data}) == 3
    cut = figure.data[1]
    assert (cut.x[0], cut.y[0], cut.text[0]) == (0.9, 0.84, "2")
    assert round(cut.error_x.arrayminus[0], 9) == 0.1
    assert round(cut.error_y.array[0], 9) == 0.01
    assert figure.layout.shapes[0].x0 == 0.8


def test_two_densities_differ_in_colour_and_dash() -> None:
    curves = [
        GroupCurve("Female", "#A84D90", "solid", [0, 1], [2, 0]),
        GroupCurve("Male", "#866300", "dashed", [0, 1], [1, 1]),
    ]
    figure = densities(curves, threshold=0.4)
    assert [(one.name, one.line.dash) for one in figure.data] == [
        ("Female", "solid"),
        ("Male", "dash"),
    ]
    assert list(figure.data[0].y) == [2, 0]
    assert figure.layout.shapes[0].x0 == 0.4
