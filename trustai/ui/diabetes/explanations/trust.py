"""View of the diabetes page: agreement, the swap test, deletion, the leaderboard."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from trustai import zoo
from trustai.explain import tabular
from trustai.metrics.agreement import (
    Importance,
    importance,
)
from trustai.plots import tabular_attribution, tabular_evaluation
from trustai.ui.diabetes.explanations.agreements import agreement_sentence, matrix_on_card, pairs
from trustai.ui.diabetes.explanations.faithfulness import (
    Found,
    PatientFaithfulness,
    show_faithfulness,
)
from trustai.ui.diabetes.explanations.leaderboard import show_leaderboard
from trustai.ui.diabetes.explanations.sliders import EDITS
from trustai.ui.diabetes.pickers import (
    Patient,
    additive_beside,
    as_row,
    explained,
    is_fast,
    main_method,
    measured_seconds,
    network_for,
    pick_network,
    pick_patient,
)
from trustai.ui.diabetes.tables import say_synthetic
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold
from trustai.ui.kit.jobs import Countdown

FIGURES = {"rank": "Same order", "sign": "Same signs", "top": "Same top three"}
MEANINGS = {
    "rank": "Rank correlation of the sizes. 1 means the same order, 0 means no relation.",
    "sign": "The share of the values with the same sign in both methods.",
    "top": "The share of the three largest values that both methods have in common.",
}


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        left, middle, right = st.columns([2.4, 1.2, 1.2], gap="medium")
        with left:
            patient = pick_patient()
        with middle:
            card = pick_network(patient.chosen.table)
        with right:
            figure = st.selectbox(
                "Agreement", list(FIGURES), format_func=lambda f: FIGURES[f],
                key="figure", bind="query-params", help=" ".join(
                    f"**{FIGURES[f]}**: {MEANINGS[f]}" for f in FIGURES),
            )  # fmt: skip
        say_synthetic(patient.chosen.table)
    with result:
        found, matrix = _agreement(patient, card, figure)
    judged = show_faithfulness(patient, card, found)
    with fold("Importance: all patients, this patient, and correlation"):
        _importance(patient, card, found)
    _export(patient, card, found, matrix, judged, figure).show()
    st.divider()
    show_leaderboard(card)


def _agreement(patient: Patient, card: zoo.Card, figure: str) -> tuple[Found, NDArray[np.float64]]:
    """How far the methods agree, on this patient and on the whole test set."""
    said = st.empty()
    found = _explanations(patient, card, st.empty())
    titles = [tabular.get(name).title for name in found]
    matrix = pairs(found, figure)
    with said.container():
        finding(f"On this patient, {agreement_sentence(titles, matrix, FIGURES[figure])}")
    if st.query_params.get(EDITS):
        st.caption("This view uses the values in the table, not those of your sliders.")
    one, all_ = st.columns(2, gap="large")
    with one:
        st.subheader("On this patient")
        _draw_matrix(titles, matrix, figure, key="agree-one", about="this patient")
    with all_:
        st.subheader("On the whole test set")
        _over_test_set(patient, card, figure)
    return found, matrix


def _low(figure: str) -> float:
    return -1.0 if figure == "rank" else 0.0


def _explanations(patient: Patient, card: zoo.Card, place: Any) -> Found:
    """Every method that applies, in log-odds; the additive network's terms among them."""
    beside = additive_beside(patient.chosen.table)
    found: Found = {}
    for name in tabular.names():
        title = tabular.get(name).title
        network = network_for(name, card, beside)
        expected = measured_seconds(network, name)
        bar = Countdown(f"Computing {title}", expected=expected, place=place)
        result = explained(
            patient, network, name, as_row(patient.row), heavy="explaining one patient", bar=bar
        )
        if isinstance(result, ValueError):
            st.caption(f"{title}: {plain(unfit(result))}")
        else:
            found[name] = result
    return found


def _draw_matrix(
    titles: list[str], matrix: NDArray[np.float64], figure: str, *, key: str, about: str
) -> None:
    drawn = tabular_evaluation.matrix(titles, matrix, low=_low(figure))
    chart(drawn, key=key, title="Agreement", about=f"{FIGURES[figure]}, {about}", wide=True)


def _over_test_set(patient: Patient, card: zoo.Card, figure: str) -> None:
    names = tabular.names()
    on_card = patient.train.name == card.dataset and any(
        key.startswith("agreement/") for key in card.metrics
    )
    if on_card:
        titles = [tabular.get(name).title for name in names]
        matrix = matrix_on_card(card, names, figure)
        _draw_matrix(titles, matrix, figure, key="agree-all", about="test set")
        st.markdown(f"On all test patients, {agreement_sentence(titles, matrix, FIGURES[figure])}")
        st.caption(
            f"Means over the test patients. `python -m trustai.train.measure {card.id} --stages "
            "agreement` measures them again."
        )
        return
    found = _quick_over_test_set(patient, card)
    titles = [tabular.get(name).title for name in found]
    matrix = pairs(found, figure)
    _draw_matrix(titles, matrix, figure, key="agree-all", about="test set")
    st.markdown(f"On all test patients, {agreement_sentence(titles, matrix, FIGURES[figure])}")
    st.caption(
        f"Computed now over {len(patient.test)} test patients for the fast methods. The slow "
        "methods have not been measured for this table."
    )


