"""Figures of the page on backdoors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

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


def latents(
    points: NDArray[np.float32], marked: NDArray[np.bool_], group: NDArray[np.bool_]
) -> go.Figure:
    """Features of the pictures with one label on their first two principal axes.

    Args:
        points: ``(n, 2)``.
        marked: ``(n,)``: which pictures have the trigger in truth.
        group: ``(n,)``: which ones the defence tells from the rest.
    """
    figure = go.Figure()
    for poisoned, colour, symbol in (
        (False, colours.CLEAN, "circle"),
        (True, colours.ATTACKED, "x"),
    ):
        for told in (False, True):
            here = (marked == poisoned) & (group == told)
            name = ("with the trigger" if poisoned else "clean") + (", found" if told else "")
            figure.add_trace(
                go.Scatter(
                    x=points[here, 0], y=points[here, 1], mode="markers", name=name,
                    marker={
                        "color": colour, "symbol": symbol if not told else f"{symbol}-open",
                        "size": 8, "line": {"width": 2 if told else 0, "color": colour},
                    },
                    hoverinfo="name", visible=True if here.any() else "legendonly",
                    showlegend=bool(here.any()),
                )
            )  # fmt: skip
    return charts.layout(
        figure, height=380, xaxis_title="first principal axis", yaxis_title="second axis"
    )


def score_histogram(clean: Sequence[float], marked: Sequence[float], *, limit: float) -> go.Figure:
    """Scores of clean and of marked pictures, and the limit from which a picture is suspicious."""
    figure = go.Figure()
    for name, values, colour in (
        ("clean", clean, colours.CLEAN),
        ("with the trigger", marked, colours.ATTACKED),
    ):
        figure.add_trace(
            go.Histogram(
                x=list(values), name=name, nbinsx=40, marker={"color": colour}, opacity=0.6,
                histnorm="percent",
            )
        )  # fmt: skip
    figure.add_vline(x=limit, line={"color": colours.RANDOM, "dash": "dash", "width": 2})
    return charts.layout(
        figure, height=320, barmode="overlay", xaxis_title="score, higher is more suspicious",
        yaxis_title="% of the pictures",
    )  # fmt: skip


def mask_sizes(
    classes: Sequence[str], norms: Sequence[float], flagged: Sequence[bool]
) -> go.Figure:
    """The size of the smallest trigger that was found for every class, the flagged ones marked."""
    order = sorted(range(len(norms)), key=lambda k: norms[k])
    names = [classes[k] + (" (alarm)" if flagged[k] else "") for k in order]
    figure = go.Figure(
        go.Bar(
            x=[norms[k] for k in order], y=list(range(len(order))), orientation="h",
            marker={"color": [colours.ATTACKED if flagged[k] else colours.RANDOM for k in order]},
            hovertemplate="%{x:.1f} pixels<extra></extra>",
        )
    )  # fmt: skip
    return charts.layout(
        figure, height=30 * len(order) + 90, xaxis_title="size of the trigger found, in pixels",
        yaxis=charts.rows(names, 30),
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
        figure, height=360, xaxis_title="side of the sticker, share of the picture's side",
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
