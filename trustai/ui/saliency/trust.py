"""View of the saliency page: sanity check, faithfulness curves, leaderboard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from trustai.explain import image
from trustai.explain.image.evaluation.curves import PerturbationCurve
from trustai.explain.image.evaluation.nulls import BLOB, CLASS, FIELD, PICTURE, TITLES
from trustai.plots import colours, pictures
from trustai.plots import saliency as plots_saliency
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import photo_model, pick_model, pick_picture
from trustai.ui.saliency.leaderboard import show_leaderboard
from trustai.ui.saliency.pickers import pick_layer, pick_method
from trustai.ui.saliency.results import PictureExplanations
from trustai.ui.saliency.style import MapStyle, pick_style

LEGEND = {
    FIELD: "random, as smooth",
    BLOB: "a blob in the middle",
    PICTURE: "of another picture",
    CLASS: "of another class",
}
"""Short names of the nulls, for a narrow legend."""


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subject = pick_picture(card)
        name = pick_method(default="guided_backprop")
        layer = pick_layer(card, subject.x.shape[-1])
        with st.expander("Settings", icon=":material/tune:"):
            style = pick_style()
    explained = PictureExplanations(card, subject, layer=layer)
    with results:
        _sanity(explained, name, style)
        _curves(explained, name, style)
    st.divider()
    show_leaderboard(card)


def _sanity(explained: PictureExplanations, name: str, style: MapStyle) -> None:
    st.subheader("Does the map change when the network forgets?")
    st.markdown(
        "Layer after layer, from the decision's side, is set back to random numbers "
        "([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292)). A map that depends on what the "
        "network learned should change. The test has its critics: a map of noise passes it, and "
        "strong activations often stay strong under random layers, so a map can only be expected "
        "to change in part ([Binder et al. 2023](https://arxiv.org/abs/2211.12486)). Read it as a "
        "hint, not as a verdict."
    )
    bar = st.empty()

    def drawn(share: float) -> None:
        bar.progress(share, text="Forgetting layer by layer …")

    steps = explained.sanity(name, drawn)
    bar.empty()
    cells = [cell for _ in range(0, len(steps), 4) for cell in st.columns(4)]
    for i, (step, cell) in enumerate(zip(steps, cells, strict=False)):
        with cell:
            _step(pictures.to_pixels(explained.subject.x[0]), step, i, name, style)
    st.markdown(_change(steps[-1].rank_correlation.item()))
    result_caption(steps[-1].circumstances)


def _change(correlation: float) -> str:
    """The rank correlation after the last step in a sentence, and how much it can carry.

    >>> print(_change(0.9)[:88])
    With nothing left of what the network learned, the rank correlation with the first map i
    """
    one = "This is one picture and one draw of random weights, not a result about the method."
    if correlation != correlation:  # nan: no map is left
        return f"With nothing left of what the network learned, the method gives no map. {one}"
    return (
        "With nothing left of what the network learned, the rank correlation with the first map is "
        f"**{correlation:.2f}**: 1 is the same order of the pixels, 0 an unrelated one. No value "
        f"is known from which on a map counts as changed. {one}"
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


def _curves(explained: PictureExplanations, name: str, style: MapStyle) -> None:
    st.subheader("Behind the deletion and insertion figures")
    found = explained.of(name)
    if isinstance(found, ValueError):
        raise found
    if found.problems[0]:
        st.warning(found.problems[0], icon=":material/visibility_off:")
        return
    measured = explained.with_other_picture(name, explained.faithfulness(name))
    left, middle, right = st.columns([1, 1.6, 1.6])
    with left:
        tile = style.drawn(explained.subject.seen, found)
        framed = pictures.framed(tile, colours.CLEAN, side=256)
        show_picture(framed, explained.title_of(name))
        said = plain(explained.card.classes[explained.target])
        st.markdown(f"**{image.get(name).title}**  \n“{said}”")
    for place, title, way in (
        (middle, "Deletion: lower is better", "deletion"),
        (right, "Insertion: higher is better", "insertion"),
    ):
        with place:
            st.markdown(f"**{title}**")
            _curve(measured, way, title)
    _removal(explained, name)
    _export(explained, name, measured)


def _curve(measured: image.Faithfulness, way: str, key: str) -> None:
    """One kind of curve, of the map and of every null."""
    ours: PerturbationCurve = getattr(measured, way)
    nulls = {TITLES[null]: getattr(one, way) for null, one in measured.nulls.items()}
    st.plotly_chart(
        plots_saliency.faithfulness(
            ours.share.tolist(),
            ours.probability[0].tolist(),
            {
                LEGEND[null]: getattr(one, way).probability[0].tolist()
                for null, one in measured.nulls.items()
            },
        ),
        key=key,
        config={"displayModeBar": False},
    )
    areas = [f"{title} {one.area.item():.3f}" for title, one in nulls.items()]
    st.caption(f"area {ours.area.item():.3f}; {', '.join(areas)}")


def _removal(explained: PictureExplanations, name: str) -> None:
    """One number that needs no curve: what the class loses without the top fifth of the map."""
    lost = explained.removal(name)
    st.markdown(
        "One fifth of the pixels is taken away. With the fifth that this map ranks highest the "
        f"probability of the class **{_fall(lost[''])}**, with that of {TITLES[FIELD]} it "
        f"{_fall(lost[FIELD])}, with that of {TITLES[BLOB]} it {_fall(lost[BLOB])}. The pixels "
        "are filled in from around them, so that no hole gives them away "
        "([Rong et al. 2022](https://arxiv.org/abs/2202.00449))."
    )


def _fall(lost: float) -> str:
    """What a probability does that loses so much.

    >>> _fall(0.19), _fall(-0.03), _fall(-0.002)
    ('falls by 19%', 'rises by 3%', 'does not change')
    """
    if abs(lost) < 0.005:
        return "does not change"
    return f"{'falls' if lost > 0 else 'rises'} by {abs(lost):.0%}"


def _export(explained: PictureExplanations, name: str, measured: image.Faithfulness) -> None:
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
            "sanity": [one.rank_correlation for one in explained.sanity(name, lambda _: None)],
        },
        python=explained.python(name)
        + f"""for step in image.sanity("{name}", classifier, x{where}):
    print(step.label, step.rank_correlation.item())
"""
        + explained.faithfulness_python(),
    ).show()
