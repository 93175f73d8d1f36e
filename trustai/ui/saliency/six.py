"""Picker of the six pictures of a sheet: photographs, ImageNet's samples or uploads."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from trustai import data, zoo
from trustai.data.images import samples
from trustai.data.images.imagenet_samples import NAME as IMAGENET_SAMPLES
from trustai.data.uploads import to_square, to_tensor
from trustai.plots import pictures
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.subjects import DETAIL, Subject, pictures_at
from trustai.ui.kit.uploads import pictures_from_user

SIX = ("coffee", "photographer", "cat", "hopper", "palace", "motorcycle")
"""Photographs of six classes. ImageNet's classes are right for the first five; it has none for
motorcycles, and its nearest is the moped."""
CANDIDATES = 12
"""Of ImageNet's sample pictures, the first six of so many that the network names right."""
SOURCES = {"photos": "Photographs", "imagenet": "ImageNet samples", "own": "My own"}


@dataclass(frozen=True, eq=False)
class SheetPicture:
    """One row's picture.

    Attributes:
        right: The classes that are right for it, as far as the network knows them.
        sample: Its name where it is one of `trustai.data.images.samples`.
    """

    subject: Subject
    right: tuple[str, ...] = ()
    sample: str = ""


def pick_six(card: zoo.Card) -> list[SheetPicture]:
    """Six photographs: those of the packages, ImageNet's, or the person's own."""
    imagenet = card.classes == data.dataset(IMAGENET_SAMPLES).classes
    options = [
        s for s in SOURCES if s != "imagenet" or (imagenet and data.available(IMAGENET_SAMPLES))
    ]
    source = st.segmented_control(
        "Six pictures",
        options,
        format_func=lambda s: SOURCES[s],
        default="photos",
        key="six",
        bind="query-params",
        required=True,
        wrap=True,
    )
    if source == "imagenet":
        return _imagenet(card)
    if source == "own":
        own = pictures_from_user(key="six_own", most=6, in_address=True)
        if own:
            return [SheetPicture(_subject(card, one.pixels, one.name, private=True)) for one in own]
        st.caption("You see sample photographs until you upload your own.")
    return [_sample(card, name) for name in SIX if name in samples.names()]


def _sample(card: zoo.Card, name: str) -> SheetPicture:
    known = samples.describe(name)
    right = tuple(c for c in known.classes if c in card.classes)
    subject = _subject(card, samples.load(name), known.title, private=False)
    return SheetPicture(subject, right, name)


def _subject(card: zoo.Card, pixels: pictures.Pixels, title: str, *, private: bool) -> Subject:
    side, detail = card.photo_side, min(DETAIL, *pixels.shape[:2])
    return Subject(
        x=to_tensor(to_square(pixels, side)),
        label=None,
        title=title,
        python="",
        private=private,
        detail=to_square(pixels, detail) if detail > side else None,
    )


def _imagenet(card: zoo.Card) -> list[SheetPicture]:
    """The first six of the samples that the network names right."""
    some = pictures_at(IMAGENET_SAMPLES, range(CANDIDATES))
    logits = cached_call(
        lambda: classifier(card.id).predict(some.pixels, batch_size=4),
        subject=None,
        weights_sha=card.weights_sha256,
        method="sheet/candidates",
        heavy="looking for pictures that the network gets right",
    )
    hits = (logits.argmax(1) == some.labels).nonzero()[:6, 0].tolist()
    st.caption(f"These are the first {len(hits)} ImageNet samples that the network gets right.")
    return [
        SheetPicture(
            Subject(
                x=some.pixels[i : i + 1],
                label=int(some.labels[i]),
                title=name,
                python="",
                private=False,
            ),
            (name,),
        )
        for i in hits
        if (name := some.classes[int(some.labels[i])])
    ]
