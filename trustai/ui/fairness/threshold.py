"""The threshold of one network as a live slider: selection rates, p%-rule, confusion by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from trustai.data.census.adult import CLASSES
from trustai.fairness.path import MeasuredPath
from trustai.metrics.fairness import Counts
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.plots import colours
from trustai.ui.components.live_slider import (
    Area,
    Areas,
    Figure,
    Mark,
    Matrix,
    XAxis,
    YAxis,
    live_slider,
)
from trustai.ui.fairness.measured import (
    STOPS,
    THRESHOLD,
    GroupLook,
    compared,
    looks,
    percent,
    pick_attribute,
    threshold_counts,
)
from trustai.ui.kit.export import Export

BINS = 50


def show_threshold(measured: MeasuredPath, step: int) -> None:
    """The slider for the network of one step.

    Args:
        measured: The path.
        step: Of the slider of lambda.
    """
    st.markdown(
        "The network gives a probability. The threshold decides from which probability on it "
        "predicts a high income, for every group the same."
    )
    attribute = pick_attribute()
    part = measured.parts["test"]
    groups = looks(part, attribute)
    counts = threshold_counts(measured.card.weights_sha256, "test", step, attribute)
    live_slider(
        Areas(
            [_area(measured, step, attribute, k, look) for k, look in enumerate(groups)],
            sides=(f"← {CLASSES[0]}", f"{CLASSES[1]} →"),
        ),
        Mark(THRESHOLD, "50 %"),
        *figures(counts, groups),
        _confusion(counts, groups),
        key="threshold",
        label="Threshold",
        values=STOPS,
        start=THRESHOLD,
        x=XAxis(
            value_text=lambda t: f"{100 * t:.0f} %",
            tick_labels={t / 4: f"{25 * t} %" for t in (1, 2, 3)},
        ),
        y=YAxis("share of each group", (0, _highest(measured, step, attribute)), root=True),
        of=f"{measured.card.weights_sha256}/{attribute}",
    )
    _export(measured, step, attribute, counts, groups).show()


def figures(counts: Counts, groups: Sequence[GroupLook]) -> list[Figure]:
    """Accuracy, selection rates and criteria at every stop; counts ``(T, G, 2, 2)``."""
    table = counts.astype(float)
    chosen = RATES["selection_rate"].of(table)
    return [
        Figure("accuracy", _texts(RATES["accuracy"].of(table.sum(1))), colours.CLEAN),
        *(
            Figure(f"{look.name} selected", _texts(chosen[:, k]), look.colour, look.dash)
            for k, look in enumerate(groups)
        ),
        *(
            Figure(title, _texts(criterion_of(CRITERIA[name], table)), colours.RANDOM)
            for title, name in (
                ("p%-rule", "p_percent_rule"),
                ("equal opportunity, difference", "equal_opportunity"),
            )
        ),
    ]


def _texts(shares: np.ndarray) -> list[str]:
    return [percent(float(share)) for share in shares]


def _share(measured: MeasuredPath, step: int, attribute: str, k: int) -> np.ndarray:
    part = measured.parts["test"]
    scores = part.probability[step][compared(part, attribute) == k]
    counts, _ = np.histogram(scores, BINS, (0, 1))
    return np.asarray(counts / max(1, len(scores)))


def _area(measured: MeasuredPath, step: int, attribute: str, k: int, look: GroupLook) -> Area:
    edges = [i / BINS for i in range(BINS + 1)]
    heights = _share(measured, step, attribute, k).round(5).tolist()
    return Area(look.name, edges, heights, look.colour)


def _highest(measured: MeasuredPath, step: int, attribute: str) -> float:
    n = measured.parts["test"].compared[attribute]
    return max(float(_share(measured, step, attribute, k).max()) for k in range(n))


def _confusion(counts: Counts, groups: Sequence[GroupLook]) -> Matrix:
    """Of each group and true class how many are predicted what."""
    rows = [(f"{look.name}, {name}", look.colour) for look in groups for name in CLASSES]
    return Matrix(
        "Confusion by group",
        [name for name, _ in rows],
        [f"predicted {name}" for name in CLASSES],
        "group and true income",
        "prediction",
        counts.reshape(len(counts), -1, 2).tolist(),
        counts[0].sum(-1).ravel().tolist(),
        "",
        [colour for _, colour in rows],
    )


def _csv(counts: Counts, groups: Sequence[GroupLook]) -> str:
    """All rates and criteria at every stop."""
    table = counts.astype(float)
    columns = {"accuracy": RATES["accuracy"].of(table.sum(1))}
    for k, look in enumerate(groups):
        columns |= {f"{name} {look.name}": RATES[name].of(table[:, k]) for name in RATES}
    columns |= {name: criterion_of(one, table) for name, one in CRITERIA.items()}
    lines = [",".join(["threshold", *columns])]
    lines += [
        ",".join([f"{stop:g}", *(f"{values[i]:.5f}" for values in columns.values())])
        for i, stop in enumerate(STOPS)
    ]
    return "\n".join(lines) + "\n"


def _export(
    measured: MeasuredPath, step: int, attribute: str, counts: Counts, groups: Sequence[GroupLook]
) -> Export:
    return Export(
        name=f"{measured.card.id}-{step}-thresholds-{attribute}",
        key="thresholds",
        csv=_csv(counts, groups),
        json={
            "model": measured.card.id,
            "step": step,
            "groups": [look.name for look in groups],
            "threshold": STOPS,
            "counts": counts,
        },
        python=f"""
import numpy as np

from trustai import fairness
from trustai.metrics.fairness import counts_by_threshold
from trustai.metrics.group_rates import RATES

part = fairness.load_path("{measured.card.id}").parts["test"]
n = part.compared["{attribute}"]
group = np.where(part.groups["{attribute}"] < n, part.groups["{attribute}"], -1)
counts = counts_by_threshold(
    part.probability[{step}], part.labels, group, thresholds=[0.25, 0.5, 0.75], n_groups=n
)
for name in ("selection_rate", "true_positive_rate", "false_positive_rate"):
    print(name, RATES[name].of(counts.astype(float)))
""",
    )
