"""The subject of a page: the choice of a network, and of a picture for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai import data, zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.plots import pictures
from trustai.types import ImageSet
from trustai.ui.kit.caching import cached_call, classifier, sha256_of
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.measured import right_with_crop, unlike_own, world_of
from trustai.ui.kit.pretrained import downloaded, with_weights
from trustai.ui.kit.uploads import can_be_cut, pick_crop, picture_from_user
from trustai.zoo.pretrained.packaged import missing_package

SOURCES = {
    "dataset": "Test",  # longer, and a narrow column would break the row of three
    "photo": "Photo",
    "upload": "Upload",
}
DEFAULT_MODEL = "signs-resnet18"
PHOTO_MODEL = "imagenet-efficientnet-lite0"
SHIPPED_PHOTO_MODEL = "photo-resnet18"
"""Stands in where the package with the other's weights is not installed."""
DETAIL = 336
"""Side in pixels at which photographs are shown to people."""
FIRST_PHOTO = "coffee"  # of a class that all networks of photographs know and name
_FIRST_ANSWER = "y = classifier(x).argmax(1)  # the truth is not known: its first answer instead"


@dataclass(frozen=True, eq=False)
class Subject:
    """The picture at hand, as the network sees it, with all that a page says of it.

    Attributes:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        label: The true class, or None where nobody knows it.
        title: For captions.
        python: The lines of Python that make the same ``x`` and ``y``.
        private: It was uploaded: what is computed from it stays in this session.
        mask: ``bool (1, H, W)``, True on the object, where the truth is known.
        detail: ``uint8 (S, S, 3)``: the same picture for the eye, where there is more of it than
            the network looks at.
    """

    x: Tensor
    label: int | None
    title: str
    python: str
    private: bool
    mask: Tensor | None = None
    detail: pictures.Pixels | None = None

    @cached_property
    def sha(self) -> str:
        """Of the picture, for the keys under which results are kept."""
        return sha256_of(self.x)

    @property
    def truth_note(self) -> str:
        """What stands for the truth where nobody knows it, for a caption; else empty."""
        note = (
            "No true class is known for this picture, so the network's answer to the clean picture "
            "is taken for the truth."
        )
        return "" if self.label is not None else note

    @property
    def seen(self) -> pictures.Pixels:
        """The picture as a person sees it: in detail where that is known."""
        return pictures.to_pixels(self.x[0]) if self.detail is None else self.detail


@st.cache_resource(show_spinner=False, max_entries=3)
def whole(name: str, split: str = "test") -> ImageSet:
    """A split read once per server; treat it as read-only."""
    with st.spinner(f"Reading the {split} pictures of {data.dataset(name).title} …"):
        return data.load(name, split=split)


def pictures_at(name: str, indices: Sequence[int]) -> ImageSet:
    """The test pictures with these numbers; read-only."""
    draw = data.dataset(name).draw
    if draw is not None:
        return draw("test", indices)
    return whole(name).take(torch.tensor(list(indices)))


def title_of(model_id: str) -> str:
    """The title of a network that is present, else its id."""
    return next((card.title for card in zoo.catalog() if card.id == model_id), model_id)


def photo_model() -> str:
    """Id of the network that is first asked about photographs; its weights are here."""
    card = zoo.read_card(PHOTO_MODEL)
    return SHIPPED_PHOTO_MODEL if missing_package(card) else PHOTO_MODEL


def pick_model(
    *,
    key: str = "model",
    label: str = "Network",
    default: str = DEFAULT_MODEL,
    imagenet: bool = False,
    kind: zoo.Kind | None = "picture",
) -> zoo.Card:
    """A choice among all networks of a kind that are present, bound to the URL.

    Args:
        default: Id of the network chosen at first, if it is present.
        imagenet: Offer published ImageNet networks too; one that is not on this machine can be
            downloaded on the spot, and until then the default stands in.
        kind: What they look at; None for all, also for those whose weights are not here.

    Raises:
        ValueError: none is present.
    """
    cards = {card.id: card for card in zoo.catalog(kind=kind)}
    if not cards:
        raise ValueError("expected at least one network in models/, got none: train one first")
    others = {name: entry for name, entry in zoo.PRETRAINED if imagenet}
    titles = {i: card.title for i, card in cards.items()}
    titles |= {i: entry.title for i, entry in others.items()}
    ids = list(titles)
    chosen = st.selectbox(
        label,
        ids,
        index=next((ids.index(i) for i in (default, DEFAULT_MODEL) if i in ids), 0),
        format_func=lambda i: titles[i],
        key=key,
        bind="query-params",
        help="Which trained network to work with. The model zoo tells how each was made.",
    )
    stand_in = cards.get(default) or next(iter(cards.values()))
    card = cards[chosen] if chosen in cards else downloaded(others[chosen], stand_in)
    return card if kind is None else with_weights(card, cards.get(SHIPPED_PHOTO_MODEL, stand_in))


