"""The look of a figure: the colours of text, background and rules, and its title."""

from __future__ import annotations

import html
import textwrap
from typing import Final

import plotly.graph_objects as go

from trustai.plots import colours
from trustai.plots.charts import FONT, LINES, MARGIN

PHONE: Final = 260
"""Pixels that the legend of a chart has on a phone."""
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
    heads, lines = textwrap.wrap(title, 38), textwrap.wrap(about, 50)
    given = MARGIN if figure.layout.margin.t is None else figure.layout.margin.t
    up = 12 if len(heads) > 1 else 0  # Plotly puts a title of several lines so much too high
    top = _above_plot(figure, given) + 12 + 22 * len(heads) + (8 + 20 * len(lines)) * bool(lines)
    top += up
    figure.update_layout(
        title={
            "text": "<br>".join(f"<b>{html.escape(one)}</b>" for one in heads),
            "subtitle": {
                "text": "<br>".join(html.escape(one, quote=False) for one in lines),
                "font": {"size": FONT},
            },
            "font": {"size": FONT + 2},
            "x": 0, "xref": "container", "xanchor": "left",
            "y": 0.99, "yref": "container", "yanchor": "top", "pad": {"t": up},
        },
        margin_t=top,
        height=(figure.layout.height or 400) - given + top,
    )  # fmt: skip
    return figure


def _above_plot(figure: go.Figure, given: int) -> int:
    """Pixels that a figure needs between its title and its plot: for a legend, which a narrow page
    breaks into rows, for an axis or words above. Plotly's own margin for a title (tried: 7.1) does
    not count these and draws one over the other."""
    layout = figure.to_dict()["layout"]
    axes = [one for name, one in layout.items() if name.startswith("xaxis")]
    words = [one for one in layout.get("annotations", ()) if one.get("yref", "paper") == "paper"]
    crowned = any(one.get("side") == "top" for one in axes) or any(
        (one.get("y") or 0) >= 1 for one in words
    )
    return max(given if crowned or given != MARGIN else 8, 24 * _legend_rows(figure))


def _legend_rows(figure: go.Figure) -> int:
    """How many rows the legend has on a phone; 0 where there is none above the plot."""
    layout, traces = figure.layout, figure.data
    names = [one.name for one in traces if one.name and one.showlegend is not False]
    # Plotly names a single trace only where it is asked to.
    single = len(traces) == 1 and not (layout.showlegend or traces[0].showlegend)
    if not names or single or layout.showlegend is False or layout.legend.yanchor != "bottom":
        return 0
    rows, used = 1, 0.0
    for name in names:
        width = 45 + 7.5 * len(name)
        rows, used = (rows, used + width) if used + width <= PHONE else (rows + 1, width)
    return rows
