"""View of the saliency page: several methods on six photographs, as one picture to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.explain.base import part_of
from trustai.explain.image.evaluation.cost import LARGE
from trustai.plots import pictures
from trustai.types import Circumstances, OnProgress
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cache_key
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, methods
from trustai.ui.kit.jobs import Countdown, Stopped
from trustai.ui.kit.subjects import photo_model, pick_model
from trustai.ui.saliency.maps.finding import marks
from trustai.ui.saliency.maps.results import PictureExplanations
from trustai.ui.saliency.maps.style import MapStyle, pick_style
from trustai.ui.saliency.pickers import pick_layer, pick_methods
from trustai.ui.saliency.six import SheetPicture, pick_six


@dataclass(eq=False)
class Sheet:
    """What has been drawn so far.

    Attributes:
        rows: Words and tiles of each picture, see `trustai.plots.pictures.sheet`.
        circumstances: Of every map, by title of its picture and method.
        refused: By method, why it cannot apply.
        sure: Of each row's picture, how sure the network is of its answer.
        right: Of each row's picture whose class is known, whether the answer is right.
        marks: Of each row's picture of which the first method has a map, whether it marks what
            matters, see `trustai.ui.saliency.maps.finding`.
    """

    rows: list[tuple[list[str], list[pictures.Pixels | None]]] = field(default_factory=list)
    circumstances: dict[str, dict[str, Circumstances]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    sure: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    marks: list[bool] = field(default_factory=list)


def show() -> None:
    pickers, results = first_look(results=3)
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        six = pick_six(card)
        with st.expander("Settings", icon=":material/tune:"):
            layer, style = pick_layer(card, card.photo_side), pick_style()
    with results:
        said, waiting, place = st.empty(), st.empty(), st.empty()
    names = pick_methods(card)
    key = cache_key(
        weights_sha=card.weights_sha256,
        inputs=[one.subject.sha for one in six],
        method="sheet",
        parameters={"methods": names, "layer": layer, "style": vars(style)},
    )
    bar = Countdown(f"Computing {len(six) * len(names)} maps", place=waiting)
    try:
        with bar.running(key):
            sheet = _filled(card, six, names, layer, style, bar, place)
    except Stopped as stopped:
        sheet = stopped.partial or Sheet()
        if not sheet.rows:
            return
    drawn = _drawn(card, names, sheet)
    show_picture(drawn, _title(card), on=place)
    with said.container():
        finding(told(sheet, image.get(names[0]).title))
    methods(*(image.get(name) for name in names))
    for name, why in sheet.refused.items():
        st.caption(f"{image.get(name).title}: {plain(why)}")
    _export(card, six, names, layer, sheet, drawn)


def _title(card: zoo.Card) -> str:
    return f"Six pictures and their maps, {card.short_title}"


def _filled(
    card: zoo.Card,
    six: Sequence[SheetPicture],
    names: Sequence[str],
    layer: str,
    style: MapStyle,
    bar: Countdown,
    place: Any,
) -> Sheet:
    """Every map of every picture, row by row."""
    sheet, total = Sheet(), len(six) * len(names)
    bar.keep(sheet)
    for i, picture in enumerate(six):
        explained = PictureExplanations(card, picture.subject, layer=layer)
        sheet.sure.append(explained.probabilities.max().item())
        tiles: list[pictures.Pixels | None] = [picture.subject.seen]
        sheet.rows.append((_lines(picture, explained), tiles))
        for j, name in enumerate(names):
            report = part_of(bar, i * len(names) + j, total)
            tiles.append(_tile(explained, name, style, sheet, report))
        show_picture(_drawn(card, names, sheet), _title(card), on=place)
        if picture.right:
            sheet.right.append(card.classes[explained.target] in picture.right)
        if names[0] in explained.maps:
            sheet.marks.append(marks(explained.removal(names[0])))
    return sheet


def told(sheet: Sheet, title: str) -> str:
    """How often the network is right, and how often the first method marks what matters.

    Args:
        title: Of that method.
    """
    said = ""
    if sheet.right:
        said = f"The network is right for {sum(sheet.right)} of {len(sheet.right)} pictures. "
    if sheet.marks:
        said += (
            f"{title} marks what matters in {sum(sheet.marks)} of {len(sheet.marks)} pictures: "
            "hiding the marked fifth of the picture lowers the probability more than hiding a "
            "random fifth."
        )
    return said or f"{title} has no map of these pictures."


def _lines(picture: SheetPicture, explained: PictureExplanations) -> list[str]:
    """Title, class and probability, and whether that is right."""
    called = explained.card.classes[explained.target]
    lines = [picture.subject.title, f"{called}, {float(explained.probabilities.max()):.0%}"]
    if picture.right:
        lines.append("right" if called in picture.right else f"wrong: {' or '.join(picture.right)}")
    elif picture.sample:
        lines.append("the network has no right class")
    return lines


def _tile(
    explained: PictureExplanations,
    name: str,
    style: MapStyle,
    sheet: Sheet,
    report: OnProgress | None,
) -> pictures.Pixels | None:
    result = explained.of(name, on_progress=report)
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
    return pictures.sheet(f"What {card.title} looks at", heads, sheet.rows)


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
from trustai.explain.base import part_of
from trustai.explain.image.evaluation.cost import LARGE

classifier = zoo.load("{card.id}")
for name in {here}:
    x = to_tensor(to_square(samples.load(name), {card.photo_side}))
    print(name, classifier.predict(x).softmax(1).max().item())
    panel = image.Panel(classifier, x, layer="{layer}")
    for method in {list(names)}:
        result = panel.explain(method{params})
        print(method, result.map.shape)
"""
