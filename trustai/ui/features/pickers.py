"""What the page of feature visualization asks: what to maximise, and how."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.visualization.ascent import (
    COURSE,
    GOOD,
    PLAIN,
    Visualization,
)
from trustai.explain.image.visualization.objectives import (
    Channel,
    ClassLogit,
    Neuron,
    Objective,
)
from trustai.ui.kit.caching import classifier

WHATS = ("class", "channel", "neuron")
RECIPES = {
    "Plain ascent": (
        PLAIN,
        "PLAIN",
        "Nothing but the gradient: every pixel is free, and thousands of tiny agreements add up to "
        "a huge score long before anything has a shape. Hence the noise.",
    ),
    "Course: variation and shift": (
        COURSE,
        "COURSE",
        "Neighbouring pixels must agree (total variation), and the picture is shifted at random "
        "before every pass, so a detail must be right wherever it lies. Beyond the course, the "
        "class's log probability climbs with its logit: the logit alone often ends at a picture "
        "that another class likes still better.",
    ),
    "Good: spectrum and jitter": (
        GOOD,
        "GOOD",
        "The picture is written as a spectrum, so that a step moves broad shapes and fine grain "
        "alike, in colours that vary independently, and is shifted, turned and scaled at random "
        "(Olah et al. 2017). The class's log probability climbs with its logit.",
    ),
}
# The course's class, and the birds nearest to it that Tiny-ImageNet has: shapes one recognises.
FAVOURITES = ("hen", "goose", "king penguin")


@dataclass(frozen=True)
class Wish:
    """What is to be maximised, and what to call it."""

    objective: Objective
    title: str
    python: str


def pick_wish(card: zoo.Card) -> Wish:
    """A class, a channel or a neuron of the network."""
    what = st.segmented_control(
        "Maximise",
        list(WHATS),
        default=WHATS[0],
        key="what",
        bind="query-params",
        required=True,
        help="A class is a logit, before the softmax; a channel is one of a layer's feature maps, "
        "averaged; a neuron is one place of it.",
    )
    if what == "class":
        begin = next((card.classes.index(f) for f in FAVOURITES if f in card.classes), 0)
        name = st.selectbox(
            "Class", list(card.classes), index=begin, key="class", bind="query-params"
        )
        index = card.classes.index(name)
        return Wish(ClassLogit(index), f"the class “{name}”", f"ClassLogit({index})")
    layers = {
        layer.name: layer for layer in image.layers(classifier(card.id), size=card.input_size)
    }
    where = st.selectbox(
        "Layer",
        list(layers),
        index=len(layers) - 1,
        format_func=lambda n: layers[n].title,
        key="layer",
        bind="query-params",
    )
    last = layers[where].channels - 1
    channel = int(
        st.number_input(f"Channel, 0 to {last}", 0, last, 0, key="channel", bind="query-params")
    )
    if what == "channel":
        return Wish(
            Channel(where, channel),
            f"channel {channel} of {where}",
            f'Channel("{where}", {channel})',
        )
    return Wish(
        Neuron(where, channel),
        f"the middle neuron of channel {channel} of {where}",
        f'Neuron("{where}", {channel})',
    )


def pick_recipe() -> tuple[Visualization, str]:
    """The parameters, and how they read in Python."""
    name = st.radio("How", list(RECIPES), index=len(RECIPES) - 1, key="how", bind="query-params")
    base, constant, why = RECIPES[name]
    st.caption(why)
    with st.expander("Switch each part", icon=":material/tune:"):
        changes = _changes(base, constant)
    if not changes:
        return base, constant
    given = ", ".join(f"{k}={v!r}" for k, v in changes.items())
    return dataclasses.replace(base, **changes), f"dataclasses.replace({constant}, {given})"


def _changes(base: Visualization, constant: str) -> dict[str, Any]:
    """What the person sets otherwise than the recipe; keys of its own for each recipe."""
    tv = st.slider(
        "Total variation, taken off at every step", 0.0, 2.0, float(base.total_variation), 0.05,
        key=f"tv-{constant}",
    )  # fmt: skip
    sure = st.slider(
        "Weight of the class's log probability", 0.0, 30.0, float(base.log_probability), 1.0,
        key=f"sure-{constant}",
        help="Beside its logit; for classes only.",
    )  # fmt: skip
    shift = st.slider("Random shift, pixels", 0, 32, base.shift, key=f"shift-{constant}")
    turn = st.slider(
        "Random turn, degrees", 0.0, 45.0, float(base.rotation), 1.0, key=f"turn-{constant}"
    )
    zoom = st.slider(
        "Random scale, ± %", 0, 40, round(100 * (base.scale[1] - 1)), key=f"zoom-{constant}"
    )
    blur = st.slider(
        "Blur every … steps (0: never)", 0, 32, base.blur_every, key=f"blur-{constant}"
    )
    fourier = st.toggle(
        "Written as a spectrum", base.parameterisation == "fourier", key=f"fourier-{constant}"
    )
    free = st.toggle("Independent colours", base.decorrelate, key=f"colours-{constant}")
    steps = st.slider("Steps", 16, 1024, base.steps, 16, key=f"steps-{constant}")
    wanted: dict[str, Any] = {
        "total_variation": tv,
        "log_probability": sure,
        "shift": shift,
        "rotation": turn,
        "scale": base.scale if zoom == round(100 * (base.scale[1] - 1)) else
        (1 - zoom / 100, 1 + zoom / 100),
        "blur_every": blur,
        "parameterisation": "fourier" if fourier else "pixels",
        "decorrelate": free,
        "steps": steps,
    }  # fmt: skip
    return {k: v for k, v in wanted.items() if v != getattr(base, k)}
