"""Attribution maps, deletion curves and the leaderboard of methods as Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from trustai.plots import colours
from trustai.plots.charts import layout, whiskers, wrapped


def value_map(
    values: NDArray[np.float32], *, signed: bool, table: str, side: int = 64
) -> go.Figure:
    """A map ``(H, W)`` whose values show under the mouse.

    Larger maps are averaged down to about `side` rows: a heatmap of very many cells stays blank in
    the browser.

    Args:
        values: ``(H, W)``.
        signed: Whether the colours are centred at zero.
        table: Name of a colour scale of Plotly.
        side: Rows at most, about.
    """
    step = max(1, values.shape[0] // side)
    height, width = (n // step * step for n in values.shape)
    blocks = values[:height, :width].reshape(height // step, step, width // step, step)
    cells = blocks.mean((1, 3))
    largest = float(np.abs(cells).max()) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            x0=step / 2,
            dx=step,
            y0=step / 2,
            dy=step,
            zmin=-largest if signed else 0,
            zmax=largest,
            colorscale=colours.scale(colours.SIGNED if signed else table),
            hovertemplate="row %{y:.0f}, column %{x:.0f}<br>%{z:.4g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", visible=False)
    figure.update_xaxes(visible=False)
    return layout(figure, height=420)


def faithfulness(
    share: Sequence[float], probability: Sequence[float], nulls: Mapping[str, Sequence[float]]
) -> go.Figure:
    """A deletion or insertion curve and those of null maps; shares and probabilities in [0, 1].

    Args:
        share: Of the pixels removed or shown, in ``[0, 1]``.
        probability: Of the class, at every share.
        nulls: The same with each null map, by what it is called.
    """
    figure = go.Figure()
    dashes = ("dash", "dot", "dashdot", "longdash")
    lines = [
        *((title, y, colours.RANDOM, dashes[i % 4]) for i, (title, y) in enumerate(nulls.items())),
        ("this map", probability, colours.CLEAN, "solid"),
    ]
    for name, y, colour, dash in lines:
        line = {"color": colour, "width": 3, "dash": dash}
        figure.add_scatter(x=list(share), y=list(y), name=name, mode="lines", line=line)
    figure.update_xaxes(title="share of the pixels", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="probability", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    return layout(figure, height=380)


def cost_and_lead(
    names: Sequence[str],
    seconds: Sequence[float],
    lead: Sequence[float],
    ends: Sequence[tuple[float, float]] | None,
) -> go.Figure:
    """How far methods lead over the best null map, the best on top, and beside it what they cost.

    Args:
        seconds: Per picture; drawn logarithmically.
        lead: Insertion area minus deletion area, minus the same of the best null; 0 is chance.
        ends: The interval of each lead.
    """
    order = sorted(range(len(names)), key=lambda i: lead[i])
    titles, x = [names[i] for i in order], [lead[i] for i in order]
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.05)
    figure.add_bar(
        x=x, y=titles, orientation="h", marker={"color": colours.CLEAN}, col=1, row=1,
        error_x=whiskers(x, None if ends is None else [ends[i] for i in order]),
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[seconds[i] for i in order], y=titles, mode="markers", col=2, row=1,
        marker={"size": 11, "color": colours.CLEAN}, cliponaxis=False,
        hovertemplate="%{y}: %{x:.3g} s<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=wrapped("lead over the best control map", 16), col=1)
    figure.update_xaxes(title="seconds", type="log", dtick=1, tickformat="~g", showgrid=True, col=2)
    figure.update_layout(showlegend=False, bargap=0.35)
    return layout(figure, height=60 + 28 * len(names))
