"""The look of a figure: text, background and rules in the theme's colours, and its title."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import FONT


@dataclass(frozen=True)
class Look:
    """Colours and size of what is written and ruled in a figure.

    Attributes:
        ink: Of text.
        paper: The background.
        rules: Of grids and axes.
        size: Of text in pixels.
    """

    ink: str
    paper: str
    rules: str
    size: int = FONT


PRINT = Look(ink="#1B1F27", paper=colours.LIGHT_BACKGROUND, rules="#C9D1DB")
"""For what is read on white: a report, a slide."""


def dressed(figure: go.Figure, look: Look) -> go.Figure:
    """The figure in the colours and the size of text of `look`; the lines that mean something keep
    theirs.

    Everything is said outright, because Streamlit's theme has a paler word on what is left open.
    """
    font = {"color": look.ink, "size": look.size}
    figure.update_layout(
        paper_bgcolor=look.paper,
        plot_bgcolor=look.paper,
        font=font,
        title_font_color=look.ink,
        legend_font=font,
        hoverlabel={"bgcolor": look.paper, "font": font},
    )
    axes = {"tickfont": font, "title_font": font, "gridcolor": look.rules,
            "linecolor": look.rules, "zerolinecolor": look.rules}  # fmt: skip
    figure.update_xaxes(axes)
    figure.update_yaxes(axes)
    for bar in figure.select_traces("heatmap"):
        bar.update(colorbar={"tickfont": font, "title": {"font": font}})
    return figure


def titled(figure: go.Figure, title: str, about: str = "") -> go.Figure:
    """The figure with its title, and a smaller line below it, above everything else.

    Args:
        title: What is shown.
        about: Data set, method, class, unit. Both may hold names of a user.
    """
    lines = textwrap.wrap(about, 50)
    size = figure.layout.font.size or FONT
    figure.update_layout(
        title={
            "text": "<br>".join(f"<b>{html.escape(one)}</b>" for one in textwrap.wrap(title, 38)),
            "subtitle": {
                "text": "<br>".join(html.escape(one, quote=False) for one in lines),
                "font": {"size": size},
            },
            "font": {"size": size + 2},
            "automargin": True,
            "x": 0, "xref": "paper", "y": 0.99, "yref": "container", "yanchor": "top",
        },
        height=(figure.layout.height or 400) + 40 + 20 * len(lines),
    )  # fmt: skip
    return figure
