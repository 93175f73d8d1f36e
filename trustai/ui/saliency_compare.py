"""The saliency page's second view: the same methods on two pictures, side by side."""

from __future__ import annotations

import streamlit as st

from trustai import colours, pictures, zoo
from trustai.explain import image
from trustai.ui.caching import classifier
from trustai.ui.errors import plain, sentence
from trustai.ui.frame import downloads
from trustai.ui.saliency_pickers import (
    Look,
    pick_layer,
    pick_look,
    pick_methods,
    titles,
    usual_params,
)
from trustai.ui.saliency_picture import SIDE, attribution, drawn
from trustai.ui.subjects import PHOTO_MODEL, Subject, pick_model, pick_picture


def show() -> None:
    top = st.columns([1, 1, 1.2], gap="medium")
    with top[0]:
        card = pick_model(default=PHOTO_MODEL, imagenet=True)
    with top[1]:
        layer = pick_layer(card, card.photo_side)
    with top[2], st.expander("Settings", icon=":material/tune:"):
        look = pick_look()
    names = pick_methods()
    sides = st.columns(2, gap="large")
    tiles: list[tuple[str, pictures.Pixels]] = []
    for side, key, first in zip(sides, ("", "b_"), (1, 2), strict=True):
        with side:
            subject = pick_picture(card, key=key, first=first)
            tiles += _column(card, subject, layer, names, look)
    # Row by row: the two pictures of a method stand beside each other in the file too.
    half = len(tiles) // 2
    pairs = [tile for pair in zip(tiles[:half], tiles[half:], strict=False) for tile in pair]
    if len(tiles) == 2 * half:
        downloads(
            name=f"{card.id}-two-pictures",
            key="two",
            png=pictures.png(pictures.grid(pairs, columns=2)),
        )


def _column(
    card: zoo.Card, subject: Subject, layer: str, names: list[str], look: Look
) -> list[tuple[str, pictures.Pixels]]:
    logits = classifier(card.id).predict(subject.x)
    probabilities = logits.softmax(1)[0]
    target = int(probabilities.argmax())
    said = plain(card.classes[target])
    st.markdown(f"The network says **{said}**, {float(probabilities[target]):.1%}.")
    panel = image.Panel(classifier(card.id), subject.x, target=target, layer=layer)
    params = usual_params(names, subject.x)
    shown = [("The picture", subject.seen)]
    cells = st.columns(2)
    with cells[0]:
        st.image(pictures.framed(shown[0][1], colours.RANDOM, side=SIDE))
        st.markdown("**The picture**")
    for i, name in enumerate(names, start=1):
        result = attribution(
            panel,
            card,
            subject.x,
            name,
            target=target,
            layer=layer,
            seed=0,
            params=params.get(name),
        )
        with cells[i % 2]:
            if isinstance(result, ValueError):
                st.info(plain(sentence(result)), icon=":material/block:")
            elif result.problems[0]:
                st.warning(result.problems[0], icon=":material/visibility_off:")
            else:
                shown.append((titles()[name], drawn(subject, result, look)))
                st.image(pictures.framed(shown[-1][1], colours.CLEAN, side=SIDE))
            st.markdown(f"**{titles()[name]}**")
    return shown
