"""View of the saliency page: the same methods on two pictures, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.plots import colours, pictures
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import in_words
from trustai.ui.kit.subjects import photo_model, pick_model, pick_picture
from trustai.ui.saliency.pickers import pick_layer, pick_methods
from trustai.ui.saliency.results import PictureExplanations
from trustai.ui.saliency.style import SIDE, MapStyle, empty_tile, pick_style


def show() -> None:
    top = st.columns([1, 1, 1.2], gap="medium")
    with top[0]:
        card = pick_model(default=photo_model(), imagenet=True)
    with top[1]:
        layer = pick_layer(card, card.photo_side)
    with top[2], st.expander("Settings", icon=":material/tune:"):
        style = pick_style()
    names = pick_methods()
    sides = []
    for column, key, first in zip(st.columns(2, gap="large"), ("", "b_"), (1, 2), strict=True):
        with column:
            sides.append(_side(card, layer, key, first))
    (clean, *maps) = _pairs(["The picture", *(image.get(name).title for name in names)])
    for side, place in zip(sides, clean, strict=True):
        framed = pictures.framed(side.subject.seen, colours.RANDOM, side=SIDE)
        show_picture(framed, f"The picture: {side.subject.title}", on=place)
    for name, pair in zip(names, maps, strict=True):
        for side, place in zip(sides, pair, strict=True):
            _map(side, name, style, place)
    _export(card, sides, style)


def _side(card: zoo.Card, layer: str, key: str, first: int) -> PictureExplanations:
    """One of the two pictures; the class that the network names is the one explained."""
    explained = PictureExplanations(card, pick_picture(card, key=key, first=first), layer=layer)
    said, sure = card.classes[explained.target], float(explained.probabilities[explained.target])
    st.markdown(f"The network {in_words(sure)}: **{plain(said)}**, {sure:.1%}.")
    return explained


def _pairs(names: Sequence[str]) -> list[tuple[Any, Any]]:
    """Under each name a place for either picture, there before anything is in it."""
    places = []
    for first in range(0, len(names), 2):
        for cell, name in zip(st.columns(2, gap="large"), names[first : first + 2], strict=False):
            with cell:
                st.markdown(f"**{name}**")
                left, right = st.columns(2)
                places.append((left.empty(), right.empty()))
    for place in (one for pair in places for one in pair):
        show_picture(empty_tile(), "Not computed yet", on=place)
    return places


def _map(side: PictureExplanations, name: str, style: MapStyle, place: Any) -> None:
    result = side.of(name)
    if isinstance(result, ValueError):
        place.info(plain(unfit(result)), icon=":material/block:")
    elif result.problems[0]:
        place.warning(result.problems[0], icon=":material/visibility_off:")
    else:
        tile = style.drawn(side.subject.seen, result)
        framed = pictures.framed(tile, colours.CLEAN, side=SIDE)
        show_picture(framed, side.title_of(name), on=place)


def _export(card: zoo.Card, sides: Sequence[PictureExplanations], style: MapStyle) -> None:
    # Row by row: the two pictures of a method stand beside each other in the file too.
    tiles = [("The picture", side.subject.seen) for side in sides]
    shared = [name for name in sides[0].maps if name in sides[1].maps]
    tiles += [
        (image.get(name).title, style.drawn(side.subject.seen, side.maps[name]))
        for name in shared
        for side in sides
    ]
    Export(
        name=f"{card.id}-two-pictures",
        key="two",
        png=pictures.png(pictures.grid(tiles, columns=2)),
        json={
            "pictures": [
                {
                    "picture": side.subject.title,
                    "class": card.classes[side.target],
                    "probability": side.probabilities[side.target],
                    "methods": {name: one.circumstances for name, one in side.maps.items()},
                }
                for side in sides
            ]
        },
        python="\n".join(
            side.python(name)
            + f"print(classifier.predict(x).softmax(1)[0, {side.target}].item())\n"
            for side in sides
            for name in shared[:1]
        ),
    ).show()
