"""The saliency page's third view: what an attack does to the explanation."""

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
from trustai.ui.kit.export import downloads, python_expander
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import (
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.attack_series import (
    Step,
    Story,
    story_of,
)
from trustai.ui.saliency.pickers import (
    Look,
    pick_layer,
    pick_look,
    pick_method,
)

LINF = (0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16)
L2 = (0, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5)
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
            look = pick_look()
    linf = attacks.get(attack).norm == "linf"
    with results:
        values = LINF if linf else L2
        eps = [v / 255 if linf else float(v) for v in values]
        cards = [card] if other is None else [card, other]
        stories = [story_of(c, subject, name, layer, attack, eps) for c in cards]
        at = _live(stories, values, look, linf)
        _words(stories, list(values).index(at), at, linf)
        _give(stories, subject, name, layer, attack, values, linf)


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


def _live(stories: Sequence[Story], values: Sequence[float], look: Look, linf: bool) -> float:
    lines, figures, films = [], [], []
    for story in stories:
        colour = charts.model_colour(story.card.id)
        title = story.card.short_title
        shown = [None if v != v else v for v in story.rank_correlation]
        lines.append(Line(title, shown, colour))
        words = ["none" if v is None else f"{v:.2f}" for v in shown]
        figures.append(Figure(f"{title}: likeness", words, colour))
        films += _films(story, look, title, colour)
    return live_slider(
        *lines,
        *figures,
        Films(films, in_row=4),
        key="eps",
        label="Epsilon: largest change of any pixel" if linf else "Epsilon: length of the change",
        values=values,
        start=4 if linf else 1,
        x=XAxis(unit="/255" if linf else ""),
        y=YAxis("likeness to the clean map", unit="number"),
    )


def _films(story: Story, look: Look, title: str, colour: str) -> list[Film]:
    classes, steps = story.card.classes, story.steps
    first = classes[int(steps[0].original.target)]
    says = [
        f"{classes[int(s.attack.logits.argmax())]}, {float(s.attack.logits.softmax(1).max()):.0%}"
        for s in steps
    ]
    clean = _uri(steps[0], steps[0].original, look)
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
            [_uri(s, s.original, look) for s in steps],
            [f"why “{first}”"] * len(steps),
            colour,
        ),
        Film(
            f"{title}: attacked, class now",
            [_uri(s, s.now, look) for s in steps],
            [f"why “{classes[int(s.now.target)]}”" for s in steps],
            colour,
        ),
    ]


def _picture_uri(x: Tensor) -> str:
    return data_uri(pictures.to_pixels(x[0]), longest_side=SIDE)


def _uri(step: Step, result: Attribution, look: Look) -> str:
    x = step.attack.adversarial
    if result.problems[0]:  # nothing to draw: the picture alone, dimmed
        return data_uri(pictures.to_pixels(0.5 + 0.2 * (x[0] - 0.5)), longest_side=SIDE)
    return data_uri(
        look.over(pictures.to_pixels(x[0]), result.map[0], signed=result.signed), longest_side=SIDE
    )


def _words(stories: Sequence[Story], i: int, at: float, linf: bool) -> None:
    unit = "/255" if linf else ""
    for story in stories:
        step, classes = story.steps[i], story.card.classes
        was, now = (classes[int(r.target)] for r in (step.original, step.now))
        fell = "still says" if was == now else f"said “{plain(was)}” and now says"
        st.markdown(
            f"**{plain(story.card.short_title)}** at {at:g}{unit}: {fell} “{plain(now)}”. Its map "
            f"of “{plain(was)}” beside the clean one: rank correlation "
            f"{story.rank_correlation[i]:.2f}, structural similarity {story.ssim[i]:.2f}, top 10 % "
            f"in common {story.top_overlap[i]:.0%}."
        )
        for result in {id(r): r for r in (step.original, step.now)}.values():
            if result.problems[0]:
                st.caption(f"Shown dimmed: {result.problems[0]}")
    st.caption(
        "Likeness is the rank correlation of all pixels of two maps: 1 the same order, 0 no "
        "relation. The frames: blue the clean map, the others in the colour of their network."
    )
    result_caption(stories[0].steps[i].attack.circumstances)
    result_caption(stories[0].steps[i].original.circumstances)


def _give(
    stories: Sequence[Story],
    subject: Subject,
    name: str,
    layer: str,
    attack: str,
    values: Sequence[float],
    linf: bool,
) -> None:
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "network": s.card.id,
                    "eps_255" if linf else "eps": values,
                    "class_now": [s.card.classes[int(t.now.target)] for t in s.steps],
                    "rank_correlation": s.rank_correlation,
                    "ssim": s.ssim,
                    "top_overlap": s.top_overlap,
                }
            )
            for s in stories
        ]
    )
    downloads(
        name=f"{stories[0].card.id}-{name}-under-{attack}",
        key="story",
        csv=table.to_csv(index=False),
        json={
            "picture": subject.title,
            "attack": [t.attack.circumstances for t in stories[0].steps],
            "explanation": stories[0].steps[0].original.circumstances,
            "table": table.to_dict("list"),
        },
    )
    where = f', layer="{layer}"' if image.get(name).layered else ""
    python_expander(
        f"""
from trustai import attacks, data, zoo
from trustai.explain import image

classifier = zoo.load("{stories[0].card.id}")
{subject.python}
y = classifier.predict(x).argmax(1)
attacked = attacks.run("{attack}", classifier, x, y, eps={"4 / 255" if linf else 1})
before = image.explain("{name}", classifier, x, target=int(y){where})
after = image.explain("{name}", classifier, attacked.adversarial, target=int(y){where})
print(image.rank_correlation(before.map, after.map), image.ssim(before.map, after.map))
"""
    )
