"""View of the saliency page: one picture, many explanations, each with its faithfulness."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from trustai.explain import image
from trustai.explain.image.evaluation.nulls import TITLES
from trustai.plots import colours, pictures
from trustai.plots import saliency as plots_saliency
from trustai.types import Attribution
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import UNSURE, caption_text, in_words
from trustai.ui.kit.measured import right_when_below
from trustai.ui.kit.subjects import answer_of, photo_model, pick_model, pick_picture
from trustai.ui.saliency.pickers import pick_class, pick_layer, pick_methods, pick_params, titles
from trustai.ui.saliency.progress import countdown, wanted
from trustai.ui.saliency.results import PictureExplanations
from trustai.ui.saliency.style import SIDE, MapStyle, empty_tile, legend, pick_style

COLUMNS = 3
Faithfulness = Mapping[str, image.Faithfulness]


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subject = pick_picture(card)
        framed = pictures.framed(pictures.to_pixels(subject.x[0]), colours.RANDOM, side=SIDE)
        show_picture(framed, f"The picture: {subject.title}")
        target = pick_class(card, answer_of(card, subject))
        layer = pick_layer(card, subject.x.shape[-1])
        settings = st.expander("Settings", icon=":material/tune:")
    with results:
        names = pick_methods()
        with settings:
            params = pick_params(names)
            seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
            style = pick_style()
        explained = PictureExplanations(
            card, subject, target=target, layer=layer, seed=seed, params=params
        )
        _answer(explained)
        faithfulness = _grid(explained, names, style)
        legend(style, signed=any(result.signed for result in explained.maps.values()))
        st.caption(
            "Every map has a scale of its own, which ends where 99.5 % of its pixels lie below. "
            "**Deletion**: the class's probability while the pixels that count most are blurred "
            "away, as the area under its curve; lower is better. **Insertion**: while they come "
            "back into a blurred picture; higher is better. In grey: the best of three maps that "
            "cannot know the answer: a random map as smooth as this one, a blob in the middle, and "
            "this method's map of another picture. A map that is no better than the best of them "
            "shows no faithfulness by this test. One picture proves little: the leaderboard under "
            "“Can it be believed?” counts many."
        )
        _export(explained, faithfulness, style)


def _answer(explained: PictureExplanations) -> None:
    classes, label = explained.card.classes, explained.subject.label
    best = explained.probabilities.topk(min(5, len(classes)))
    said = " · ".join(
        f"{plain(classes[int(c)])} {float(p):.1%}"
        for i, (p, c) in enumerate(zip(best.values, best.indices, strict=True))
        if i == 0 or p >= 0.0005  # what would read 0.0 %
    )
    truth = "" if label is None else f" In truth: {plain(classes[label])}."
    target, highest = explained.target, float(best.values[0])
    st.markdown(
        f"The network {in_words(highest)}: {said}.{truth} Explained: "
        f"**{plain(classes[target])}**, {float(explained.probabilities[target]):.1%}."
    )
    if highest < UNSURE:
        st.warning(
            f"No class reaches {UNSURE:.0%}: the network does not know what this is, and these "
            f"maps show where it looks for a guess.{right_when_below(explained.card, UNSURE)}",
            icon=":material/help:",
        )


def _grid(explained: PictureExplanations, names: Sequence[str], style: MapStyle) -> Faithfulness:
    """Every method in a place of its own, which is there before its map is.

    What is quick comes first: maps, then how faithful they are, and only then each slow method.

    Returns:
        How faithful each map is.
    """
    places = dict(zip(names, _places(len(names)), strict=True))
    slow = [name for name in names if image.get(name).cost == "slow"]
    quick = [n for cost in ("fast", "moderate") for n in names if image.get(n).cost == cost]
    faithfulness: dict[str, image.Faithfulness] = {}
    for some in (quick, *([name] for name in slow)):
        for name in some:
            _draw(explained, name, style, *places[name])
        drawn = [name for name in some if name in explained.maps]
        for name in drawn:
            faithfulness[name] = explained.faithfulness(name)
            places[name][1].markdown(_words(explained, name, faithfulness[name]))
        for name in drawn:  # last, because another picture has to be explained for it
            faithfulness[name] = explained.with_other_picture(name, faithfulness[name])
            places[name][1].markdown(_words(explained, name, faithfulness[name]))
    return faithfulness


def _draw(
    explained: PictureExplanations, name: str, style: MapStyle, picture: Any, words: Any
) -> None:
    """One method's map in its place, or why there is none."""
    title = image.get(name).title
    words.markdown(f"**{title}**  \nworking …")
    if image.get(name).cost == "slow":
        if not wanted(explained.key_of(name), picture, words, title):
            return
        result = explained.of(name, on_progress=countdown(words, title))
    else:
        result = explained.of(name)
    if isinstance(result, ValueError):
        picture.info(plain(unfit(result)), icon=":material/block:")
        words.markdown(f"**{title}**  \ncannot apply here")
    elif result.problems[0]:
        picture.warning(result.problems[0], icon=":material/visibility_off:")
        words.markdown(_heading(result))
    else:
        tile = style.drawn(explained.subject.seen, result)
        framed = pictures.framed(tile, colours.CLEAN, side=SIDE)
        show_picture(framed, explained.title_of(name), on=picture)
        words.markdown(f"{_heading(result)}  \nmeasuring …")


