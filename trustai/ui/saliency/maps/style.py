"""How maps are drawn: opacity, colour table, and lines for methods with a value per colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from trustai.plots import colours, pictures
from trustai.types import Attribution
from trustai.ui.kit.address.older import renamed

SIDE = 336
TABLES = {
    "inferno": colours.MAGNITUDES,
    "viridis": "viridis",
    "grey": "gray",
}


@dataclass(frozen=True)
class MapStyle:
    """How maps are drawn.

    Attributes:
        opacity: Of the map over the picture, in ``[0, 1]``.
        table: Colour map of magnitudes.
        lines: Draw methods that have a value per colour as lines around grey.
    """

    opacity: float
    table: str
    lines: bool

    def over(self, picture: pictures.Pixels, values: Tensor, *, signed: bool) -> pictures.Pixels:
        """A map ``(h, w)`` in colour over its picture ``(H, W, 3)``."""
        coloured = pictures.heat(
            values.numpy(), signed=signed, table=None if signed else self.table
        )
        return pictures.overlay(picture, coloured, opacity=self.opacity)

    def drawn(self, picture: pictures.Pixels, result: Attribution) -> pictures.Pixels:
        """A method's map as the page shows it, over its picture ``(H, W, 3)``."""
        if self.lines and result.pixels is not None:
            return pictures.fine_lines(result.pixels[0])
        return self.over(picture, result.map[0], signed=result.signed)


def pick_style() -> MapStyle:
    """Opacity, colours, lines."""
    opacity = st.slider(
        "Opacity of the map", 0.0, 1.0, 0.7, 0.05, key="opacity", bind="query-params"
    )
    renamed("colours", {f"{name} (even steps)": name for name in TABLES})
    table = st.selectbox("Colours", list(TABLES), key="colours", bind="query-params")
    lines = st.toggle(
        "Draw gradient methods as lines",
        key="lines",
        bind="query-params",
        help="Some methods give a value for each colour of a pixel. Their papers draw these values "
        "as fine lines on grey.",
    )
    return MapStyle(opacity, TABLES[table], lines)


def empty_tile() -> pictures.Pixels:
    """What holds the place of a map that is still being computed."""
    return pictures.framed(np.full((64, 64, 3), 128, np.uint8), colours.CLEAN, side=SIDE)


def legend(style: MapStyle, *, signed: bool) -> None:
    """The colour bars of magnitudes, and of signed maps where there are any."""
    bars = [_bar(style.table, "unimportant", "most important")]
    if signed:
        bars.append(_bar(colours.SIGNED, "evidence against", "evidence for"))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.5rem 2rem">{"".join(bars)}</div>')


def _bar(table: str, low: str, high: str) -> str:
    stops = ",".join(f"rgb({r},{g},{b})" for r, g, b in pictures.colour_table(table)[::15].tolist())
    return (
        f'<span style="display:inline-flex;align-items:center;gap:0.5rem">{low}'
        f'<span style="width:8rem;height:0.9rem;border-radius:0.2rem;background:'
        f'linear-gradient(90deg,{stops})"></span>{high}</span>'
    )
