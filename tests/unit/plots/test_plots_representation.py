"""Maps as figures: what is drawn, and that it can be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.plots import colours, representation
from trustai.plots.representation import (
    CLASS_COLOURS,
    Marker,
    Points,
)

CLASSES = tuple("abc")


@pytest.fixture
def cloud() -> Points:
    places = np.arange(12, dtype=np.float32).reshape(6, 2)
    labels, predicted = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2])
    return Points(places, labels, predicted, np.array([10, 11, 12, 13, 14, 15]))


@pytest.mark.parametrize("colour", CLASS_COLOURS)
def test_every_class_is_seen_on_both_backgrounds(colour: str) -> None:
    assert colours.contrast(colour, colours.LIGHT_BACKGROUND) >= 3
    assert colours.contrast(colour, colours.DARK_BACKGROUND) >= 3


def test_thirty_two_classes_have_marks_of_their_own() -> None:
    marks = [representation.class_mark(i)[:2] for i in range(32)]
    assert len(set(marks)) == 32
    assert len({representation.class_mark(i)[2] for i in (0, 8, 16, 24)}) == 4


def test_by_class_each_point_tells_what_it_is(cloud: Points) -> None:
    figure = representation.feature_map(cloud, CLASSES)
    assert [trace.name for trace in figure.data] == ["a", "b", "c"]
    assert [list(row) for row in figure.data[0].customdata] == [[10, "a", "a"], [11, "a", "b"]]
    assert len({trace.marker.color for trace in figure.data}) == 3


def test_by_error_wrong_ones_are_red_orange_crosses(cloud: Points) -> None:
    right, wrong = representation.feature_map(cloud, CLASSES, colour_by="error").data
    assert [row[0] for row in right.customdata] == [10, 12, 13, 15]
    assert [row[0] for row in wrong.customdata] == [11, 14]
    assert (right.marker.color, wrong.marker.color) == (colours.CLEAN, colours.ATTACKED)
    assert wrong.marker.symbol == "x"


def test_one_class_alone_leaves_the_others_grey_and_mute(cloud: Points) -> None:
    others, alone = representation.feature_map(cloud, CLASSES, only=1).data
    assert others.marker.color == colours.RANDOM
    assert others.hoverinfo == "skip"
    assert len(others.x) == 4
    assert alone.name == "b"


def test_the_ring_lies_around_its_picture(cloud: Points) -> None:
    figure = representation.feature_map(cloud, CLASSES, ringed=13)
    rings = [t for t in figure.data if t.marker.symbol == "circle-open"]
    assert [(list(t.x), list(t.y)) for t in rings] == [([6], [7])] * 2
    assert not [
        t
        for t in representation.feature_map(cloud, CLASSES, ringed=99).data
        if t.marker.symbol == "circle-open" and len(t.x)
    ]


def test_a_click_dims_nothing(cloud: Points) -> None:
    figure = representation.feature_map(cloud, CLASSES, only=0, behind=cloud.places, ringed=10)
    for trace in figure.data:
        kept = 1 if trace.marker.opacity is None else trace.marker.opacity
        assert trace.unselected.marker.opacity == kept


def test_stars_lie_inside_the_axes_with_their_paths(cloud: Points) -> None:
    stars = [
        Marker(0, 0, "clean", colours.CLEAN),
        Marker(40, -9, "attacked", colours.ATTACKED),
    ]
    figure = representation.with_stars(cloud, stars, CLASSES, paths=True)
    (path,) = [t for t in figure.data if t.mode == "lines"]
    assert (list(path.x), list(path.y)) == ([0, 40], [0, -9])
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert left < 0 < 40 < right
    assert bottom < -9 < 11 < top