def _quick_over_test_set(patient: Patient, card: zoo.Card) -> Found:
    beside, found = additive_beside(patient.chosen.table), Found()
    for name in tabular.names():
        network = network_for(name, card, beside)
        if not is_fast(name, network, "logit"):
            continue
        result = explained(
            patient, network, name, patient.test.rows, heavy="explaining every test patient",
            bar=Countdown(f"Explaining every test patient by {tabular.get(name).title}"),
        )  # fmt: skip
        if not isinstance(result, ValueError):
            found[name] = result
    return found


def _importance(patient: Patient, card: zoo.Card, found: Found) -> None:
    name = main_method(card, "logit")
    whole = explained(
        patient, card, name, patient.test.rows, heavy="explaining every test patient",
        bar=Countdown("Explaining every test patient"),
    )  # fmt: skip
    if isinstance(whole, ValueError) or name not in found:
        st.info("This network has no fast exact explanation, so there is nothing to draw.")
        return
    known = importance(whole, table=patient.train)
    order = known.mean_size.argsort(descending=True).tolist()
    names = [patient.train.columns[i] for i in order]
    bars = [
        ("all test patients (mean size)", tabular_attribution.NETWORK, known.mean_size),
        ("this patient (size)", tabular_attribution.ADDITIVE, found[name].values[0].abs()),
        ("correlation with the outcome (size)", tabular_evaluation.BEFORE, known.correlation.abs()),
    ]
    chart(
        tabular_evaluation.groups(
            names,
            [(t, c, [(v[i] / v.max().clamp_min(1e-9)).item() for i in order]) for t, c, v in bars],
            title="share of the largest",
            tickformat=".0%",
        ),
        key="importance",
        title="Importance of the columns",
        about=card.title,
    )
    st.markdown(importance_sentence(known, patient.index, tabular.get(name).title))
    _importance_on_card(card)


def importance_sentence(known: Importance, index: int, title: str) -> str:
    local = known.local[index].item()
    return (
        f"{title}: over all test patients {plain(known.columns[int(known.mean_size.argmax())])} is "
        f"most important. The order of importance for this patient has a rank correlation of "
        f"{local:.2f} with the order for all patients (on average over patients: "
        f"{known.local.nanmean().item():.2f}). The order for all patients has a rank correlation "
        f"of {known.with_correlation:.2f} with the order of the correlations."
    )


def _importance_on_card(card: zoo.Card) -> None:
    rows = [
        {
            "method": tabular.get(name).title,
            "local": card.metrics[f"agreement/{name}/local_to_global"].value,
            "correlation": card.metrics[f"agreement/{name}/correlation"].value,
        }
        for name in tabular.names()
        if f"agreement/{name}/local_to_global" in card.metrics
    ]
    if not rows:
        return
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "method": "Method, over the test set",
            "local": number("One patient and all patients", format="%.2f"),
            "correlation": number("All patients and correlation", format="%.2f"),
        },
    )


def _export(
    patient: Patient,
    card: zoo.Card,
    found: Found,
    matrix: NDArray[np.float64],
    judged: PatientFaithfulness,
    figure: str,
) -> Export:
    table = pd.DataFrame(matrix, index=list(found), columns=list(found))
    return Export(
        name=f"{card.id}-patient-{patient.index}-judged",
        key="judged",
        csv=table.to_csv(index_label=figure),
        json={
            "patient": patient.index,
            "table": patient.train.name,
            "synthetic": patient.train.synthetic,
            "agreement": {f: pairs(found, f) for f in FIGURES},
            "methods": {name: one.circumstances for name, one in found.items()},
            "judged": dataclasses.asdict(judged),
        },
        python=PYTHON.format(patient=patient, card=card),
    )


PYTHON = """
from trustai import data, zoo
from trustai.explain import tabular
from trustai.explain.tabular.evaluation.swap import swap, swap_rank
from trustai.metrics.agreement import agreement

{patient.python}
model = zoo.load("{card.id}")
rows, labels = row[None], test.labels[{patient.index}:{patient.index} + 1]
lime = tabular.explain("lime", model, rows, background=background)
exact = tabular.explain("shapley", model, rows, background=background)
print(agreement(lime.values, exact.values).mean())
swaps = swap(model, rows, labels, donors=train)
print(swap_rank(lime.values, swaps), swap_rank(exact.values, swaps))
"""
