"""View of the calibration: reliability diagram, ECE, NLL, and the temperature."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Bars,
    Figure,
    Line,
    Mark,
    XAxis,
    YAxis,
    live_slider,
)
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made
from trustai.ui.ood.axis import round_range
from trustai.ui.ood.pickers import (
    OODMeasurements,
    pick_network,
    table_of,
)

NLL = "negative log-likelihood (NLL)"
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        measured = pick_network()
    table = table_of(measured.card, topic="calibration")
    if table is None:
        raise ValueError(
            f"expected the calibration of {measured.card.id} in models/, got none: run "
            f"`python -m trustai.train.measure {measured.card.id} --stages ood`"
        )
    temperatures = sorted(table["temperature"].unique())
    with result:
        finding(finding_text(measured, table))
        _live(measured.card, table, temperatures)
    st.caption(
        "A network that says “80 %” should be right in 80 of 100 such cases. The temperature "
        "divides all logits before the softmax. Above 1 the network becomes less sure, below 1 it "
        "becomes more sure, and no answer changes to another class. Calibration says nothing about "
        "unfamiliar pictures: a temperature changes all confidences together."
    )
    _how(table)
    _export(measured.card, table).show()


def _live(card: zoo.Card, table: pd.DataFrame, temperatures: list[float]) -> float:
    """The temperature at which the handle rests; the axis is its logarithm."""
    groups = [table[table["temperature"] == t].sort_values("low") for t in temperatures]
    ece = [float(g["ece"].iloc[0]) for g in groups]
    nll = [float(g["nll"].iloc[0]) for g in groups]
    surest = [float((g["confidence"] * g["count"]).sum() / g["count"].sum()) for g in groups]
    accuracy = float((groups[0]["accuracy"] * groups[0]["count"]).sum() / groups[0]["count"].sum())
    fitted = card.metrics["calibration/temperature"].value
    return 2 ** live_slider(
        Line("calibration error (ECE)", ece, colours.ATTACKED),
        Line(NLL, nll, colours.OTHERS[2], "dashed"),
        Figure("mean confidence", [f"{v:.1%}" for v in surest], colours.CLEAN),
        Figure("accuracy", [f"{accuracy:.1%}"] * len(ece), colours.RANDOM),
        Figure("calibration error (ECE)", [f"{v:.2%}" for v in ece], colours.ATTACKED),
        Figure(
            "negative log-likelihood (NLL)", [f"{v:.3f}" for v in nll], colours.OTHERS[2], "dashed"
        ),
        *(
            [Mark(math.log2(fitted), f"fitted: {fitted:.2f}")]
            if temperatures[0] <= fitted <= temperatures[-1]
            else []
        ),
        _diagram(groups),
        key="log2t",
        label="Temperature",
        values=[math.log2(t) for t in temperatures],
        start=0,
        x=XAxis(
            value_text=lambda v: f"T = {2**v:.2f}",
            tick_labels={math.log2(t): f"{t:g}" for t in TICKS},
        ),
        y=YAxis("on familiar test pictures", round_range([0.0, *ece, *nll]), unit="number"),
    )


def _diagram(groups: list[pd.DataFrame]) -> Bars:
    first = groups[0]
    labels = [
        f"{high:.0%}".replace("%", " %") if i % 3 == 2 else ""
        for i, high in enumerate(first["high"])
    ]
    total = float(first["count"].sum())
    return Bars(
        title="Reliability diagram: how sure the network is and how often it is right",
        x_title="confidence up to",
        y_title="right",
        labels=labels,
        heights=[_shares(g["accuracy"]) for g in groups],
        wanted=[_shares(g["confidence"]) for g in groups],
        weights=[(g["count"] / total).round(5).tolist() for g in groups],
        colour=colours.CLEAN,
        height_name="share that is right (accuracy)",
        wanted_name="how sure the network is (mean confidence)",
        weight_name="share of the pictures, below the axis",
    )


def _shares(values: pd.Series[float]) -> list[float | None]:
    return [None if math.isnan(v) else round(float(v), 4) for v in values]


def finding_text(measured: OODMeasurements, table: pd.DataFrame) -> str:
    """Whether the network is too sure as it is, and what the fitted temperature changes."""
    metrics = measured.card.metrics
    fitted = metrics["calibration/temperature"]
    before, after = metrics["calibration/ece"].value, metrics["calibration/ece_scaled"].value
    bins = table[table["temperature"] == 1]
    confidence, accuracy = (
        float((bins[c] * bins["count"]).sum() / bins["count"].sum())
        for c in ("confidence", "accuracy")
    )
    sure = "too sure" if confidence > accuracy else "not sure enough"
    return (
        f"The network is {sure}: its mean confidence is **{confidence:.1%}**, and "
        f"**{accuracy:.1%}** of its answers are right. The temperature {fitted.value:.2f} changes "
        f"its calibration error from {before:.2%} to {after:.2%}."
    )


def _how(table: pd.DataFrame) -> None:
    n = int(table.loc[table["temperature"] == table["temperature"].iloc[0], "count"].sum())
    with how_made():
        st.caption(
            f"Measured on {n:,} familiar test pictures at {table['temperature'].nunique()} "
            "temperatures. The fitted temperature was chosen on validation pictures. ECE is the "
            "mean distance between confidence and accuracy over all bins, weighted by their "
            "pictures. NLL is the mean of −log p, where p is the probability of the true class."
        )


def _export(card: zoo.Card, table: pd.DataFrame) -> Export:
    return Export(
        name=f"{card.id}-calibration",
        key="calibration",
        csv=table.to_csv(index=False),
        json={
            "model": card.id,
            "weights_sha256": card.weights_sha256,
            "temperature": card.metrics["calibration/temperature"].value,
            "how": dict(card.metrics["calibration/temperature"].how),
            "bins": table.to_dict("list"),
        },
        python=f"""
from trustai import data, ood, zoo

classifier = zoo.load("{card.id}")
known = {{split: data.load("{card.dataset}", split=split, without="{card.without}")
         for split in ("validation", "test")}}
logits = {{split: classifier.predict(images.pixels) for split, images in known.items()}}
T = ood.fit_temperature(logits["validation"], known["validation"].labels)
for temperature in (1, T):
    diagram = ood.reliability(logits["test"], known["test"].labels, temperature=temperature)
    print(temperature, diagram.ece, diagram.accuracy)
""",
    )
