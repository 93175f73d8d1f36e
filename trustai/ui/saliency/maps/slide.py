"""Maps on a page for a slide, with what they explain and how to read their colours."""

from __future__ import annotations

from collections.abc import Sequence

from trustai.plots import colours, pictures
from trustai.plots.slides.picture_slide import ColourBar, picture_slide
from trustai.ui.saliency.maps.style import MapStyle

UNIT = "Attribution, up to the 99.5th percentile of each map:"


def maps_slide(
    title: str,
    about: str,
    tiles: Sequence[tuple[str, pictures.Pixels]],
    style: MapStyle,
    *,
    signed: bool,
    columns: int,
) -> bytes:
    """A PNG; the arguments are those of `picture_slide`.

    Args:
        title, about: What is explained; network and picture.
        tiles: The picture and its maps, each with its title.
        style: How the maps are drawn.
        signed: Whether one of them has a sign.
        columns: Pictures in a row.
    """
    bars = [ColourBar(style.table, "unimportant", "most important", UNIT)]
    if signed:
        bars.append(ColourBar(colours.SIGNED, "evidence against", "evidence for", UNIT))
    return pictures.png(picture_slide(title, about, tiles, columns=columns, bars=bars))
