"""Training, importance and shape functions of models of a table as Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from trustai.plots import colours
from trustai.plots.charts import label, layout, ticks, wrapped


def learning(
    history: Mapping[str, Sequence[float | None]], *, what: str, percent: bool
) -> go.Figure:
    """A figure per epoch on the training and on the validation part.

    Args:
        history: With ``train_<what>`` and ``val_<what>``.
    """
    figure = go.Figure()
    parts = (("train", "training part", colours.RANDOM), ("val", "validation part", colours.CLEAN))
    for part, name, colour in parts:
        y = list(history.get(f"{part}_{what}", ()))
        figure.add_scatter(
            x=list(range(1, len(y) + 1)),
            y=y,
            name=name,
            mode="lines",
            line={"color": colour, "width": 3, "dash": "dash" if part == "train" else "solid"},
        )
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title=what, tickformat=".0%" if percent else "")
    return layout(figure, height=320)


def shape(
    grid: NDArray[np.float64],
    members: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    reach: tuple[float, float],
) -> go.Figure:
    """One column's function in an additive model, each member's beside it, the data below.

    Args:
        grid: ``(G,)`` of raw values.
        members: ``(M, G)``: what each member adds to the logit there.
        values: Known values of the column in the training part: their density is drawn.
        reach: Lowest and highest y, the same for every column, so that heights can be compared.
    """
    figure = go.Figure(_density(values, *reach))
    for one in members:
        figure.add_scatter(
            x=grid, y=one, mode="lines", hoverinfo="skip",
            line={"color": colours.translucent(colours.CLEAN, 0.25), "width": 1},
        )  # fmt: skip
    figure.add_scatter(
        x=grid, y=members.mean(0), mode="lines", line={"color": colours.CLEAN, "width": 3},
        hovertemplate="%{x:.4g}: %{y:+.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": colours.RANDOM, "dash": "dash", "width": 1})
    figure.update_layout(showlegend=False, bargap=0)
    figure.update_xaxes(nticks=5)
    figure.update_yaxes(range=list(reach), nticks=5)
    return layout(figure, height=220)


def _density(values: NDArray[np.float64], low: float, high: float) -> go.Bar:
    """A histogram in the lowest quarter of the axis from `low` to `high`."""
    counts, edges = np.histogram(values, bins=30)
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=0.25 * (high - low) * counts / max(1, counts.max()),
        base=low,
        width=float(edges[1] - edges[0]),
        marker={"color": colours.translucent(colours.RANDOM, 0.4), "line": {"width": 0}},
        customdata=counts,
        hovertemplate="%{customdata} rows<extra></extra>",
    )


def shares_of_columns(
    groups: Sequence[tuple[str, str, Sequence[float], Sequence[float] | None]],
    columns: Sequence[str],
    *,
    x_title: str,
    most: int = 15,
) -> go.Figure:
    """What each column adds by each method: ``(name, colour, values (F,), spread (F,) or None)``.

    The columns stand in the order of the first group's absolute values, the largest on top, and
    no more than `most` of them.
    """
    order = np.argsort(-np.abs(np.asarray(groups[0][2])), kind="stable")[:most]
    figure = go.Figure()
    for name, colour, values, spread in groups:
        figure.add_bar(
            x=[values[i] for i in order],
            y=list(range(len(order))),
            orientation="h",
            name=label(name, 40),
            marker_color=colour,
            error_x=None
            if spread is None
            else {"array": [spread[i] for i in order], "color": colours.RANDOM, "thickness": 2},
            hovertemplate="%{x:+.3f}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": colours.RANDOM, "width": 1})
    figure.update_xaxes(title=wrapped(x_title, 28))
    figure.update_yaxes(**ticks([columns[i] for i in order]), autorange="reversed")
    height = 130 + len(order) * (14 + 12 * len(groups))
    return layout(figure, height=height, barmode="group", bargap=0.3)
