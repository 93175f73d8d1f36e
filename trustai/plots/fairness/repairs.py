"""Repairs of an unfair model: accuracy against the p%-rule as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import FONT, layout, whiskers

Spread = tuple[float, float, float]
"""The mean, and the ends of its interval."""


@dataclass(frozen=True)
class RepairMark:
    """One repair.

    Attributes:
        title: Of the repair.
        rule, accuracy: With their intervals.
        needs_group: Whether each decision needs to know the group.
        repaired: Whether it repairs anything.
        filled: Whether the mark is filled: repairs of different models look different.
    """

    title: str
    rule: Spread
    accuracy: Spread
    needs_group: bool
    repaired: bool = True
    filled: bool = True


def price(marks: Sequence[RepairMark], *, limit: float) -> go.Figure:
    """Accuracy against the lower p%-rule, a numbered mark per repair with its interval.

    Args:
        marks: In the order of their numbers.
        limit: Of the p%-rule, a dashed line.
    """
    figure = go.Figure()
    for i, mark in enumerate(marks, start=1):
        figure.add_scatter(
            x=[mark.rule[0]],
            y=[mark.accuracy[0]],
            error_x=whiskers([mark.rule[0]], [mark.rule[1:]]),
            error_y=whiskers([mark.accuracy[0]], [mark.accuracy[1:]]),
            mode="markers+text",
            name=f"{i} {mark.title}",
            marker=_look(mark),
            text=[str(i)],
            textposition="top right",
            textfont={"size": FONT},
            cliponaxis=False,
            hovertemplate=f"{mark.title}: accuracy %{{y:.1%}}, p%-rule %{{x:.1%}}<extra></extra>",
        )
    figure.add_vline(
        x=limit,
        line={"color": colours.RANDOM, "dash": "dash", "width": 2},
        annotation={"text": "80 % rule", "font": {"size": FONT}},
        annotation_position="top left",
    )
    figure.update_xaxes(title="p%-rule, the lower of sex and race", tickformat=".0%")
    figure.update_yaxes(title="accuracy", tickformat=".1%")
    figure = layout(figure, height=420 + 24 * len(marks))
    # Below the plot: nine names above it would take half of a phone.
    figure.update_layout(
        legend={"orientation": "v", "y": -0.2, "yanchor": "top", "x": 0, "itemsizing": "constant"}
    )
    return figure


def _look(mark: RepairMark) -> dict[str, object]:
    """Grey circles repair nothing, blue squares repair, purple diamonds need the group."""
    if not mark.repaired:
        colour, symbol = colours.RANDOM, "circle"
    elif mark.needs_group:
        colour, symbol = colours.OTHERS[0], "diamond"
    else:
        colour, symbol = colours.CLEAN, "square"
    line = {"width": 0 if mark.filled else 3, "color": colour}
    return {
        "size": 15,
        "color": colour,
        "symbol": symbol if mark.filled else f"{symbol}-open",
        "line": line,
    }
