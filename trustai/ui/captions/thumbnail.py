"""The thumbnail of the page: a scene with its captions in two languages, generated when shown."""

from __future__ import annotations

import streamlit as st

from trustai.plots import colours, pictures
from trustai.ui.captions import sentences
from trustai.ui.captions.generated import generate_captions
from trustai.ui.captions.pickers import captioners, scene_at
from trustai.ui.kit.access.picture import show_picture


def show() -> None:
    shown = scene_at(3)
    said = generate_captions(next(iter(captioners().values())), shown, width=5)
    left, right = st.columns([1, 1.7], vertical_alignment="center")
    framed = pictures.framed(shown.detail, colours.CLEAN, side=448, border=8)
    show_picture(framed, "A drawn scene", on=left)
    with right:
        sentences.cards(
            [("", one.beam[0].text, name, "") for name, one in said.items()], small=True
        )
