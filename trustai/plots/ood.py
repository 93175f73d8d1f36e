"""Out-of-distribution scores, thresholds and accepted shares as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from trustai.plots import colours
from trustai.plots.charts import FONT, layout, whiskers

HIGH = 0.5
"""Of the distance of two lines: the highest that a distribution on one may be."""


@dataclass(frozen=True, eq=False)
class OODScoreScale:
    """One score with the known, the left-out and one picture on it.

    Attributes:
        title: Of the score.
        known, left_out: ``(N,)`` scores.
        threshold: What lies above it is rejected.
        own: Score of the picture in question.
        verdict: Written above it.
    """

    title: str
    known: NDArray[np.float64]
    left_out: NDArray[np.float64]
    threshold: float
    own: float
    verdict: str


def own_on_scales(scales: Sequence[OODScoreScale], *, left_out: str) -> go.Figure:
    """A line per score with both distributions, the threshold and one's own picture.

    Each line has its own unit: it runs from the lowest to the highest of the scores drawn on it,
    the far ends cut.
    """
    figure = go.Figure()
    for row, scale in enumerate(reversed(scales)):
        _scale(figure, scale, row, left_out=left_out, legend=row == 0)
        figure.add_annotation(
            x=0, y=row + 0.95, xanchor="left", yanchor="top", showarrow=False,
            text=f"<b>{scale.title}</b><br>{scale.verdict}", align="left", font={"size": FONT - 1},
        )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.25, len(scales)])
    figure.update_xaxes(
        range=[-0.02, 1.02], showgrid=False, zeroline=False, showticklabels=False,
        title="known → out-of-distribution",
    )  # fmt: skip
    return layout(figure, height=110 + 96 * len(scales), barmode="overlay")


def _scale(
    figure: go.Figure, scale: OODScoreScale, row: int, *, left_out: str, legend: bool
) -> None:
    both = np.concatenate([scale.known, scale.left_out, [scale.own, scale.threshold]])
    low, high = np.quantile(both, [0.002, 0.995])
    low, high = min(low, scale.threshold), max(high, scale.threshold)

    def place(values: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.clip((values - low) / ((high - low) or 1.0), 0, 1)

    for name, values, colour in (
        ("known", scale.known, colours.CLEAN),
        (left_out, scale.left_out, colours.OTHERS[0]),
    ):
        outline = _outline(place(values), row, name, colour)
        figure.add_trace(outline.update(showlegend=legend))
    figure.add_scatter(
        x=[float(place(scale.threshold))] * 2, y=[row, row + HIGH + 0.03], mode="lines",
        line={"color": colours.RANDOM, "width": 3, "dash": "dot"}, name="threshold",
        legendgroup="threshold", showlegend=legend,
        hovertemplate=f"threshold {scale.threshold:.4g}<extra></extra>",
    )  # fmt: skip
    rejected = scale.own > scale.threshold
    figure.add_scatter(
        x=[float(place(scale.own))], y=[row], mode="markers", name="this picture",
        legendgroup="own", showlegend=legend, cliponaxis=False,
        marker={
            "size": 16, "symbol": "x" if rejected else "circle", "color": colours.OTHERS[1],
            "line": {"width": 1.5, "color": "white"},
        },
        hovertemplate=f"{scale.title}: {scale.own:.4g}, {scale.verdict}<extra></extra>",
    )  # fmt: skip


def _outline(shares: NDArray[np.float64], row: int, name: str, colour: str) -> go.Scatter:
    """The outline of a histogram of `shares` in ``[0, 1]``, standing on the line `row`."""
    counts, edges = np.histogram(shares, 40, (0, 1))
    heights = row + HIGH * np.sqrt(counts / max(1, counts.max()))
    return go.Scatter(
        x=np.repeat(edges, 2)[1:-1],
        y=np.repeat(heights, 2),
        name=name,
        mode="lines",
        line={"color": colour, "width": 1.5},
        fill="none",
        legendgroup=name,
        hoverinfo="skip",
    )


def least_sure(
    groups: Sequence[tuple[str, str, str, Sequence[float | None], float]], classes: Sequence[str]
) -> go.Figure:
    """For each class the confidence below which its least sure pictures lie, a mark per network.

    Args:
        groups: ``(name, colour, symbol, confidence by class or None, threshold)``: the threshold
            is drawn as a line of the network's colour.
        classes: In order from left to right.
    """
    figure = go.Figure()
    highest = max(threshold for *_, threshold in groups)
    for name, colour, symbol, values, threshold in groups:
        figure.add_scatter(
            x=list(classes), y=list(values), name=name, mode="markers",
            marker={"size": 14, "color": colour, "symbol": symbol},
            hovertemplate=f"{name}, %{{x}}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
        figure.add_hline(
            y=threshold,
            line={"color": colour, "dash": "dash", "width": 2},
            annotation={
                "text": f"threshold {threshold:.3f}",
                "font": {"size": FONT, "color": colour},
            },
            # Outside of the two lines, however near they lie.
            annotation_position="top left" if threshold == highest else "bottom left",
        )
    figure.update_xaxes(type="category", tickangle=-45)
    figure.update_yaxes(title="confidence of the least sure 5 %", range=[0, 1.02])
    return layout(figure, height=400)


def accepted_by_score(
    titles: Sequence[str],
    shares: Sequence[float],
    colour: str,
    *,
    chance: float,
    name: str,
    ends: Sequence[tuple[float, float]] | None = None,
) -> go.Figure:
    """Share of an OOD set that each score accepts, the best on top.

    Args:
        ends: The interval of each share.
        chance: What a score that says nothing accepts, drawn dashed.
    """
    order = np.argsort(shares, kind="stable")[::-1]
    x = [shares[i] for i in order]
    figure = go.Figure(
        go.Bar(
            y=[titles[i] for i in order],
            x=x,
            error_x=whiskers(x, None if ends is None else [ends[i] for i in order]),
            orientation="h",
            marker_color=colour,
            text=[f"{share:.1%}" for share in x],
            textposition="inside",
            insidetextanchor="start",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.add_vline(
        x=chance,
        line={"color": colours.RANDOM, "dash": "dash", "width": 2},
        annotation={"text": "chance", "font": {"size": FONT}},
        annotation_position="top left",
    )
    figure.update_xaxes(title=f"{name} still accepted", tickformat=".0%", range=[0, 1.02])
    return layout(figure, height=90 + 34 * len(titles))
