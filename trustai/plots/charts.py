"""Results as Plotly figures: pure functions, one colour language, no text under 13 px."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from trustai.plots import colours

FONT = 15
LINES = (colours.ATTACKED, colours.TRAINED_AGAINST, *colours.OTHERS)


def model_colour(model_id: str) -> str:
    """The line colour of a network: green where it was trained against attacks, ochre where
    against corruptions, red-orange where against nothing."""
    if "adversarial" in model_id or "fgsm" in model_id:
        return colours.TRAINED_AGAINST
    if "corrupted" in model_id:
        return colours.OTHERS[0]
    return colours.ATTACKED


def layout(figure: go.Figure, *, height: int, **axes: object) -> go.Figure:
    """The figure with the look that all figures share; `axes` go to Plotly's layout."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        font={"size": FONT},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"font": {"size": FONT}},
        **axes,
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    return figure


def top_classes(
    groups: Sequence[tuple[str, str, Sequence[float]]], classes: Sequence[str], *, k: int = 5
) -> go.Figure:
    """Bars of the classes that are among the `k` most probable in any of the groups.

    Args:
        groups: ``(name, colour, probabilities (C,))``, for instance clean and attacked.
        classes: Names in logit order.
    """
    wanted: list[int] = []
    for _, _, p in groups:
        best = sorted(range(len(p)), key=lambda i: -p[i])[:k]
        wanted += [i for i in best if i not in wanted]
    wanted = wanted[::-1]
    figure = go.Figure()
    for name, colour, p in reversed(groups):
        figure.add_bar(
            name=name,
            y=[classes[i] for i in wanted],
            x=[p[i] for i in wanted],
            orientation="h",
            marker_color=colour,
            text=[f"{p[i]:.1%}" for i in wanted],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{name}: %{{y}} %{{x:.2%}}<extra></extra>",
        )
    return layout(
        figure,
        height=80 + 26 * len(groups) * len(wanted),
        barmode="group",
        bargap=0.25,
        legend_traceorder="reversed",
        xaxis={"range": [0, 1.18], "tickformat": ".0%", "tickvals": [0, 0.5, 1], "tickangle": 0},
    )


def learning_curves(history: Mapping[str, Sequence[float | None]]) -> go.Figure:
    """Accuracies per epoch, in ``[0, 1]``; the loss has its own picture."""
    names = {
        "train_accuracy": ("training batches", colours.RANDOM),
        "val_accuracy": ("validation, clean", colours.CLEAN),
        "val_robust": ("validation, attacked (PGD-5)", colours.ATTACKED),
        "val_corrupted": ("validation, corrupted", colours.OTHERS[0]),
    }
    figure = go.Figure()
    for column, (name, colour) in names.items():
        if column in history:
            y = list(history[column])
            figure.add_scatter(
                x=list(range(1, len(y) + 1)),
                y=y,
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 3},
                hovertemplate="epoch %{x}: %{y:.1%}<extra></extra>",
            )
    return layout(
        figure,
        height=340,
        xaxis_title="epoch",
        yaxis={"tickformat": ".0%", "title": "accuracy", "rangemode": "tozero"},
    )


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> go.Figure:
    """Rows true, columns predicted; the colour is the share of the row."""
    shares = [[c / max(1, sum(row)) for c in row] for row in counts]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(classes),
            y=list(classes),
            text=[[str(c) if c else "" for c in row] for row in counts],
            texttemplate="%{text}",
            colorscale="Cividis",
            zmin=0,
            zmax=1,
            colorbar={
                "tickformat": ".0%",
                "title": {"text": "of the row", "side": "top"},
                # Above, flat: at its side it would take half of a phone.
                "orientation": "h",
                "thickness": 10,
                "y": 1.0,
                "yanchor": "bottom",
            },
            hovertemplate="true %{y}, called %{x}: %{text} (%{z:.1%})<extra></extra>",
        )
    )
    return layout(
        figure,
        height=120 + 38 * len(classes),
        # Categories, or classes called 0 and 1 would be taken for numbers.
        xaxis={"title": "called", "tickangle": -45, "type": "category"},
        yaxis={"title": "truth", "autorange": "reversed", "type": "category"},
    )


