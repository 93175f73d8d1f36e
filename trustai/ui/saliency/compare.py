"""The saliency page's second view: the same methods on two pictures, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.plots import colours, pictures
from trustai.types import Circumstances
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.errors import plain, sentence
from trustai.ui.kit.export import downloads
from trustai.ui.kit.subjects import (
    PHOTO_MODEL,
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.pickers import (
    Look,
    pick_layer,
    pick_look,
    pick_methods,
    titles,
    usual_params,
)
from trustai.ui.saliency.picture import (
    SIDE,
    drawn,
    empty_tile,
)
from trustai.ui.saliency.results import attribution


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two pictures.

    Attributes:
        target: The class that the network names, which is the one explained.
        tiles: What the downloaded picture shows of it, by title.
        methods: How its maps came about.
    """

    subject: Subject
    target: int
    panel: image.Panel
    tiles: dict[str, pictures.Pixels]
    methods: dict[str, Circumstances]


def show() -> None:
    top = st.columns([1, 1, 1.2], gap="medium")
    with top[0]:
        card = pick_model(default=PHOTO_MODEL, imagenet=True)
    with top[1]:
        layer = pick_layer(card, card.photo_side)
    with top[2], st.expander("Settings", icon=":material/tune:"):
        look = pick_look()
    names = pick_methods()
    sides = []
    for column, key, first in zip(st.columns(2, gap="large"), ("", "b_"), (1, 2), strict=True):
        with column:
            sides.append(_side(card, layer, key, first))
    (clean, *maps) = _pairs(["The picture", *(titles()[name] for name in names)])
    for side, place in zip(sides, clean, strict=True):
        side.tiles["The picture"] = side.subject.seen
        place.image(pictures.framed(side.subject.seen, colours.RANDOM, side=SIDE))
    for name, pair in zip(names, maps, strict=True):
        for side, place in zip(sides, pair, strict=True):
            _map(card, side, layer, name, look, place)
    _give(card, sides)


def _side(card: zoo.Card, layer: str, key: str, first: int) -> Side:
    subject = pick_picture(card, key=key, first=first)
    network = classifier(card.id)
    probabilities = network.predict(subject.x).softmax(1)[0]
    target = int(probabilities.argmax())
    said = plain(card.classes[target])
    st.markdown(f"The network says **{said}**, {float(probabilities[target]):.1%}.")
    return Side(
        subject, target, image.Panel(network, subject.x, target=target, layer=layer), {}, {}
    )


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
        place.image(empty_tile())
    return places


def _map(card: zoo.Card, side: Side, layer: str, name: str, look: Look, place: Any) -> None:
    result = attribution(
        side.panel,
        card,
        side.subject.x,
        name,
        target=side.target,
        layer=layer,
        seed=0,
        params=usual_params([name], side.subject.x).get(name),
    )
    if isinstance(result, ValueError):
        place.info(plain(sentence(result)), icon=":material/block:")
    elif result.problems[0]:
        place.warning(result.problems[0], icon=":material/visibility_off:")
    else:
        tile = drawn(side.subject, result, look)
        side.tiles[titles()[name]] = tile
        side.methods[name] = result.circumstances
        place.image(pictures.framed(tile, colours.CLEAN, side=SIDE))


def _give(card: zoo.Card, sides: Sequence[Side]) -> None:
    # Row by row: the two pictures of a method stand beside each other in the file too.
    shared = [title for title in sides[0].tiles if title in sides[1].tiles]
    downloads(
        name=f"{card.id}-two-pictures",
        key="two",
        png=pictures.png(
            pictures.grid([(t, side.tiles[t]) for t in shared for side in sides], columns=2)
        ),
        json={
            "pictures": [
                {
                    "picture": side.subject.title,
                    "class": card.classes[side.target],
                    "methods": side.methods,
                }
                for side in sides
            ]
        },
    )
