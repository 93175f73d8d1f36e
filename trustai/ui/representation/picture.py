"""One picture of the map and its nearest training pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from trustai import data, represent
from trustai.plots import colours, pictures
from trustai.represent import PICTURE_STATES, KNNClassifier
from trustai.represent.picture_states import TRAINING
from trustai.represent.quality import K
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.errors import plain
from trustai.ui.kit.subjects import pictures_at
from trustai.ui.representation.tables import MapMeasurements, training_pictures

SHOWN = 5
FRAMES = {"clean": colours.CLEAN, "training": colours.CLEAN, "corrupted": colours.RANDOM}


@dataclass(frozen=True, eq=False)
class NearestPictures:
    """A picture ``(1, 3, H, W)`` in its state and its nearest training pictures."""

    x: Tensor
    predicted: int
    vote: int
    numbers: list[int]
    labels: list[int]
    distances: list[float]


def show(both: Sequence[MapMeasurements], state: str, number: int) -> None:
    name = both[0].card.dataset
    st.subheader(f"Picture {number} and its nearest training pictures")
    on = "on both maps" if len(both) > 1 else "on the map"
    st.caption(f"Click a point on a map to see its picture here. A ring marks it {on}.")
    if not data.available(name):
        for mapped in both:
            rows = mapped.view(state)
            row = rows[rows["index"] == number].iloc[0]
            classes = mapped.card.classes
            st.markdown(
                f"**{plain(mapped.card.short_title)}** says “{plain(classes[row['predicted']])}”, "
                f"and its {K} nearest neighbours say “{plain(classes[row[f'cosine_{K}']])}”. The "
                f"true class is “{plain(classes[row['label']])}”."
            )
        missing_pictures(name, instead="The answers were measured before.")
        return
    for column, mapped in zip(st.columns(len(both), gap="medium"), both, strict=True):
        with column:
            _one(mapped, state, number)


def nearest(mapped: MapMeasurements, state: str, number: int) -> NearestPictures:
    """The picture as it was when the map was measured, and its neighbours by cosine."""
    rows = mapped.view(state)
    label = int(rows.loc[rows["index"] == number, "label"].iloc[0])
    own = state == TRAINING
    found = (training_pictures if own else pictures_at)(mapped.card.dataset, [number])
    x = represent.in_state(
        state, mapped.network, found.pixels, torch.tensor([label]), numbers=[number],
        fitted=mapped.fitted,
    )  # fmt: skip
    knn = KNNClassifier.of(mapped.fitted)
    with torch.no_grad():
        features = mapped.network.features(x)
        predicted = int(mapped.network.head(features).argmax())
    near = knn.neighbours(features, k=SHOWN + 1)
    keep = mapped.fitted.indices[near.rows[0]] != (number if own else -1)
    near = represent.Neighbours(
        near.rows[:, keep][:, :SHOWN], near.distances[:, keep][:, :SHOWN],
        near.labels[:, keep][:, :SHOWN],
    )  # fmt: skip
    return NearestPictures(
        x=x,
        predicted=predicted,
        vote=int(near.vote(K, n_classes=knn.n_classes)),
        numbers=mapped.fitted.indices[near.rows[0]].tolist(),
        labels=near.labels[0].tolist(),
        distances=near.distances[0].tolist(),
    )


def _one(mapped: MapMeasurements, state: str, number: int) -> None:
    card = mapped.card
    found = cached_call(
        lambda: nearest(mapped, state, number),
        subject=None,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(mapped.fitted.reference)],
        method="representation/nearest",
        parameters={"state": state, "number": number, "dataset": card.dataset},
        heavy="looking for the nearest training pictures",
    )
    rows = mapped.view(state)
    truth = int(rows.loc[rows["index"] == number, "label"].iloc[0])
    picture, words = st.columns([1, 2])
    frame = FRAMES.get(state, colours.ATTACKED)
    framed = pictures.framed(pictures.to_pixels(found.x[0]), frame, side=192)
    show_picture(framed, f"{PICTURE_STATES.get(state).title} picture {number}", on=picture)
    words.markdown(
        f"**{plain(card.short_title)}**: {PICTURE_STATES.get(state).title.lower()}, "
        f"true class “{plain(card.classes[truth])}”. The last layer says "
        f"“{plain(card.classes[found.predicted])}”, the {K} nearest neighbours say "
        f"“{plain(card.classes[found.vote])}”."
    )
    strip(mapped, found.numbers, found.labels, found.distances)


def strip(
    mapped: MapMeasurements,
    numbers: Sequence[int],
    labels: Sequence[int],
    distances: Sequence[float],
) -> None:
    """Training pictures in a row, each with its class and its distance."""
    images = training_pictures(mapped.card.dataset, numbers)
    show_picture(
        [
            pictures.framed(pictures.to_pixels(x), colours.RANDOM, side=128, border=4)
            for x in images.pixels
        ],
        [
            f"{mapped.card.classes[label]}, distance {distance:.3f}"
            for label, distance in zip(labels, distances, strict=True)
        ],
        caption=True,
        width=88,
    )
