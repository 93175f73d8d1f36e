"""What defences find: latent features, scores, sizes of triggers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from trustai.plots import charts, colours


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
        figure, height=340, barmode="overlay", xaxis_title="score, higher is more suspicious",
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
