"""View of two distributions: they move together as lambda grows, and the accuracy falls."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from trustai.fairness.densities import POINTS
from trustai.fairness.path import MeasuredPath
from trustai.metrics.group_rates import RATES
from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Axis,
    Curve,
    Figure,
    Graph,
    Mark,
    XAxis,
    live_slider,
)
from trustai.ui.fairness import threshold
from trustai.ui.fairness.every_group import show_every_group
from trustai.ui.fairness.measured import (
    ATTRIBUTES,
    LEGAL,
    THRESHOLD,
    counts_at,
    criteria_text,
    heights,
    lambda_text,
    looks,
    path,
    percent,
)
from trustai.ui.fairness.report import show_report
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, fold, how_made

CHOSEN = "chosen on validation data"
HEIGHT = 1.04
"""Of a density's axis, over the highest point of all curves."""


def show() -> None:
    measured = path()
    above = st.container()
    step = int(_live(measured))
    with above:
        finding(finding_text(measured, step))
    st.caption(
        "Drag the handle. Each curve is the distribution of the network's answers for one group: "
        "the probability of an income above 50,000 dollars. The network never sees sex and race. "
        "λ (lambda) is the weight of the adversary, which tries to tell the group from the answer. "
        "The p%-rule compares how often the groups are selected. An adversary's AUC of 0.5 means "
        "that it only guesses. The heights grow with the square root of the density, so that small "
        "parts are visible."
    )
    st.markdown(criteria_text(measured))
    with fold("Can the threshold alone repair it?"):
        threshold.show_threshold(measured, step)
    show_every_group(measured, step)
    show_report(measured)
    _how(measured)
    _export(measured).show()


def finding_text(measured: MeasuredPath, step: int) -> str:
    """What the network predicts for both groups of sex, and how often it is right."""
    row, part = measured.front.iloc[step], measured.parts["test"]
    rates = RATES["selection_rate"].of(counts_at(part, step, "sex").astype(float))
    names = part.names["sex"]
    said = (
        f"The network predicts a high income for **{rates[0]:.1%}** of the group {names[0]} and "
        f"for **{rates[1]:.1%}** of the group {names[1]}. It is right for "
        f"**{row['accuracy']:.1%}** of all people."
    )
    fair, unfair = (float(measured.front["accuracy"].iloc[k]) for k in (measured.chosen, 0))
    if step == measured.chosen:
        return f"{said} Without the repair it is right for {unfair:.1%}."
    if step:
        return said
    return (
        f"{said} Drag λ to the mark “{CHOSEN}”: the curves move together, and the accuracy falls "
        f"to {fair:.1%}."
    )


def _live(measured: MeasuredPath) -> float:
    """The step at which the handle rests."""
    steps = range(len(measured.lambdas))
    front = measured.front
    figures = [
        Figure("accuracy", [f"{v:.1%}" for v in front["accuracy"]], colours.CLEAN),
        *(
            Figure(
                f"p%-rule, {attribute}",
                [percent(v) for v in front[f"p_percent_rule_{attribute}"]],
                looks(measured.parts["test"], attribute)[0].colour,
            )
            for attribute in ATTRIBUTES
        ),
        *(
            Figure(
                f"adversary's AUC, {attribute}",
                [f"{v:.3f}" for v in front[f"adversary_auc_{attribute}"]],
                looks(measured.parts["test"], attribute)[0].colour,
                "dotted",
            )
            for attribute in ATTRIBUTES
        ),
    ]
    return live_slider(
        *figures,
        Mark(measured.chosen, CHOSEN),
        *(_densities(measured, attribute) for attribute in ATTRIBUTES),
        _front(measured),
        key="step",
        label="Strength of the repair, λ for sex",
        values=[float(step) for step in steps],
        start=0,
        x=XAxis(
            value_text=lambda step: f"λ = {lambda_text(measured, round(step))}",
            tick_labels={float(k): f"{measured.lambdas[k]['sex']:.3g}" for k in steps},
        ),
        of=measured.card.weights_sha256,
    )


def _densities(measured: MeasuredPath, attribute: str) -> Graph:
    part = measured.parts["test"]
    drawn = heights(measured.card.weights_sha256, attribute)
    x = np.linspace(0, 1, POINTS).tolist()
    return Graph(
        f"By {attribute}",
        [
            Curve(look.name, x, drawn[:, k].tolist(), look.colour, look.dash, filled=True)
            for k, look in enumerate(looks(part, attribute))
        ],
        Axis("probability of a high income", (0, 1), (0, 0.25, 0.5, 0.75, 1)),
        Axis("people", (0, HEIGHT * float(np.nanmax(drawn)))),
        lines=[(THRESHOLD, "threshold")],
    )


def _front(measured: MeasuredPath) -> Graph:
    front = measured.front
    accuracy = front["accuracy"].tolist()
    ends, ticks = _whole_percents(accuracy)
    rules = {a: front[f"p_percent_rule_{a}"].tolist() for a in ATTRIBUTES}
    return Graph(
        "The price",
        [
            Curve(
                attribute,
                rule,
                [accuracy],
                looks(measured.parts["test"], attribute)[0].colour,
                "solid" if attribute == "sex" else "dashed",
                dots=list(zip(rule, accuracy, strict=True)),
            )
            for attribute, rule in rules.items()
        ],
        Axis("p%-rule", (0, 1), (0, 0.2, 0.4, 0.6, 0.8, 1)),
        Axis("accuracy", ends, ticks),
        lines=[(LEGAL, "80 % rule")],
    )


def _whole_percents(shares: Sequence[float]) -> tuple[tuple[float, float], list[float]]:
    """Ends of an axis around the shares, and at most six ticks, all at whole per cents."""
    low, high = math.floor(100 * min(shares) - 0.2), math.ceil(100 * max(shares) + 0.2)
    step = next(s for s in (1, 2, 5, 10, 20) if (high - low) / s <= 5)
    low, high = low - low % step, high + -high % step
    return (low / 100, high / 100), [t / 100 for t in range(low, high + 1, step)]


def _how(measured: MeasuredPath) -> None:
    part = measured.parts["test"]
    sizes = ", ".join(
        f"{np.sum(part.groups[a] == k):,} {look.name}"
        for a in ATTRIBUTES
        for k, look in enumerate(looks(part, a))
    )
    with how_made():
        st.caption(
            f"{len(measured.lambdas)} networks were trained before, one for each λ, and measured "
            f"on {len(part.labels):,} test rows that none of them saw: {sizes}. The network with "
            "the mark is the most accurate one of those that keep both p%-rules at 80 % or more "
            "on validation rows. The AUC is that of a new adversary, which is trained on the "
            "answers of the finished network. The densities are made with a Gaussian kernel."
        )


def _export(measured: MeasuredPath) -> Export:
    card = measured.card
    return Export(
        name=f"{card.id}-front",
        key="front",
        csv=measured.front.to_csv(index_label="step"),
        json={
            "model": card.id,
            "weights_sha256": card.weights_sha256,
            "lambdas": [dict(one) for one in measured.lambdas],
            "chosen": measured.chosen,
            "front": measured.front.to_dict("list"),
        },
        python=f"""
from trustai import fairness

path = fairness.load_path("{card.id}")
columns = ["accuracy", "p_percent_rule_sex", "p_percent_rule_race", "adversary_auc_sex"]
print(path.front[columns].to_string())
print("chosen step", path.chosen)
""",
    )
