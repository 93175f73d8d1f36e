"""The feature visualization page: pickers, the ascent while it runs, and its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.explain.image.visualization import ascent
from trustai.explain.image.visualization.ascent import Frame, VisualizationParams
from trustai.plots import charts, colours, pictures
from trustai.plots.slides.picture_slide import picture_slide
from trustai.ui.features.pickers import (
    NamedObjective,
    NamedParams,
    pick_objective,
    pick_recipe,
)
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, how_made, result_caption
from trustai.ui.kit.jobs import Countdown, Stopped
from trustai.ui.kit.subjects import photo_model, pick_model

SIDE = 448


def show() -> None:
    pickers, results = first_look(results=2.5)
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        chosen = pick_objective(card)
        recipe = pick_recipe()
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    with results:
        picture, curve, words = _places(chosen)
        bar = Countdown(f"Step by step towards {chosen.title}")
        try:
            frame = cached_call(
                lambda: _ascend(card, chosen, recipe.params, seed, bar, picture, curve, words),
                subject=None,
                weights_sha=card.weights_sha256,
                method=f"visualize/{chosen.title}",
                parameters=recipe.params,
                seed=seed,
                heavy="making a picture",
                bar=bar,
            )
        except Stopped as stopped:
            if stopped.partial is not None:
                _stopped(chosen, picture, curve, words, stopped.partial)
            return
        _draw(picture, curve, words, _state(frame), "result")
        with words.container():
            finding(maximised(plain(chosen.title), _state(frame)))
        _export(card, chosen, recipe, frame, seed)


def _places(chosen: NamedObjective) -> tuple[Any, Any, Any]:
    words = st.empty()
    left, right = st.columns([1.1, 1])
    with left:
        st.markdown(f"**A picture that maximises {plain(chosen.title)}**")
        picture = st.empty()
    with right:
        curve = st.empty()
    return picture, curve, words


def _ascend(
    card: zoo.Card,
    chosen: NamedObjective,
    params: VisualizationParams,
    seed: int,
    bar: Countdown,
    picture: Any,
    curve: Any,
    words: Any,
) -> Frame:
    last = None
    for last in _stream(card, chosen, params, seed):
        bar.keep(_state(last))
        _draw(picture, curve, words, _state(last), "live")
        bar(last.step / params.steps)
    assert last is not None  # an ascent has at least one frame
    return last


def _stream(
    card: zoo.Card, chosen: NamedObjective, params: VisualizationParams, seed: int
) -> Iterator[Frame]:
    return ascent.ascend(classifier(card.id), chosen.objective, params=params, seed=seed, every=12)


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
    framed = pictures.framed(state["pixels"], colours.CLEAN, side=SIDE)
    show_picture(framed, f"Picture of the highest score, step {state['picture_step']}", on=picture)
    chart(
        charts.ascent(state["curve"], at=state["picture_step"]),
        key=f"climb-{tag}-{state['step']}-{state['finished']}",
        title="Score by step",
        on=curve,
    )
    if not state["finished"]:
        words.markdown(f"Step {state['step']}: the score is **{state['score']:.2f}**.")


def maximised(title: str, state: Mapping[str, Any]) -> str:
    """What became of the score, and what the network sees in the picture.

    Args:
        title: What was maximised: ``"the class “hen”"``.
        state: Of the last frame.
    """
    said = (
        f"In {state['step']} steps the score of {title} rises from {state['curve'][0]:.2f} to "
        f"**{state['score']:.2f}**."
    )
    if state["probability"] is None:
        return said
    return f"{said} The network gives the class a probability of **{state['probability']:.1%}**."


def _stopped(
    chosen: NamedObjective, picture: Any, curve: Any, words: Any, state: dict[str, Any]
) -> None:
    framed = pictures.framed(state["pixels"], colours.CLEAN, side=SIDE)
    show_picture(framed, f"Picture of the highest score, step {state['picture_step']}", on=picture)
    figure = charts.ascent(state["curve"], at=state["picture_step"])
    chart(figure, key="climb-stopped", title="Score by step", on=curve)
    words.markdown(
        f"You stopped at step {state['step']}. The score of {plain(chosen.title)} is "
        f"**{state['score']:.2f}**."
    )


def _slide(card: zoo.Card, chosen: NamedObjective, frame: Frame, seed: int) -> bytes:
    """The picture with what it maximises."""
    return pictures.png(
        picture_slide(
            f"Feature visualization: {chosen.title}",
            f"{card.title}, step {frame.picture_step}, seed {seed}",
            [(f"Score {frame.score:.2f}", pictures.to_pixels(frame.picture[0]))],
            columns=1,
            side=480,
        )
    )


def _export(
    card: zoo.Card, chosen: NamedObjective, recipe: NamedParams, frame: Frame, seed: int
) -> None:
    with how_made():
        result_caption(
            frame.circumstances,
            f"best of {frame.step} steps: step {frame.picture_step}, score measured on the picture "
            "itself, without shift and penalty",
        )
    imports = "import dataclasses\n\n" if recipe.changes else ""
    Export(
        name=f"{card.id}-features",
        key="features",
        png=pictures.png(pictures.to_pixels(frame.picture[0])),
        slide=_slide(card, chosen, frame, seed),
        csv=pd.DataFrame({"step": range(len(frame.curve)), "score": frame.curve}).to_csv(
            index=False
        ),
        json={
            "objective": chosen.title,
            "circumstances": frame.circumstances,
            "score": frame.score,
            "probability": frame.probability,
            "curve": list(frame.curve),
        },
        python=f"""
{imports}from trustai import zoo
from trustai.explain.image.visualization.ascent import {recipe.constant}, ascend
from trustai.explain.image.visualization.objectives import {chosen.kind}

classifier = zoo.load("{card.id}")
for frame in ascend(classifier, {chosen.python}, params={recipe.python}, seed={seed}):
    print(frame.step, frame.score, frame.probability, frame.picture.shape)
""",
    ).show()
