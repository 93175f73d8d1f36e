"""What two networks say of one person and of counterparts, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import layout, rows, whiskers, wrapped

_SYMBOLS = ("circle", "diamond")


@dataclass(frozen=True)
class Answers:
    """The answers of one network.

    Attributes:
        name: Of the network.
        colour: ``#RRGGBB``.
        values: A probability per person.
        ends: Between which 95 % of the answers lie, where a person stands for many.
    """

    name: str
    colour: str
    values: Sequence[float]
    ends: Sequence[tuple[float, float]]


def answers(people: Sequence[str], networks: Sequence[Answers]) -> go.Figure:
    """A row per person, a mark per network.

    Args:
        people: Names, from top to bottom.
        networks: Before and after the repair.
    """
    figure = go.Figure()
    for k, one in enumerate(networks):
        shift = (k - (len(networks) - 1) / 2) * 0.3
        figure.add_scatter(
            x=list(one.values),
            y=[i + shift for i in range(len(people))],
            error_x=whiskers(one.values, one.ends),
            mode="markers",
            name=one.name,
            marker={"size": 13, "color": one.colour, "symbol": _SYMBOLS[k % 2]},
            hovertemplate="%{x:.1%}<extra></extra>",
        )
    figure.add_vline(x=0.5, line={"color": colours.RANDOM, "dash": "dash", "width": 2})
    figure.update_yaxes(**rows(people, 30))
    figure.update_xaxes(
        title=wrapped("probability of a high income", 18), tickformat=".0%", range=[-0.02, 1.02]
    )
    return layout(figure, height=190 + 58 * len(people))


def information(columns: Sequence[str], nats: Sequence[float], *, most: float) -> go.Figure:
    """How much each column tells of the group, the strongest on top.

    Args:
        columns, nats: Mutual information of each column.
        most: The entropy of the group: a column cannot tell more.
    """
    figure = go.Figure(
        go.Bar(
            x=[one / most for one in nats],
            y=list(range(len(columns))),
            orientation="h",
            marker_color=colours.CLEAN,
            customdata=list(nats),
            hovertemplate="%{x:.1%} (%{customdata:.3f} nats)<extra></extra>",
        )
    )
    figure.update_yaxes(**rows(columns, 20))
    figure.update_xaxes(title="share of the group's entropy", tickformat=".0%", rangemode="tozero")
    return layout(figure, height=110 + 26 * len(columns))
