"""Clean accuracy and attack success rate: by epoch, by size, before and after a repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from trustai.plots import charts, colours


def epochs(accuracy: Sequence[float], success: Sequence[float]) -> go.Figure:
    """Clean accuracy and attack success rate after every epoch; the first is before training."""
    figure = go.Figure()
    x = list(range(len(accuracy)))
    for name, y, colour, dash in (
        ("clean accuracy", list(accuracy), colours.CLEAN, "solid"),
        ("attack success rate", list(success), colours.ATTACKED, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=x, y=y, name=name, mode="lines+markers", line={"color": colour, "dash": dash},
                hovertemplate="epoch %{x}: %{y:.1%}",
            )
        )  # fmt: skip
    return charts.layout(
        figure, height=300, xaxis_title="epoch", yaxis_title="share of pictures",
        yaxis={"range": [-0.03, 1.03], "tickformat": ".0%"},
    )  # fmt: skip


def by_size(lines: Sequence[tuple[str, Sequence[float], Sequence[float], str, str]]) -> go.Figure:
    """Success against the size of a sticker.

    Args:
        lines: Name, sizes, shares, colour and dash of each.
    """
    figure = go.Figure()
    for name, x, y, colour, dash in lines:
        figure.add_trace(
            go.Scatter(
                x=list(x), y=list(y), name=name, mode="lines+markers",
                line={"color": colour, "dash": dash}, hovertemplate="%{x:.0%}: %{y:.1%}",
            )
        )  # fmt: skip
    return charts.layout(
        figure, height=360, xaxis_title="side of the sticker",
        yaxis_title="named the target", xaxis={"tickformat": ".0%"},
        yaxis={"range": [-0.03, 1.03], "tickformat": ".0%"},
    )  # fmt: skip


def before_and_after(shares: Mapping[str, tuple[float, float]]) -> go.Figure:
    """Clean accuracy and attack success rate before and after a repair.

    Args:
        shares: Both, by when.
    """
    figure = go.Figure()
    names = ["clean accuracy", "attack success rate"]
    for when, colour in zip(shares, (colours.RANDOM, colours.TRAINED_AGAINST), strict=True):
        figure.add_trace(
            go.Bar(
                x=names, y=list(shares[when]), name=when, marker={"color": colour},
                text=[f"{share:.1%}" for share in shares[when]], textposition="outside",
            )
        )  # fmt: skip
    return charts.layout(
        figure, height=340, barmode="group", yaxis={"range": [0, 1.12], "tickformat": ".0%"}
    )
