"""The saliency page's first view: one picture, many explanations, each with its faithfulness."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.evaluation.curves import Curve
from trustai.plots import charts, colours, pictures
from trustai.types import Attribution
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.errors import plain, sentence
from trustai.ui.kit.export import downloads, python_expander
from trustai.ui.kit.frame import caption_text
from trustai.ui.kit.subjects import (
    PHOTO_MODEL,
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.pickers import (
    Look,
    pick_class,
    pick_layer,
    pick_look,
    pick_methods,
    pick_params,
    titles,
)
from trustai.ui.saliency.results import attribution, faithfulness_of

COLUMNS = 3
SIDE = 336
Results = dict[str, Attribution | ValueError]
Judged = dict[str, image.Faithfulness]


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_model(default=PHOTO_MODEL, imagenet=True)
        subject = pick_picture(card)
        st.image(pictures.framed(pictures.to_pixels(subject.x[0]), colours.RANDOM, side=SIDE))
        logits = classifier(card.id).predict(subject.x)
        target = pick_class(card, logits)
        layer = pick_layer(card, subject.x.shape[-1])
        settings = st.expander("Settings", icon=":material/tune:")
    with results:
        names = pick_methods()
        with settings:
            params = pick_params(names, subject.x)
            seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
            look = pick_look()
        _answer(card, subject, logits, target)
        found, judged = _grid(card, subject, target, layer, names, params, seed, look)
        _legend(look, found)
        _give(card, subject, target, layer, found, judged, seed, look, params)


def _answer(card: zoo.Card, subject: Subject, logits: Tensor, target: int) -> None:
    probabilities = logits.softmax(1)[0]
    best = probabilities.topk(min(5, len(card.classes)))
    said = " · ".join(
        f"{plain(card.classes[int(c)])} {float(p):.1%}"
        for i, (p, c) in enumerate(zip(best.values, best.indices, strict=True))
        if i == 0 or p >= 0.0005  # what would read 0.0 %
    )
    truth = "" if subject.label is None else f" In truth: {plain(card.classes[subject.label])}."
    st.markdown(
        f"The network says: {said}.{truth} Explained: **{plain(card.classes[target])}**, "
        f"{float(probabilities[target]):.1%}."
    )


def _grid(
    card: zoo.Card,
    subject: Subject,
    target: int,
    layer: str,
    names: Sequence[str],
    params: Mapping[str, Any],
    seed: int,
    look: Look,
) -> tuple[Results, Judged]:
    """Every method in a place of its own, which is there before its map is."""
    network, x = classifier(card.id), subject.x
    places = _places(names)
    panel = image.Panel(network, x, target=target, layer=layer, seed=seed)
    found: Results = {}
    for name, (picture, words) in zip(names, places, strict=True):
        words.markdown(f"**{titles()[name]}**  \nworking …")
        result = attribution(
            panel, card, x, name, target=target, layer=layer, seed=seed, params=params.get(name)
        )
        found[name] = result
        if isinstance(result, ValueError):
            picture.info(plain(sentence(result)), icon=":material/block:")
            words.markdown(f"**{titles()[name]}**  \ncannot apply here")
        elif result.problems[0]:
            picture.warning(result.problems[0], icon=":material/visibility_off:")
            words.markdown(_heading(name, result))
        else:
            picture.image(pictures.framed(drawn(subject, result, look), colours.CLEAN, side=SIDE))
            words.markdown(f"{_heading(name, result)}  \nmeasuring …")
    return found, _measure(card, subject, found, dict(zip(names, places, strict=True)), seed)


def _places(names: Sequence[str]) -> list[tuple[Any, Any]]:
    cells = [column for _ in range(0, len(names), COLUMNS) for column in st.columns(COLUMNS)]
    places = []
    for cell in cells[: len(names)]:
        with cell:
            picture, words = st.empty(), st.empty()
            picture.image(empty_tile())
            words.markdown("…  \n…")
            places.append((picture, words))
    return places


def empty_tile() -> pictures.Pixels:
    """What holds the place of a map that is still being computed."""
    return pictures.framed(np.full((64, 64, 3), 128, np.uint8), colours.CLEAN, side=SIDE)


def drawn(subject: Subject, result: Attribution, look: Look) -> pictures.Pixels:
    """The map as the page shows it."""
    if look.lines and result.pixels is not None:
        return pictures.fine_lines(result.pixels[0])
    return look.over(subject.seen, result.map[0], signed=result.signed)


def _measure(
    card: zoo.Card,
    subject: Subject,
    found: Results,
    places: Mapping[str, tuple[Any, Any]],
    seed: int,
) -> Judged:
    """The faithfulness of every map, after all maps are there to look at."""
    judged = {}
    for name, result in found.items():
        if isinstance(result, ValueError) or result.problems[0]:
            continue
        judged[name] = faith = faithfulness_of(card, subject.x, result, seed)
        inside = ""
        if subject.mask is not None and not result.signed:
            share = image.inside_share(result.map, subject.mask).item()
            inside = f"on the sign {share:.0%} (it covers {subject.mask.float().mean():.0%})"
        words = [
            _heading(name, result),
            _beside_random("deletion", faith.deletion, faith.random_deletion),
            _beside_random("insertion", faith.insertion, faith.random_insertion),
            *([inside] if inside else []),
            *(f"{key.replace('_', ' ')} {value.item():.1%}" for key, value in result.facts.items()),
        ]
        places[name][1].markdown("  \n".join(words))
    return judged


def _heading(name: str, result: Attribution) -> str:
    return f"**{titles()[name]}** · {result.seconds:.2f}\u00a0s"


def _beside_random(what: str, own: Curve, chance: Curve) -> str:
    return f"{what} {own.area.item():.2f} :gray[:small[random\u00a0{chance.area.item():.2f}]]"


def _legend(look: Look, found: Results) -> None:
    signed = any(isinstance(r, Attribution) and r.signed for r in found.values())
    bars = [_bar(look.table, "counts for nothing", "counts most")]
    if signed:
        bars.append(_bar(colours.SIGNED, "speaks against", "speaks for"))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.5rem 2rem">{"".join(bars)}</div>')
    st.caption(
        "Every map has a scale of its own, which ends where 99.5 % of its pixels lie below. "
        "**Deletion**: the class's probability while the pixels that count most are blurred away, "
        "as the area under its curve; lower is better. **Insertion**: while they come back into a "
        "blurred picture; higher is better. In grey: random maps as coarse as this one. A map "
        "that does no better than random says nothing about this network."
    )


def _bar(table: str, low: str, high: str) -> str:
    stops = ",".join(f"rgb({r},{g},{b})" for r, g, b in pictures.colour_table(table)[::15].tolist())
    return (
        f'<span style="display:inline-flex;align-items:center;gap:0.5rem">{low}'
        f'<span style="width:8rem;height:0.9rem;border-radius:0.2rem;background:'
        f'linear-gradient(90deg,{stops})"></span>{high}</span>'
    )


def _give(
    card: zoo.Card,
    subject: Subject,
    target: int,
    layer: str,
    found: Results,
    judged: Judged,
    seed: int,
    look: Look,
    params: Mapping[str, Any],
) -> None:
    maps = {n: r for n, r in found.items() if isinstance(r, Attribution) and r.problems[0] is None}
    tiles = [("The picture", subject.seen)]
    tiles += [(titles()[n], drawn(subject, r, look)) for n, r in maps.items()]
    archive = io.BytesIO()
    arrays: dict[str, Any] = {n: r.map[0].numpy() for n, r in maps.items()}
    np.savez_compressed(archive, picture=subject.x[0].numpy(), **arrays)
    downloads(
        name=f"{card.id}-saliency",
        key="grid",
        png=pictures.png(pictures.grid(tiles, columns=4)),
        npz=archive.getvalue(),
        json={
            "picture": subject.title,
            "class": card.classes[target],
            "methods": {n: r.circumstances for n, r in maps.items()},
            "figures": {n: _figures(maps[n], faith) for n, faith in judged.items()},
        },
    )
    _one_map(card, subject, maps, look)
    with st.expander("How these maps came about", icon=":material/info:"):
        for result in maps.values():
            st.caption(plain(caption_text(result.circumstances)))
    wanted = next(iter(maps), "grad_cam")
    given = f", params={params[wanted]}" if wanted in params else ""
    where = f', layer="{layer}"' if image.get(wanted).layered else ""
    python_expander(
        f"""
