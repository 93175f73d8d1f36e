"""Pickers of the feature visualization page: the objective, and the parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.visualization.ascent import (
    COURSE,
    GOOD,
    PLAIN,
    VisualizationParams,
)
from trustai.explain.image.visualization.objectives import (
    Channel,
    ClassLogit,
    Neuron,
    Objective,
)
from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.glossary import hint

WHATS = ("class", "channel", "neuron")
RECIPES = {
    "Plain ascent": (
        PLAIN,
        "PLAIN",
        "Only the gradient changes the picture, and every pixel is free. Thousands of tiny changes "
        "add up to a large score before any shape appears, so the picture is noise.",
    ),
    "Total variation and shift": (
        COURSE,
        "COURSE",
        "Neighbouring pixels must be similar (total variation). The picture is shifted at random "
        "before every step, so a detail must be right at every place. The log probability of the "
        "class is maximised together with its logit, because the logit alone often ends at a "
        "picture with a higher logit for another class.",
    ),
    "Spectrum and random moves": (
        GOOD,
        "GOOD",
        "The picture is described by its frequencies, so that one step changes large shapes as "
        "easily as fine grain. Its colours vary independently. It is shifted, turned and scaled at "
        "random before every step (Olah et al. 2017). The log probability of the class is "
        "maximised together with its logit.",
    ),
}
OLDER = {
    "Course: variation and shift": "Total variation and shift",
    "Good: spectrum and jitter": "Spectrum and random moves",
}
# The first class, and the birds nearest to it that Tiny-ImageNet has: shapes one recognises.
FAVOURITES = ("hen", "goose", "king penguin")


@dataclass(frozen=True)
class NamedObjective:
    """What is to be maximised, what to call it, and how it reads in Python."""

    objective: Objective
    title: str
    python: str

    @property
    def kind(self) -> str:
        """Name of the objective's class, for an import."""
        return type(self.objective).__name__


@dataclass(frozen=True)
class NamedParams:
    """Parameters, the constant that they come from, and what was changed of it."""

    params: VisualizationParams
    constant: str
    changes: Mapping[str, Any]

    @property
    def python(self) -> str:
        """How they read in Python."""
        given = ", ".join(f"{k}={v!r}" for k, v in self.changes.items())
        return f"dataclasses.replace({self.constant}, {given})" if given else self.constant


def pick_objective(card: zoo.Card) -> NamedObjective:
    """A class, a channel or a neuron of the network."""
    what = st.segmented_control(
        "Maximise",
        list(WHATS),
        default=WHATS[0],
        key="what",
        bind="query-params",
        required=True,
        help=hint("channel and neuron"),
    )
    if what == "class":
        return pick_class(card)
    where, channel = _pick_channel(card)
    if what == "channel":
        title = f"channel {channel} of {where}"
        return NamedObjective(Channel(where, channel), title, f'Channel("{where}", {channel})')
    title = f"the middle neuron of channel {channel} of {where}"
    return NamedObjective(Neuron(where, channel), title, f'Neuron("{where}", {channel})')


def pick_class(card: zoo.Card) -> NamedObjective:
    """A class of the network; at first the course's, or the bird that is nearest to it."""
    begin = next((card.classes.index(f) for f in FAVOURITES if f in card.classes), 0)
    name = st.selectbox("Class", list(card.classes), index=begin, key="class", bind="query-params")
    index = card.classes.index(name)
    return NamedObjective(ClassLogit(index), f"the class “{name}”", f"ClassLogit({index})")


def _pick_channel(card: zoo.Card) -> tuple[str, int]:
    """A layer and the number of one of its channels."""
    found = image.layers(classifier(card.id), size=card.input_size)
    layers = {layer.name: layer for layer in found}
    where = st.selectbox(
        "Layer",
        list(layers),
        index=len(layers) - 1,
        format_func=lambda n: layers[n].title,
        key="layer",
        bind="query-params",
    )
    last = layers[where].channels - 1
    channel = st.number_input(
        f"Channel, 0 to {last}", 0, last, 0, key="channel", bind="query-params"
    )
    return where, int(channel)


def pick_recipe() -> NamedParams:
    """The parameters, and how they read in Python."""
    renamed("how", OLDER)
    name = st.radio("Method", list(RECIPES), index=len(RECIPES) - 1, key="how", bind="query-params")
    base, constant, why = RECIPES[name]
    st.caption(why)
    with st.expander("Settings of the method", icon=":material/tune:"):
        changes = _changes(base, constant)
    return NamedParams(dataclasses.replace(base, **changes), constant, changes)


def _changes(base: VisualizationParams, constant: str) -> dict[str, Any]:
    """What the person sets otherwise than the recipe; keys of its own for each recipe."""
    tv = st.slider(
        "Weight of the total variation", 0.0, 2.0, float(base.total_variation), 0.05,
        key=f"tv-{constant}",
    )  # fmt: skip
    sure = st.slider(
        "Weight of the class's log probability", 0.0, 30.0, float(base.log_probability), 1.0,
        key=f"sure-{constant}",
        help="It is added to the logit. It is used for classes only.",
    )  # fmt: skip
    shift = st.slider("Random shift in pixels", 0, 32, base.shift, key=f"shift-{constant}")
    turn = st.slider(
        "Random rotation in degrees", 0.0, 45.0, float(base.rotation), 1.0, key=f"turn-{constant}"
    )
    zoom = st.slider(
        "Random scale in ± %", 0, 40, round(100 * (base.scale[1] - 1)), key=f"zoom-{constant}"
    )
    blur = st.slider(
        "Blur after this many steps (0: never)", 0, 32, base.blur_every, key=f"blur-{constant}"
    )
    fourier = st.toggle(
        "Use frequencies", base.parameterisation == "fourier", key=f"fourier-{constant}"
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
