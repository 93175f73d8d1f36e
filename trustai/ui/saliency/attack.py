"""View of the saliency page: explanations under attack."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import attacks, zoo
from trustai.explain import image
from trustai.plots import charts, colours, pictures
from trustai.types import Attribution
from trustai.ui.components.live_slider import (
    Film,
    Films,
    Line,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)
from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, how_made, methods, result_caption
from trustai.ui.kit.subjects import (
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.attack_series import AttackSeries, AttackSeriesStep, attack_series
from trustai.ui.saliency.maps.style import MapStyle, pick_style
from trustai.ui.saliency.pickers import pick_layer, pick_method

SIDE = 256
FIRST, FIRST_EPS = 8, 8
"""A test picture of signs and an epsilon, in 1/255, at which the networks' maps differ."""
SIMILAR, CHANGED = 0.95, 0.7
"""Rank correlations from which on a map counts as almost the same, and below which as another."""


def show() -> None:
    pickers, results = first_look(results=2.7)
    with pickers:
        card = pick_model(imagenet=True)
        subject = pick_picture(card, first=FIRST)
        name = pick_method()
        layer = pick_layer(card, subject.x.shape[-1])
        attack = _pick_attack()
        other = _pick_other(card)
        with st.expander("Settings", icon=":material/tune:"):
            style = pick_style()
    with results:
        said = st.empty()
        networks = [
            attack_series(c, subject, method=name, layer=layer, attack=attack)
            for c in ([card] if other is None else [card, other])
        ]
        at = _live(networks, style)
        with said.container():
            told = " ".join(sentence(one, at) for one in networks)
            finding(f"At epsilon {at:g}{networks[0].unit}, {told[0].lower()}{told[1:]}")
    _details(networks, at)
    _export(networks, subject)


def _pick_attack() -> str:
    known = {n: attacks.get(n).title for n in attacks.names() if attacks.get(n).norm != "min-norm"}
    return st.selectbox(
        "Attack",
        list(known),
        index=list(known).index("pgd_linf"),
        format_func=lambda n: known[n],
        key="attack",
        bind="query-params",
    )


def _pick_other(card: zoo.Card) -> zoo.Card | None:
    """A second network of the same classes to set beside the first."""
    renamed("beside", {"nothing": "none"})
    others = {c.id: c for c in zoo.catalog() if c.classes == card.classes and c.id != card.id}
    if not others:
        return None
    trained = [i for i in others if "adversarial" in i] or list(others)
    chosen = st.selectbox(
        "Second network",
        ["none", *others],
        index=1 + list(others).index(trained[0]),
        format_func=lambda i: others[i].title if i in others else i,
        key="beside",
        bind="query-params",
        help="The same attack and the same method on another network, beside the first one.",
    )
    return others.get(chosen)


def _live(networks: Sequence[AttackSeries], style: MapStyle) -> float:
    lines, films = [], []
    for series in networks:
        colour = charts.model_colour(series.card.id)
        title = series.card.short_title
        shown = [None if v != v else v for v in series.rank_correlation]
        lines.append(Line(title, shown, colour))
        films += _films(series, style, title, colour)
    unit = networks[0].unit
    return live_slider(
        *lines,
        Films(films, in_row=4, above=True),
        key="eps",
        label="Epsilon: largest change of a pixel" if unit else "Epsilon: length of the change",
        values=networks[0].values,
        start=FIRST_EPS if unit else 1,
        x=XAxis(unit=unit),
        y=YAxis("similarity to the clean map", unit="number"),
    )


def _films(series: AttackSeries, style: MapStyle, title: str, colour: str) -> list[Film]:
    classes, steps = series.card.classes, series.steps
    first = classes[int(steps[0].original.target)]
    says = [
        f"{classes[int(s.attack.logits.argmax())]}, {float(s.attack.logits.softmax(1).max()):.0%}"
        for s in steps
    ]
    clean = _uri(steps[0], steps[0].original, style)
    return [
        Film(
            f"{title}: picture",
            [_picture_uri(s.attack.adversarial) for s in steps],
            says,
            colour,
        ),
        Film(
            f"{title}: clean map",
            [clean] * len(steps),
            [f"why “{first}”"] * len(steps),
            colours.CLEAN,
        ),
        Film(
            f"{title}: attacked",
            [_uri(s, s.original, style) for s in steps],
            [f"why “{first}”"] * len(steps),
            colour,
        ),
        Film(
            f"{title}: attacked, new class",
            [_uri(s, s.now, style) for s in steps],
            [f"why “{classes[int(s.now.target)]}”" for s in steps],
            colour,
        ),
    ]