from trustai import data, zoo
from trustai.explain import image
{import_of(params[wanted]) if given else ""}
classifier = zoo.load("{card.id}")
{subject.python}
result = image.explain("{wanted}", classifier, x, target={target}{where}, seed={seed}{given})
print(result.map.shape, result.seconds)
"""
    )


def import_of(params: Any) -> str:
    """The line of Python that imports the class of some parameters.

    >>> import_of(image.get("lime").params())
    'from trustai.explain.image.methods.lime import LimeParams'
    """
    return f"from {type(params).__module__} import {type(params).__name__}"


def _figures(result: Attribution, faith: image.Faithfulness) -> dict[str, float]:
    """The numbers under a map."""
    curves = ("deletion", "random_deletion", "insertion", "random_insertion")
    areas = {name: getattr(faith, name).area.item() for name in curves}
    return areas | {name: value.item() for name, value in result.facts.items()}


def _one_map(card: zoo.Card, subject: Subject, maps: Mapping[str, Attribution], look: Look) -> None:
    """One map to read values off, and as a file of its own."""
    if not maps:
        return
    with st.expander("One map: read off its values, save it", icon=":material/colorize:"):
        name = st.selectbox("Map", list(maps), format_func=lambda n: titles()[n], key="one-map")
        result = maps[name]
        st.plotly_chart(
            charts.value_map(result.map[0].numpy(), signed=result.signed, table=look.table),
            key="one-map-values",
        )
        downloads(
            name=f"{card.id}-{name}",
            key="one-map",
            png=pictures.png(
                pictures.framed(drawn(subject, result, look), colours.CLEAN, side=640)
            ),
        )
