"""GRACE over the whole test set: how many values have to change, from the card or computed now."""

from __future__ import annotations

import streamlit as st

from trustai import data, zoo
from trustai.explain.tabular.counterfactual import grace_table
from trustai.explain.tabular.counterfactual.grace import GraceParams
from trustai.explain.tabular.counterfactual.grace_table import TableContrasts
from trustai.plots import tabular_evaluation
from trustai.ui.diabetes.pickers import Patient
from trustai.ui.kit.caching import (
    cached_call,
    sha256_of,
    tabular_model,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.jobs import Countdown


def distribution(patient: Patient, card: zoo.Card, params: GraceParams) -> None:
    prefix = f"{grace_table.PREFIX}/{params.search}"
    usual = params == GraceParams(search=params.search) and patient.train.name == card.dataset
    if usual and f"{prefix}/fidelity" in card.metrics:
        _from_card(card, prefix)
        return
    st.caption("This has not been measured for this table and these settings.")
    job = f"{card.weights_sha256} {params} {data.split_sha(patient.test)}"
    asked = st.session_state.setdefault("surveys", [])
    if st.button(f"Search for all {len(patient.test)} test patients", icon=":material/play_arrow:"):
        asked.append(job)
    if job in asked:
        _draw_found(_looked_for(patient, card, params))


def _from_card(card: zoo.Card, prefix: str) -> None:
    metrics = card.metrics
    changed = {
        key.rpartition("/")[2]: int(metric.value)
        for key, metric in metrics.items()
        if key.startswith(f"{prefix}/changed/")
    }
    fidelity = metrics[f"{prefix}/fidelity"]
    n = int(fidelity.how["n"])
    mean = metrics.get(f"{prefix}/mean_changed")
    _draw_counts(changed, n, fidelity.value, None if mean is None else mean.value)
    st.caption(
        f"Measured on {n} test patients. `python -m trustai.train.measure {card.id} --stages "
        f"{grace_table.PREFIX}` measures it again."
    )


def _draw_found(found: TableContrasts) -> None:
    changed = {str(k): n for k, n in found.counts.items()}
    _draw_counts(changed, len(found.found), found.fidelity, found.mean_changed)
    result_caption(found.circumstances, counted(len(found.found), "patient"))


def _draw_counts(changed: dict[str, int], n: int, fidelity: float, mean: float | None) -> None:
    shown = dict(sorted(changed.items())) | {"none found": n - sum(changed.values())}
    chart(
        tabular_evaluation.counts(shown, title="number of changed values"),
        key="changed",
        title="Changed values that turn the decision",
        about=f"{n} test patients",
    )
    on_average = "" if mean is None else f", with {mean:.2f} changed values on average"
    st.markdown(
        f"The search found a change for **{fidelity:.0%}** of {n} test patients{on_average}."
    )


def _looked_for(patient: Patient, card: zoo.Card, params: GraceParams) -> TableContrasts:
    bar = Countdown("Searching for one patient after the other")
    return cached_call(
        lambda: grace_table.contrast_all(
            tabular_model(card.id),
            patient.test.rows,
            table=patient.train,
            params=params,
            on_progress=bar,
        ),
        subject=patient.chosen,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(patient.test.rows), data.split_sha(patient.train)],
        method="explain.tabular.grace_survey",
        parameters=params,
        heavy="looking for the smallest change of every patient",
        bar=bar,
    )
