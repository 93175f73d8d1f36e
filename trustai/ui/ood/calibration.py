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
from trustai.ui.ood.axis import round_range
from trustai.ui.ood.pickers import (
    OODMeasurements,
    pick_network,
    table_of,
)

TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)


def show() -> None:
    measured = pick_network()
    table = table_of(measured.card, topic="calibration")
    if table is None:
        raise ValueError(
            f"expected the calibration of {measured.card.id} in models/, got none: run "
            f"`python -m trustai.train.measure {measured.card.id} --stages ood`"
        )
    st.markdown(
        "A network that says “80 %” should be right in 80 of 100 such cases. **Temperature** "
        "divides all logits before the softmax: above 1 every answer becomes less sure, below 1 "
        "surer, and no answer changes to another class."
    )
    temperatures = sorted(table["temperature"].unique())
    at = _live(measured.card, table, temperatures)
    _finding(measured, table, at)
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
        Line("surprise (NLL)", nll, colours.OTHERS[2], "dashed"),
        Figure("mean confidence", [f"{v:.1%}" for v in surest], colours.CLEAN),
        Figure("accuracy", [f"{accuracy:.1%}"] * len(ece), colours.RANDOM),
        Figure("calibration error (ECE)", [f"{v:.2%}" for v in ece], colours.ATTACKED),
        Figure("surprise (NLL)", [f"{v:.3f}" for v in nll], colours.OTHERS[2], "dashed"),
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
        y=YAxis("on known test pictures", round_range([0.0, *ece, *nll]), unit="number"),
    )


def _diagram(groups: list[pd.DataFrame]) -> Bars:
    first = groups[0]
    labels = [
        f"{high:.0%}".replace("%", " %") if i % 3 == 2 else ""
        for i, high in enumerate(first["high"])
    ]
    total = float(first["count"].sum())
    return Bars(
        title="Reliability diagram: how sure it says it is, and how often it is right",
        x_title="confidence up to",
        y_title="right",
        labels=labels,
        heights=[_shares(g["accuracy"]) for g in groups],
        wanted=[_shares(g["confidence"]) for g in groups],
        weights=[(g["count"] / total).round(5).tolist() for g in groups],
        colour=colours.CLEAN,
        height_name="how often it is right (accuracy)",
        wanted_name="how sure it says it is (mean confidence)",
        weight_name="how many pictures, from the axis down",
    )


def _shares(values: pd.Series[float]) -> list[float | None]:
    return [None if math.isnan(v) else round(float(v), 4) for v in values]


def _finding(measured: OODMeasurements, table: pd.DataFrame, at: float) -> None:
    metrics = measured.card.metrics
    fitted = metrics["calibration/temperature"]
    before, after = metrics["calibration/ece"].value, metrics["calibration/ece_scaled"].value
    sure = "too sure" if fitted.value > 1 else "not sure enough"
    st.markdown(
        f"Fitted on validation pictures, the temperature is **{fitted.value:.2f}**: untouched, "
        f"this network is {sure} of itself. On the test pictures the calibration error goes from "
        f"{before:.2%} to {after:.2%}, and the accuracy stays as it is."
    )
    n = int(table.loc[table["temperature"] == table["temperature"].iloc[0], "count"].sum())
    st.caption(
        f"Measured on {n:,} known test pictures at {table['temperature'].nunique()} temperatures. "
        "ECE: the mean distance between confidence and accuracy over all bins, each counted by its "
        "pictures. NLL: the mean of minus the logarithm of the probability given to the truth. "
        "Calibration says nothing of OOD pictures: a temperature moves all confidences together."
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