def _picture_uri(x: Tensor) -> str:
    return data_uri(pictures.to_pixels(x[0]), longest_side=SIDE)


def _uri(step: AttackSeriesStep, result: Attribution, style: MapStyle) -> str:
    x = step.attack.adversarial
    if result.problems[0]:  # nothing to draw: the picture alone, dimmed
        return data_uri(pictures.to_pixels(0.5 + 0.2 * (x[0] - 0.5)), longest_side=SIDE)
    return data_uri(
        style.over(pictures.to_pixels(x[0]), result.map[0], signed=result.signed), longest_side=SIDE
    )


def sentence(series: AttackSeries, at: float) -> str:
    """What the attack did to one network's answer and to its map.

    Args:
        at: One of the epsilons of `series`.
    """
    i = series.values.index(at)
    step, classes = series.steps[i], series.card.classes
    was, now = (plain(classes[int(r.target)]) for r in (step.original, step.now))
    says = f"still says “{was}”" if was == now else f"says “{now}” instead of “{was}”"
    return (
        f"The {plain(series.card.short_title)} network {says}, and its map "
        f"{kept(series.rank_correlation[i])}."
    )


def kept(correlation: float) -> str:
    """How much of the order of its pixels a map keeps, in words that follow "its map".

    Args:
        correlation: Rank correlation with the clean map; nan where there is no map.

    >>> kept(0.99), kept(0.4)
    ('stays almost the same (rank correlation 0.99)', 'becomes another map (rank correlation 0.40)')
    """
    if correlation != correlation:
        return "is empty"
    words = "changes"
    if correlation >= SIMILAR:
        words = "stays almost the same"
    elif correlation < CHANGED:
        words = "becomes another map"
    return f"{words} (rank correlation {correlation:.2f})"


def _details(networks: Sequence[AttackSeries], at: float) -> None:
    i = networks[0].values.index(at)
    st.caption(
        "The curve shows the rank correlation of the attacked map with the clean map, both for the "
        "first class. 1 means the same order of all pixels, 0 means no relation. Blue frames are "
        "clean maps. The other frames have the colour of their network."
    )
    for series in networks:
        for result in {id(r): r for r in (series.steps[i].original, series.steps[i].now)}.values():
            if result.problems[0]:
                st.caption(f"The picture is shown without a map: {result.problems[0]}")
    methods(image.get(networks[0].method), attacks.get(networks[0].attack))
    with how_made():
        for series in networks:
            st.markdown(
                f"**{plain(series.card.short_title)}**: structural similarity of the maps "
                f"{series.ssim[i]:.2f}, most important 10 % of the pixels in common "
                f"{series.top_overlap[i]:.0%}."
            )
        result_caption(networks[0].steps[i].attack.circumstances)
        result_caption(networks[0].steps[i].original.circumstances)


def _table(series: AttackSeries) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "network": series.card.id,
            "eps_255" if series.unit else "eps": series.values,
            "class_now": [series.card.classes[int(s.now.target)] for s in series.steps],
            "rank_correlation": series.rank_correlation,
            "ssim": series.ssim,
            "top_overlap": series.top_overlap,
        }
    )


def _export(networks: Sequence[AttackSeries], subject: Subject) -> None:
    first = networks[0]
    table = pd.concat([_table(series) for series in networks])
    layer = f', layer="{first.layer}"' if image.get(first.method).layered else ""
    Export(
        name=f"{first.card.id}-{first.method}-under-{first.attack}",
        key="story",
        csv=table.to_csv(index=False),
        json={
            "picture": subject.title,
            "attack": [step.attack.circumstances for step in first.steps],
            "explanation": first.steps[0].original.circumstances,
            "table": table.to_dict("list"),
        },
        python=f"""
from trustai import attacks, data, zoo
from trustai.explain import image
from trustai.metrics.similarity import rank_correlation, ssim

classifier = zoo.load("{first.card.id}")
{subject.python}
y = classifier.predict(x).argmax(1)
attacked = attacks.run("{first.attack}", classifier, x, y, eps={"4 / 255" if first.unit else 1})
before = image.explain("{first.method}", classifier, x, target=int(y){layer})
after = image.explain("{first.method}", classifier, attacked.adversarial, target=int(y){layer})
signed = before.signed
print(rank_correlation(before.map, after.map), ssim(before.map, after.map, signed=signed))
""",
    ).show()
