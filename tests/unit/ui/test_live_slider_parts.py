"""Parts of a live slider: what goes to the browser, and which are rejected."""

from __future__ import annotations

import json
import math

import pytest

from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Area,
    Axis,
    Bars,
    Curve,
    Film,
    Films,
    Graph,
    Line,
    Mark,
    Matrix,
    Pin,
    Strip,
    Tile,
    XAxis,
    YAxis,
    _payload,
)

BLUE = colours.CLEAN


def matrix(counts: list[list[list[int]]], totals: tuple[int, ...] = (5,)) -> Matrix:
    return Matrix("t", ["a"], ["a", "b"], "truth", "called", counts, totals, "accepted", [BLUE])


def bars(heights: list[list[float | None]]) -> Bars:
    return Bars("t", "x", "y", ["a", "b"], heights, [[0.5, None]], [[1, 0]], BLUE, "", "", "")


def graph(*curves: Curve, high: float = 1.0) -> Graph:
    return Graph("t", curves, Axis("x", (0, 1), (0, 0.5)), Axis("y", (0, high), percent=False))


def test_pins_come_sorted() -> None:
    strip = Strip("below", "above", [Pin(at, "", f"{at}", BLUE) for at in (3, 1, 2)])
    assert [pin["at"] for pin in strip.data(1)["pins"]] == [1, 2, 3]


def test_counts_are_laid_out_row_by_row() -> None:
    data = matrix([[[0, 0]], [[2, 3]]]).data(2)
    assert data["counts"] == [[0, 0], [2, 3]]
    assert data["totals"] == [5]


def test_nothing_that_json_lacks() -> None:
    parts = [
        Area("a", [0, 1, 2], [math.nan, 1], BLUE).data(1),
        bars([[math.nan, None]]).data(1),
        graph(Curve("c", [0, 1], [[math.nan, 2]], BLUE, dots=[(math.inf, 1)])).data(1),
    ]
    back = json.loads(json.dumps(parts, allow_nan=False))
    assert back[0]["heights"] == [0, 1]
    assert back[1]["heights"] == [[None, None]]
    assert back[2]["curves"][0]["y"] == [[None, 2]]
    assert back[2]["curves"][0]["dots"] == [[None, 1]]


def test_a_graph_has_one_curve_per_value_or_one_that_stays() -> None:
    moving = Curve("moving", [0, 1], [[1, 2], [3, 4]], BLUE, filled=True)
    still = Curve("still", [0, 1], [[5, 6]], BLUE, "dashed", dots=[(0, 5), (1, 6)])
    data = graph(moving, still, high=6).data(2)
    assert [curve["y"] for curve in data["curves"]] == [[[1, 2], [3, 4]], [[5, 6]]]
    assert data["x"]["ticks"] == [[0, "0 %"], [0.5, "50 %"]]
    assert data["y"] == {"title": "y", "range": [0, 6], "ticks": []}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Area("a", [0, 1], [1, 1], BLUE).data(1), "one edge more than heights"),
        (lambda: Area("a", [0, 0], [1], BLUE).data(1), "ascending order"),
        (lambda: matrix([[[0, 0]]]).data(2), "counts .* in matrix 't'"),
        (lambda: matrix([[[0]]]).data(1), "counts .* in matrix 't'"),
        (lambda: matrix([[[0, 0]]], totals=(1, 2)).data(1), "1 totals and colours"),
        (lambda: Strip("", "", [Pin(math.inf, "", "", BLUE)]).data(1), "at a finite number"),
        (lambda: Strip("", "", [Pin(1, "", "", BLUE, "http://x/")]).data(1), "PNG data URI"),
        (lambda: Mark(math.nan, "m").data(1), "at a finite number"),
        (lambda: graph(Curve("c", [0], [[1], [2]], BLUE)).data(3), "3 times 1 numbers in curve"),
        (lambda: graph(Curve("c", [0], [[1, 2]], BLUE)).data(1), "1 times 1 numbers in curve"),
        (lambda: graph(Curve("c", [0], [[1]], BLUE, dots=[(0, 1)])).data(2), "2 dots on curve"),
        (lambda: graph(high=0).data(1), "ascending range of axis 'y'"),
        (lambda: bars([[1.0]]).data(1), "1 times 2 numbers in bars"),
    ],
)
def test_what_does_not_fit_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_parts_go_to_the_list_of_their_kind_and_groups_bring_their_options() -> None:
    films = Films([Film(name, [], [], BLUE) for name in "ab"], in_row=2)
    tile = Tile("t", 1, "before", "after")
    sent = _payload([films, tile, Line("l", [], BLUE)], [], XAxis(unit="/255"), YAxis("accuracy"))
    assert [film["title"] for film in sent["films"]] == ["a", "b"]
    assert sent["tiles"] == [tile.data(0)]
    assert [line["name"] for line in sent["curves"]] == ["l"]
    assert sent["areas"] == sent["matrices"] == []
    assert (sent["filmsInRow"], sent["flippedWord"], sent["ridge"]) == (2, "fooled", False)
    assert (sent["unit"], sent["yLabel"], sent["yPercent"]) == ("/255", "accuracy", True)
