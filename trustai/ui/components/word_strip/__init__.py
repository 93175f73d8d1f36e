"""The word strip: a caption of words to click, each with its attention map.

All maps of a caption are given to the browser at once and drawn there; no model runs on a click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from trustai.captions import Caption
from trustai.data.images.blur import gaussian_blur
from trustai.data.text import LANGUAGES
from trustai.data.uploads import to_tensor
from trustai.explain.image.baselines import BLUR
from trustai.plots import colours, pictures
from trustai.ui.components import assets
from trustai.ui.components.live_slider import data_uri, pair
from trustai.ui.components.url_place import UrlPlace

SIDE = 288
OPACITY = 0.65


@dataclass(frozen=True, eq=False)
class WordMap:
    """A map per word, with a line under each.

    Attributes:
        title: Of all of them.
        values: ``(T, rows, columns)``, at least 0.
        texts: One per word.
    """

    title: str
    values: Tensor
    texts: Sequence[str]


@dataclass(frozen=True)
class WordFigure:
    """A number per word, with a line under each."""

    label: str
    texts: Sequence[str]
    notes: Sequence[str]
    colour: str = colours.CLEAN


@dataclass(frozen=True, eq=False)
class MaskedPicture:
    """What the picture looks like without some cells, per word: ``bool (T, rows, columns)``."""

    title: str
    cells: Tensor
    texts: Sequence[str]


def word_strip(
    caption: Caption,
    picture: pictures.Pixels,
    maps: Sequence[WordMap],
    *,
    key: str,
    start: int = 1,
    figures: Sequence[WordFigure] = (),
    masked: MaskedPicture | None = None,
    of: str = "",
) -> int:
    """Draws the strip of words and what belongs to the chosen one.

    Args:
        caption: Its words; the end is not shown.
        picture: ``uint8 (H, W, 3)``.
        maps: At least one; the first is drawn small over each word too.
        key: Name of the widget and of the URL parameter, which counts words from 1.
        start: The word chosen at first.
        figures: Numbers of the chosen word.
        masked: A further picture, in which some cells are blurred.
        of: What is shown. Where that changes, the first word comes back.

    Returns:
        The number of the chosen word, from 1.
    """
    n = len(caption.words)
    place = UrlPlace(
        key=key, widget=f"{key}-words", stops=range(1, n + 1), default=min(start, n), of=of
    )
    place.follow_url()
    data = payload(caption, picture, maps, figures=figures, masked=masked)
    data |= {"start": int(place.moved_to), "turn": place.turn}
    component = st.components.v2.component("trustai_words", html=_HTML, css=_CSS, js=_JS)
    result = component(key=place.widget, data=data, on_value_change=lambda: None)
    return int(place.settle(getattr(result, "value", None)))


def payload(
    caption: Caption,
    picture: pictures.Pixels,
    maps: Sequence[WordMap],
    *,
    figures: Sequence[WordFigure] = (),
    masked: MaskedPicture | None = None,
) -> dict[str, Any]:
    """What the browser is given: plain numbers and texts."""
    n = len(caption.words)
    x = to_tensor(picture)
    empty = pictures.to_pixels(gaussian_blur(x, sigma=BLUR * min(x.shape[-2:]))[0])
    rows, columns = caption.attention.shape[1:]
    return {
        "label": "Words of the caption",
        "words": list(caption.words),
        "direction": LANGUAGES.get(caption.language).direction,
        "picture": data_uri(picture, longest_side=SIDE),
        "empty": data_uri(empty, longest_side=SIDE),
        "rows": rows,
        "columns": columns,
        "table": pictures.colour_table(colours.MAGNITUDES).flatten().tolist(),
        "opacity": OPACITY,
        "maps": [
            {
                "title": one.title,
                "values": _shares(one.values[:n]),
                "texts": list(one.texts)[:n],
                "colour": pair(colours.CLEAN),
            }
            for one in maps
        ],
        "figures": [_figure(one, n) for one in figures],
        **_masked(masked, n),
    }


def _figure(figure: WordFigure, n: int) -> dict[str, Any]:
    return {
        "label": figure.label,
        "texts": list(figure.texts)[:n],
        "notes": list(figure.notes)[:n],
        "colour": pair(figure.colour),
    }


def _masked(masked: MaskedPicture | None, n: int) -> dict[str, Any]:
    if masked is None:
        masked = MaskedPicture("", torch.zeros(0, 1, 1), ())
    return {
        "gone": [cells.flatten().nonzero()[:, 0].tolist() for cells in masked.cells[:n]],
        "goneTitle": masked.title,
        "goneTexts": list(masked.texts)[:n],
        "goneColour": pair(colours.OTHERS[0]),
    }


def _shares(values: Tensor) -> list[list[float]]:
    """Of each map's own largest value, in ``[0, 1]``."""
    flat = values.flatten(1)
    flat = flat / flat.amax(1, keepdim=True).clamp_min(1e-12)
    return [[round(v, 4) for v in row] for row in flat.tolist()]


_HTML = '<div class="live"></div>'
_CSS = assets.joined("live_slider/live_slider.css", "word_strip/word_strip.css")
# The helpers of the live slider, then the view.
_JS = assets.joined("live_slider/plot.js", "word_strip/word_strip.js")
