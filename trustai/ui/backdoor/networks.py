"""What the views share: the networks, the pictures, the trigger, and how a picture is told of."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.attacks.backdoor import PATTERNS, Trigger
from trustai.attacks.backdoor.triggers import OWN
from trustai.backdoor import Planted, planted
from trustai.plots import colours, pictures
from trustai.types import ImageSet
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.errors import plain
from trustai.ui.kit.glossary import hint
from trustai.zoo import Card, Classifier

CLEAN, PLAIN, HIDDEN = "signs-resnet18", "signs-backdoor", "signs-backdoor-adaptive"
SUCCESS = "attack_success_rate"
DATASET = "signs"
N_TRAIN, N_VALIDATION = 800, 400
SIZES = (5, 8, 10, 12, 15, 18, 20, 25, 30, 40)
"""Sides of the trigger in per cent of the picture."""


def backdoor_of(card: Card) -> Planted:
    """The backdoor that the network of `card` was trained with."""
    found = planted(card)
    if found is None:
        raise ValueError(f"expected a network with a backdoor, got {card.id}")
    return found


@st.cache_resource(show_spinner="Drawing the pictures", max_entries=4)
def signs_of(split: str, n: int) -> ImageSet:
    """The first signs of a split, drawn once per server; read-only."""
    return data.load(DATASET, split=split, n=n)


def pick_trigger(*, key: str = "") -> Trigger:
    """Pattern, size and place of a trigger, bound to the URL."""
    titles = {name: entry.title for name, entry in PATTERNS if name != OWN}
    pattern = st.selectbox(
        "Trigger", list(titles), format_func=titles.__getitem__, key=f"{key}trigger",
        bind="query-params", help=hint("trigger"),
    )  # fmt: skip
    entry = PATTERNS.get(pattern)
    st.caption(entry.description)
    if entry.whole:
        return Trigger(pattern)
    size = st.select_slider(
        "Size, in % of the picture's side", SIZES, value=15, key=f"{key}size",
        bind="query-params",
    )  # fmt: skip
    x = st.slider("Place from left to right", 0.0, 1.0, 1.0, 0.05, key=f"{key}x")
    y = st.slider("Place from top to bottom", 0.0, 1.0, 1.0, 0.05, key=f"{key}y")
    return Trigger(pattern, size / 100, x, y)


def told(classifier: Classifier, x: Tensor, classes: tuple[str, ...]) -> tuple[str, float, Tensor]:
    """What a network says of one picture, how surely, and all probabilities ``(C,)``."""
    with torch.no_grad():
        probability = classifier(x).softmax(1)[0]
    return classes[int(probability.argmax())], float(probability.max()), probability


def draw(place: str, x: Tensor, said: str, sure: float, *, attacked: bool) -> None:
    """One picture with its frame and the answer below it."""
    framed = pictures.framed(
        pictures.to_pixels(x[0]), colours.ATTACKED if attacked else colours.CLEAN
    )
    words = f"{place}: {said}, {sure:.1%}"
    show_picture(framed, words)
    st.markdown(f"**{place}**: {plain(said)}, {sure:.1%}")


def rate(card: Card, name: str) -> str:
    """A share on a card in per cent."""
    return f"{card.metrics[name].value:.1%}"


def titles() -> dict[str, str]:
    """Titles of the networks of the defences, without and with a backdoor, by id."""
    return {name: zoo.read_card(name).title for name in (CLEAN, PLAIN, HIDDEN)}
