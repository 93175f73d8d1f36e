"""Plotly figures and helpers that several topics share.

Pure functions, in the colours of `trustai.plots.colours`; no text is smaller than 12 px.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours

FONT = 15
MARGIN = 30
"""Pixels above a plot that has no title yet."""
Group = tuple[str, str, Sequence[float]]
Line = tuple[str, str, str, Sequence[float], Sequence[float]]
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
        margin={"l": 10, "r": 10, "t": MARGIN, "b": 10},
        font={"size": FONT},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"font": {"size": FONT}},
        **axes,
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    return figure


def label(text: str, width: int = 18) -> str:
    """`text` as Plotly may show it: short, and every sign of HTML escaped.

    Args:
        text: May come from a user's file; Plotly reads some HTML.
        width: Most characters.

    >>> label("<b>bold</b>"), label("DiabetesPedigreeFunction")
    ('&lt;b&gt;bold&lt;/b&gt;', 'DiabetesPedigreeF…')
    """
    return html.escape(text if len(text) <= width else text[: width - 1] + "…", quote=False)


def wrapped(text: str, width: int = 22) -> str:
    """Text in lines, for a title above or below a narrow chart; Plotly breaks none by itself.

    >>> wrapped("standard deviations from the mean")
    'standard deviations<br>from the mean'
    """
    return "<br>".join(textwrap.wrap(text, width))


def ticks(names: Sequence[str], width: int = 18) -> dict[str, object]:
    """An axis of places 0, 1, 2, … that reads as the names: two short forms may be equal."""
    return {"tickvals": list(range(len(names))), "ticktext": [label(n, width) for n in names]}


def rows(names: Sequence[str], width: int = 18) -> dict[str, object]:
    """A y axis of places 0, 1, 2, … that reads as the names, from the top."""
    return {**ticks(names, width), "range": [len(names) - 0.4, -0.6], "showgrid": False}


def whiskers(
    values: Sequence[float], ends: Sequence[tuple[float, float]] | None
) -> dict[str, object]:
    """Plotly's error bars around `values` to the lower and upper `ends`; None draws nothing."""
    if ends is None:
        return {"visible": False}
    pairs = list(zip(values, ends, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        # A percentile interval need not hold the estimate; a length below 0 is drawn nowhere.
        "array": [max(high - value, 0) for value, (_, high) in pairs],
        "arrayminus": [max(value - low, 0) for value, (low, _) in pairs],
        "color": colours.RANDOM,
        "thickness": 2,
        "width": 5,
    }


@dataclass(frozen=True)
class ShareCurve:
    """One model's curve; `sizes`, in points, where its marks differ."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    sizes: Sequence[float] | None = None


def share_curves(
    lines: Sequence[ShareCurve], *, x_title: str, y_title: str, chance: tuple[float, float]
) -> go.Figure:
    """Curves of shares against shares: ROC, precision and recall, calibration.

    Args:
        chance: Where the dashed grey line begins at 0 and ends at 1.
    """
    figure = go.Figure(
        go.Scatter(
            x=[0, 1], y=list(chance), mode="lines", showlegend=False, hoverinfo="skip",
            line={"color": colours.RANDOM, "dash": "dash", "width": 2},
        )
    )  # fmt: skip
    for line in lines:
        figure.add_scatter(
            x=list(line.x),
            y=list(line.y),
            name=label(line.name, 40),
            mode="lines" if line.sizes is None else "lines+markers",
            line={"color": line.colour, "width": 3},
            marker={"size": list(line.sizes or [])} if line.sizes else None,
            hovertemplate="%{x:.1%}, %{y:.1%}<extra></extra>",
        )
    figure.update_xaxes(title=x_title, tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(title=y_title, tickformat=".0%", range=[-0.02, 1.02])
    return layout(figure, height=400)


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
        xaxis_range=[0, 1.35 if k > 3 else 1.75],
        xaxis={"tickformat": ".0%", "tickvals": [0, 0.5, 1], "tickangle": 0},
    )


def learning_curves(
    history: Mapping[str, Sequence[float | None]], *, first: int = 1, y_title: str = "accuracy"
) -> go.Figure:
    """Accuracies in ``[0, 1]``, from the epoch `first` on; the loss has its own picture."""
    names = {
        "train_accuracy": ("training batches", colours.RANDOM),
        "val_accuracy": ("validation, clean", colours.CLEAN),
        "val_robust": ("validation, attacked (PGD-5)", colours.ATTACKED),
        "val_corrupted": ("validation, corrupted", colours.OTHERS[0]),
        "val_success": ("attack success rate", colours.ATTACKED),
    }
    figure = go.Figure()
    for column, (name, colour) in names.items():
        if column in history:
            y = list(history[column])
            figure.add_scatter(
                x=list(range(first, first + len(y))),
                y=y,
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 3},
                hovertemplate="epoch %{x}: %{y:.1%}<extra></extra>",
            )
    axis = {"tickformat": ".0%", "title": y_title, "rangemode": "tozero"}
    return layout(figure, height=340, xaxis_title="epoch", yaxis=axis)


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> go.Figure:
    """Rows true, columns called; the colour is the share of the row."""
    shares = [[c / max(1, sum(row)) for c in row] for row in counts]
    categories = {"type": "category", "dtick": 1}  # a class called 0 is no number
    few = len(classes) <= 2
    angle, top = (0, 50) if few else (-45, 50 + round(5.5 * max(len(name) for name in classes)))
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(classes),
            y=list(classes),
            text=[[str(c) if c else "" for c in row] for row in counts],
            texttemplate="%{text}",
            textfont={"size": 12},
            colorscale=colours.scale("Cividis"),
            zmin=0,
            zmax=1,
            colorbar={
                "tickformat": ".0%",
                # Beside it, it takes half a phone; above it (tried: Plotly 7.1), the title's room.
                "orientation": "h",
                "thickness": 10,
                "y": -0.02,
                "yanchor": "top",
            },
            hovertemplate="true %{y}, called %{x}: %{text} (%{z:.1%})<extra></extra>",
        )
    )
    return layout(
        figure,
        height=top + 60 + 34 * len(classes),
        margin_t=top,
        xaxis={"title": "called", "side": "top", "tickangle": angle, **categories},
        yaxis={"title": "truth", "autorange": "reversed", **categories},
    )


def grouped_bars(
    groups: Sequence[Group], labels: Sequence[str], *, y_title: str = "accuracy"
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
        yaxis={"title": y_title, "tickformat": ".0%", "range": [0, 1.08]},
    )


def robustness(curves: Sequence[Line], *, x_title: str, y_title: str = "accuracy") -> go.Figure:
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
        yaxis={"title": y_title, "tickformat": ".0%", "range": [-0.02, 1.02]},
    )


def ascent(curve: Sequence[float], *, at: int) -> go.Figure:
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
