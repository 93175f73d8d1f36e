"""View of the calibration: whether a probability means the same for every group."""

from __future__ import annotations

import math
from dataclasses import asdict

import pandas as pd
import streamlit as st

from trustai.fairness.calibration import BINS, GroupCalibration, by_group
from trustai.fairness.path import MeasuredPath
from trustai.metrics.fairness import RARE
from trustai.plots.fairness.reliability import GroupReliability, reliability
from trustai.ui.components.live_slider import Bars, Figure, Line, XAxis, YAxis, live_slider
from trustai.ui.fairness.calibration.exclusion import show_exclusion
from trustai.ui.fairness.measured import (
    GroupLook,
    compared,
    interval_text,
    lambda_text,
    looks,
    path,
    percent,
    pick_attribute,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold, how_made


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        attribute = pick_attribute()
    measured = path()
    diagrams = _diagrams(measured.card.weights_sha256, attribute)
    with result:
        said = st.empty()
        step = _live(measured, attribute, diagrams)
        with said.container():
            finding(finding_text(measured, diagrams, step))
    every = _every(measured, attribute, step)
    with fold("All groups, with intervals"):
        _chart(measured, attribute, every, step)
        _table(every)
    excluded = show_exclusion(measured, attribute, step)
    _how(measured)
    _export(measured, attribute, every, step, excluded).show()


def finding_text(
    measured: MeasuredPath, diagrams: list[tuple[GroupCalibration, ...]], step: int
) -> str:
    """What the network says of each group on average, and what is true."""
    parts = " and ".join(
        f"**{one.said:.1%}** of the group {plain(one.group)} (true: {one.observed.value:.1%})"
        for one in diagrams[step]
    )
    worst = max(diagrams[step], key=lambda one: one.ece)
    return (
        f"With λ = {lambda_text(measured, step)} the network expects an income above 50,000 "
        f"dollars for {parts}. Its calibration error is largest for {plain(worst.group)}: "
        f"**{worst.ece:.1%}**. Without the repair it is "
        f"{_of(diagrams[0], worst.group).ece:.1%} there."
    )


@st.cache_data(show_spinner=False, max_entries=4)
def _diagrams(sha: str, attribute: str) -> list[tuple[GroupCalibration, ...]]:
    """Per step the diagrams of the groups that are compared, on the test part.

    Args:
        sha: Of the weights, so that those of new weights are computed anew.
    """
    part = path().parts["test"]
    names = part.names[attribute][: part.compared[attribute]]
    group = compared(part, attribute)
    return [by_group(one, part.labels, group, names) for one in part.probability]


def _every(measured: MeasuredPath, attribute: str, step: int) -> tuple[GroupCalibration, ...]:
    """The diagrams of all groups, also of those that are not compared."""
    part = measured.parts["test"]
    return by_group(
        part.probability[step], part.labels, part.groups[attribute], part.names[attribute]
    )


def _of(found: tuple[GroupCalibration, ...], group: str) -> GroupCalibration:
    return next(one for one in found if one.group == group)


def _live(
    measured: MeasuredPath, attribute: str, diagrams: list[tuple[GroupCalibration, ...]]
) -> int:
    """The step at which the handle rests."""
    steps = range(len(measured.lambdas))
    shown = looks(measured.parts["test"], attribute)
    errors = {look.name: [_of(found, look.name).ece for found in diagrams] for look in shown}
    top = max(max(one) for one in errors.values())
    return int(
        live_slider(
            *(Line(one.name, errors[one.name], one.colour, one.dash) for one in shown),
            *(_figure(one, [_of(found, one.name) for found in diagrams]) for one in shown),
            *(_bars(one, [_of(found, one.name) for found in diagrams]) for one in shown),
            key="step",
            label="Strength of the repair, λ",
            values=[float(step) for step in steps],
            start=0.0,
            x=XAxis(
                value_text=lambda step: f"λ = {lambda_text(measured, round(step))}",
                tick_labels={float(k): f"{measured.lambdas[k]['sex']:.3g}" for k in steps},
            ),
            y=YAxis("calibration error (ECE)", (0.0, math.ceil(top * 25) / 25)),
        )
    )


def _figure(look: GroupLook, found: list[GroupCalibration]) -> Figure:
    return Figure(
        f"{look.name}: expected / true",
        [f"{one.said:.1%} / {one.observed.value:.1%}" for one in found],
        look.colour,
        look.dash,
    )


def _bars(look: GroupLook, found: list[GroupCalibration]) -> Bars:
    ends = [round((k + 1) / BINS, 6) for k in range(BINS)]
    by_bin = [{round(one.high, 6): one for one in each.bins} for each in found]
    return Bars(
        title=f"{look.name}: what the network says and what is true",
        x_title="probability up to",
        y_title="true",
        labels=[
            f"{end:.0%}".replace("%", " %") if k % 3 == 2 else "" for k, end in enumerate(ends)
        ],
        heights=[[bins[e].observed.value if e in bins else None for e in ends] for bins in by_bin],
        wanted=[[bins[e].said if e in bins else None for e in ends] for bins in by_bin],
        weights=[
            [bins[e].n / one.n if e in bins else 0.0 for e in ends]
            for bins, one in zip(by_bin, found, strict=True)
        ],
        colour=look.colour,
        height_name="share that is true",
        wanted_name="mean probability",
        weight_name="share of the group, below the axis",
    )


def _chart(
    measured: MeasuredPath, attribute: str, every: tuple[GroupCalibration, ...], step: int
) -> None:
    shown = [
        GroupReliability(
            f"{look.name} ({one.n:,})",
            look.colour,
            [b.said for b in one.bins],
            [b.observed.value for b in one.bins],
            [b.observed.low for b in one.bins],
            [b.observed.high for b in one.bins],
            [b.n for b in one.bins],
        )
        for look in looks(measured.parts["test"], attribute)
        for one in [_of(every, look.name)]
    ]
    chart(
        reliability(shown),
        key=f"calibration-{attribute}",
        title=f"Calibration by {attribute}, with intervals",
        about=f"Adult, test part, λ = {lambda_text(measured, step)}. Lines: 95 % intervals.",
    )


def _table(every: tuple[GroupCalibration, ...]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "group": [one.group for one in every],
                "people": [one.n for one in every],
                "expected": [percent(one.said) for one in every],
                "true (95 % interval)": [interval_text(one.observed) for one in every],
                "calibration error": [percent(one.ece) for one in every],
                "right on average": ["yes" if one.right_on_average else "no" for one in every],
            }
        ),
        hide_index=True,
    )
    rare = [one.group for one in every if one.rare]
    if rare:
        st.warning(
            f"Fewer than {RARE} people, so the figures say little: {plain('; '.join(rare))}."
        )


