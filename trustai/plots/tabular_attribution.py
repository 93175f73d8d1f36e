"""Attributions of one row of a table as Plotly figures.

Red-orange speaks for class 1, blue against it; grey is the baseline.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from trustai.plots import colours
from trustai.plots.charts import label, layout, rows, wrapped
from trustai.plots.tabular_data import CLASS_COLOURS

AGAINST, FOR = CLASS_COLOURS
NETWORK, ADDITIVE = colours.OTHERS[2], colours.OTHERS[0]
"""Of the network at hand and of the additive one beside it."""
CELL = 26


@functools.cache
def _look(template: str) -> dict[str, Any]:
    look: dict[str, Any] = layout(go.Figure(), height=100).to_plotly_json()["layout"]
    return look


def _live(
    traces: list[dict[str, Any]],
    *,
    height: int,
    xaxis: Mapping[str, object],
    yaxis: Mapping[str, object],
    lines: Sequence[dict[str, Any]] = (),
    margin: Mapping[str, int] | None = None,
) -> go.Figure:
    """A figure with the look of all, put together without Plotly's checks: they take 15 ms, and a
    dozen of these are drawn anew with every move of a slider. The tests check them instead."""
    look = _look(str(plotly.io.templates.default))
    parts = {
        **look,
        "height": height,
        "margin": {**look["margin"], **(margin or {})},
        "xaxis": {**look.get("xaxis", {}), **xaxis},
        "yaxis": {**look.get("yaxis", {}), **yaxis},
        "shapes": [{"type": "line", **line} for line in lines],
        "showlegend": False,
        "bargap": 0.3,
    }
    return go.Figure({"data": traces, "layout": parts}, _validate=False)


def _upright(x: float, **line: object) -> dict[str, Any]:
    line = {"color": colours.RANDOM, "width": 1, **line}
    return {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def contributions(
    names: Sequence[str],
    values: Sequence[float],
    *,
    limit: float,
    spread: Sequence[float] | None = None,
    muted: bool = False,
    tickformat: str = "",
) -> go.Figure:
    """Bars of what each column adds to the output, all methods on one scale.

    Args:
        values: In the order of `names`, from the top.
        limit: The axis goes from ``-limit`` to ``limit``.
        spread: Half the length of an error bar.
        muted: Grey, because the values are of earlier ones.
        tickformat: Of the axis.
    """
    bars: dict[str, Any] = {
        "type": "bar",
        "x": list(values),
        "y": list(range(len(names))),
        "orientation": "h",
        "marker": _grey() if muted else {"color": [FOR if v > 0 else AGAINST for v in values]},
        "customdata": [label(name, 40) for name in names],
        "hovertemplate": "%{customdata}: %{x:+.3f}<extra></extra>",
    }
    if spread is not None:
        bars["error_x"] = _error_bars(spread)
    return _live(
        [bars],
        height=60 + CELL * len(names),
        xaxis={"range": [-limit, limit], "nticks": 5, "zeroline": False, "tickformat": tickformat},
        yaxis=rows(names, 14),
        lines=[_upright(0)],
        margin={"t": 8, "b": 8},
    )


_DIRECTIONS = {
    name: {"marker": {"color": colour}}
    for name, colour in (("increasing", FOR), ("decreasing", AGAINST), ("totals", colours.RANDOM))
}


def _ends(parts: Sequence[float]) -> tuple[float, float]:
    """Where the axis of a waterfall of these parts ends, with room for the texts."""
    steps = np.cumsum(parts).tolist()
    low, high = min(0.0, *steps), max(0.0, *steps)
    room = 0.22 * max(high - low, 1e-6)
    return low - room, high + 2 * room  # the text of the last bar stands right of it


def _grey() -> dict[str, Any]:
    return {"color": colours.RANDOM, "opacity": 0.45}


def _error_bars(spread: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "data", "array": list(spread), "color": colours.RANDOM, "thickness": 2, "width": 4
    }  # fmt: skip


def waterfall(
    names: Sequence[str],
    values: Sequence[float],
    *,
    base: float,
    title: str,
    texts: Sequence[str],
    text: Callable[[float], str] = "{:+.2f}".format,
    tickformat: str = "",
) -> go.Figure:
    """From what the model says of an average row to this one, column by column.

    Args:
        names: With their values, from the top: ``"Glucose = 148"``.
        title: Of the axis.
        texts: How the first and the last bar read.
        text: How any other bar reads.
        tickformat: Of the axis.
    """
    bars = {
        "type": "waterfall",
        "y": list(range(len(names) + 2)),
        "x": [base, *values, 0],
        "measure": ["absolute", *["relative"] * len(names), "total"],
        "orientation": "h",
        "text": [texts[0], *map(text, values), texts[1]],
        "textposition": "outside",
        "cliponaxis": False,
        **_DIRECTIONS,
        "connector": {"line": {"color": colours.RANDOM, "width": 1, "dash": "dot"}},
        "hovertemplate": "%{text}<extra></extra>",
    }
    return _live(
        [bars],
        height=110 + 34 * (len(names) + 2),
        xaxis={"title": {"text": wrapped(title, 14)}, "nticks": 6, "tickformat": tickformat,
               "range": _ends([base, *values])},
        yaxis=rows(["an average patient", *names, "this patient"], 22),
    )  # fmt: skip
