"""View of the saliency page: several methods on six photographs, as one picture to take away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from trustai import data, zoo
from trustai.data.images import samples
from trustai.data.images.imagenet_samples import NAME as IMAGENET_SAMPLES
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.plots import pictures
from trustai.types import Circumstances
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cache_key, cached_call, classifier
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.subjects import DETAIL, Subject, photo_model, pick_model, pictures_at
from trustai.ui.kit.uploads import pictures_from_user
from trustai.ui.saliency.pickers import pick_layer, pick_methods
from trustai.ui.saliency.progress import seconds_left
from trustai.ui.saliency.results import LARGE, PictureExplanations
from trustai.ui.saliency.style import MapStyle, pick_style

SIX = ("coffee", "photographer", "cat", "hopper", "palace", "motorcycle")
"""Photographs of six classes. ImageNet's classes are right for the first five; it has none for
motorcycles, and its nearest is the moped."""
CANDIDATES = 12
"""Of ImageNet's sample pictures, the first six of so many that the network names right."""
SOURCES = {"photos": "Photographs", "imagenet": "ImageNet samples", "own": "My own"}
STOPPED, PARTIAL = "sheet-stopped", "sheet-partial"


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


@dataclass(eq=False)
class Sheet:
    """What has been drawn so far.

    Attributes:
        rows: Words and tiles of each picture, see `trustai.plots.pictures.sheet`.
        circumstances: Of every map, by title of its picture and method.
        refused: By method, why it cannot apply.
        sure: Of each row's picture, how sure the network is of its answer.
    """

    rows: list[tuple[list[str], list[pictures.Pixels | None]]] = field(default_factory=list)
    circumstances: dict[str, dict[str, Circumstances]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    sure: list[float] = field(default_factory=list)


def show() -> None:
    left, middle, right = st.columns([1, 1, 1.2], gap="medium")
    with left:
        card = pick_model(default=photo_model(), imagenet=True)
    with middle:
        layer = pick_layer(card, card.photo_side)
    with right, st.expander("Settings", icon=":material/tune:"):
        style = pick_style()
    six = _pick_six(card)
    names = pick_methods()
    key = cache_key(
        weights_sha=card.weights_sha256,
        inputs=[one.subject.sha for one in six],
        method="sheet",
        parameters={"methods": names, "layer": layer, "style": vars(style)},
    )
    place = st.empty()
    if st.session_state.get(STOPPED) == key and PARTIAL in st.session_state:
        sheet = st.session_state[PARTIAL]
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            on_click=lambda: st.session_state.pop(STOPPED, None),
        )
    else:
        sheet = _filled(card, six, names, layer, style, key, place)
    drawn = _drawn(card, names, sheet)
    show_picture(drawn, _title(card), on=place)
    for name, why in sheet.refused.items():
        st.caption(f"{image.get(name).title}: {plain(why)}")
    _export(card, six, names, layer, sheet, drawn)


def _pick_six(card: zoo.Card) -> list[SheetPicture]:
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
    )
    if source == "imagenet":
        return _imagenet(card)
    if source == "own":
        own = pictures_from_user(key="six_own", most=6, in_address=True)
        if own:
            return [SheetPicture(_subject(card, one.pixels, one.name, private=True)) for one in own]
        st.caption("Until you upload some, these are sample photographs.")
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
        heavy="looking for pictures that the network names right",
    )
    hits = (logits.argmax(1) == some.labels).nonzero()[:6, 0].tolist()
    st.caption(f"The first {len(hits)} of ImageNet's samples that this network names right.")
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


