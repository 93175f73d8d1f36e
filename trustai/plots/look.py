"""The look of a figure: the colours of text, background and rules, and its title."""

from __future__ import annotations

import html
import textwrap
from typing import Final

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import FONT, LINES

RULES: Final = "rgba(128, 136, 148, 0.4)"
"""Of grids and axes, on light and on dark paper."""


def dressed(figure: go.Figure) -> go.Figure:
    """The figure as it is printed: dark text on white, in `FONT`; what it says itself stays.

    So a saved picture can be read on any slide. On the screen the style sheet of
    `trustai.ui.kit.access` gives text and background the colours of the theme.
    """
    axis = {
        "gridcolor": RULES,
        "linecolor": RULES,
        "zerolinecolor": RULES,
        "title_standoff": 8,
        "ticklabelstandoff": 6,
    }
    figure.update_layout(
        template=go.layout.Template(
            layout={
                "font": {"color": colours.INK, "size": FONT},
                "paper_bgcolor": colours.LIGHT_BACKGROUND,
                "plot_bgcolor": colours.LIGHT_BACKGROUND,
                "colorway": [colours.CLEAN, *LINES],
                "hoverlabel": {"bgcolor": colours.LIGHT_BACKGROUND, "font": {"color": colours.INK}},
                "xaxis": axis,
                "yaxis": axis,
            }
        )
    )
    return figure


def titled(figure: go.Figure, title: str, about: str = "") -> go.Figure:
    """The figure with its title, and a smaller line below it, above everything else.

    Args:
        title: What is shown.
        about: Data set, method, class, unit. Both may hold names of a user.
    """
    lines = textwrap.wrap(about, 50)
    figure.update_layout(
        title={
            "text": "<br>".join(f"<b>{html.escape(one)}</b>" for one in textwrap.wrap(title, 38)),
            "subtitle": {
                "text": "<br>".join(html.escape(one, quote=False) for one in lines),
                "font": {"size": FONT},
            },
            "font": {"size": FONT + 2},
            "automargin": True,
            "x": 0, "xref": "container", "xanchor": "left",
            "y": 0.99, "yref": "container", "yanchor": "top",
        },
        height=(figure.layout.height or 400) + 40 + 20 * len(lines),
    )  # fmt: skip
    return figure
