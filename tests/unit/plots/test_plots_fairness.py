"""Figures of group fairness."""

from __future__ import annotations

import math

from trustai.plots.fairness.rates import GroupRate, rates


def test_rates_stand_in_their_order_with_their_intervals_and_sizes() -> None:
    groups = [GroupRate("Male", 30, 0.3, 0.2, 0.45), GroupRate("Female", 9, 0.1, 0.05, 0.2)]
    figure = rates(groups, name="share", overall=0.25)
    (points,) = figure.data
    assert (list(points.x), list(points.y)) == ([0.3, 0.1], [0, 1])
    assert [round(v, 9) for v in points.error_x.array] == [0.15, 0.1]
    assert [round(v, 9) for v in points.error_x.arrayminus] == [0.1, 0.05]
    assert list(figure.layout.yaxis.ticktext) == ["Male (30)", "Female (9)"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first is on top"
    assert figure.layout.shapes[0].x0 == 0.25
    assert "25.0%" in figure.layout.annotations[0].text


def test_a_group_without_rows_has_no_point() -> None:
    (points,) = rates([GroupRate("a", 0, math.nan, math.nan, math.nan)], name="share").data
    assert math.isnan(points.x[0])
