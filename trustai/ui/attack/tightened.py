"""Measured curves of a sweep beside the same curves after a harder search."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.plots import charts
from trustai.ui.kit.charts import chart
from trustai.ui.kit.measured import accuracy_at, interval_text

TIGHTENED_ATTACK = "pgd_linf"
TOPIC = "tightened"
AT = 8
Curve = tuple[str, str, str, Sequence[float], Sequence[float]]


def show_tightened(cards: Sequence[zoo.Card]) -> None:
    """For every network with such a measurement: both curves of the same pictures, and the gap."""
    tables = [(card, zoo.measurements(card.id, topic=TOPIC)) for card in cards]
    found = [(card, table) for card, table in tables if table is not None]
    if not found:
        st.info(
            "No network here was searched harder yet: `python -m trustai.train.measure <model id> "
            f"--stages {TOPIC}` does it."
        )
        return
    chart(
        charts.robustness(
            [curve for card, table in found for curve in _pair(card, table)],
            x_title="epsilon in 1/255",
        ),
        key=TOPIC,
    )
    for card, _ in found:
        st.markdown(_finding(card))
    how = found[0][0].metrics[f"{TOPIC}/{AT}"].how
    st.caption(
        f"Solid: the sweep above, on {how['n']} random test pictures. Dashed: the same pictures "
        f"after {how['restarts']} random starts of {how['steps']} steps at every smaller epsilon; "
        "half of them climb the cross entropy, half the margin of the logits. The dashed curve is "
        "an upper bound too."
    )


def _pair(card: zoo.Card, table: pd.DataFrame) -> list[Curve]:
    columns = {"solid": ("sweep_eps", ""), "dash": ("tightened_eps", ", harder search")}
    finite = pd.concat([table[c] for c, _ in columns.values()]).replace(float("inf"), 0)
    eps = sorted({0.0, *finite.astype(float)})
    colour = charts.model_colour(card.id)
    return [
        (card.short_title + words, colour, dash, eps, accuracy_at(table[column].to_numpy(), eps))
        for dash, (column, words) in columns.items()
    ]


def _finding(card: zoo.Card) -> str:
    """By how much the harder search lowers the accuracy at `AT`."""
    after, lower = (card.metrics[f"{TOPIC}/{AT}{end}"] for end in ("", "/lower_by"))
    return (
        f"**{card.short_title}** at {AT}/255: the sweep leaves {after.value + lower.value:.1%} "
        f"right, the harder search {after.value:.1%} "
        f"({interval_text(*after.how['interval'])})."
    )
