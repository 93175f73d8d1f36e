"""View of the saliency page: one picture, many explanations, each with its faithfulness."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st

from trustai.explain import image
from trustai.explain.image.evaluation.nulls import TITLES
from trustai.plots import colours, pictures
from trustai.plots import saliency as plots_saliency
from trustai.types import Attribution
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import UNSURE, caption_text, finding, first_look, how_made, methods
from trustai.ui.kit.jobs import Countdown, Stopped
from trustai.ui.kit.measured import right_when_below
from trustai.ui.kit.subjects import answer_of, photo_model, pick_model, pick_picture
from trustai.ui.saliency.maps.finding import answer, found
from trustai.ui.saliency.maps.results import PictureExplanations
from trustai.ui.saliency.maps.slide import maps_slide
from trustai.ui.saliency.maps.style import SIDE, MapStyle, empty_tile, legend, pick_style
from trustai.ui.saliency.pickers import pick_class, pick_layer, pick_methods, pick_params, titles

LARGE, SMALL = 2, 3
"""How many maps stand in a row: of those that the view opens with, and of all others."""
SCORES = (
    "**Deletion**: the most important pixels are blurred first. The number is the area under the "
    "curve of the class's probability; lower is better. **Insertion**: the most important pixels "
    "come back first into a blurred picture; higher is better. The grey numbers are the scores of "
    "the best control map. A control map cannot know the answer: it is a random map of the same "
    "resolution, a blob in the centre, or the same method's map of another picture."
)
Faithfulness = Mapping[str, image.Faithfulness]
Place = tuple[Any, Any]


def show() -> None:
    pickers, results = first_look(results=2.7)
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subject = pick_picture(card)
        target = pick_class(card, answer_of(card, subject))
        framed = pictures.framed(pictures.to_pixels(subject.x[0]), colours.RANDOM, side=SIDE)
        show_picture(framed, f"The picture: {subject.title}")
        likeliest = st.empty()
        settings = st.expander("Settings", icon=":material/tune:")
    with results:
        said, warned, large, scale = st.empty(), st.container(), st.container(), st.container()
    names = pick_methods(card)
    with settings:
        layer = pick_layer(card, subject.x.shape[-1])
        params = pick_params(names)
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
        style = pick_style()
    explained = PictureExplanations(
        card, subject, target=target, layer=layer, seed=seed, params=params
    )
    likeliest.markdown(answer(explained))
    with warned:
        _unsure(explained)
    with large:
        places = _places(names[:LARGE], LARGE)
    with scale:
        legend(style, signed=any(image.get(name).signed for name in names))
        st.caption("The brightest colour of each map is the 99.5th percentile of its values.")
    places |= _places(names[LARGE:], SMALL)
    faithfulness = _grid(explained, names, style, places, said)
    with warned:
        _like_random(faithfulness)
    methods(*(image.get(name) for name in names))
    _export(explained, faithfulness, style)


def _unsure(explained: PictureExplanations) -> None:
    if explained.probabilities.max() < UNSURE:
        st.warning(
            f"The network is unsure: no class reaches {UNSURE:.0%}. These maps show the evidence "
            f"for a guess.{right_when_below(explained.card, UNSURE)}",
            icon=":material/help:",
        )


def _like_random(faithfulness: Faithfulness) -> None:
    """A warning where no map on the page beats its best control map."""
    if faithfulness and not any(_beats(one) for one in faithfulness.values()):
        st.warning(
            "No map on this page scores better than its best control map. Do not trust these maps "
            "for this picture.",
            icon=":material/casino:",
        )


def _grid(
    explained: PictureExplanations,
    names: Sequence[str],
    style: MapStyle,
    places: Mapping[str, Place],
    said: Any,
) -> Faithfulness:
    """Every method in its place, and the finding about the first map.

    What is quick comes first: maps, then how faithful they are, and only then each slow method.

    Returns:
        How faithful each map is.
    """
    slow = [name for name in names if image.get(name).cost == "slow"]
    quick = [n for cost in ("fast", "moderate") for n in names if image.get(n).cost == cost]
    faithfulness: dict[str, image.Faithfulness] = {}
    for some in (quick, *([name] for name in slow)):
        for name in some:
            _draw(explained, name, style, *places[name])
        drawn = [name for name in some if name in explained.maps]
        if drawn and not faithfulness:
            with said.container():
                finding(found(explained, drawn[0]))
        for name in drawn:
            with suppress(Stopped):
                faithfulness[name] = explained.faithfulness(name, bar=_bar(name, places[name]))
                places[name][1].markdown(_words(explained, name, faithfulness[name]), help=SCORES)
        for name in (n for n in drawn if n in faithfulness):  # last: it explains another picture
            with suppress(Stopped):
                faithfulness[name] = explained.with_other_picture(
                    name, faithfulness[name], bar=_bar(name, places[name])
                )
                places[name][1].markdown(_words(explained, name, faithfulness[name]), help=SCORES)
    return faithfulness


def _bar(name: str, place: Place) -> Countdown:
    what = f"**{image.get(name).title}**, measuring how faithful the map is"
    return Countdown(what, place=place[1])


def _draw(
    explained: PictureExplanations, name: str, style: MapStyle, picture: Any, words: Any
) -> None:
    """One method's map in its place, or why there is none."""
    method = image.get(name)
    words.markdown(f"**{method.title}**  \nThe map is being computed.")
    seconds = explained.seconds_of(name)
    try:
        bar = Countdown(f"**{method.title}**", expected=seconds, place=words)
        result = explained.of(name, bar=bar)
    except Stopped:
        return
    if isinstance(result, ValueError):
        picture.info(plain(unfit(result)), icon=":material/block:")
        words.markdown(f"**{method.title}**  \nThis method cannot be used here.")
    elif result.problems[0]:
        picture.warning(result.problems[0], icon=":material/visibility_off:")
        words.markdown(_heading(name))
    else:
        tile = style.drawn(explained.subject.seen, result)
        framed = pictures.framed(tile, colours.CLEAN, side=SIDE)
        show_picture(framed, explained.title_of(name), on=picture)
        words.markdown(f"{_heading(name)}  \nThe page is measuring how faithful this map is.")


