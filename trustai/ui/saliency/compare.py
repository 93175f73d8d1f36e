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
from trustai.ui.kit.frame import finding, first_look, in_words, methods, side_by_side
from trustai.ui.kit.jobs import Countdown, Stopped
from trustai.ui.kit.subjects import photo_model, pick_model, pick_picture
from trustai.ui.saliency.maps.results import PictureExplanations
from trustai.ui.saliency.maps.slide import maps_slide
from trustai.ui.saliency.maps.style import SIDE, MapStyle, empty_tile, pick_style
from trustai.ui.saliency.pickers import pick_layer, pick_methods

IN_ROW = 3


def show() -> None:
    pickers, results = first_look(results=2.7)
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subjects = []
        for i, key in enumerate(("", "b_"), start=1):
            st.markdown(f"**Picture {i}**")
            subjects.append(pick_picture(card, key=key, first=i))
        with st.expander("Settings", icon=":material/tune:"):
            layer, style = pick_layer(card, card.photo_side), pick_style()
    sides = [PictureExplanations(card, subject, layer=layer) for subject in subjects]
    with results:
        said, grid = st.empty(), st.container()
    names = pick_methods(card)
    with grid:
        places = _places(["The picture", *(image.get(name).title for name in names)])
    for side, place in zip(sides, places[0], strict=True):
        framed = pictures.framed(side.subject.seen, colours.RANDOM, side=SIDE)
        show_picture(framed, f"The picture: {side.subject.title}", on=place)
    for name, pair in zip(names, places[1:], strict=True):
        for side, place in zip(sides, pair, strict=True):
            _map(side, name, style, place)
    with said.container():
        finding(both(sides, next(iter(sides[0].maps), "")))
    methods(*(image.get(name) for name in names))
    _export(card, sides, style)


def both(sides: Sequence[PictureExplanations], name: str) -> str:
    """What the network says of both pictures, and what hiding the marked part of each does.

    Args:
        name: Of a method that has a map of the first picture; empty if none has.
    """
    said = []
    for i, side in enumerate(sides, start=1):
        sure, called = float(side.probabilities[side.target]), side.card.classes[side.target]
        one = f"Picture {i}: the network {in_words(sure)}, **{plain(called)}**, {sure:.0%}."
        if name in side.maps:
            after = sure - side.removal(name)[""]
            one += (
                f" When the fifth that {image.get(name).title} marks is hidden, the probability "
                f"is {after:.0%}."
            )
        said.append(one)
    return "  \n".join(said)


def _places(names: Sequence[str]) -> list[tuple[Any, Any]]:
    """Under each name a place for either picture, there before anything is in it."""
    places = []
    for first in range(0, len(names), IN_ROW):
        cells = side_by_side(IN_ROW, key=f"two-{first}")
        for cell, name in zip(cells, names[first : first + IN_ROW], strict=False):
            with cell:
                st.markdown(f"**{name}**")
                places.append((st.empty(), st.empty()))
    for place in (one for pair in places for one in pair):
        show_picture(empty_tile(), "Not computed yet", on=place, final=False)
    return places


def _map(side: PictureExplanations, name: str, style: MapStyle, place: Any) -> None:
    bar = Countdown(image.get(name).title, expected=side.seconds_of(name), place=place)
    try:
        result = side.of(name, bar=bar)
    except Stopped:
        return
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
        png=maps_slide(
            "Two pictures, the same methods",
            f"{card.title}: {' and '.join(side.subject.title for side in sides)}",
            tiles,
            style,
            signed=any(one.signed for one in sides[0].maps.values()),
            columns=2,
        ),
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