def pick_picture(card: zoo.Card, *, key: str = "", first: int = 1, warn: bool = True) -> Subject:
    """A picture for the network of `card`: from its data set, a photograph or an upload.

    The source is bound to the URL, and so is the number of the picture; an upload cannot be. A
    network of photographs opens on one, any other on its data set where that is present.

    Args:
        key: Put before the names of the widgets, where a page has two such pickers.
        first: Number of the test picture shown at first; photographs are counted from
            `FIRST_PHOTO`.
        warn: Say where a photograph or an upload is unlike what the network knows.
    """
    known = card.dataset in data.names()
    set_present = known and data.available(card.dataset)
    options = [s for s in SOURCES if s != "dataset" or set_present]
    source = st.segmented_control(
        "Picture",
        options,
        format_func=lambda s: SOURCES[s],
        default="photo" if card.photographs else options[0],
        key=f"{key}source",
        bind="query-params",
        required=True,
        wrap=True,
    )
    if known and not set_present:
        missing_pictures(card.dataset, key=f"{key}picture-")
    if source == "dataset":
        return _from_dataset(card, key, first)
    subject = _photograph(card, key, first) if source == "photo" else _upload(card, key)
    st.caption(world_of(card))
    if warn and (unlike := unlike_own(card, answer_of(card, subject))):
        st.warning(unlike, icon=":material/travel_explore:")
    return subject


def answer_of(card: zoo.Card, subject: Subject) -> Tensor:
    """What the network answers to the picture: logits ``(1, C)``."""
    return cached_call(
        lambda: classifier(card.id).predict(subject.x),
        subject=subject,
        weights_sha=card.weights_sha256,
        method="classifier.predict",
    )


def label_of(card: zoo.Card, subject: Subject) -> Tensor:
    """The true class ``(1,)``, or what stands for it, see `Subject.truth_note`."""
    if subject.label is not None:
        return torch.tensor([subject.label])
    return answer_of(card, subject).argmax(1)


def _from_dataset(card: zoo.Card, key: str, first: int) -> Subject:
    last = data.dataset(card.dataset).n_test - 1
    index = st.number_input(
        f"Test picture, 0 to {last:,}",
        min_value=0,
        max_value=last,
        value=first,
        key=f"{key}picture",
        bind="query-params",
    )
    images = pictures_at(card.dataset, [int(index)])
    truth = images.classes[int(images.labels[0])]
    known = truth in card.classes
    shifted = known and card.classes.index(truth) != int(images.labels[0])
    counted = f' - 1  # counted without "{card.without}"' if shifted else ""
    note = "" if known else ", a class it never saw"
    return Subject(
        x=images.pixels,
        label=card.classes.index(truth) if known else None,
        title=f"{truth}{note}, test picture {index}",
        python=(
            f'test = data.load("{card.dataset}", split="test")\n'
            f"x = test.pixels[{index}:{index + 1}]\n"
            + (f"y = test.labels[{index}:{index + 1}]{counted}" if known else _FIRST_ANSWER)
        ),
        private=False,
        mask=images.masks,
    )


def _subject(
    card: zoo.Card, pixels: NDArray[np.uint8], title: str, python: str, key: str, private: bool
) -> Subject:
    """A photograph or an upload; `python` gives its pixels."""
    side = card.photo_side
    crop = pick_crop(pixels, key=f"{key}square")
    st.caption(
        f"{'Squeezed' if crop == 'whole' else 'Cut'} to a square and scaled to {side}×{side} "
        "pixels, as the network sees it."
        f"{right_with_crop(card, crop) if can_be_cut(pixels) else ''}"
    )
    short = min(pixels.shape[:2])
    if 2 * short < side:
        st.warning(
            f"This picture is tiny: its shorter side has {short} pixels, and the network looks at "
            f"{side}. Enlarged pixels show nothing new, so its answer may well be wrong.",
            icon=":material/photo_size_select_small:",
        )
    detail = min(DETAIL, short)
    given = "" if crop == "centre" else f', crop="{crop}"'
    return Subject(
        x=to_tensor(to_square(pixels, side, crop=crop)),
        label=None,
        title=title,
        python=(
            "from trustai.data.images import samples\n"
            "from trustai.data.uploads import read_image, to_square, to_tensor\n\n"
            f"x = to_tensor(to_square({python}, {side}{given}))\n{_FIRST_ANSWER}"
        ),
        private=private,
        detail=to_square(pixels, detail, crop=crop) if detail > side else None,
    )


def _photograph(card: zoo.Card, key: str, first: int) -> Subject:
    titles = {name: samples.describe(name).title for name in samples.names()}
    name = st.selectbox(
        "Photograph",
        list(titles),
        index=(list(titles).index(FIRST_PHOTO) + first - 1) % len(titles),
        format_func=lambda n: titles[n],
        key=f"{key}photo",
        bind="query-params",
    )
    st.caption(samples.describe(name).credit)
    return _sample(card, name, key)


def _sample(card: zoo.Card, name: str, key: str) -> Subject:
    title, python = samples.describe(name).title, f'samples.load("{name}")'
    return _subject(card, samples.load(name), title, python, key, private=False)


def _upload(card: zoo.Card, key: str) -> Subject:
    own = picture_from_user(key=f"{key}upload")
    if own is None:
        st.caption("Until you upload one, this is a sample photograph.")
        return _sample(card, FIRST_PHOTO, key)
    python = 'read_image(open("your-picture.png", "rb").read()).pixels'
    return _subject(card, own.pixels, "your picture", python, key, private=True)