def robustness(
    curves: Sequence[tuple[str, str, str, Sequence[float], Sequence[float]]], *, x_title: str
) -> go.Figure:
    """Accuracy against epsilon; each curve is ``(name, colour, dash, eps, accuracy)``."""
    figure = go.Figure()
    for name, colour, dash, eps, accuracy in curves:
        figure.add_scatter(
            x=list(eps),
            y=list(accuracy),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 3},
            hovertemplate=f"{name}: %{{y:.1%}} at %{{x:g}}<extra></extra>",
        )
    return layout(
        figure,
        height=380,
        xaxis={"title": x_title, "rangemode": "tozero"},
        yaxis={"title": "accuracy", "tickformat": ".0%", "range": [-0.02, 1.02]},
    )


def grouped_bars(
    groups: Sequence[tuple[str, str, Sequence[float]]], labels: Sequence[str]
) -> go.Figure:
    """Accuracies in ``[0, 1]`` by label, one colour per group ``(name, colour, values)``."""
    figure = go.Figure()
    for name, colour, values in groups:
        figure.add_bar(
            name=name,
            x=list(labels),
            y=list(values),
            marker_color=colour,
            text=[f"{v:.0%}" for v in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{name}, %{{x}}: %{{y:.1%}}<extra></extra>",
        )
    return layout(
        figure,
        height=400,
        barmode="group",
        yaxis={"title": "accuracy", "tickformat": ".0%", "range": [0, 1.08]},
    )


def value_map(
    values: NDArray[np.float32], *, signed: bool, table: str, side: int = 64
) -> go.Figure:
    """A map ``(H, W)`` whose values show under the mouse.

    Larger maps are averaged down to about `side` rows: a heatmap of very many cells stays blank in
    the browser.
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
            colorscale=colours.SIGNED if signed else table,
            hovertemplate="row %{y:.0f}, column %{x:.0f}<br>%{z:.4g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", visible=False)
    figure.update_xaxes(visible=False)
    return layout(figure, height=420)


def faithfulness(
    share: Sequence[float], probability: Sequence[float], random: Sequence[float]
) -> go.Figure:
    """A deletion or insertion curve and that of random maps; shares and probabilities in [0, 1]."""
    figure = go.Figure()
    for name, y, colour, dash in (
        ("random map", random, colours.RANDOM, "dash"),
        ("this map", probability, colours.CLEAN, "solid"),
    ):
        line = {"color": colour, "width": 3, "dash": dash}
        figure.add_scatter(x=list(share), y=list(y), name=name, mode="lines", line=line)
    figure.update_xaxes(title="share of the pixels", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title="probability", tickformat=".0%", range=[0, 1.02])
    return layout(figure, height=300)


def cost_and_gain(
    names: Sequence[str], seconds: Sequence[float], gain: Sequence[float]
) -> go.Figure:
    """How faithful methods are, the best on top, and beside it what they cost.

    Args:
        seconds: Per picture; drawn logarithmically.
        gain: Insertion area minus deletion area, minus the same of random maps; 0 is chance.
    """
    order = sorted(range(len(names)), key=lambda i: gain[i])
    titles = [names[i] for i in order]
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.05)
    figure.add_bar(
        x=[gain[i] for i in order],
        y=titles,
        orientation="h",
        marker={"color": colours.CLEAN},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        col=1,
        row=1,
    )
    figure.add_scatter(
        x=[seconds[i] for i in order],
        y=titles,
        mode="markers",
        marker={"size": 11, "color": colours.CLEAN},
        hovertemplate="%{y}: %{x:.3g} s<extra></extra>",
        cliponaxis=False,
        col=2,
        row=1,
    )
    figure.update_xaxes(title="lead over random maps", col=1)
    figure.update_xaxes(
        title="seconds a picture", type="log", dtick=1, tickformat="~g", showgrid=True, col=2
    )
    figure.update_layout(showlegend=False, bargap=0.35)
    return layout(figure, height=60 + 28 * len(names))


def climb(curve: Sequence[float], *, at: int) -> go.Figure:
    """A score step by step, and the step `at` whose picture is shown."""
    figure = go.Figure(
        go.Scatter(y=list(curve), mode="lines", line={"color": colours.CLEAN, "width": 3})
    )
    figure.add_scatter(
        x=[at], y=[curve[at]], mode="markers", marker={"size": 13, "color": colours.CLEAN}
    )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="step")
    figure.update_yaxes(title="score")
    return layout(figure, height=340)
