"""Counterfactuals and the evaluation of attributions of a table as Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from trustai.plots import colours
from trustai.plots.charts import FONT, label, layout, rows, whiskers
from trustai.plots.tabular_attribution import NETWORK

BEFORE, AFTER = colours.RANDOM, colours.OTHERS[2]
_LINES = (colours.CLEAN, colours.ATTACKED, colours.TRAINED_AGAINST, *colours.OTHERS)
_DASHES = ("solid", "dash", "dot", "dashdot")


def trace(probabilities: Sequence[float], texts: Sequence[str], *, threshold: float) -> go.Figure:
    """The probability at every step of a search, and the line where the decision turns.

    Args:
        texts: What stands at each step, for the mouse.
    """
    steps = list(range(len(probabilities)))
    figure = go.Figure(
        go.Scatter(
            x=steps,
            y=list(probabilities),
            mode="lines+markers",
            line={"color": NETWORK, "width": 3},
            marker={"size": 9},
            customdata=[label(text, 120) for text in texts],
            hovertemplate="step %{x}: %{y:.1%}<br>%{customdata}<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.add_hline(
        y=threshold,
        line={"color": colours.RANDOM, "dash": "dash", "width": 2},
        annotation={"text": "the decision changes here", "font": {"size": FONT}},
        annotation_position="bottom left" if probabilities[0] > threshold else "top left",
    )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="step of the search", dtick=max(1, len(steps) // 8))
    figure.update_yaxes(title="probability", tickformat=".0%", range=[-0.02, 1.02])
    return layout(figure, height=320)


def groups(
    names: Sequence[str],
    bars: Sequence[tuple[str, str, Sequence[float]]],
    *,
    title: str,
    tickformat: str = "",
) -> go.Figure:
    """Horizontal bars in groups: one group a column, one bar ``(name, colour, values)`` each.

    Args:
        names: Of the groups.
        bars: Name, colour and one value per group.
        title: Of the axis.
        tickformat: Of its numbers, as d3 writes it.
    """
    figure = go.Figure()
    for name, colour, values in bars:
        figure.add_bar(
            x=list(values),
            y=list(range(len(names))),
            orientation="h",
            name=name,
            marker_color=colour,
            customdata=[label(one, 40) for one in names],
            hovertemplate=f"{name}, %{{customdata}}: %{{x:.3f}}<extra></extra>",
        )
    figure.update_xaxes(title=title, tickformat=tickformat, zeroline=True)
    figure.update_yaxes(**rows(names))
    return layout(
        figure, height=130 + (12 + 13 * len(bars)) * len(names), barmode="group", bargap=0.25
    )


def counts(numbers: Mapping[str, int], *, title: str) -> go.Figure:
    """Upright bars of how many rows there are of each kind.

    Args:
        numbers: Rows by kind.
        title: Of the axis.
    """
    total = max(1, sum(numbers.values()))
    figure = go.Figure(
        go.Bar(
            x=list(numbers),
            y=list(numbers.values()),
            marker_color=NETWORK,
            text=[f"{n} ({n / total:.0%})" for n in numbers.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y}<extra></extra>",
        )
    )
    figure.update_xaxes(title=title, type="category")
    figure.update_yaxes(title="test patients", rangemode="tozero")
    return layout(figure, height=300)


def matrix(names: Sequence[str], values: NDArray[np.float64], *, low: float) -> go.Figure:
    """How alike each two methods are, from `low` to 1; 1 on the diagonal.

    The columns bear the numbers of the rows: six names in full leave no room on a phone.

    Args:
        names: Of the methods.
        values: ``(M, M)``, symmetric.
        low: Where the colours begin.
    """
    shown = ["" if np.isnan(v) else f"{v:.2f}" for v in values.ravel()]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            text=np.array(shown).reshape(values.shape).tolist(),
            texttemplate="%{text}",
            textfont={"size": 12},
            colorscale=colours.scale(colours.SIGNED if low < 0 else "Cividis"),
            zmin=low,
            zmax=1,
            colorbar={"thickness": 10, "orientation": "h", "y": -0.05, "yanchor": "top"},
            customdata=[[f"{a}, {b}" for b in names] for a in names],
            hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
        )
    )
    numbers = list(range(1, len(names) + 1))
    figure.update_xaxes(tickvals=list(range(len(names))), ticktext=numbers, side="top")
    titled = [f"{name} · {n}" for name, n in zip(names, numbers, strict=True)]
    figure.update_yaxes(**rows(titled, 28))
    return layout(figure, height=130 + 42 * len(names))


def deletion(curves: Mapping[str, Sequence[float]], *, chance: Sequence[float]) -> go.Figure:
    """The probability of the predicted class as values are taken away.

    Args:
        curves: By the title of the method.
        chance: Mean of random orders.
    """
    figure = go.Figure()
    figure.add_scatter(
        y=list(chance), name="random orders", line={"color": colours.RANDOM, "width": 5}
    )
    for i, (name, y) in enumerate(curves.items()):
        line = {"color": _LINES[i % len(_LINES)], "dash": _DASHES[i % len(_DASHES)], "width": 3}
        figure.add_scatter(y=list(y), name=name, line=line)
    figure.update_traces(mode="lines", hovertemplate="%{x} values replaced: %{y:.1%}")
    figure.update_xaxes(title="values replaced", dtick=1)
    figure.update_yaxes(title="probability of its class", tickformat=".0%", range=[-0.02, 1.02])
    return layout(figure, height=420)


@dataclass(frozen=True)
class FigureColumn:
    """What one test says of every method.

    Attributes:
        title: Of the axis, with an arrow where the better end is.
        values: Of the methods.
        ends: The interval of each value.
        chance: What a random explanation gets, drawn dashed.
    """

    title: str
    values: Sequence[float]
    ends: Sequence[tuple[float, float]] | None
    chance: float | None = None


def tests_and_cost(
    names: Sequence[str], panels: Sequence[FigureColumn], seconds: Sequence[float]
) -> go.Figure:
    """Methods by several tests side by side, none of which is the truth, and by what they cost.

    Args:
        names: Of the methods, from the top.
        panels: One per test.
        seconds: For one row, greater than 0; drawn logarithmically.
    """
    n = len(panels) + 1
    figure = make_subplots(cols=n, shared_yaxes=True, horizontal_spacing=0.06)
    same: dict[str, Any] = {"y": list(range(len(names))), "customdata": list(names)}
    same |= {"marker": {"size": 11, "color": NETWORK}, "mode": "markers", "cliponaxis": False}
    figure.update_xaxes(nticks=4, showgrid=True)
    for k, panel in enumerate(panels, start=1):
        figure.add_scatter(
            x=list(panel.values), error_x=whiskers(panel.values, panel.ends), **same,
            hovertemplate="%{customdata}: %{x:.3f}<extra></extra>", row=1, col=k,
        )  # fmt: skip
        if panel.chance is not None:
            line = {"color": colours.RANDOM, "dash": "dash", "width": 2}
            figure.add_vline(x=panel.chance, line=line, row=1, col=k)
        figure.update_xaxes(title=panel.title, row=1, col=k)
    seconds_text = "%{customdata}: %{x:.2g} s<extra></extra>"
    figure.add_scatter(x=list(seconds), hovertemplate=seconds_text, **same, row=1, col=n)
    figure.update_xaxes(title="seconds", type="log", tickformat="~g", row=1, col=n)
    figure.update_yaxes(**rows(names, 30))
    figure.update_layout(showlegend=False)
    return layout(figure, height=90 + 40 * len(names))
