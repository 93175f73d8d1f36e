"""Rates of groups with their intervals as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import FONT, label, layout, rows, whiskers

NAME = 26
"""Most characters of a group's name."""


@dataclass(frozen=True)
class GroupRate:
    """A rate of one group.

    Attributes:
        group: Its name.
        n: Rows of the group.
        value, low, high: The rate in ``[0, 1]`` and the ends of its interval; nan where the group
            has no rows for it.
    """

    group: str
    n: int
    value: float
    low: float
    high: float


def rates(groups: Sequence[GroupRate], *, name: str, overall: float | None = None) -> go.Figure:
    """A point and an interval per group, the groups from top to bottom.

    Args:
        groups: In order.
        name: Of the rate.
        overall: The rate of all groups together, a dashed line.
    """
    values = [one.value for one in groups]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(range(len(groups))),
            error_x=whiskers(values, [(one.low, one.high) for one in groups]),
            mode="markers+text",
            marker={"size": 13, "color": colours.CLEAN},
            text=[f"{value:.1%}" for value in values],
            textposition="top center",
            cliponaxis=False,
            customdata=[[one.n, one.low, one.high] for one in groups],
            hovertemplate="%{x:.1%} of %{customdata[0]:,} people, 95 % interval "
            "%{customdata[1]:.1%} to %{customdata[2]:.1%}<extra></extra>",
        )
    )
    if overall is not None:
        figure.add_vline(
            x=overall,
            line={"color": colours.RANDOM, "dash": "dash", "width": 2},
            annotation={"text": f"all: {overall:.1%}", "font": {"size": FONT}},
            annotation_position="bottom right",
        )
    names = [f"{label(one.group, NAME)}<br>({one.n:,})" for one in groups]
    figure.update_yaxes(**rows([one.group for one in groups]) | {"ticktext": names})
    figure.update_xaxes(title=name, tickformat=".0%", rangemode="tozero", tickangle=0, nticks=4)
    return layout(figure, height=110 + 46 * len(groups))
