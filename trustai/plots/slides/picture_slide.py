"""Pictures on a white page, with title, data set, method, class, colour bar and unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from trustai.plots import colours
from trustai.plots.pictures import Pixels, broken, colour_table, font_of, grid

GAP, WIDE, HIGH = 12, 220, 20
LARGE, SMALL = 28, 18
NARROWEST = 640
"""Pixels: the words of one picture need room."""


@dataclass(frozen=True)
class ColourBar:
    """What the colours of a map mean.

    Attributes:
        table: A colour map of Plotly.
        low, high: Words at its ends.
        unit: What is drawn, and in which unit; it stands before the bar.
    """

    table: str
    low: str
    high: str
    unit: str = ""


def picture_slide(
    title: str,
    about: str,
    tiles: Sequence[tuple[str, Pixels]],
    *,
    columns: int,
    side: int = 320,
    bars: Sequence[ColourBar] = (),
) -> Pixels:
    """A page for a slide, ``uint8 (H, W, 3)``.

    Args:
        title: What is shown.
        about: Data set, network, method, class: in a smaller line below the title.
        tiles: Title and ``uint8 (H, W, 3)``, row by row.
        columns: Pictures in a row.
        side: Of each picture in pixels.
        bars: Of the maps among the pictures.
    """
    middle = grid(tiles, columns=columns, side=side)
    width = max(NARROWEST, middle.shape[1])
    words = [broken(title, font_of(LARGE), width - 2 * GAP),
             broken(about, font_of(SMALL), width - 2 * GAP)]  # fmt: skip
    parts = [_words(words[0], LARGE, width), _words(words[1], SMALL, width), middle]
    parts += [_bar(one, width) for one in bars]
    page = np.full((sum(p.shape[0] for p in parts), width, 3), 255, np.uint8)
    top = 0
    for part in parts:
        page[top : top + part.shape[0], : part.shape[1]] = part
        top += part.shape[0]
    return page


def _words(text: str, size: int, width: int) -> Pixels:
    if not text:
        return np.full((0, width, 3), 255, np.uint8)
    lines = text.count("\n") + 1
    page = Image.new("RGB", (width, int(lines * 1.3 * size) + GAP), colours.LIGHT_BACKGROUND)
    ImageDraw.Draw(page).multiline_text((GAP, GAP), text, fill=colours.INK, font=font_of(size))
    return np.asarray(page)


def _bar(bar: ColourBar, width: int) -> Pixels:
    """Unit, low, colours, high in one line."""
    page = Image.new("RGB", (width, HIGH + 2 * GAP), colours.LIGHT_BACKGROUND)
    pen, at = ImageDraw.Draw(page), GAP
    middle = GAP + HIGH // 2
    for text in (bar.unit, bar.low):
        pen.text((at, middle), text, fill=colours.INK, font=font_of(SMALL), anchor="lm")
        at += round(font_of(SMALL).getlength(text)) + (GAP if text else 0)
    steps = np.linspace(0, 255, WIDE).astype(int)
    page.paste(Image.fromarray(np.tile(colour_table(bar.table)[steps], (HIGH, 1, 1))), (at, GAP))
    at += WIDE + GAP
    pen.text((at, middle), bar.high, fill=colours.INK, font=font_of(SMALL), anchor="lm")
    return np.asarray(page)