def _places(names: Sequence[str], in_row: int) -> dict[str, Place]:
    """A place for each map and for the words under it, there before anything is in it."""
    cells = [column for _ in range(0, len(names), in_row) for column in st.columns(in_row)]
    places = {}
    for name, cell in zip(names, cells, strict=False):
        with cell:
            picture, words = st.empty(), st.empty()
            show_picture(empty_tile(), "Not computed yet", on=picture, final=False)
            words.markdown(f"{_heading(name)}  \n&nbsp;")
            places[name] = (picture, words)
    return places


def _words(explained: PictureExplanations, name: str, measured: image.Faithfulness) -> str:
    """What stands under a map."""
    result, mask = explained.maps[name], explained.subject.mask
    best = measured.best_null()
    null = measured.nulls[best]
    scores = (
        _beside(f"{way} {getattr(measured, way).area.item():.2f}",
                f"{getattr(null, way).area.item():.2f}")
        for way in ("deletion", "insertion")
    )  # fmt: skip
    lines = [_heading(name), _verdict(measured, best), ", ".join(scores)]
    if mask is not None and not result.signed:
        controls = {key: value.item() for key, value in image.controls(mask).items()}
        lines.append(
            _beside(
                f"on the sign {image.inside_share(result.map, mask).item():.0%}",
                f"the sign covers {controls['mask_share']:.0%}, a blob in the centre has "
                f"{controls['centre_inside']:.0%} on it",
            )
        )
    lines += image.get(name).told(result)
    return "  \n".join(lines)


def _beats(measured: image.Faithfulness) -> bool:
    """Whether the map's score is above that of its best control map."""
    return measured.score.item() > measured.nulls[measured.best_null()].score.item()


def _verdict(measured: image.Faithfulness, best: str) -> str:
    if _beats(measured):
        return f":material/check: Its score is better than that of {TITLES[best]}."
    return f":material/close: Its score is not better than that of {TITLES[best]}."


def _heading(name: str) -> str:
    method = image.get(name)
    return f"**{method.title}**  \n:small[{method.description}]"


def _beside(own: str, null: str) -> str:
    return f"{own} :gray[:small[{null}]]"


def _export(explained: PictureExplanations, faithfulness: Faithfulness, style: MapStyle) -> None:
    """Files of all maps, one map to read off, how they came about, and the Python of one."""
    card, subject, maps = explained.card, explained.subject, explained.maps
    tiles = [("The picture", subject.seen)]
    tiles += [(image.get(n).title, style.drawn(subject.seen, r)) for n, r in maps.items()]
    archive = io.BytesIO()
    arrays: dict[str, Any] = {n: r.map[0].numpy() for n, r in maps.items()}
    np.savez_compressed(archive, picture=subject.x[0].numpy(), **arrays)
    Export(
        name=f"{card.id}-saliency",
        key="grid",
        png=maps_slide(
            *_told(explained), tiles, style, signed=any(r.signed for r in maps.values()), columns=4
        ),
        npz=archive.getvalue(),
        json={
            "picture": subject.title,
            "class": card.classes[explained.target],
            "methods": {n: r.circumstances for n, r in maps.items()},
            "figures": {n: _figures(maps[n], one) for n, one in faithfulness.items()},
        },
    ).show()
    if maps:
        _one_map(explained, style)
    with how_made():
        for result in maps.values():
            st.caption(plain(caption_text(result.circumstances)))
    shown = next(iter(maps), "grad_cam")
    python = explained.python(shown) + explained.faithfulness_python()
    Export(name=f"{card.id}-saliency", key="grid-python", python=python).show()


def _told(explained: PictureExplanations) -> tuple[str, str]:
    """What is explained, network and picture."""
    card = explained.card
    title = f"What the network takes as evidence for “{card.classes[explained.target]}”"
    return title, f"{card.title}, {explained.subject.title}"


def _figures(result: Attribution, measured: image.Faithfulness) -> dict[str, float]:
    """The numbers under a map."""
    curves: dict[str, image.PerturbationCurves] = {"": measured}
    curves |= {f"{name}_": one for name, one in measured.nulls.items()}
    areas = {
        f"{start}{way}": getattr(one, way).area.item()
        for start, one in curves.items()
        for way in ("deletion", "insertion")
    }
    return areas | {name: value.item() for name, value in result.facts.items()}


def _one_map(explained: PictureExplanations, style: MapStyle) -> None:
    """One map to read values off, and as a file of its own."""
    maps = explained.maps
    with st.expander("Read the values of one map, or save it", icon=":material/colorize:"):
        name = st.selectbox("Map", list(maps), format_func=titles().__getitem__, key="one-map")
        result = maps[name]
        chart(
            plots_saliency.value_map(
                result.map[0].numpy(), signed=result.signed, table=style.table
            ),
            key="one-map-values",
            title=explained.title_of(name),
            about=f"{explained.card.title}, {explained.subject.title}",
        )
        tile = style.drawn(explained.subject.seen, result)
        tiles = [("The picture", explained.subject.seen), (image.get(name).title, tile)]
        Export(
            name=f"{explained.card.id}-{name}",
            key="one-map",
            png=maps_slide(*_told(explained), tiles, style, signed=result.signed, columns=2),
        ).show()
