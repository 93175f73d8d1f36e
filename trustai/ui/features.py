"""The page of feature visualization: pickers, the live climb, and what came out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from trustai import colours, pictures, plots, zoo
from trustai.explain import image
from trustai.explain.image import visualize
from trustai.explain.image.objectives import Channel, ClassLogit, Neuron, Objective
from trustai.explain.image.visualize import COURSE, GOOD, PLAIN, Frame, Visualization
from trustai.ui.caching import cache_key, cached_call, classifier
from trustai.ui.errors import plain
from trustai.ui.frame import downloads, python_expander, result_caption
from trustai.ui.subjects import PHOTO_MODEL, pick_model

WHATS = ("a class", "a channel", "a neuron")
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
STOPPED, PARTIAL = "features-stopped", "features-partial"
SIDE = 448


@dataclass(frozen=True)
class Wish:
    """What is to be maximised, and what to call it."""

    objective: Objective
    title: str
    python: str


def show() -> None:
    pickers, results = st.columns([1, 2.3], gap="medium")
    with pickers:
        card = pick_model(default=PHOTO_MODEL, imagenet=True)
        wish = _pick_wish(card)
        params, how = _pick_recipe()
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    key = cache_key(
        weights_sha=card.weights_sha256,
        inputs=[],
        method=f"visualize/{wish.title}",
        parameters=params,
        seed=seed,
    )
    with results:
        picture, curve, words = _places(wish)
        if st.session_state.get(STOPPED) == key and PARTIAL in st.session_state:
            _stopped(picture, curve, words, st.session_state[PARTIAL])
            return
        frame = cached_call(
            lambda: _climb(card, wish, params, seed, key, picture, curve, words),
            weights_sha=card.weights_sha256,
            inputs=[],
            method=f"visualize/{wish.title}",
            parameters=params,
            seed=seed,
            heavy="making a picture climb",
        )
        _draw(picture, curve, words, _state(frame), "result")
        _give(card, wish, frame, how, seed)


def _pick_wish(card: zoo.Card) -> Wish:
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
    if what == "a class":
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
    if what == "a channel":
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


def _pick_recipe() -> tuple[Visualization, str]:
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


def _places(wish: Wish) -> tuple[Any, Any, Any]:
    left, right = st.columns([1.1, 1])
    with left:
        st.markdown(f"**What maximises {plain(wish.title)}**")
        picture = st.empty()
    with right:
        st.markdown("**Its score, step by step**")
        curve, words = st.empty(), st.empty()
    return picture, curve, words


def _climb(
    card: zoo.Card,
    wish: Wish,
    params: Visualization,
    seed: int,
    key: str,
    picture: Any,
    curve: Any,
    words: Any,
) -> Frame:
    st.session_state.pop(STOPPED, None)
    stop = st.empty()
    stop.button(
        "Stop",
        icon=":material/stop:",
        key="features-stop",
        on_click=lambda: st.session_state.update({STOPPED: key}),
    )
    last: Frame | None = None
    for last in _stream(card, wish, params, seed):
        st.session_state[PARTIAL] = _state(last)
        _draw(picture, curve, words, _state(last), "live")
    stop.empty()
    assert last is not None  # a climb has at least one frame
    return last


def _stream(card: zoo.Card, wish: Wish, params: Visualization, seed: int) -> Iterator[Frame]:
    return visualize.climb(classifier(card.id), wish.objective, params=params, seed=seed, every=12)


def _state(frame: Frame) -> dict[str, Any]:
    """What the page draws of a frame, without tensors."""
    return {
        "pixels": pictures.to_pixels(frame.picture[0]),
        "curve": list(frame.curve),
        "score": frame.score,
        "probability": frame.probability,
        "step": frame.step,
        "finished": frame.finished,
        "picture_step": frame.picture_step,
    }


def _draw(picture: Any, curve: Any, words: Any, state: dict[str, Any], tag: str) -> None:
    picture.image(pictures.framed(state["pixels"], colours.CLEAN, side=SIDE))
    curve.plotly_chart(
        plots.climb(state["curve"], at=state["picture_step"]),
        key=f"climb-{tag}-{state['step']}-{state['finished']}",
        config={"displayModeBar": False},
    )
    said = f"Score **{state['score']:.2f}**, from {state['curve'][0]:.2f} at the start."
    if state["probability"] is not None:
        said += f" The network is **{state['probability']:.1%}** sure that it sees the class."
    if not state["finished"]:
        said += f" Step {state['step']} …"
    words.markdown(said)


def _stopped(picture: Any, curve: Any, words: Any, state: dict[str, Any]) -> None:
    picture.image(pictures.framed(state["pixels"], colours.CLEAN, side=SIDE))
    curve.plotly_chart(plots.climb(state["curve"], at=state["picture_step"]), key="climb-stopped")
    words.markdown(f"Stopped at step {state['step']}, score **{state['score']:.2f}**.")
    st.button(
        "Climb again",
        icon=":material/play_arrow:",
        on_click=lambda: st.session_state.pop(STOPPED, None),
    )


def _give(card: zoo.Card, wish: Wish, frame: Frame, how: str, seed: int) -> None:
    result_caption(
        frame.circumstances,
        f"best of {frame.step} steps: step {frame.picture_step}, score measured on the picture "
        "itself, unshifted and without penalty",
    )
    downloads(
        name=f"{card.id}-features",
        key="features",
        png=pictures.png(pictures.to_pixels(frame.picture[0])),
        csv=pd.DataFrame({"step": range(len(frame.curve)), "score": frame.curve}).to_csv(
            index=False
        ),
        json={
            "wish": wish.title,
            "circumstances": frame.circumstances,
            "score": frame.score,
            "probability": frame.probability,
            "curve": list(frame.curve),
        },
    )
    python_expander(
        f"""
import dataclasses
from trustai import zoo
from trustai.explain.image import visualize
from trustai.explain.image.objectives import Channel, ClassLogit, Neuron
from trustai.explain.image.visualize import COURSE, GOOD, PLAIN

classifier = zoo.load("{card.id}")
frame = visualize.final(classifier, {wish.python}, params={how}, seed={seed})
print(frame.score, frame.probability, frame.picture.shape)
"""
    )
