"""Counterfactuals and the evaluation of attributions of a table as Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from trustai.plots import colours
from trustai.plots.charts import FONT, label, layout, rows
from trustai.plots.tabular_attribution import NETWORK

BEFORE, AFTER = colours.RANDOM, colours.OTHERS[2]
_LINES = (colours.CLEAN, colours.ATTACKED, colours.TRAINED_AGAINST, *colours.OTHERS)
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star")


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
        annotation={"text": "the decision turns here", "font": {"size": FONT}},
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
    figure.update_traces(mode="lines", hovertemplate="%{x} values gone: %{y:.1%}")
    figure.update_xaxes(title="values replaced by the background's median", dtick=1)
    figure.update_yaxes(title="probability of its class", tickformat=".0%", range=[-0.02, 1.02])
    return layout(figure, height=420)


def cost_and_truth(
    names: Sequence[str], seconds: Sequence[float], agreement: Sequence[float]
) -> go.Figure:
    """Methods by what they cost (logarithmic) and how far the swap test bears them out.

    The names stand in the legend, from the best down: written at the points they would cover each
    other wherever two methods are alike.

    Args:
        names: Of the methods.
        seconds: For one row, greater than 0.
        agreement: With the swap test, in ``[-1, 1]``.
    """
    figure = go.Figure()
    order = sorted(range(len(names)), key=lambda i: -agreement[i])
    for k, i in enumerate(order):
        figure.add_scatter(
            x=[seconds[i]],
            y=[agreement[i]],
            name=f"{names[i]}: {agreement[i]:.2f}",
            mode="markers",
            marker={
                "size": 16,
                "color": _LINES[k % len(_LINES)],
                "symbol": _MARKS[k % len(_MARKS)],
            },
            hovertemplate=f"{names[i]}<br>%{{x:.2g}} s<br>%{{y:.3f}}<extra></extra>",
            cliponaxis=False,
        )
    figure.update_xaxes(title="seconds a patient", type="log", dtick=1, tickformat="~g")
    figure.update_yaxes(title="rank correlation with the swap test")
    return layout(figure, height=420, showlegend=True)
