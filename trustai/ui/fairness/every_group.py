"""Every group of the test part with its rates and their intervals, also sex and race together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from trustai.fairness.path import MeasuredPath
from trustai.metrics.fairness import (
    RARE,
    GroupReport,
    Interval,
    auc_by_group,
    group_counts,
    intersections,
    report,
)
from trustai.metrics.group_rates import RATES
from trustai.ui.fairness.measured import ATTRIBUTES, THRESHOLD, interval_text, lambda_text, path
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import fold

CROSSED: Final = "sex and race"
SHOWN: Final = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate",
                "precision")  # fmt: skip


def show_every_group(measured: MeasuredPath, step: int) -> None:
    """The rates of one step at the threshold 50 %, folded.

    Args:
        measured: The path.
        step: Of the slider of lambda.
    """
    with fold("Every group, also sex and race together"):
        of = st.segmented_control(
            "Groups by", (*ATTRIBUTES, CROSSED), default=ATTRIBUTES[0], key="groups",
            bind="query-params", required=True, format_func=str.capitalize,
        )  # fmt: skip
        found, aucs = rates_of(measured.card.weights_sha256, step, str(of))
        st.dataframe(rates_table(found, aucs), hide_index=True)
        st.caption(
            f"Test part, λ = {lambda_text(measured, step)}, threshold {THRESHOLD:.0%}. In brackets "
            "are 95 % bootstrap intervals. The ROC AUC is that of the income within one group."
        )
        if found.rare:
            st.caption(
                f"These groups have fewer than {RARE} people, so their rates say little: "
                f"{plain('; '.join(found.rare))}."
            )


@st.cache_data(show_spinner="Drawing people again for the intervals", max_entries=32)
def rates_of(sha: str, step: int, of: str) -> tuple[GroupReport, tuple[Interval, ...]]:
    """Rates of all groups, and the ROC AUC within each.

    Args:
        sha: Of the weights, so that those of new weights are judged anew.
        step: Of the path.
        of: One of `ATTRIBUTES` or `CROSSED`.
    """
    part = path().parts["test"]
    attributes = ATTRIBUTES if of == CROSSED else (of,)
    names, codes = intersections(
        [part.names[a] for a in attributes], [part.groups[a] for a in attributes]
    )
    probability = part.probability[step]
    counts = group_counts(part.labels, probability >= THRESHOLD, codes, n_groups=len(names))
    return report(counts, names), auc_by_group(probability, part.labels, codes, n_groups=len(names))


def rates_table(found: GroupReport, aucs: Sequence[Interval]) -> pd.DataFrame:
    """A row per group: how many people, the rates of `SHOWN` and the AUC, with their intervals."""
    sizes = found.counts.sum((1, 2))
    columns: dict[str, list[object]] = {"group": [*found.groups], "rows": sizes.tolist()}
    for name in SHOWN:
        columns[RATES[name].title] = [interval_text(one) for one in found.rates[name]]
    columns["ROC AUC"] = [
        "–" if np.isnan(one.value) else f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
        for one in aucs
    ]
    return pd.DataFrame(columns)
