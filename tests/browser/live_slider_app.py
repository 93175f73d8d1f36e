"""A page of nothing but the live slider, with numbers that look like a real measurement."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Figure,
    Film,
    Line,
    Tile,
    Tiles,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)

EPS = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16]
NETWORKS = {
    "standard": (0.93, 0.9, colours.ATTACKED, "solid"),
    "corrupted": (0.88, 1.4, colours.RANDOM, "dotted"),
    "adversarial": (0.78, 11.0, colours.TRAINED_AGAINST, "dashed"),
}
SIGNS = ["stop", "yield", "no entry", "limit 30", "limit 50", "turn left", "turn right",
         "crossing", "priority road", "limit 80"]  # fmt: skip
FLIPS = [0.5, 1, 1, 2, 2, 3, 5, 8, 16, math.inf]


def picture(number: int) -> NDArray[np.uint8]:
    """A disc on a gradient, one colour per number."""
    y, x = np.mgrid[0:64, 0:64]
    colour = np.array([(90 + 53 * number) % 256, (200 + 97 * number) % 256, 30 + 20 * number])
    sky = np.stack([150 - y, 180 - y, 210 - y], axis=2)
    disc = ((x - 32) ** 2 + (y - 32) ** 2 < 20**2)[..., None]
    return np.where(disc, colour, sky).astype(np.uint8)


st.set_page_config(page_title="live slider", layout="wide")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
lines, figures = [], []
for name, (clean, half, colour, dash) in NETWORKS.items():
    accuracy = [clean * math.exp(-((eps / half) ** 1.2)) for eps in EPS]
    lines.append(Line(name, accuracy, colour, dash))
    figures.append(Figure(name, [f"{100 * a:.1f} %" for a in accuracy], colour, dash))
# What anybody may put into a link comes out as words.
names = [*SIGNS[:-1], st.query_params.get("word", SIGNS[-1])]
value = live_slider(
    *lines,
    *figures,
    Tiles(
        [
            Tile(f"truth: {sign}", flips, sign, names[(i + 1) % 10], data_uri(picture(i)))
            for i, (sign, flips) in enumerate(zip(names, FLIPS, strict=True))
        ],
        title="The same ten pictures, standard network, PGD",
    ),
    *(
        Film(
            f"film {k}",
            [data_uri(picture(i + k)) for i in range(len(EPS))],
            [f"picture {i + k}" for i in range(len(EPS))],
            colours.CLEAN,
        )
        for k in (1, 5)
    ),
    key="eps",
    label="Largest change of any pixel, ε",
    values=EPS,
    start=2,
    x=XAxis(unit="/255"),
    y=YAxis("Accuracy"),
)
st.markdown(f"server: {value:g} after {st.session_state['runs']} runs")
