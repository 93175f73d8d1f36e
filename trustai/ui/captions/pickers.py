"""Pickers of the captions page: the network, the picture, the language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from trustai import (
    captions,
    data,
    zoo,
)
from trustai.captions import Captioner
from trustai.data import scenes
from trustai.data.captions.base import squeezed
from trustai.data.images import samples
from trustai.data.text import LANGUAGES
from trustai.data.uploads import to_tensor
from trustai.plots import pictures
from trustai.types import CaptionSet, SceneObject
from trustai.ui.kit.caching import sha256_of
from trustai.ui.kit.errors import plain
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.uploads import picture_from_user

DEFAULT = "captions-scenes"
DETAIL = 384
"""Longest side in pixels at which pictures are shown to people."""
SCENES = "scenes"
SOURCES = {"scene": "Scene", "dataset": "Test", "photo": "Photo", "upload": "Upload"}
FIRST = 3


@dataclass(frozen=True, eq=False)
class CaptionedPicture:
    """The picture at hand.

    Attributes:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        detail: ``uint8 (h, w, 3)``: the same for the eye, in its own proportions.
        title: For captions.
        python: The lines of Python that make the same ``x``.
        private: It was uploaded: what is computed from it stays in this session.
        references: Per language what people, or the grammar of the scenes, said of it.
        objects: What is in it, where that is known.
    """

    x: Tensor
    detail: pictures.Pixels
    title: str
    python: str
    private: bool
    references: dict[str, tuple[str, ...]]
    objects: tuple[SceneObject, ...] | None = None

    @cached_property
    def sha(self) -> str:
        """Of the picture, for the keys under which results are kept."""
        return sha256_of(self.x)


@st.cache_resource(show_spinner="Loading the network", max_entries=6)
def _captioner(model_id: str, weights_sha: str) -> Captioner:
    return captions.load(model_id)


def captioner_of(card: zoo.Card) -> Captioner:
    """The captioner of a card, loaded once per server and shared by all sessions."""
    return _captioner(card.id, card.weights_sha256)


def captioners() -> dict[str, zoo.Card]:
    """The networks present that say words, the default first.

    Raises:
        ValueError: there is none; says what to do.
    """
    cards = sorted(zoo.catalog(kind="caption"), key=lambda card: (card.id != DEFAULT, card.id))
    if not cards:
        raise ValueError(
            f"expected a network that puts pictures into words, such as {DEFAULT}, in models/, "
            f"got none: run `python -m trustai.train {DEFAULT}`"
        )
    return {card.id: card for card in cards}


def pick_captioner() -> zoo.Card:
    """A choice among them, bound to the URL."""
    cards = captioners()
    chosen = st.selectbox(
        "Network",
        list(cards),
        format_func=lambda i: _short(cards[i]),
        key="model",
        bind="query-params",
        help=hint("encoder and decoder"),
    )
    return cards[chosen]


def _short(card: zoo.Card) -> str:
    """Its title without the languages, which the menu would cut off."""
    return card.title.partition(",")[0]


def pick_language(card: zoo.Card, *, key: str = "language") -> str:
    """One of the decoder's languages, bound to the URL."""
    known = captioner_of(card).languages
    return st.segmented_control(
        "Language",
        known,
        format_func=lambda name: LANGUAGES.get(name).title,
        default=known[0],
        key=key,
        bind="query-params",
        required=True,
    )


def sets_of(card: zoo.Card) -> list[str]:
    """Names of the captioned pictures that a decoder was trained and tested on."""
    return [name for name in card.dataset.split("+") if name in data.caption_names()]


def pick_picture(card: zoo.Card, *, first: int = FIRST) -> CaptionedPicture:
    """A scene, a photograph of the test set, a sample photograph or an upload."""
    photographs = [n for n in sets_of(card) if n != SCENES and data.available(n)]
    options = [s for s in SOURCES if s != "dataset" or photographs]
    default = "scene" if SCENES in sets_of(card) else "dataset" if photographs else "photo"
    source = st.segmented_control(
        "Picture",
        options,
        format_func=lambda s: SOURCES[s],
        default=default,
        key="source",
        bind="query-params",
        required=True,
        wrap=True,
    )
    _of_another_kind(card, scene=source == "scene")
    if source == "scene":
        return scene_at(_number(data.caption_set(SCENES).n_test, first))
    if source == "dataset":
        return _of_test(photographs, first)
    return _photo() if source == "photo" else _upload()


