"""Pickers of the saliency page: class, layer, methods, parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.baselines import Baseline
from trustai.explain.image.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.ui.kit.address.older import joined
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import duration
from trustai.ui.kit.measured import explanation_seconds

PREDICTED = -1
BASELINE_TITLES: dict[Baseline, str] = {
    "mean": "the picture's mean colour",
    "black": "black",
    "grey": "the training pictures' mean colour",
    "white": "white",
    "blur": "the picture, blurred",
}


def titles() -> dict[str, str]:
    """The methods' titles by name."""
    return {name: image.get(name).title for name in image.names()}


def pick_methods(card: zoo.Card) -> list[str]:
    """Some methods, those first that are shown at first; never none.

    All of them lie folded, each with its sentence and what it takes on this network.
    """
    first = sorted(filter(_place, image.names()), key=_place)
    known = titles()
    names = [*first, *(name for name in known if name not in first)]
    joined("more", "methods", [known[name] for name in first])
    with st.expander("More methods", icon=":material/add:"):
        chosen = st.pills(
            "Methods",
            names,
            format_func=lambda n: known[n],
            selection_mode="multi",
            default=first,
            key="methods",
            bind="query-params",
            wrap=True,
            help=hint("attribution"),
        )
        lines = (f"- **{known[n]}** ({pace(n, card)}): {image.get(n).description}" for n in names)
        st.markdown("\n".join(lines))
    if not chosen:
        st.caption("You have chosen no method. The page shows Grad-CAM.")
        return ["grad_cam"]
    return [name for name in names if name in chosen]


def _place(name: str) -> int:
    return image.get(name).shown_at_first


def pace(name: str, card: zoo.Card) -> str:
    """How long a method takes for one picture, in words: by its measured cost, where it has one."""
    seconds = explanation_seconds(card, name)
    if seconds >= 1:
        return duration(seconds)
    if seconds:
        return "less than 1 s"
    return {"fast": "fast", "moderate": "a few seconds", "slow": "slow"}[image.get(name).cost]


def pick_method(*, key: str = "method", default: str = "grad_cam") -> str:
    """One method."""
    known = titles()
    return st.selectbox(
        "Method",
        list(known),
        index=list(known).index(default),
        format_func=lambda n: known[n],
        key=key,
        bind="query-params",
    )


def pick_class(card: zoo.Card, logits: Tensor) -> int:
    """The class to explain: the predicted one, or any other, the likeliest first.

    Args:
        logits: ``(1, C)`` of the picture.
    """
    ranked = logits[0].argsort(descending=True).tolist()
    # By number, not by name: two of ImageNet's classes are called crane.
    several = {name for name, n in Counter(card.classes).items() if n > 1}
    names = {
        c: f"{name} (class {c})" if name in several else name for c, name in enumerate(card.classes)
    }
    chosen = st.selectbox(
        "Class to explain",
        [PREDICTED, *ranked],
        format_func=lambda c: "the predicted class" if c == PREDICTED else names[c],
        key="class",
        bind="query-params",
        help="A map shows the evidence for one class. Another class gives another map. The list "
        "begins with the most probable classes.",
    )
    return int(ranked[0] if chosen == PREDICTED else chosen)


def pick_layer(card: zoo.Card, size: int) -> str:
    """The layer that the CAM methods look at."""
    found = _layers(card.id, card.weights_sha256, size)
    names = {layer.name: layer.title for layer in found}
    return st.selectbox(
        "Layer (for the CAM methods)",
        list(names),
        index=len(names) - 1,
        format_func=lambda n: names[n],
        key="layer",
        bind="query-params",
        help=hint("layer"),
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _layers(model_id: str, weights_sha: str, size: int) -> list[image.Layer]:
    return image.layers(classifier(model_id), size=size)


def pick_params(names: Sequence[str]) -> dict[str, Any]:
    """Parameters of the methods among `names` that have settings on the page."""
    params: dict[str, Any] = {}
    smoothed = [name for name in names if image.get(name).params is SmoothGradParams]
    if smoothed:
        n = st.slider(
            "SmoothGrad: noisy copies",
            1,
            50,
            16,
            key="copies",
            bind="query-params",
            help="The number of copies that are averaged. The paper finds little gain above 50.",
        )
        sigma = st.slider(
            "SmoothGrad: noise in % of the range of the pixels",
            0,
            50,
            15,
            key="sigma",
            bind="query-params",
            help="The paper recommends 10 to 20 %.",
        )
        smooth = SmoothGradParams(n=n, sigma=sigma / 100)
        params |= dict.fromkeys(smoothed, smooth)
    if "integrated_gradients" in names:
        baseline = st.selectbox(
            "Integrated Gradients: start of the path",
            list(BASELINE_TITLES),
            format_func=lambda b: BASELINE_TITLES[b],
            key="baseline",
            bind="query-params",
            help=hint("baseline"),
        )
        params["integrated_gradients"] = IntegratedGradientsParams(baseline=baseline)
    return params
