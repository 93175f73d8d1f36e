"""View of the saliency page: sanity check, faithfulness curves, leaderboard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from trustai.explain import image
from trustai.plots import colours, pictures
from trustai.plots import saliency as plots_saliency
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import photo_model, pick_model, pick_picture
from trustai.ui.saliency.leaderboard import show_leaderboard
from trustai.ui.saliency.pickers import pick_layer, pick_method
from trustai.ui.saliency.results import FAITHFULNESS, PictureExplanations
from trustai.ui.saliency.style import MapStyle, pick_style

CURVES = ("deletion", "random_deletion", "insertion", "random_insertion")


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
    st.subheader("Does the map notice that the network forgets?")
    st.markdown(
        "Layer after layer, from the decision's side, is set back to random numbers "
        "([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292)). A map that explains this "
        "network must change; one that stays shows edges, not reasons."
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
    last = steps[-1].rank_correlation.item()
    words = _notices(last)
    st.markdown(f"**{words}** With nothing left of the network, rank correlation {last:.2f}.")
    result_caption(steps[-1].circumstances)


def _notices(correlation: float) -> str:
    """What a rank correlation after the last step means, in a sentence.

    >>> _notices(0.9)
    'This map does not notice: it would look much the same for a network that knows nothing.'
    """
    if correlation != correlation:  # nan: no map is left
        return "This map notices: of the forgotten network it shows nothing at all."
    if abs(correlation) > 0.5:
        return (
            "This map does not notice: it would look much the same for a network that knows "
            "nothing."
        )
    if abs(correlation) > 0.25:
        return "This map notices in part."
    return "This map notices: without the network's knowledge it is another one."


def _step(
    picture: pictures.Pixels, step: image.SanityStep, i: int, name: str, style: MapStyle
) -> None:
    frame = colours.CLEAN if i == 0 else colours.RANDOM
    if step.problems[0]:
        shown = np.full((64, 64, 3), 128, np.uint8)
    else:
        shown = style.over(picture, step.map[0], signed=image.get(name).signed)
    st.image(pictures.framed(shown, frame, side=256))
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
    measured = explained.faithfulness(name)
    left, middle, right = st.columns([1, 1.6, 1.6])
    with left:
        tile = style.drawn(explained.subject.seen, found)
        st.image(pictures.framed(tile, colours.CLEAN, side=256))
        said = plain(explained.card.classes[explained.target])
        st.markdown(f"**{image.get(name).title}**  \n“{said}”")
    for place, title, ours, chance in (
        (middle, "Deletion: lower is better", measured.deletion, measured.random_deletion),
        (right, "Insertion: higher is better", measured.insertion, measured.random_insertion),
    ):
        with place:
            st.markdown(f"**{title}**")
            st.plotly_chart(
                plots_saliency.faithfulness(
                    ours.share.tolist(),
                    ours.probability[0].tolist(),
                    chance.probability[0].tolist(),
                ),
                key=title,
                config={"displayModeBar": False},
            )
            st.caption(f"area {ours.area.item():.3f}, random {chance.area.item():.3f}")
    _removal(explained, name)
    _export(explained, name, measured)


def _removal(explained: PictureExplanations, name: str) -> None:
    """One number that needs no curve: what the class loses without the top fifth of the map."""
    own, coarse, pixels = explained.removal(name)
    st.markdown(
        f"Without the fifth of the pixels that counts most the class loses **{_share(own)}** of "
        "probability; without the top fifth of a random map as coarse as this one "
        f"{_share(coarse)}, of random pixels {_share(pixels)}. What is taken away is filled in "
        "from around it, so that "
        "no hole gives it away ([Rong et al. 2022](https://arxiv.org/abs/2202.00449))."
    )


def _share(value: float) -> str:
    """In per cent, never minus nothing.

    >>> _share(0.19), _share(-0.002)
    ('19%', '0%')
    """
    return f"{round(value, 2) + 0.0:.0%}"


def _export(explained: PictureExplanations, name: str, measured: image.Faithfulness) -> None:
    table = pd.DataFrame(
        {"share": measured.deletion.share.tolist()}
        | {key: getattr(measured, key).probability[0].tolist() for key in CURVES}
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
            "curves": table.to_dict("list"),
        },
        python=explained.python(name)
        + f"""for step in image.sanity("{name}", classifier, x{where}):
    print(step.label, step.rank_correlation.item())
faith = image.faithfulness(classifier, x, result, params=image.{FAITHFULNESS})
print(faith.deletion.area, faith.random_deletion.area, faith.insertion.area)
""",
    ).show()
