"""Criteria that exclude each other: what equal rates imply, and what thresholds by group break."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from trustai.fairness.impossibility import (
    ACCURACY,
    RANDOMISED,
    RULES,
    ImpliedRates,
    ScoredRows,
    exclusion,
    implied_rates,
)
from trustai.fairness.path import MeasuredPart, MeasuredPath
from trustai.fairness.thresholds import EQUALISED
from trustai.metrics.group_rates import CRITERIA
from trustai.plots.fairness.rates import GroupRate, rates
from trustai.ui.fairness.measured import KEPT, LEGAL, compared, counts_at, lambda_text, path
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import fold


def show_exclusion(measured: MeasuredPath, attribute: str, step: int) -> pd.DataFrame:
    """Both arguments with this network's own figures; the table of all rules comes back."""
    st.subheader("Why one definition excludes another")
    part = measured.parts["test"]
    names = part.names[attribute][: part.compared[attribute]]
    counts = counts_at(part, step, attribute)
    if counts[:, 1, 1].sum():
        _implied(implied_rates(counts, names), measured, attribute, step)
    table = excluded(measured.card.weights_sha256, attribute, step)
    st.markdown(kept_text(table))
    with fold("All choices of thresholds"):
        st.dataframe(_shown(table), hide_index=True)
        st.caption(
            "Each row chooses thresholds of the groups for one criterion, on the validation part. "
            f"The columns judge them on the test part. ✓ marks a p%-rule of at least {LEGAL:.0%} "
            f"or a difference of at most {KEPT:.0%}. Sometimes no thresholds reach predictive "
            "parity. Then the fairest ones are taken."
        )
    return table


def implied_text(found: ImpliedRates) -> str:
    """What would follow if both groups had the same precision and true positive rate."""
    base = " and ".join(
        f"{one.value:.1%} of the group {plain(name)}"
        for name, one in zip(found.groups, found.base_rate, strict=True)
    )
    follows = " and ".join(
        f"**{one.value:.1%}** for {plain(name)}"
        for name, one in zip(found.groups, found.implied, strict=True)
    )
    return (
        f"In this table {base} earn more than 50,000 dollars. Suppose that the precision "
        f"({found.precision:.1%}) and the true positive rate ({found.true_positive_rate:.1%}) "
        f"were the same for both groups. Then the false positive rate must be {follows}. No "
        "network can change this, because it follows from the base rates."
    )


def kept_text(table: pd.DataFrame) -> str:
    """How many criteria the best rule keeps."""
    kept = {str(rule): int(_kept(rows).sum()) for rule, rows in table.groupby("rule", sort=False)}
    best = max(kept, key=lambda rule: kept[rule])
    every = len(EQUALISED)
    all_kept = [rule for rule, n in kept.items() if n == every]
    if all_kept:
        return f"The thresholds for {_title(all_kept[0])} keep all {every} criteria here."
    return (
        f"**No choice of thresholds keeps all {every} criteria.** The thresholds for "
        f"{_title(best)} keep the most of them, {kept[best]} of {every}."
    )


@st.cache_data(show_spinner=False, max_entries=64)
def excluded(sha: str, attribute: str, step: int) -> pd.DataFrame:
    """Thresholds for every criterion, judged by all; see `trustai.fairness.impossibility`.

    Args:
        sha: Of the weights, so that those of new weights are judged anew.
    """
    parts = path().parts
    names = parts["test"].names[attribute][: parts["test"].compared[attribute]]
    fitted, judged = (_rows(parts[split], attribute, step) for split in ("validation", "test"))
    return exclusion(fitted, judged, names)


def _rows(part: MeasuredPart, attribute: str, step: int) -> ScoredRows:
    return ScoredRows(part.probability[step], part.labels, compared(part, attribute))


def _implied(found: ImpliedRates, measured: MeasuredPath, attribute: str, step: int) -> None:
    st.markdown(implied_text(found))
    sizes = counts_at(measured.parts["test"], step, attribute).sum((1, 2)).tolist()
    groups = [
        GroupRate(name, n, one.value, one.low, one.high)
        for name, n, one in zip(found.groups, sizes, found.implied, strict=True)
    ]
    with fold("The false positive rates that follow, with intervals"):
        chart(
            rates(groups, name="false positive rate that follows"),
            key=f"implied-{attribute}",
            title="Equal precision and true positive rate: what follows",
            about=f"Adult, test part, λ = {lambda_text(measured, step)}. Lines: 95 % intervals.",
        )


def _kept(rows: pd.DataFrame) -> pd.Series:
    ratio = rows["criterion"].map(lambda name: CRITERIA[name].ratio).astype(bool)
    return pd.Series(
        np.where(ratio, rows["value"] >= LEGAL, rows["value"] <= KEPT), index=rows.index
    )


def _title(rule: str) -> str:
    if rule == ACCURACY:
        return "accuracy only"
    if rule == RANDOMISED:
        return "equalised odds with a draw"
    return CRITERIA[rule].title


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    marks = _kept(table).map({True: " ✓", False: ""})
    texts = table.assign(text=table["value"].map("{:.1%}".format) + marks)
    wide = texts.pivot(index="rule", columns="criterion", values="text")
    accuracy = table.groupby("rule")["accuracy"].first()
    return pd.DataFrame(
        {
            "thresholds for": [_title(rule) for rule in RULES],
            "accuracy": [f"{accuracy[rule]:.1%}" for rule in RULES],
            **{CRITERIA[name].title: wide.loc[list(RULES), name].tolist() for name in EQUALISED},
        }
    )