def _how(measured: MeasuredPath) -> None:
    with how_made():
        n = {split: len(part.labels) for split, part in measured.parts.items()}
        st.caption(
            f"The networks were measured once on {n['test']:,} people of the test part; no network "
            f"runs in this view. {BINS} bins of equal width; intervals of shares are Wilson's, "
            f"those of criteria bootstrap intervals. Thresholds of groups were chosen on "
            f"{n['validation']:,} people of the validation part. Weights "
            f"{measured.card.weights_sha256[:12]}."
        )


def _export(
    measured: MeasuredPath,
    attribute: str,
    every: tuple[GroupCalibration, ...],
    step: int,
    excluded: pd.DataFrame,
) -> Export:
    rows = _bins(every)
    return Export(
        name=f"calibration-by-{attribute}",
        key="calibration-by-group",
        csv=rows.to_csv(index=False),
        json={
            "model": measured.card.id,
            "weights_sha256": measured.card.weights_sha256,
            "attribute": attribute,
            "step": step,
            "lambda": dict(measured.lambdas[step]),
            "bins": rows.to_dict("list"),
            "groups": {one.group: _of_group(one) for one in every},
            "thresholds_by_group": excluded.to_dict("list"),
        },
        python=f"""
from trustai.fairness import load_path
from trustai.fairness.calibration import by_group

part = load_path("{measured.card.id}").parts["test"]
for one in by_group(
    part.probability[{step}], part.labels, part.groups["{attribute}"], part.names["{attribute}"]
):
    print(one.group, one.n, one.said, one.observed, one.ece)
""",
    )


def _of_group(one: GroupCalibration) -> dict[str, object]:
    return {"n": one.n, "said": one.said, "observed": asdict(one.observed), "ece": one.ece}


def _bins(every: tuple[GroupCalibration, ...]) -> pd.DataFrame:
    """A row per group and bin."""
    found = []
    for one in every:
        for b in one.bins:
            seen = {"observed": b.observed.value, "observed_low": b.observed.low,
                    "observed_high": b.observed.high}  # fmt: skip
            found.append({"group": one.group, "low": b.low, "high": b.high, "n": b.n,
                          "said": b.said, **seen})  # fmt: skip
    return pd.DataFrame(found)
