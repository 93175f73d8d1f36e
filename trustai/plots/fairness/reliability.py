"""Reliability diagrams of groups as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import label, layout, whiskers

_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross")


@dataclass(frozen=True)
class GroupReliability:
    """The diagram of one group.

    Attributes:
        name: Of the group.
        colour: ``#RRGGBB``.
        said: Mean probability of every bin.
        observed, low, high: The share that came true, and the ends of its interval.
        n: People in every bin.
    """

    name: str
    colour: str
    said: Sequence[float]
    observed: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    n: Sequence[int]


def reliability(groups: Sequence[GroupReliability]) -> go.Figure:
    """A line and a mark of its own per group, the diagonal dashed."""
    figure = go.Figure(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", name="perfectly calibrated", hoverinfo="skip",
            line={"color": colours.RANDOM, "dash": "dash", "width": 2},
        )
    )  # fmt: skip
    for k, one in enumerate(groups):
        figure.add_scatter(
            x=list(one.said),
            y=list(one.observed),
            error_y=whiskers(one.observed, list(zip(one.low, one.high, strict=True))),
            mode="lines+markers",
            name=label(one.name, 40),
            line={"color": one.colour, "width": 3},
            marker={"size": 10, "symbol": _SYMBOLS[k % len(_SYMBOLS)]},
            customdata=list(one.n),
            hovertemplate="said %{x:.1%}, came true %{y:.1%} of %{customdata:,} people"
            "<extra></extra>",
        )
    figure.update_xaxes(title="mean probability", tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(title="share that came true", tickformat=".0%", range=[-0.02, 1.02])
    return layout(figure, height=420)
