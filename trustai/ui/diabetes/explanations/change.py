"""View of the diabetes page: counterfactuals by GRACE."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from trustai import data, zoo
from trustai.explain.tabular.counterfactual.contrast import Contrast, ContrastStep
from trustai.explain.tabular.counterfactual.grace import (
    SEARCHES,
    GraceParams,
    contrast,
)
from trustai.plots import tabular_evaluation
from trustai.ui.diabetes.explanations.change_counts import distribution
from trustai.ui.diabetes.pickers import (
    Patient,
    pick_network,
    pick_patient,
    value_text,
)
from trustai.ui.kit.caching import (
    cached_call,
    sha256_of,
    tabular_model,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import result_caption

SEARCH_NAMES = {"subsets": "Every set of values", "gradient": "The paper's: steepest first"}


def show() -> None:
    left, middle, right = st.columns([1.6, 1.1, 1], gap="medium")
    with left:
        patient = pick_patient()
    with middle:
        card = pick_network(patient.chosen.table)
    with right:
        params = _pick_params(len(patient.train.columns))
    found = _searched(patient, card, params)
    _headline(patient, found)
    way, changes = st.columns([1.2, 1], gap="large")
    with way:
        _way(patient, found, params)
    with changes:
        _changes(patient, found)
    _before_and_after(patient, found)
    result_caption(found.circumstances)
    _export(patient, card, found, params).show()
    _about_grace()
    st.divider()
    distribution(patient, card, params)


def _pick_params(n: int) -> GraceParams:
    search = st.selectbox(
        "Search",
        SEARCHES,
        format_func=lambda s: SEARCH_NAMES[s],
        key="search",
        bind="query-params",
        help="Which values may change: every set of one, then of two, … values, and of those that "
        "turn the decision the one with the smallest change; or, as in the paper, the k values "
        "where the network is steepest.",
    )
    most = st.number_input(
        "Change at most", 1, n, min(5, n), key="most", bind="query-params",
        help="The largest number of values that may change together: the paper's K.",
    )  # fmt: skip
    return GraceParams(search=search, max_features=int(most))


def _searched(patient: Patient, card: zoo.Card, params: GraceParams) -> Contrast:
    return cached_call(
        lambda: contrast(
            tabular_model(card.id),
            patient.row,
            table=patient.train,
            background=patient.background,
            params=params,
        ),
        subject=patient.chosen,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(patient.row, patient.background), data.split_sha(patient.train)],
        method="explain.tabular.grace",
        parameters=params,
        heavy="looking for the smallest change",
    )


def _headline(patient: Patient, found: Contrast) -> None:
    classes = patient.train.classes
    before = found.probability[0].item()
    said = classes[int(before > 0.5)]
    st.markdown(
        f"Test patient {patient.index}, as in the table: the network says **{plain(said)}** "
        f"({before:.1%}); in truth: {plain(classes[patient.label])}."
    )
    text = plain(found.sentence())
    if found.found:
        st.success(f"**{text}**", icon=":material/alt_route:")
    else:
        st.warning(text, icon=":material/block:")


def _way(patient: Patient, found: Contrast, params: GraceParams) -> None:
    st.subheader("The way there")
    texts = [_differences(patient, found, step) for step in found.trace]
    chart(
        tabular_evaluation.trace(
            [step.probability for step in found.trace], texts, threshold=params.threshold
        ),
        key="trace",
        title="Probability on the way",
        about=f"Test patient {patient.index}",
    )
    steps = max(0, len(found.trace) - 1)
    st.caption(
        f"Probability of {plain(patient.train.classes[1])} at each of {steps} steps of the search: "
        "projections on the decision's boundary, then the way back to the nearest allowed row, "
        "where whole numbers are whole and every value lies in the training range."
        if found.found
        else "Nothing was found, so there is no way to show."
    )


def _differences(patient: Patient, found: Contrast, step: ContrastStep) -> str:
    """What a step changed, against the row at first."""
    start = found.rows[0]
    moved = [i for i in range(len(start)) if step.row[i] != start[i]]
    names = patient.train.columns
    texts = [f"{names[i]} {value_text(patient.train, i, step.row[i].item())}" for i in moved]
    return ", ".join(texts) or "as in the table"


def _changes(patient: Patient, found: Contrast) -> None:
    st.subheader("The largest change")
    largest = found.largest
    if largest is None:
        _attempts(found)
        return
    more = (
        " Its value is missing in the table: the change is from the training part's median, which "
        "the network takes for it."
        if largest.was_missing
        else ""
    )
    alone = largest.in_turn
    st.markdown(
        f"**{plain(largest.column)}**, {largest.size:.2f} standard deviations; with it alone the "
        f"probability goes from {found.probability[0].item():.1%} to {alone:.1%}.{more}"
    )
    _table_of_changes(patient, found)
    if found.left_out:
        st.caption(
            f"Not tried, because a steeper value tells as much: {plain(', '.join(found.left_out))}."
        )
    with st.expander("What was tried", icon=":material/checklist:"):
        _attempts(found)


def _table_of_changes(patient: Patient, found: Contrast) -> None:
    names = patient.train.columns
    rows = [
        {
            "value": change.column,
            "before": value_text(patient.train, names.index(change.column), change.before)
            + (" (median)" if change.was_missing else ""),
            "after": value_text(patient.train, names.index(change.column), change.after),
            "size": change.size,
            "probability": change.in_turn,
        }
        for change in found.changes
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "size": st.column_config.NumberColumn(
                "Size", format="%.2f", help="In standard deviations of the column."
            ),
            "probability": st.column_config.NumberColumn(
                "Probability", format="percent", help="After this change and those above it."
            ),
        },
    )


def _attempts(found: Contrast) -> None:
    table = pd.DataFrame(
        [{"values": a.k, "sets": a.sets, "closest": a.closest} for a in found.attempts]
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "values": "Values changed together",
            "sets": "Sets tried",
            "closest": st.column_config.NumberColumn("Closest probability", format="percent"),
        },
    )


def _before_and_after(patient: Patient, found: Contrast) -> None:
    one = found.attribution
    if one is None or not found.found:
        return
    st.subheader("Why it turned: contributions before and after")
    order = one.values.abs().amax(0).argsort(descending=True).tolist()
    names = [patient.train.columns[i] for i in order]
    before, after = ([one.values[k, i].item() for i in order] for k in (0, 1))
    chart(
        tabular_evaluation.groups(
            names,
            [
                ("before", tabular_evaluation.BEFORE, before),
                ("after", tabular_evaluation.AFTER, after),
            ],
            title=f"added to the probability of {patient.train.classes[1]}",
            tickformat="+.0%",
        ),
        key="before-after",
        title="Contributions before and after",
        about=f"Test patient {patient.index}",
    )
    largest = found.largest
    if largest is not None:
        i = patient.train.columns.index(largest.column)
        first, last = one.values[0, i].item(), one.values[1, i].item()
        st.markdown(
            f"Exact Shapley values: {plain(largest.column)} added {first:+.1%} before and "
            f"{last:+.1%} after; the other values together "
            f"{(one.values[0].sum().item() - first):+.1%} and "
            f"{(one.values[1].sum().item() - last):+.1%}."
        )


def _export(patient: Patient, card: zoo.Card, found: Contrast, params: GraceParams) -> Export:
    columns = patient.train.columns
    table = pd.DataFrame(
        [dict(zip(columns, step.row.tolist(), strict=True)) for step in found.trace]
    )
    table["probability"] = [step.probability for step in found.trace]
    one = found.attribution
    return Export(
        name=f"{card.id}-patient-{patient.index}-contrast",
        key="contrast",
        csv=table.to_csv(index_label="step"),
        json={
            "patient": patient.index,
            "table": patient.train.name,
            "synthetic": patient.train.synthetic,
            "found": found.found,
            "sentence": found.sentence(),
            "before": found.rows[0],
            "after": found.rows[1],
            "probability": found.probability,
            "changes": [vars(change) for change in found.changes],
            "attempts": [vars(attempt) for attempt in found.attempts],
            "shapley": None if one is None else one.values,
            "circumstances": found.circumstances,
        },
        python=_python(patient, card, params),
    )


def _python(patient: Patient, card: zoo.Card, params: GraceParams) -> str:
    given = ", ".join(
        f"{name}={value!r}"
        for name, value in (("max_features", params.max_features), ("search", params.search))
        if value != getattr(GraceParams(), name)
    )
    return f"""
from trustai import data, zoo
from trustai.explain.tabular.counterfactual.grace import GraceParams, contrast

{patient.python}
model = zoo.load("{card.id}")
result = contrast(model, row, table=train, background=background, params=GraceParams({given}))
print(result.sentence(), [step.probability for step in result.trace])
"""


def _about_grace() -> None:
    with st.expander("GRACE, its paper and its code", icon=":material/menu_book:"):
        st.markdown(
            "[Le, Wang and Lee 2020](https://arxiv.org/abs/1911.02042) look for the fewest values "
            "whose change turns the decision. This page follows the paper. *Every set of values* "
            "goes beyond the paper: it tries all sets of k values "
            "instead of the k steepest, and then moves back along the line to the boundary."
        )
