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
            "A harder search was not measured for these networks. The command `python -m "
            f"trustai.train.measure <model id> --stages {TOPIC}` measures it."
        )
        return
    chart(
        charts.robustness(
            [curve for card, table in found for curve in _pair(card, table)],
            x_title="epsilon in 1/255",
        ),
        key=TOPIC,
        title="Accuracy after a harder search",
    )
    for card, _ in found:
        st.markdown(_finding(card))
    how = found[0][0].metrics[f"{TOPIC}/{AT}"].how
    st.caption(
        "An attack that finds nothing proves nothing, so the true accuracy can only be lower than "
        f"a curve. Solid lines: the attack of the curves above, on {how['n']} random test "
        "pictures. Dashed lines: the same pictures after a harder search with "
        f"{how['restarts']} random starts of {how['steps']} steps at every smaller epsilon. Half "
        "of the starts raise the cross entropy, half raise the margin of the logits. The dashed "
        "lines are upper bounds too."
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
        f"**{card.short_title}** at {AT}/255: after the attack of the curves "
        f"{after.value + lower.value:.1%} of the pictures are still right, after the harder search "
        f"{after.value:.1%} "
        f"({interval_text(*after.how['interval'])})."
    )
