"""What every view of the saliency page asks: class, layer, methods, settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.baselines import Baseline
from trustai.explain.image.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.plots import colours, pictures
from trustai.ui.kit.caching import classifier

PREDICTED = -1
LARGE = 160
"""From this side on a pass is dear enough to count them."""
TABLES = {
    "inferno (even steps)": colours.MAGNITUDES,
    "viridis (even steps)": "viridis",
    "grey": "gray",
}
BASELINE_TITLES: dict[Baseline, str] = {
    "mean": "the picture's mean colour",
    "black": "black",
    "grey": "the training pictures' mean colour",
    "white": "white",
    "blur": "the picture, blurred",
}


@dataclass(frozen=True)
class Look:
    """How maps are drawn.

    Attributes:
        opacity: Of the map over the picture, in ``[0, 1]``.
        table: Colour map of magnitudes.
        lines: Draw methods that have a value per colour as lines around grey.
    """

    opacity: float
    table: str
    lines: bool

    def over(self, picture: pictures.Pixels, values: Tensor, *, signed: bool) -> pictures.Pixels:
        """A map ``(h, w)`` in colour over its picture ``(H, W, 3)``."""
        coloured = pictures.heat(
            values.numpy(), signed=signed, table=None if signed else self.table
        )
        return pictures.overlay(picture, coloured, opacity=self.opacity)


def titles() -> dict[str, str]:
    """The methods' titles by name."""
    return {name: image.get(name).title for name in image.names()}


def pick_methods() -> list[str]:
    """Some methods, in the order of the menu; never none."""
    known = titles()
    chosen = st.pills(
        "Methods",
        list(known),
        format_func=lambda n: known[n],
        selection_mode="multi",
        default=[name for name in known if image.get(name).shown_at_first],
        key="methods",
        bind="query-params",
        wrap=True,
        help="Each answers “why this class?” in its own way. Under every map stands how faithful "
        "it is.",
    )
    if not chosen:
        st.caption("No method chosen: showing Grad-CAM.")
        return ["grad_cam"]
    return [name for name in known if name in chosen]


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
        help="The question is always “what in the picture speaks for this class?”, so another "
        "class gives another map. The likeliest stand first.",
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
        help="Late layers know what, early layers know where. In brackets: rows × columns of "
        "the layer's map.",
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _layers(model_id: str, weights_sha: str, size: int) -> list[image.Layer]:
    return image.layers(classifier(model_id), size=size)


def pick_look() -> Look:
    """Opacity, colours, lines."""
    opacity = st.slider(
        "Opacity of the map", 0.0, 1.0, 0.7, 0.05, key="opacity", bind="query-params"
    )
    table = st.selectbox("Colours of magnitudes", list(TABLES), key="colours", bind="query-params")
    lines = st.toggle(
        "Gradient methods as lines",
        key="lines",
        bind="query-params",
        help="Methods that give a value per colour, drawn around grey as in the papers, instead of "
        "as heat over the picture.",
    )
    return Look(opacity, TABLES[table], lines)


def usual_params(names: Sequence[str], x: Tensor) -> dict[str, Any]:
    """Parameters with which methods of many passes stay within seconds on a large picture.

    The other methods, and all of them on a small picture, have their own defaults.
    """
    if x.shape[-1] < LARGE:
        return {}
    methods = {name: image.get(name) for name in names}
    return {name: m.quick for name, m in methods.items() if not m.suits_large_pictures}


def pick_params(names: Sequence[str], x: Tensor) -> dict[str, Any]:
    """`usual_params`, and those of the methods among `names` that have settings on the page."""
    params = usual_params(names, x)
    if any(image.get(n).params is SmoothGradParams for n in names):
        n = st.slider(
            "SmoothGrad: noisy copies",
            1,
            50,
            16,
            key="copies",
            bind="query-params",
            help="The paper sees little gain beyond 50.",
        )
        sigma = st.slider(
            "SmoothGrad: noise, in % of the picture's range",
            0,
            50,
            15,
            key="sigma",
            bind="query-params",
            help="The paper recommends 10 to 20 %.",
        )
        smooth = SmoothGradParams(n=n, sigma=sigma / 100)
        params |= {name: smooth for name in names if image.get(name).params is SmoothGradParams}
    if "integrated_gradients" in names:
        baseline = st.selectbox(
            "Integrated Gradients: begins at",
            list(BASELINE_TITLES),
            format_func=lambda b: BASELINE_TITLES[b],
            key="baseline",
            bind="query-params",
            help="What looks like the beginning can get no attribution: with a black one, the "
            "black figures of a sign count for nothing.",
        )
        params["integrated_gradients"] = IntegratedGradientsParams(baseline=baseline)
    return params
