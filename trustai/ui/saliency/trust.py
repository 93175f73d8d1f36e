"""View of the saliency page: sanity check, faithfulness curves, leaderboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from trustai.explain import image
from trustai.explain.image.evaluation.curves import PerturbationCurve
from trustai.explain.image.evaluation.nulls import BLOB, CLASS, FIELD, PICTURE, TITLES
from trustai.plots import colours, pictures
from trustai.plots import saliency as plots_saliency
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import (
    finding,
    first_look,
    fold,
    how_made,
    methods,
    result_caption,
    two_by_two,
)
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.subjects import photo_model, pick_model, pick_picture
from trustai.ui.saliency.leaderboard import show_leaderboard
from trustai.ui.saliency.maps.results import PictureExplanations
from trustai.ui.saliency.maps.style import MapStyle, pick_style
from trustai.ui.saliency.pickers import pick_layer, pick_method

LEGEND = {
    FIELD: "random map",
    BLOB: "blob in the centre",
    PICTURE: "other picture",
    CLASS: "other class",
}
"""Short names of the control maps, for a narrow legend."""


def show() -> None:
    pickers, results = first_look(results=2.7)
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subject = pick_picture(card)
        name = pick_method(default="guided_backprop")
        layer = pick_layer(card, subject.x.shape[-1])
        with st.expander("Settings", icon=":material/tune:"):
            style = pick_style()
    explained = PictureExplanations(card, subject, layer=layer)
    with results:
        steps = _sanity(explained, name, style)
    with fold("Does the class lose its probability without the marked pixels?"):
        _curves(explained, name, style, steps)
    methods(image.get(name), label="About this method")
    with fold("Which methods do well on many pictures, and how long do they take?"):
        show_leaderboard(card)


def _sanity(
    explained: PictureExplanations, name: str, style: MapStyle
) -> Sequence[image.SanityStep]:
    st.subheader("Does the map change when we erase what the network learned?")
    said, title = st.empty(), image.get(name).title
    bar = Countdown(f"Erasing one layer after the other and computing {title} each time")
    steps = explained.sanity(name, bar)
    with said.container():
        finding(changed(title, steps[-1].rank_correlation.item()))
    rows = range(0, len(steps), 4)
    cells = [cell for row in rows for cell in two_by_two(4, key=f"erased-{row}")]
    for i, (step, cell) in enumerate(zip(steps, cells, strict=False)):
        with cell:
            _step(pictures.to_pixels(explained.subject.x[0]), step, i, name, style)
    st.caption(
        "From left to right one layer more is replaced by random numbers. The test begins at the "
        "last layer. This is one picture and one draw of random numbers, not a result about the "
        "method. Nobody knows a limit below which a map counts as changed."
    )
    with how_made():
        result_caption(steps[-1].circumstances)
    return steps


def changed(title: str, correlation: float) -> str:
    """What erasing everything does to a map, in a sentence.

    Args:
        title: Of the method.
        correlation: Rank correlation of the last map with the first one; nan if there is none.

    >>> changed("Gradient", 0.9)[:69]
    'When everything that the network learned is erased, the Gradient map '
    """
    erased = f"When everything that the network learned is erased, the {title} map"
    if correlation != correlation:  # nan: no map is left
        return f"{erased} is empty."
    return (
        f"{erased} has a rank correlation of **{correlation:.2f}** with the first map (1: "
        "unchanged, 0: unrelated)."
    )


def _step(
    picture: pictures.Pixels, step: image.SanityStep, i: int, name: str, style: MapStyle
) -> None:
    frame = colours.CLEAN if i == 0 else colours.RANDOM
    if step.problems[0]:
        shown = np.full((64, 64, 3), 128, np.uint8)
    else:
        shown = style.over(picture, step.map[0], signed=image.get(name).signed)
    when = f"after {step.label} was randomised" if i else "of the trained network"
    show_picture(pictures.framed(shown, frame, side=256), f"{image.get(name).title} {when}")
    if i == 0:
        st.markdown("**As trained**  \n&nbsp;")
    else:
        likeness = step.rank_correlation.item()
        said = "no map" if likeness != likeness else f"rank correlation {likeness:.2f}"
        st.markdown(f"**+ {plain(step.label.split(':')[0])}**  \n{said}")


def _curves(
    explained: PictureExplanations, name: str, style: MapStyle, steps: Sequence[image.SanityStep]
) -> None:
    seconds = explained.seconds_of(name)
    found = explained.of(name, bar=Countdown(image.get(name).title, expected=seconds))
    if isinstance(found, ValueError):
        raise found
    if found.problems[0]:
        st.warning(found.problems[0], icon=":material/visibility_off:")
        return
    what = "Measuring how faithful the map is"
    measured = explained.faithfulness(name, bar=Countdown(what))
    measured = explained.with_other_picture(name, measured, bar=Countdown(what))
    st.markdown(removed(image.get(name).title, explained.removal(name)))
    left, middle, right = st.columns([1, 1.6, 1.6])
    with left:
        tile = style.drawn(explained.subject.seen, found)
        framed = pictures.framed(tile, colours.CLEAN, side=256)
        show_picture(framed, explained.title_of(name))
        said = plain(explained.card.classes[explained.target])
        st.markdown(f"**{image.get(name).title}**  \nclass “{said}”")
    for place, title, way in (
        (middle, "Deletion: lower is better", "deletion"),
        (right, "Insertion: higher is better", "insertion"),
    ):
        with place:
            _curve(measured, way, title)
    _export(explained, name, measured, steps)


def _curve(measured: image.Faithfulness, way: str, key: str) -> None:
    """One kind of curve, of the map and of every null."""
    ours: PerturbationCurve = getattr(measured, way)
    nulls = {TITLES[null]: getattr(one, way) for null, one in measured.nulls.items()}
    chart(
        plots_saliency.faithfulness(
            ours.share.tolist(),
            ours.probability[0].tolist(),
            {
                LEGEND[null]: getattr(one, way).probability[0].tolist()
                for null, one in measured.nulls.items()
            },
        ),
        key=key,
        title=key,
        about=f"area {ours.area.item():.3f}",
    )
    areas = [f"{title} {one.area.item():.3f}" for title, one in nulls.items()]
    st.caption(f"Area under the curve: this map {ours.area.item():.3f}; {', '.join(areas)}.")


def removed(title: str, lost: Mapping[str, float]) -> str:
    """What the class loses without the top fifth of a map, beside that of two control maps.

    Args:
        title: Of the method.
        lost: Of the map under the empty name, of a random map and of the blob under theirs.
    """
    return (
        f"We hide one fifth of the pixels. When we hide the fifth that {title} marks as most "
        f"important, the probability of the class **{_fall(lost[''])}**. When {TITLES[FIELD]} "
        f"chooses the pixels, it {_fall(lost[FIELD])}. When {TITLES[BLOB]} chooses them, it "
        f"{_fall(lost[BLOB])}. The hidden pixels are filled with the colours around them "
        "([Rong et al. 2022](https://arxiv.org/abs/2202.00449))."
    )


def _fall(lost: float) -> str:
    """What a probability does that loses so much.

    >>> _fall(0.19), _fall(-0.03), _fall(-0.002)
    ('falls by 19 points', 'rises by 3 points', 'does not change')
    """
    points = round(100 * abs(lost))
    if not points:
        return "does not change"
    return f"{'falls' if lost > 0 else 'rises'} by {counted(points, 'point')}"


def _export(
    explained: PictureExplanations, name: str, measured: image.Faithfulness,
    steps: Sequence[image.SanityStep],
) -> None:  # fmt: skip
    curves: dict[str, image.PerturbationCurves] = {"": measured}
    curves |= {f"{null}_": one for null, one in measured.nulls.items()}
    table = pd.DataFrame(
        {"share": measured.deletion.share.tolist()}
        | {
            f"{start}{way}": getattr(one, way).probability[0].tolist()
            for start, one in curves.items()
            for way in ("deletion", "insertion")
        }
    )
    where = f', layer="{explained.layer}"' if image.get(name).layered else ""
    Export(
        name=f"{explained.card.id}-{name}-faithfulness",
        key="faith",
        csv=table.to_csv(index=False),
        json={
            "picture": explained.subject.title,
            "explanation": explained.maps[name].circumstances,
            "faithfulness": measured.circumstances,
            "areas": {way: getattr(measured, way).area for way in ("deletion", "insertion")},
            "curves": table.to_dict("list"),
            "sanity": [one.rank_correlation for one in steps],
        },
        python=explained.python(name)
        + f"""for step in image.sanity("{name}", classifier, x{where}):
    print(step.label, step.rank_correlation.item())
"""
        + explained.faithfulness_python(),
    ).show()
