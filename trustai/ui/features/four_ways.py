"""View of four ways to make a picture that a class maximises, side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain.image.visualization.ascent import (
    COURSE,
    PLAIN,
    Frame,
    VisualizationParams,
    ascend,
)
from trustai.explain.image.visualization.objectives import ClassLogit
from trustai.explain.image.visualization.params import GOOD
from trustai.plots import colours, pictures
from trustai.plots.slides.picture_slide import picture_slide
from trustai.types import Circumstances
from trustai.ui.features.pickers import pick_class
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cache_key, cached_call, classifier
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made, result_caption, two_by_two
from trustai.ui.kit.jobs import Countdown, Stopped
from trustai.ui.kit.subjects import photo_model, pick_model

STEPS = 128
SIDE, EVERY = 320, 8


@dataclass(frozen=True)
class Way:
    """One way: its parameters, how they read in Python, and what it shows."""

    title: str
    params: VisualizationParams
    python: str
    why: str


WAYS = (
    Way(
        "Plain ascent",
        dataclasses.replace(PLAIN, steps=STEPS),
        f"dataclasses.replace(PLAIN, steps={STEPS})",
        "Every pixel is free. Thousands of tiny changes add up to a high score before any shape "
        "appears, so a person sees only noise.",
    ),
    Way(
        "With total variation",
        dataclasses.replace(COURSE, steps=STEPS, total_variation=0.15, shift=0),
        f"dataclasses.replace(COURSE, steps={STEPS}, total_variation=0.15, shift=0)",
        "Neighbouring pixels must be similar. The noise disappears, and strokes and patches of "
        "colour appear. But they stay where they began.",
    ),
    Way(
        "Plus a random shift",
        dataclasses.replace(COURSE, steps=STEPS, total_variation=0.15, shift=16),
        f"dataclasses.replace(COURSE, steps={STEPS}, total_variation=0.15, shift=16)",
        "The picture is moved at random before every step, so a detail helps only if it is right "
        "at every place. The shapes become larger.",
    ),
    Way(
        "Our choice: frequencies",
        dataclasses.replace(GOOD, steps=STEPS, total_variation=0.1, shift=16),
        f"dataclasses.replace(GOOD, steps={STEPS}, total_variation=0.1, shift=16)",
        "The picture is described by its frequencies and is also turned and scaled at random "
        "(Olah et al. 2017). One step changes large shapes as easily as fine grain, and the "
        "colours look like those of photographs.",
    ),
)


@dataclass(frozen=True, eq=False)
class Made:
    """What a way has made so far, without tensors."""

    pixels: pictures.Pixels
    score: float
    probability: float
    step: int
    circumstances: Circumstances

    @classmethod
    def of(cls, frame: Frame) -> Made:
        pixels = pictures.to_pixels(frame.picture[0])
        probability = frame.probability or 0.0
        return cls(pixels, frame.score, probability, frame.step, frame.circumstances)


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        left, middle, right = st.columns([1.2, 1, 0.6], gap="medium", vertical_alignment="bottom")
    with left:
        card = pick_model(default=photo_model(), imagenet=True)
    with middle:
        chosen = pick_class(card)
    with right:
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    assert isinstance(chosen.objective, ClassLogit)
    key = cache_key(
        weights_sha=card.weights_sha256, inputs=[], method=f"four/{chosen.title}", seed=seed
    )
    with result:
        said, bar = st.empty(), Countdown("Making four pictures")
        places = _places()
    try:
        with bar.running(key):
            made = _made(card, chosen.objective, seed, bar, places)
    except Stopped as stopped:
        for title, one in (stopped.partial or {}).items():
            _draw(places[title], one, title)
        return
    with said.container():
        finding(compared(plain(chosen.title), made))
    with how_made():
        for one in made.values():
            result_caption(one.circumstances)
    _export(card, chosen.python, seed, made)


def _places() -> dict[str, Any]:
    """A place for each way, with its reason under it."""
    places = {}
    for way, cell in zip(WAYS, two_by_two(len(WAYS), key="ways"), strict=True):
        with cell:
            st.markdown(f"**{way.title}**")
            places[way.title] = st.empty()
            st.caption(way.why)
    return places


def _draw(place: Any, made: Made, title: str) -> None:
    with place.container():
        show_picture(pictures.framed(made.pixels, colours.CLEAN, side=SIDE), title)
        st.markdown(f"score **{made.score:.1f}**, probability {made.probability:.0%}")


def _made(
    card: zoo.Card,
    objective: ClassLogit,
    seed: int,
    bar: Countdown,
    places: Mapping[str, Any],
) -> dict[str, Made]:
    """Each way after the other, drawn while it climbs."""
    made: dict[str, Made] = {}
    bar.keep(made)
    for i, way in enumerate(WAYS):

        def climb(way: Way = way, i: int = i) -> Made:
            for frame in ascend(
                classifier(card.id), objective, params=way.params, seed=seed, every=EVERY
            ):
                made[way.title] = Made.of(frame)
                _draw(places[way.title], made[way.title], way.title)
                bar((i + frame.step / STEPS) / len(WAYS))
            return made[way.title]

        made[way.title] = cached_call(
            climb,
            subject=None,
            weights_sha=card.weights_sha256,
            method=f"visualize/four/{objective.index}",
            parameters=way.params,
            seed=seed,
            heavy="making a picture",
        )
        _draw(places[way.title], made[way.title], way.title)
    return made


def compared(title: str, made: Mapping[str, Made]) -> str:
    """Which way reaches the highest score, and that a score is not what a person recognises.

    Args:
        title: What was maximised: ``"the class “hen”"``.
    """
    highest, least = (choose(made, key=lambda t: made[t].score) for choose in (max, min))
    return (
        f"“{highest}” reaches the highest score for {title} ({made[highest].score:.1f}) and "
        f"“{least}” the lowest ({made[least].score:.1f}). A high score means a strong answer of "
        "the network, not a picture that a person recognises."
    )


def _export(card: zoo.Card, objective: str, seed: int, made: Mapping[str, Made]) -> None:
    words = [f"{title}: {m.score:.1f}, {m.probability:.0%}" for title, m in made.items()]
    tiles = [(w, m.pixels) for w, m in zip(words, made.values(), strict=True)]
    ways = ",\n    ".join(way.python for way in WAYS)
    Export(
        name=f"{card.id}-four-ways",
        key="four",
        png=pictures.png(
            picture_slide(
                "Feature visualization in four ways",
                f"{card.title}, {objective}, seed {seed}; score and probability",
                tiles,
                columns=4,
            )
        ),
        json={
            title: {
                "score": m.score,
                "probability": m.probability,
                "circumstances": m.circumstances,
            }
            for title, m in made.items()
        },
        python=f"""
import dataclasses

from trustai import zoo
from trustai.explain.image.visualization.ascent import COURSE, GOOD, PLAIN, ascend
from trustai.explain.image.visualization.objectives import ClassLogit

classifier = zoo.load("{card.id}")
ways = (
    {ways},
)
for params in ways:
    *_, frame = ascend(classifier, {objective}, params=params, seed={seed})
    print(frame.score, frame.probability, frame.picture.shape)
""",
    ).show()
