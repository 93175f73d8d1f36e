"""The data of a table as Plotly figures: classes, distributions, correlations and outliers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from trustai.plots import colours
from trustai.plots.charts import label, layout, ticks, wrapped

CLASS_COLOURS = (colours.CLEAN, colours.ATTACKED)
"""Of class 0 and class 1, on every page of tables."""
POINTS = 16_000
"""More points than this in one figure make a browser slow."""


def correlation_matrix(matrix: pd.DataFrame) -> go.Figure:
    """A symmetric matrix in [-1, 1], blue below zero and red above it.

    Args:
        matrix: Names of the columns as index and as columns.
    """
    names = [str(name) for name in matrix.columns]
    values = matrix.to_numpy(dtype=float)
    texts = [["" if np.isnan(v) else f"{v:.2f}" for v in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            text=texts,
            texttemplate="%{text}" if len(names) <= 12 else "",
            textfont={"size": 13},
            colorscale=colours.scale(colours.SIGNED),
            zmin=-1,
            zmax=1,
            colorbar={"thickness": 12, "tickvals": [-1, 0, 1]},
            customdata=[[f"{label(a, 40)}, {label(b, 40)}" for b in names] for a in names],
            hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(**ticks(names, 12), tickangle=-45)
    figure.update_yaxes(**ticks(names, 12), autorange="reversed")
    return layout(figure, height=130 + 40 * len(names))


def class_balance(counts: Sequence[int], classes: Sequence[str]) -> go.Figure:
    """One bar, as long as the table, in two parts.

    Args:
        counts: Rows of either class.
        classes: Their names.
    """
    figure = go.Figure()
    for count, name, colour in zip(counts, classes, CLASS_COLOURS, strict=True):
        figure.add_bar(
            x=[count],
            y=[""],
            name=label(name),
            orientation="h",
            marker_color=colour,
            text=[f"{count:,} ({count / sum(counts):.0%})"],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertemplate="%{x} rows<extra></extra>",
        )
    return layout(figure, height=150, barmode="stack", xaxis={"title": "rows"})


def distribution(values: Sequence[NDArray[np.float64]], classes: Sequence[str]) -> go.Figure:
    """The known values of a column in each class, in the same bins, as shares of the class.

    Args:
        values: Of class 0 and of class 1, without NaN.
    """
    everything = np.concatenate(list(values))
    figure = go.Figure()
    if len(everything):
        edges = np.histogram_bin_edges(everything, bins=_bins(everything))
        middles, width = (edges[:-1] + edges[1:]) / 2, float(edges[1] - edges[0])
        for one, name, colour in zip(values, classes, CLASS_COLOURS, strict=True):
            shares = np.histogram(one, edges)[0] / max(1, len(one))
            figure.add_bar(
                x=middles,
                y=shares,
                width=width,
                name=label(name),
                marker={"color": colours.translucent(colour, 0.55), "line": {"width": 0}},
                hovertemplate="around %{x:.4g}: %{y:.1%}<extra></extra>",
            )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(tickformat=".0%", nticks=4)
    return layout(figure, height=190, barmode="overlay", bargap=0)


def _bins(values: NDArray[np.float64]) -> int:
    different = len(np.unique(values))
    return min(different, 20) if different > 1 else 1


def pair_plot(
    frame: pd.DataFrame, columns: Sequence[str], target: str, classes: Sequence[str], *, seed: int
) -> go.Figure:
    """Every column against every other below the diagonal, and itself by class on it.

    Args:
        frame: The columns and the target, 0 or 1.
        columns: At least one of the frame's.
        target: Name of the column of classes.
        classes: Names of class 0 and 1.
        seed: Of the rows that are drawn where there are too many.
    """
    n = len(columns)
    most = max(100, POINTS // max(1, n * (n - 1) // 2))
    drawn = frame.sample(min(len(frame), most), random_state=seed)
    figure = make_subplots(n, n, shared_xaxes=True, horizontal_spacing=0.02, vertical_spacing=0.02)
    for i, row in enumerate(columns):
        for j, column in enumerate(columns[: i + 1]):
            for k, colour in enumerate(CLASS_COLOURS):
                part = (frame if i == j else drawn)[lambda rows, k=k: rows[target] == k]
                trace = (
                    _on_the_diagonal(part[column], frame[column], colour)
                    if i == j
                    else _below_the_diagonal(part[column], part[row], colour)
                )
                first = i == j == 0
                trace.update(name=label(classes[k]), legendgroup=str(k), showlegend=first)
                figure.add_trace(trace, row=i + 1, col=j + 1)
    _name_the_cells(figure, columns)
    return layout(figure, height=100 + 150 * n)


def _name_the_cells(figure: go.Figure, columns: Sequence[str]) -> None:
    """Names below and at the left of a pair plot; numbers at its outer axes only."""
    n = len(columns)
    figure.update_xaxes(nticks=4, showgrid=False, zeroline=False)
    figure.update_yaxes(nticks=4, showgrid=False, zeroline=False)
    for i, name in enumerate(columns):
        figure.update_xaxes(title_text=label(name, 14), row=n, col=i + 1)
        if i:
            figure.update_yaxes(title_text=label(name, 14), row=i + 1, col=1)
        figure.update_yaxes(showticklabels=False, row=i + 1, col=i + 1)
        for j in range(1, n):
            if j != i:
                figure.update_yaxes(showticklabels=False, row=i + 1, col=j + 1)


def _below_the_diagonal(x: pd.Series, y: pd.Series, colour: str) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 4, "color": colours.translucent(colour, 0.5)},
        hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
    )


def _on_the_diagonal(of_class: pd.Series, of_all: pd.Series, colour: str) -> go.Scatter:
    known = of_all.dropna().to_numpy()
    edges = np.histogram_bin_edges(known, bins=_bins(known)) if len(known) else np.array([0.0, 1.0])
    counts = np.histogram(of_class.dropna().to_numpy(), edges)[0]
    return go.Scatter(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts / max(1, counts.sum()),
        mode="lines",
        line={"color": colour, "shape": "hvh", "width": 2},
        fill="tozeroy",
        fillcolor=colours.translucent(colour, 0.2),
        hoverinfo="skip",
    )


def shares_by_class(shares: pd.DataFrame, *, title: str) -> go.Figure:
    """Horizontal bars in [0, 1]: one group a row of `shares`, one colour a column (a class).

    Args:
        shares: In ``[0, 1]``, one row a group, one column a class.
        title: Of the axis.
    """
    names = [str(name) for name in shares.index]
    figure = go.Figure()
    for name, colour in zip(shares.columns, CLASS_COLOURS, strict=True):
        figure.add_bar(
            x=shares[name],
            y=list(range(len(names))),
            orientation="h",
            name=label(str(name)),
            marker_color=colour,
            text=[f"{v:.0%}" if v else "" for v in shares[name]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x:.1%}<extra></extra>",
        )
    room = 1.25 * max(0.01, float(np.nanmax(shares.to_numpy(float))))  # for the texts
    figure.update_xaxes(title=title, tickformat=".0%", range=[0, room])
    figure.update_yaxes(**ticks(names), autorange="reversed")
    return layout(figure, height=120 + 34 * len(names), barmode="group")


def spread(
    frame: pd.DataFrame, columns: Sequence[str], flags: Mapping[str, NDArray[np.bool_]]
) -> go.Figure:
    """A box per column in its own standard deviations, and the values flagged as outliers.

    Args:
        flags: ``bool (N, F)`` by the name of the method.
    """
    figure = go.Figure()
    looks = (("circle-open", colours.CLEAN), ("x-thin-open", colours.ATTACKED))
    marks = dict(zip(flags, looks, strict=False))
    scaled = [(frame[c] - frame[c].mean()) / (frame[c].std() or 1.0) for c in columns]
    for i, values in enumerate(scaled):
        figure.add_box(
            x=values.dropna(), y0=i, orientation="h", boxpoints=False, showlegend=False,
            line={"color": colours.RANDOM, "width": 2}, hoverinfo="skip",
        )  # fmt: skip
    for k, (name, (symbol, colour)) in enumerate(marks.items()):
        x, y, real = [], [], []
        for i, column in enumerate(columns):
            chosen = flags[name][:, i]
            x += scaled[i][chosen].tolist()
            y += [i + (0.2 if k else -0.2)] * int(chosen.sum())
            real += [f"{label(column, 40)} {v:.4g}" for v in frame[column][chosen]]
        figure.add_scatter(
            x=x, y=y, text=real, mode="markers", name=name, hovertemplate="%{text}<extra></extra>",
            marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2}},
        )  # fmt: skip
    figure.update_xaxes(title=wrapped("standard deviations from the column's mean"))
    figure.update_yaxes(**ticks(columns), autorange="reversed")
    return layout(figure, height=120 + 42 * len(columns))


def differences(rows: Sequence[tuple[str, float, float]]) -> go.Figure:
    """Changes of an accuracy with their standard errors, around zero: ``(name, change, error)``.

    Args:
        rows: Name, change of the accuracy, standard error.
    """
    figure = go.Figure(
        go.Scatter(
            x=[change for _, change, _ in rows],
            y=list(range(len(rows))),
            error_x={"array": [2 * error for _, _, error in rows], "thickness": 2, "width": 6},
            mode="markers",
            marker={"size": 12, "color": colours.CLEAN},
            hovertemplate="%{x:+.2%}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": colours.RANDOM, "dash": "dash", "width": 2})
    figure.update_xaxes(title=wrapped("change, ± 2 errors", 12), tickformat="+.1%")
    figure.update_yaxes(**ticks([name for name, _, _ in rows], 40), range=[len(rows) - 0.5, -0.5])
    return layout(figure, height=110 + 44 * len(rows))