def _places(n: int) -> list[tuple[Any, Any]]:
    cells = [column for _ in range(0, n, COLUMNS) for column in st.columns(COLUMNS)]
    places = []
    for cell in cells[:n]:
        with cell:
            picture, words = st.empty(), st.empty()
            show_picture(empty_tile(), "Not computed yet", on=picture)
            words.markdown("…  \n…")
            places.append((picture, words))
    return places


def _words(explained: PictureExplanations, name: str, measured: image.Faithfulness) -> str:
    """What stands under a map."""
    result, mask = explained.maps[name], explained.subject.mask
    best = measured.best_null()
    null = measured.nulls[best]
    lines = [_heading(result)]
    for way in ("deletion", "insertion"):
        own, other = (getattr(one, way).area.item() for one in (measured, null))
        lines.append(_beside(f"{way} {own:.2f}", f"{other:.2f}"))
    lines.append(_verdict(measured, best))
    if mask is not None and not result.signed:
        found = {key: value.item() for key, value in image.controls(mask).items()}
        lines.append(
            _beside(
                f"on the sign {image.inside_share(result.map, mask).item():.0%}",
                f"the sign covers {found['mask_share']:.0%}, a blob in the middle has "
                f"{found['centre_inside']:.0%} on it",
            )
        )
    lines += image.get(name).told(result)
    return "  \n".join(lines)


def _verdict(measured: image.Faithfulness, best: str) -> str:
    """Whether the map's score is above that of the best null."""
    if measured.score.item() > measured.nulls[best].score.item():
        return f"better than {TITLES[best]}"
    return f"not better than {TITLES[best]}: it shows no faithfulness by this test"


def _heading(result: Attribution) -> str:
    title = image.get(result.circumstances.method).title
    return f"**{title}** · {result.seconds:.2f}\u00a0s"


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
        png=pictures.png(pictures.grid(tiles, columns=4)),
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
    with st.expander("How these maps came about", icon=":material/info:"):
        for name, result in maps.items():
            method = image.get(name)
            st.markdown(f"**{method.title}.** {method.description} [{method.paper}]({method.url})")
            st.caption(plain(caption_text(result.circumstances)))
    wanted = next(iter(maps), "grad_cam")
    python = explained.python(wanted) + explained.faithfulness_python()
    Export(name=f"{card.id}-saliency", key="grid-python", python=python).show()


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
    with st.expander("One map: read off its values, save it", icon=":material/colorize:"):
        name = st.selectbox("Map", list(maps), format_func=titles().__getitem__, key="one-map")
        result = maps[name]
        st.plotly_chart(
            plots_saliency.value_map(
                result.map[0].numpy(), signed=result.signed, table=style.table
            ),
            key="one-map-values",
        )
        tile = style.drawn(explained.subject.seen, result)
        Export(
            name=f"{explained.card.id}-{name}",
            key="one-map",
            png=pictures.png(pictures.framed(tile, colours.CLEAN, side=640)),
        ).show()
