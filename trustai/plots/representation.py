"""Maps of features as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from trustai.plots import colours
from trustai.plots.charts import FONT, layout

# Of classes, which carry none of the house's four meanings; as dark as both backgrounds allow.
CLASS_COLOURS = (
    "#1C6CC7", "#D75A11", "#197839", "#D65CAD", "#B18F09", "#7845D1", "#139FAC", "#CA243F",
)  # fmt: skip
SYMBOLS = ("circle", "diamond", "square", "triangle-up")
SIGNS = ("●", "◆", "■", "▲")  # the same in words
ColourBy = Literal["class", "error"]
Range = tuple[float, float]


def class_mark(i: int) -> tuple[str, str, str]:
    """Colour, Plotly's symbol and a printed sign of class `i`: a new sign every eight classes."""
    turn = i // len(CLASS_COLOURS) % len(SYMBOLS)
    return CLASS_COLOURS[i % len(CLASS_COLOURS)], SYMBOLS[turn], SIGNS[turn]


@dataclass(frozen=True, eq=False)
class Points:
    """The pictures of one view on one map.

    Attributes:
        places: ``(N, 2)``.
        labels, predicted: ``(N,)``: indices into the classes.
        numbers: ``(N,)``: of the pictures in their split.
    """

    places: NDArray[np.float32]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> Points:
        return Points(
            self.places[rows], self.labels[rows], self.predicted[rows], self.numbers[rows]
        )


def feature_map(
    cloud: Points,
    classes: Sequence[str],
    *,
    colour_by: ColourBy = "class",
    only: int | None = None,
    behind: NDArray[np.float32] | None = None,
    ringed: int | None = None,
    ranges: tuple[Range, Range] | None = None,
    height: int = 460,
) -> go.Figure:
    """A point for each picture; hovering tells its class, what it was called and its number.

    Args:
        colour_by: Classes by colour and sign; or right ones blue and wrong ones red-orange crosses.
        only: A class to show alone, the others grey.
        behind: Places ``(R, 2)`` of the training pictures, faint.
        ringed: Number of a picture with a ring around it.
        ranges: Of both axes, so that other views of the same map lie alike.
    """
    figure = go.Figure()
    if behind is not None:
        _dots(figure, behind, colours.RANDOM, opacity=0.22, size=4)
    shown = cloud
    if only is not None:
        _dots(figure, cloud.take(cloud.labels != only).places, colours.RANDOM, opacity=0.3, size=5)
        shown = cloud.take(cloud.labels == only)
    if colour_by == "error":
        wrong = shown.labels != shown.predicted
        _marks(figure, shown.take(~wrong), classes, "right", colours.CLEAN, "circle", 6)
        _marks(figure, shown.take(wrong), classes, "wrong", colours.ATTACKED, "x", 6)
    else:
        for i in np.unique(shown.labels):
            colour, symbol, _ = class_mark(int(i))
            part = shown.take(shown.labels == i)
            _marks(figure, part, classes, classes[i], colour, symbol, 6)
    if ringed is not None:
        _ring(figure, cloud.take(cloud.numbers == ringed).places)
    return _as_map(figure, ranges, height)


def _as_map(figure: go.Figure, ranges: tuple[Range, Range] | None, height: int) -> go.Figure:
    """No ticks: the axes of a map mean nothing by themselves."""
    layout(figure, height=height, dragmode=False, hovermode="closest", showlegend=False)
    figure.update_xaxes(visible=False, range=None if ranges is None else ranges[0])
    figure.update_yaxes(visible=False, range=None if ranges is None else ranges[1])
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def _dots(
    figure: go.Figure, places: NDArray[np.float32], colour: str, *, opacity: float, size: int
) -> None:
    figure.add_scatter(
        x=places[:, 0], y=places[:, 1], mode="markers", hoverinfo="skip",
        marker={"size": size, "color": colour, "opacity": opacity},
        # A click on one point must not dim the others.
        unselected={"marker": {"opacity": opacity}},
    )  # fmt: skip


def _marks(
    figure: go.Figure, cloud: Points, classes: Sequence[str], name: str, colour: str, symbol: str,
    size: int,
) -> None:  # fmt: skip
    told = [
        [int(n), classes[true], classes[called]]
        for n, true, called in zip(cloud.numbers, cloud.labels, cloud.predicted, strict=True)
    ]
    figure.add_scatter(
        x=cloud.places[:, 0], y=cloud.places[:, 1], mode="markers", name=name, customdata=told,
        marker={"size": size, "color": colour, "symbol": symbol, "opacity": 0.8},
        unselected={"marker": {"opacity": 0.8}},
        hovertemplate="%{customdata[1]}, called %{customdata[2]}<br>picture %{customdata[0]}"
        "<extra></extra>",
    )  # fmt: skip


def _ring(figure: go.Figure, places: NDArray[np.float32]) -> None:
    """Black within white, so that one of them shows on any background."""
    for size, colour in ((20, "#FFFFFF"), (16, "#000000")):
        figure.add_scatter(
            x=places[:, 0], y=places[:, 1], mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": size, "color": colour, "line": {"width": 3}},
            unselected={"marker": {"opacity": 1}},
        )  # fmt: skip


@dataclass(frozen=True)
class Marker:
    """A picture of special interest on a map: a word beside a large mark."""

    x: float
    y: float
    word: str
    colour: str
    symbol: str = "star"


def with_stars(
    cloud: Points, stars: Sequence[Marker], classes: Sequence[str], *, paths: bool = False,
    height: int = 460,
) -> go.Figure:  # fmt: skip
    """Training pictures by class, faint, and special ones among them.

    Args:
        paths: Draw a line from the first star to each of the others.
    """
    figure = go.Figure()
    for i in np.unique(cloud.labels):
        colour, symbol, _ = class_mark(int(i))
        _marks(figure, cloud.take(cloud.labels == i), classes, classes[i], colour, symbol, 5)
    figure.update_traces(marker_opacity=0.45, unselected={"marker": {"opacity": 0.45}})
    for star in stars[1:] if paths else ():
        figure.add_scatter(
            x=[stars[0].x, star.x], y=[stars[0].y, star.y], mode="lines", hoverinfo="skip",
            line={"color": star.colour, "width": 3},
        )  # fmt: skip
    everything = np.concatenate([cloud.places, [[s.x, s.y] for s in stars]])
    ranges = ranges_of(everything)
    for star in stars:
        figure.add_scatter(
            x=[star.x], y=[star.y], mode="markers+text", text=[f"<b>{star.word}</b>"],
            textposition=_inwards(star, ranges), textfont={"size": FONT, "color": star.colour},
            hovertemplate=f"{star.word}<extra></extra>",
            marker={
                "symbol": star.symbol, "size": 17, "color": star.colour,
                "line": {"width": 2, "color": "#FFFFFF"},
            },
            cliponaxis=False,
        )  # fmt: skip
    return _as_map(figure, ranges, height)


def _inwards(star: Marker, ranges: tuple[Range, Range]) -> str:
    """Where the word of a mark stands, so that it stays inside a narrow map, too."""
    (left, right), (bottom, top) = ranges
    x, y = (star.x - left) / (right - left), (star.y - bottom) / (top - bottom)
    side = "right" if x < 0.2 else "left" if x > 0.8 else "center"
    return f"{'bottom' if y > 0.9 else 'top'} {side}"


def ranges_of(places: NDArray[np.float32]) -> tuple[Range, Range]:
    """Of both axes, a little wider than all places ``(N, 2)``."""
    low, high = places.min(0).astype(float), places.max(0).astype(float)
    room = 0.06 * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return (left, right), (bottom, top)