def _filled(
    card: zoo.Card,
    six: Sequence[SheetPicture],
    names: Sequence[str],
    layer: str,
    style: MapStyle,
    key: str,
    place: Any,
) -> Sheet:
    """Every map of every picture, row by row, under a bar that can be stopped."""
    st.session_state.pop(STOPPED, None)
    stop, bar = st.empty(), st.empty()
    stop.button(
        "Stop",
        icon=":material/stop:",
        key="sheet-stop",
        on_click=lambda: st.session_state.update({STOPPED: key}),
    )
    sheet, started, total = Sheet(), time.perf_counter(), len(six) * len(names)
    st.session_state[PARTIAL] = sheet
    for i, picture in enumerate(six):
        explained = PictureExplanations(card, picture.subject, layer=layer)
        sheet.sure.append(explained.probabilities.max().item())
        tiles: list[pictures.Pixels | None] = [picture.subject.seen]
        sheet.rows.append((_lines(picture, explained), tiles))
        for j, name in enumerate(names):
            done = i * len(names) + j
            bar.progress(done / total, text=_told(picture, name, done, total, started))
            tiles.append(_tile(explained, name, style, sheet))
        show_picture(_drawn(card, names, sheet), _title(card), on=place)
    stop.empty()
    bar.empty()
    return sheet


def _told(picture: SheetPicture, name: str, done: int, total: int, started: float) -> str:
    """What is being done, and how long the rest will take at the pace so far."""
    said = f"{picture.subject.title}: {image.get(name).title}"
    if not done:
        return f"{said} …"
    left = seconds_left(done / total, time.perf_counter() - started)
    return f"{said}, map {done + 1} of {total}, {left}."


def _lines(picture: SheetPicture, explained: PictureExplanations) -> list[str]:
    """Title, class and probability, and whether that is right."""
    called = explained.card.classes[explained.target]
    lines = [picture.subject.title, f"{called}, {float(explained.probabilities.max()):.0%}"]
    if picture.right:
        lines.append("right" if called in picture.right else f"wrong: {' or '.join(picture.right)}")
    elif picture.sample:
        lines.append("the network has no class for it")
    return lines


def _tile(
    explained: PictureExplanations, name: str, style: MapStyle, sheet: Sheet
) -> pictures.Pixels | None:
    result = explained.of(name)
    if isinstance(result, ValueError):
        sheet.refused[name] = unfit(result)
        return None
    title = explained.subject.title
    sheet.circumstances.setdefault(title, {})[name] = result.circumstances
    if result.problems[0]:
        return None
    return style.drawn(explained.subject.seen, result)


def _drawn(card: zoo.Card, names: Sequence[str], sheet: Sheet) -> pictures.Pixels:
    heads = ["The picture", *(image.get(name).title for name in names)]
    return pictures.sheet(_title(card), heads, sheet.rows)


def _title(card: zoo.Card) -> str:
    return f"Why does {card.title} say so?"


def _export(
    card: zoo.Card,
    six: Sequence[SheetPicture],
    names: Sequence[str],
    layer: str,
    sheet: Sheet,
    drawn: pictures.Pixels,
) -> None:
    here = [one.sample for one in six if one.sample]
    Export(
        name=f"{card.id}-sheet",
        key="sheet",
        png=pictures.png(drawn),
        json={
            "pictures": [
                {
                    "words": words,
                    "probability": sure,
                    "methods": sheet.circumstances.get(one.subject.title, {}),
                }
                for one, (words, _), sure in zip(six, sheet.rows, sheet.sure, strict=False)
            ]
        },
        python=_python(card, here, names, layer) if here else "",
    ).show()


def _python(card: zoo.Card, here: Sequence[str], names: Sequence[str], layer: str) -> str:
    quick = "None if image.get(method).suits_large_pictures else image.get(method).quick"
    params = f", params={quick}" if card.photo_side >= LARGE else ""
    return f"""
from trustai import zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image

classifier = zoo.load("{card.id}")
for name in {here}:
    x = to_tensor(to_square(samples.load(name), {card.photo_side}))
    print(name, classifier.predict(x).softmax(1).max().item())
    panel = image.Panel(classifier, x, layer="{layer}")
    for method in {list(names)}:
        result = panel.explain(method{params})
        print(method, result.map.shape)
"""
