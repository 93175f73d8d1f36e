"""The saliency page's view of trust: sanity check, faithfulness curves, leaderboard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import image
from trustai.explain.image import SanityStep
from trustai.plots import charts, colours, pictures
from trustai.types import Attribution
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
    sha256_of,
)
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import downloads, python_expander
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import (
    PHOTO_MODEL,
    Subject,
    pick_model,
    pick_picture,
)
from trustai.ui.saliency.leaderboard import show_leaderboard
from trustai.ui.saliency.pickers import (
    Look,
    pick_layer,
    pick_look,
    pick_method,
    titles,
    usual_params,
)
from trustai.ui.saliency.picture import drawn
from trustai.ui.saliency.results import attribution, faithfulness_of


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_model(default=PHOTO_MODEL, imagenet=True)
        subject = pick_picture(card)
        name = pick_method(default="guided_backprop")
        layer = pick_layer(card, subject.x.shape[-1])
        with st.expander("Settings", icon=":material/tune:"):
            look = pick_look()
    with results:
        _sanity(card, subject, name, layer, look)
        _curves(card, subject, name, layer, look)
    st.divider()
    show_leaderboard(card)


def _sanity(card: zoo.Card, subject: Subject, name: str, layer: str, look: Look) -> None:
    st.subheader("Does the map notice that the network forgets?")
    st.markdown(
        "Layer after layer, from the decision's side, is set back to random numbers "
        "([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292)). A map that explains this "
        "network must change; one that stays shows edges, not reasons."
    )
    bar = st.empty()

    def forgetting(share: float) -> None:
        bar.progress(share, text="Forgetting layer by layer …")

    def compute() -> list[SanityStep]:
        return list(
            image.sanity(
                name,
                classifier(card.id),
                subject.x,
                layer=layer,
                on_progress=forgetting,
            )
        )

    steps = cached_call(
        compute,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(subject.x)],
        method=f"explain.image.sanity/{name}",
        parameters={"layer": layer},
        heavy="randomising the network layer by layer",
    )
    bar.empty()
    signed = image.get(name).signed
    cells = [cell for _ in range(0, len(steps), 4) for cell in st.columns(4)]
    for i, (step, cell) in enumerate(zip(steps, cells, strict=False)):
        with cell:
            _step(subject.x, step, i, signed, look)
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


def _step(x: Tensor, step: SanityStep, i: int, signed: bool, look: Look) -> None:
    frame = colours.CLEAN if i == 0 else colours.RANDOM
    if step.problems[0]:
        shown = np.full((64, 64, 3), 128, np.uint8)
    else:
        shown = look.over(pictures.to_pixels(x[0]), step.map[0], signed=signed)
    st.image(pictures.framed(shown, frame, side=256))
    if i == 0:
        st.markdown("**As trained**  \n&nbsp;")
    else:
        likeness = step.rank_correlation.item()
        said = "no map" if likeness != likeness else f"rank correlation {likeness:.2f}"
        st.markdown(f"**+ {plain(step.label.split(':')[0])}**  \n{said}")


def _curves(card: zoo.Card, subject: Subject, name: str, layer: str, look: Look) -> None:
    st.subheader("Behind the deletion and insertion figures")
    target = int(classifier(card.id).predict(subject.x).argmax())
    panel = image.Panel(classifier(card.id), subject.x, target=target, layer=layer)
    params = usual_params([name], subject.x).get(name)
    found = attribution(
        panel, card, subject.x, name, target=target, layer=layer, seed=0, params=params
    )
    if isinstance(found, ValueError):
        raise found
    if found.problems[0]:
        st.warning(found.problems[0], icon=":material/visibility_off:")
        return
    faith = faithfulness_of(card, subject.x, found, 0)
    left, middle, right = st.columns([1, 1.6, 1.6])
    with left:
        st.image(pictures.framed(drawn(subject, found, look), colours.CLEAN, side=256))
        st.markdown(f"**{titles()[name]}**  \n“{plain(card.classes[target])}”")
    for place, title, ours, chance in (
        (middle, "Deletion: lower is better", faith.deletion, faith.random_deletion),
        (right, "Insertion: higher is better", faith.insertion, faith.random_insertion),
    ):
        with place:
            st.markdown(f"**{title}**")
            st.plotly_chart(
                charts.faithfulness(
                    ours.share.tolist(),
                    ours.probability[0].tolist(),
                    chance.probability[0].tolist(),
                ),
                key=title,
                config={"displayModeBar": False},
            )
            st.caption(f"area {ours.area.item():.3f}, random {chance.area.item():.3f}")
    _removal(card, subject, found)
    _give(card, subject, found, faith, name, target, layer)


def _removal(card: zoo.Card, subject: Subject, found: Attribution) -> None:
    """One number that needs no curve: what the class loses without the top fifth of the map."""

    def compute() -> list[float]:
        x, network = subject.x, classifier(card.id)
        (pixels,) = image.random_maps(x, (x.shape[2], x.shape[3]), n=1, seed=0)
        (coarse,) = image.random_maps(x, found.grid, n=1, seed=0)
        return [
            image.removal(network, x, one, target=found.target).item()
            for one in (found.map, coarse, pixels)
        ]

    own, coarse, pixels = cached_call(
        compute,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(subject.x, found.map, found.target)],
        method="explain.image.removal",
        parameters={"grid": list(found.grid)},
        heavy="taking away what counts most",
    )
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


def _give(
    card: zoo.Card,
    subject: Subject,
    found: Attribution,
    faith: Any,
    name: str,
    target: int,
    layer: str,
) -> None:
    table = pd.DataFrame(
        {"share": faith.deletion.share.tolist()}
        | {
            key: getattr(faith, key).probability[0].tolist()
            for key in ("deletion", "random_deletion", "insertion", "random_insertion")
        }
    )
    downloads(
        name=f"{card.id}-{name}-faithfulness",
        key="faith",
        csv=table.to_csv(index=False),
        json={
            "picture": subject.title,
            "explanation": found.circumstances,
            "faithfulness": faith.circumstances,
            "curves": table.to_dict("list"),
        },
    )
    where = f', layer="{layer}"' if image.get(name).layered else ""
    python_expander(
        f"""
from trustai import data, zoo
from trustai.explain import image

classifier = zoo.load("{card.id}")
{subject.python}
for step in image.sanity("{name}", classifier, x{where}):
    print(step.label, step.rank_correlation.item())
result = image.explain("{name}", classifier, x, target={target}{where})
faith = image.faithfulness(classifier, x, result)
print(faith.deletion.area, faith.random_deletion.area, faith.insertion.area)
"""
    )
