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
    Figure,
    Film,
    Films,
    Line,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import (
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.attack_series import AttackSeries, AttackSeriesStep, attack_series
from trustai.ui.saliency.pickers import pick_layer, pick_method
from trustai.ui.saliency.style import MapStyle, pick_style

SIDE = 256


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_model(imagenet=True)
        subject = pick_picture(card)
        name = pick_method()
        layer = pick_layer(card, subject.x.shape[-1])
        attack = _pick_attack()
        other = _pick_other(card)
        with st.expander("Settings", icon=":material/tune:"):
            style = pick_style()
    with results:
        networks = [
            attack_series(c, subject, method=name, layer=layer, attack=attack)
            for c in ([card] if other is None else [card, other])
        ]
        at = _live(networks, style)
        _words(networks, at)
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
    others = {c.id: c for c in zoo.catalog() if c.classes == card.classes and c.id != card.id}
    if not others:
        return None
    trained = [i for i in others if "adversarial" in i] or list(others)
    chosen = st.selectbox(
        "Beside it",
        ["nothing", *others],
        index=1 + list(others).index(trained[0]),
        format_func=lambda i: others[i].title if i in others else i,
        key="beside",
        bind="query-params",
        help="Does training against attacks change where a network looks?",
    )
    return others.get(chosen)


def _live(networks: Sequence[AttackSeries], style: MapStyle) -> float:
    lines, figures, films = [], [], []
    for series in networks:
        colour = charts.model_colour(series.card.id)
        title = series.card.short_title
        shown = [None if v != v else v for v in series.rank_correlation]
        lines.append(Line(title, shown, colour))
        words = ["none" if v is None else f"{v:.2f}" for v in shown]
        figures.append(Figure(f"{title}: likeness", words, colour))
        films += _films(series, style, title, colour)
    unit = networks[0].unit
    return live_slider(
        *lines,
        *figures,
        Films(films, in_row=4),
        key="eps",
        label="Epsilon: largest change of any pixel" if unit else "Epsilon: length of the change",
        values=networks[0].values,
        start=4 if unit else 1,
        x=XAxis(unit=unit),
        y=YAxis("likeness to the clean map", unit="number"),
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
            f"{title}: the picture",
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
            f"{title}: attacked, first class",
            [_uri(s, s.original, style) for s in steps],
            [f"why “{first}”"] * len(steps),
            colour,
        ),
        Film(
            f"{title}: attacked, class now",
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


def _words(networks: Sequence[AttackSeries], at: float) -> None:
    i = networks[0].values.index(at)
    for series in networks:
        step, classes = series.steps[i], series.card.classes
        was, now = (classes[int(r.target)] for r in (step.original, step.now))
        says = "still says" if was == now else f"said “{plain(was)}” and now says"
        st.markdown(
            f"**{plain(series.card.short_title)}** at {at:g}{series.unit}: {says} “{plain(now)}”. "
            f"Its map of “{plain(was)}” beside the clean one: rank correlation "
            f"{series.rank_correlation[i]:.2f}, structural similarity {series.ssim[i]:.2f}, "
            f"top 10 % in common {series.top_overlap[i]:.0%}."
        )
        for result in {id(r): r for r in (step.original, step.now)}.values():
            if result.problems[0]:
                st.caption(f"Shown dimmed: {result.problems[0]}")
    st.caption(
        "Likeness is the rank correlation of all pixels of two maps: 1 the same order, 0 no "
        "relation. The frames: blue the clean map, the others in the colour of their network."
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