def _of_another_kind(card: zoo.Card, *, scene: bool) -> None:
    """Says that the network has seen no such picture, and offers one that has."""

    def knows(one: zoo.Card) -> bool:
        return scene == (SCENES in sets_of(one))

    if knows(card):
        return
    st.caption(
        ":material/warning: This network never saw "
        f"{'a drawn scene' if scene else 'a photograph'}. Its caption will be wrong."
    )
    other = next((one for one in captioners().values() if knows(one)), None)
    if other is not None:
        st.button(
            f"Use {plain(_short(other))}",
            key="other-network",
            on_click=lambda: st.session_state.update(model=other.id),
            width="stretch",
        )


def _of_test(names: list[str], first: int) -> CaptionedPicture:
    name = names[0]
    if len(names) > 1:
        name = st.selectbox(
            "Photographs",
            names,
            format_func=lambda n: data.caption_set(n).title,
            key="set",
            bind="query-params",
        )
    return photograph_at(name, _number(data.caption_set(name).n_test, first, key="photograph"))


def _number(n: int, first: int, *, key: str = "picture") -> int:
    label = f"Test picture, 0 to {n - 1:,}"
    return int(st.number_input(label, 0, n - 1, first, key=key, bind="query-params"))


def scene_at(index: int) -> CaptionedPicture:
    """Test scene `index`, with what is in it."""
    found, detail = _scene(index)
    return CaptionedPicture(
        x=found.pixels,
        detail=detail,
        title=f"test scene {index}",
        python=f'x = data.load("scenes", split="test", n={index + 1}).pixels[{index}:]',
        private=False,
        references={name: texts[0] for name, texts in found.captions.items()},
        objects=None if found.objects is None else found.objects[0],
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _scene(index: int) -> tuple[CaptionSet, pictures.Pixels]:
    """Read-only."""
    found = scenes.generate(split="test", n=1, start=index)
    return found, scenes.draw(0, index, split="test", size=DETAIL).image


@st.cache_resource(show_spinner="Reading the photographs", max_entries=2)
def whole(name: str) -> CaptionSet:
    """The test split of a set of photographs, read once per server; read-only."""
    return data.caption_set(name).read("test", None, 0)


def photograph_at(name: str, index: int) -> CaptionedPicture:
    """Test photograph `index` of a set on this machine."""
    found = whole(name)
    x = found.pixels[index : index + 1]
    return CaptionedPicture(
        x=x,
        detail=pictures.to_pixels(x[0]),
        title=f"{data.caption_set(name).title}, test picture {index}",
        python=f'x = data.load("{name}", split="test").pixels[{index}:{index + 1}]',
        private=False,
        references={language: texts[index] for language, texts in found.captions.items()},
    )


def _photo() -> CaptionedPicture:
    titles = {name: samples.describe(name).title for name in samples.names()}
    name = st.selectbox(
        "Photograph",
        list(titles),
        format_func=lambda n: titles[n],
        key="photo",
        bind="query-params",
    )
    st.caption(samples.describe(name).credit)
    return _sample(name)


def _sample(name: str) -> CaptionedPicture:
    title, python = samples.describe(name).title, f'samples.load("{name}")'
    return _of_pixels(samples.load(name), title, python, private=False)


def _upload() -> CaptionedPicture:
    own = picture_from_user(key="upload")
    if own is None:
        st.caption("This is a sample photograph until you upload your own picture.")
        return _sample(samples.names()[0])
    python = 'read_image(open("your-picture.png", "rb").read()).pixels'
    return _of_pixels(own.pixels, "your picture", python, private=True)


def example(card: zoo.Card) -> CaptionedPicture:
    """A picture of the kind that a network knows, where nobody has chosen one."""
    return scene_at(FIRST) if SCENES in sets_of(card) else _sample(samples.names()[0])


def _of_pixels(
    pixels: NDArray[np.uint8], title: str, python: str, *, private: bool
) -> CaptionedPicture:
    return CaptionedPicture(
        x=to_tensor(squeezed(pixels)),
        detail=_for_the_eye(pixels),
        title=title,
        python=(
            "from trustai.data.captions.base import squeezed\n"
            "from trustai.data.images import samples\n"
            "from trustai.data.uploads import read_image, to_tensor\n\n"
            f"x = to_tensor(squeezed({python}))"
        ),
        private=private,
        references={},
    )


def _for_the_eye(pixels: NDArray[np.uint8]) -> pictures.Pixels:
    picture = Image.fromarray(pixels)
    picture.thumbnail((DETAIL, DETAIL), Image.Resampling.LANCZOS)
    return np.array(picture, dtype=np.uint8)


def shape_note(card: zoo.Card, shown: CaptionedPicture) -> str:
    """Which picture, and how the network sees it."""
    side = captioner_of(card).side
    seen = f"The network sees the whole picture, squeezed to {side}×{side} pixels."
    if shown.x.shape[-1] == side and shown.objects is not None:
        seen = f"The network sees it with {side}×{side} pixels."
    return plain(f"Picture: {shown.title}. {seen}")
