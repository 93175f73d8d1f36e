"""Densities of probabilities by group as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import layout

DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot"}


@dataclass(frozen=True)
class GroupCurve:
    """The curve of one group.

    Attributes:
        name, colour, dash: How it is called and drawn; the dash is a key of `DASHES`.
        x, y: Its points.
    """

    name: str
    colour: str
    dash: str
    x: Sequence[float]
    y: Sequence[float]


def densities(curves: Sequence[GroupCurve], *, threshold: float = 0.5) -> go.Figure:
    """A filled curve per group over the probability, and the threshold.

    Args:
        curves: In the order of the legend.
        threshold: A dashed line.
    """
    figure = go.Figure()
    for one in curves:
        figure.add_scatter(
            x=list(one.x),
            y=list(one.y),
            name=one.name,
            mode="lines",
            line={"color": one.colour, "width": 3, "dash": DASHES[one.dash]},
            fill="tozeroy",
            fillcolor=colours.translucent(one.colour, 0.16),
            hoverinfo="skip",
        )
    figure.add_vline(x=threshold, line={"color": colours.RANDOM, "dash": "dash", "width": 2})
    figure.update_xaxes(title="probability of a high income", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="people", showticklabels=False, rangemode="tozero")
    return layout(figure, height=320)
