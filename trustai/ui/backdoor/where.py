"""View of where a network looks: the share of an explanation that lies inside the sticker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.attacks.backdoor import Trigger, mask_of, stamp
from trustai.explain import image
from trustai.plots import pictures
from trustai.types import Attribution
from trustai.ui.backdoor.networks import CLEAN, HIDDEN, PLAIN, backdoor_of, draw, told
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import (
    finding,
    first_look,
    how_made,
    methods,
    result_caption,
    side_by_side,
)
from trustai.ui.kit.subjects import Subject, pick_picture

METHODS = ("grad_cam", "smoothgrad", "guided_backprop")
NETWORKS = (CLEAN, PLAIN, HIDDEN)
FIRST = 2


def show() -> None:
    pickers, results = first_look()
    card = zoo.read_card(PLAIN)
    with pickers:
        subject = pick_picture(card, first=FIRST)
        name = st.selectbox(
            "Explanation", METHODS, format_func=lambda n: image.get(n).title, key="method",
            bind="query-params",
        )  # fmt: skip
        trigger = _sticker(backdoor_of(card).trigger)
    x = stamp(subject.x, trigger)
    mask = mask_of(trigger, *x.shape[-2:])
    with results:
        found = {of: _explained(subject, name, of, x, trigger) for of in NETWORKS}
        shares = {of: inside(one.map[0], mask) for of, one in found.items()}
        _draw(x, subject, found, shares, float(mask.float().mean()))
    with how_made():
        result_caption(found[PLAIN].circumstances)
        st.caption("Only positive values count, because the class explained is the one said.")
    _export(subject, name, x, trigger, shares).show()
    methods(image.get(name), label=f"About {image.get(name).title}")


def _export(
    subject: Subject, name: str, x: Tensor, trigger: Trigger, shares: dict[str, float]
) -> Export:
    mask = mask_of(trigger, *x.shape[-2:])
    call = _call(name, PLAIN, x)
    return Export(
        name=f"backdoor-{name}",
        key="where",
        png=pictures.png(pictures.to_pixels(x[0])),
        csv=pd.DataFrame({"network": list(shares), "inside": list(shares.values())}).to_csv(
            index=False
        ),
        json={"shares": shares, "sticker": float(mask.float().mean()), "method": name},
        python=f"""
from trustai import data, zoo
from trustai.attacks.backdoor import Trigger, mask_of, stamp
{call.imports}

{subject.python}
trigger = Trigger("{trigger.pattern}", {trigger.size}, {trigger.x}, {trigger.y})
marked = stamp(x, trigger)
for name in {NETWORKS}:
    classifier = zoo.load(name)
    found = {call.python}
    positive = found.map[0].clamp(min=0)
    print(name, float(positive[mask_of(trigger, *x.shape[-2:])].sum() / positive.sum()))
""",
    )


def _sticker(shipped: Trigger) -> Trigger:
    """The sticker of the shipped networks, at a place of one's own."""
    with st.expander("Move the sticker", icon=":material/open_with:"):
        x = st.slider("From left to right", 0.0, 1.0, shipped.x, 0.05, key="sticker-x")
        y = st.slider("From top to bottom", 0.0, 1.0, shipped.y, 0.05, key="sticker-y")
        size = st.slider("Side, in % of the picture", 5, 40, 15, key="sticker-size")
        st.caption("The networks learned the sticker in the lower right corner only.")
    return Trigger(shipped.pattern, size / 100, x, y)


def _call(name: str, model_id: str, x: Tensor) -> Call:
    return Call(
        "trustai.explain.image.explain", name, Named("classifier", classifier(model_id)),
        Named("marked", x), seed=0,
    )  # fmt: skip


def _explained(
    subject: Subject, name: str, model_id: str, x: Tensor, trigger: Trigger
) -> Attribution:
    return cached_call(
        lambda: _call(name, model_id, x)(),
        subject=subject,
        weights_sha=zoo.read_card(model_id).weights_sha256,
        method=f"backdoor.where/{name}",
        parameters={"trigger": str(trigger)},
        heavy="explaining a picture",
    )


def inside(values: Tensor, mask: Tensor) -> float:
    """The share of the positive values ``(H, W)`` that lies inside the mask; 0 where there is none.

    >>> import torch
    >>> inside(torch.tensor([[3.0, 1.0], [-5.0, 0.0]]), torch.tensor([[True, False]] * 2))
    0.75
    """
    positive = values.clamp(min=0)
    return float(positive[mask].sum() / positive.sum()) if positive.sum() > 0 else 0.0


def _draw(
    x: Tensor, subject: Subject, found: dict[str, Attribution], shares: dict[str, float],
    covered: float,
) -> None:  # fmt: skip
    answers = {of: told(classifier(of), x, zoo.read_card(of).classes)[:2] for of in NETWORKS}
    finding(finding_text(answers, shares, covered))
    columns = side_by_side(len(NETWORKS) + 1, key="where")
    with columns[0]:
        draw("The picture", x, *answers[PLAIN], attacked=True)
    seen = pictures.to_pixels(x[0])
    for column, of in zip(columns[1:], NETWORKS, strict=True):
        title = zoo.read_card(of).title
        with column:
            values = found[of].map[0].clamp(min=0).numpy()
            drawn = pictures.overlay(seen, pictures.heat(values, signed=False), opacity=0.6)
            show_picture(_large(drawn), f"{title}: {shares[of]:.0%} inside the sticker")
            st.markdown(
                f"**{plain(title)}** says {plain(answers[of][0])}, {answers[of][1]:.0%}. "
                f"{shares[of]:.0%} of the map is inside the sticker."
            )
    st.caption(
        f"Picture: {plain(subject.title)}. Bright places of the maps mattered most for the answer."
    )


def _large(pixels: pictures.Pixels) -> pictures.Pixels:
    return np.kron(pixels, np.ones((5, 5, 1), np.uint8)) if len(pixels) < 200 else pixels


def finding_text(
    answers: dict[str, tuple[str, float]], shares: dict[str, float], covered: float
) -> str:
    """What both networks say of the marked picture, and how much of the map is in the sticker."""
    return (
        f"The sticker covers **{covered:.1%}** of the picture. The network with the backdoor says "
        f"“{plain(answers[PLAIN][0])}”, and **{shares[PLAIN]:.0%}** of its explanation lies inside "
        f"the sticker. The clean network says “{plain(answers[CLEAN][0])}”, and "
        f"**{shares[CLEAN]:.0%}** lies inside."
    )
