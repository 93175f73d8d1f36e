"""A page of nothing but the live slider as a threshold over three sets of drawn scores."""

from __future__ import annotations

import numpy as np
import streamlit as st

from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Area,
    Areas,
    Figure,
    Matrix,
    Pin,
    Strip,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)

STOPS = [float(v) for v in np.linspace(0, 10, 41)]
EDGES = [float(v) for v in np.linspace(0, 10, 21)]
SETS = {
    "known": (3.0, 1.2, colours.CLEAN),
    "left out": (5.5, 1.5, colours.OTHERS[0]),
    "noise": (8.0, 0.8, colours.RANDOM),
}
CLASSES = ("round", "square")


def scores(name: str) -> np.ndarray:
    """200 numbers in [0, 10], the same on every run."""
    mean, width, _ = SETS[name]
    seed = list(SETS).index(name)
    return np.clip(np.random.default_rng(seed).normal(mean, width, 200), 0, 10).round(3)


def picture(number: int) -> np.ndarray:
    colour = [(90 + 53 * number) % 256, (200 + 97 * number) % 256, (30 + 20 * number) % 256]
    return np.full((24, 24, 3), colour, np.uint8)


def matrix() -> Matrix:
    """Every second picture is called round; `known` is half and half in truth as well."""
    accepted = {name: scores(name)[None] <= np.array(STOPS)[:, None] for name in SETS}
    counts = [
        [[int(accepted[name][v, c::2].sum()) for c in range(2)] for name in SETS]
        for v in range(len(STOPS))
    ]
    return Matrix(
        "What the accepted were called",
        [st.query_params.get("word", "known"), "left out", "noise"],
        CLASSES,
        "truth",
        "called",
        counts,
        [200] * 3,
        "accepted",
        [colour for *_, colour in SETS.values()],
    )


def main() -> None:
    st.set_page_config(page_title="live threshold", layout="wide")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text_input("scale", key="scale")
    shares = {n: [(scores(n) <= stop).mean() for stop in STOPS] for n in SETS}
    heights = {n: np.histogram(scores(n), EDGES)[0] / 200 for n in SETS}
    value = live_slider(
        Areas(
            [Area(n, EDGES, heights[n].tolist(), SETS[n][2]) for n in SETS],
            ridge="ridge" in st.query_params,
            sides=("accepted", "rejected"),
        ),
        *(Figure(n, [f"{s:.1%}" for s in shares[n]], SETS[n][2]) for n in SETS),
        Strip(
            "nearest accepted",
            "nearest rejected",
            [
                Pin(float(at), f"{n} {i}", f"{at:.3f}", SETS[n][2], data_uri(picture(i)))
                for n in SETS
                for i, at in enumerate(scores(n)[:30])
            ],
        ),
        matrix(),
        key="threshold",
        label="Threshold",
        values=STOPS,
        start=5,
        of=st.session_state["scale"],
        x=XAxis(tick_labels={float(t): f"{t:g}" for t in range(0, 11, 2)}),
        y=YAxis("share of the set", (0, float(max(h.max() for h in heights.values()))), root=True),
    )
    st.markdown(f"server: {value:g} after {st.session_state['runs']} runs")


if __name__ == "__main__":  # and not where the tests import the numbers
    main()
