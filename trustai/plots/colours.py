"""Colours: one meaning each, the same on every page and in every figure.

Derived from the palette of Okabe and Ito (2008), which people with red-green or blue-yellow colour
blindness tell apart. Each colour keeps a contrast of at least 4.5:1, what WCAG asks of text, on the
light backgrounds, and 3:1, what it asks of lines and marks, on the dark page, so one value serves
both themes; `on_dark` gives a brighter form where text or a thin line stands on the dark one.
Colour never carries a meaning alone: add a word, a mark, a dash.
"""

from __future__ import annotations

import re
from typing import Final

import plotly.colors

CLEAN: Final = "#0072B2"
"""Blue: clean pictures and what is measured on them."""

ATTACKED: Final = "#B84E00"
"""Red-orange: attacked pictures, fooled predictions, a network without a defence under attack."""

RANDOM: Final = "#6B6B6B"
"""Grey: random noise, chance level, baselines."""

TRAINED_AGAINST: Final = "#007F3F"
"""Green: a network that was trained against what it meets."""

OTHERS: Final[tuple[str, ...]] = ("#A84D90", "#866300", "#5364D4", "#86623E")
"""Further lines that carry none of the four meanings: purple, ochre, indigo, brown."""

ALL: Final = (CLEAN, ATTACKED, RANDOM, TRAINED_AGAINST, *OTHERS)

MAGNITUDES: Final = "inferno"
"""Perceptually even map for values >= 0 (matplotlib's and Plotly's name)."""

SIGNED: Final = "RdBu_r"
"""Diverging map for signed values, always centred at zero."""

INK: Final = "#1B1F27"
"""Of text on the light background."""

LIGHT_BACKGROUND: Final = "#FFFFFF"
DARK_BACKGROUND: Final = "#15171C"
LIGHT_PANEL: Final = "#F1F4F8"
DARK_PANEL: Final = "#22262E"
"""Of the page and, a little off it, of the sidebar, tiles and fields."""

_ON_DARK: Final = {
    CLEAN: "#4FA9E2",
    ATTACKED: "#FF8A3D",
    RANDOM: "#909090",
    TRAINED_AGAINST: "#2CC79B",
    OTHERS[0]: "#DE8CC7",
    OTHERS[1]: "#D9AE33",
    OTHERS[2]: "#8E9BF0",
    OTHERS[3]: "#BF9C78",
}

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def checked(colour: str) -> str:
    """`colour` itself if it is written ``#RRGGBB``.

    Args:
        colour: Text of a colour.

    Raises:
        ValueError: for anything else, so that no text can slip into a style sheet as a colour.
    """
    if not _HEX.fullmatch(colour):
        raise ValueError(f"expected a colour like #0072B2, got {colour!r}")
    return colour


def on_dark(colour: str) -> str:
    """The brighter form of one of our colours for thin things on the dark background.

    Args:
        colour: ``#RRGGBB``.

    >>> on_dark(CLEAN)
    '#4FA9E2'

    A colour that is not ours comes back unchanged.
    """
    return _ON_DARK.get(checked(colour), colour)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green, blue, each 0 to 255.

    Args:
        colour: ``#RRGGBB``.

    >>> rgb("#0072B2")
    (0, 114, 178)
    """
    number = int(checked(colour)[1:], 16)
    return number >> 16, (number >> 8) & 255, number & 255


def scale(name: str) -> list[list[float | str]]:
    """A continuous colour scale of Plotly, its colours written as ``rgb(r, g, b)``.

    Streamlit replaces some colours written ``#0000dd`` by those of its theme, and inferno begins
    with one of them: what is near zero would be pink.

    Args:
        name: Plotly's.

    >>> scale("inferno")[0]
    [0.0, 'rgb(0, 0, 4)']
    """
    given = plotly.colors.get_colorscale(name)
    texts = plotly.colors.convert_colors_to_same_type([colour for _, colour in given], "rgb")[0]
    return [[position, text] for (position, _), text in zip(given, texts, strict=True)]


def translucent(colour: str, opacity: float) -> str:
    """``rgba(r, g, b, opacity)`` for bands and fills; `opacity` in [0, 1].

    Args:
        colour: ``#RRGGBB``.
        opacity: In ``[0, 1]``.

    >>> translucent("#0072B2", 0.25)
    'rgba(0, 114, 178, 0.25)'
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"expected opacity in [0, 1], got {opacity}")
    red, green, blue = rgb(colour)
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def _luminance(colour: str) -> float:
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (channel / 255 for channel in rgb(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str, background: str) -> float:
    """WCAG contrast ratio of two colours, 1 (equal) to 21 (black on white).

    ``(L1 + 0.05) / (L2 + 0.05)`` with the lighter relative luminance ``L1`` on top.

    Args:
        colour: ``#RRGGBB``.
        background: ``#RRGGBB``.
    """
    low, high = sorted((_luminance(colour), _luminance(background)))
    return (high + 0.05) / (low + 0.05)
