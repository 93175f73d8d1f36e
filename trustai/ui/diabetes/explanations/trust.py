"""View of the diabetes page: agreement, the swap test, deletion, the leaderboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from trustai import zoo
from trustai.explain import tabular
from trustai.metrics.agreement import (
    Importance,
    agreement,
    importance,
)
from trustai.plots import tabular_attribution, tabular_evaluation
from trustai.types import TabularAttribution
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
    network_for,
    pick_network,
    pick_patient,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export

FIGURES = {"rank": "Same order", "sign": "Same signs", "top": "Same top three"}
MEANINGS = {
    "rank": "Spearman's rank correlation of the sizes: 1 is the same order, 0 is unrelated.",
    "sign": "Share of the eight values that both say speak for, or both against.",
    "top": "Share of the three largest that both have.",
}


def show() -> None:
    left, middle, right = st.columns([1.6, 1.1, 1], gap="medium")
    with left:
        patient = pick_patient()
    with middle:
        card = pick_network(patient.chosen.table)
    with right:
        figure = st.segmented_control(
            "Agreement as", list(FIGURES), format_func=lambda f: FIGURES[f], default="rank",
            key="figure", bind="query-params", required=True, wrap=True,
        )  # fmt: skip
        st.caption(MEANINGS[figure])
        bar = st.empty()
    if st.query_params.get(EDITS):
        st.caption(
            "Judged here is the patient as in the table; the sliders of “One patient” change "
            "nothing."
        )
    found = _explanations(patient, card, bar)
    titles = [tabular.get(name).title for name in found]
    one, all_ = st.columns(2, gap="large")
    with one:
        st.subheader("Do they agree on this patient?")
        matrix = pairs(found, figure)
        _draw_matrix(titles, matrix, figure, key="agree-one", title="Agreement on this patient")
    with all_:
        st.subheader("… and on the whole test set?")
        _over_test_set(patient, card, figure)
    judged = show_faithfulness(patient, card, found)
    _importance(patient, card, found)
    _export(patient, card, found, matrix, judged, figure).show()
    st.divider()
    show_leaderboard(card)


def _low(figure: str) -> float:
    return -1.0 if figure == "rank" else 0.0


def _explanations(patient: Patient, card: zoo.Card, bar: Any) -> Found:
    """Every method that applies, in log-odds; the additive network's terms among them."""
    beside = additive_beside(patient.chosen.table)
    found: Found = {}
    for name in tabular.names():
        title = tabular.get(name).title

        def working(share: float, title: str = title) -> None:
            bar.progress(share, text=f"{title} …")

        network = network_for(name, card, beside)
        result = explained(
            patient, network, name, as_row(patient.row), heavy="explaining one patient",
            on_progress=working,
        )  # fmt: skip
        if isinstance(result, ValueError):
            st.caption(f"{title}: {plain(str(result))}")
        else:
            found[name] = result
    bar.empty()
    return found


def pairs(found: Mapping[str, TabularAttribution], figure: str) -> NDArray[np.float64]:
    """``(M, M)``: how far each two agree on average over their rows; 1 on the diagonal."""
    n = len(found)
    matrix = np.eye(n)
    for i, first in enumerate(found.values()):
        for j, second in enumerate(list(found.values())[:i]):
            k = min(3, first.values.shape[1])
            alike = agreement(first.values, second.values, k=k).mean()[figure]
            matrix[i, j] = matrix[j, i] = alike
    return matrix


def agreement_sentence(titles: list[str], matrix: NDArray[np.float64], figure: str) -> str:
    """Who agrees most and least, from the matrix."""
    places = [(i, j) for i in range(len(titles)) for j in range(i) if not np.isnan(matrix[i, j])]
    if not places:
        return "There are not two methods to compare."
    most, least = max(places, key=lambda p: matrix[p]), min(places, key=lambda p: matrix[p])
    a, b = (f"{titles[j]} and {titles[i]} ({matrix[i, j]:.2f})" for i, j in (most, least))
    return f"{figure}: most alike are {a}, least {b}."


def _draw_matrix(
    titles: list[str], matrix: NDArray[np.float64], figure: str, *, key: str, title: str
) -> None:
    drawn = tabular_evaluation.matrix(titles, matrix, low=_low(figure))
    chart(drawn, key=key, title=title, about=FIGURES[figure])
    st.markdown(agreement_sentence(titles, matrix, FIGURES[figure]))


def _over_test_set(patient: Patient, card: zoo.Card, figure: str) -> None:
    names = tabular.names()
    on_card = patient.train.name == card.dataset and any(
        key.startswith("agreement/") for key in card.metrics
    )
    if on_card:
        titles = [tabular.get(name).title for name in names]
        matrix = matrix_on_card(card, names, figure)
        _draw_matrix(titles, matrix, figure, key="agree-all", title="Agreement on the test set")
        st.caption(
            f"Means over the test patients, from the network's card; repeat it: `python -m "
            f"trustai.train.measure {card.id} --stages agreement`."
        )
        return
    found = _quick_over_test_set(patient, card)
    titles = [tabular.get(name).title for name in found]
    matrix = pairs(found, figure)
    _draw_matrix(titles, matrix, figure, key="agree-all", title="Agreement on the test set")
    st.caption(
        f"Computed now over {len(patient.test)} test patients for the quick methods; the card of "
        "this network holds no measurement of the slow ones for this table."
    )


def matrix_on_card(card: zoo.Card, names: list[str], figure: str) -> NDArray[np.float64]:
    """As `pairs`, from the card; nan where it holds nothing."""
    matrix = np.eye(len(names))
    for i, second in enumerate(names):
        for j, first in enumerate(names[:i]):
            metric = card.metrics.get(f"agreement/{first}/{second}/{figure}")
            matrix[i, j] = matrix[j, i] = np.nan if metric is None else metric.value
    return matrix


def _quick_over_test_set(patient: Patient, card: zoo.Card) -> Found:
    beside, found = additive_beside(patient.chosen.table), Found()
    for name in tabular.names():
        network = network_for(name, card, beside)
        if not is_fast(name, network, "logit"):
            continue
        result = explained(
            patient, network, name, patient.test.rows, heavy="explaining every test patient"
        )
        if not isinstance(result, ValueError):
            found[name] = result
    return found


def _importance(patient: Patient, card: zoo.Card, found: Found) -> None:
    st.subheader("The whole, this patient, and plain correlation")
    name = main_method(card, "logit")
    whole = explained(patient, card, name, patient.test.rows, heavy="explaining every test patient")
    if isinstance(whole, ValueError) or name not in found:
        st.info("This network has no quick exact explanation to draw.")
        return
    known = importance(whole, table=patient.train)
    order = known.mean_size.argsort(descending=True).tolist()
    names = [patient.train.columns[i] for i in order]
    bars = [
        ("all test patients, mean size", tabular_attribution.NETWORK, known.mean_size),
        ("this patient, size", tabular_attribution.ADDITIVE, found[name].values[0].abs()),
        ("correlation with the outcome, size", tabular_evaluation.BEFORE, known.correlation.abs()),
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
        f"{title}: over all test patients {plain(known.columns[int(known.mean_size.argmax())])} "
        f"counts most. This patient's order agrees with that of the whole to {local:.2f} (rank "
        f"correlation), the average patient's to {known.local.nanmean().item():.2f}; the whole "
        f"agrees with plain correlation to {known.with_correlation:.2f}."
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
            "local": number("One patient like the whole", format="%.2f"),
            "correlation": number("The whole like plain correlation", format="%.2f"),
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
