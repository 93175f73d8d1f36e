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
    amount,
    pick_network,
    pick_patient,
    value_text,
)
from trustai.ui.diabetes.tables import say_synthetic
from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.caching import cached_call, sha256_of, tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold, how_made, result_caption
from trustai.ui.kit.jobs import Countdown

SEARCH_NAMES = {"subsets": "All sets of values", "gradient": "Steepest values first (paper)"}
OLDER = {
    "Every set of values": "All sets of values",
    "The paper's: steepest first": SEARCH_NAMES["gradient"],
}


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        left, middle = st.columns([2.4, 1.2], gap="medium")
        with left:
            patient = pick_patient()
        with middle:
            card = pick_network(patient.chosen.table)
        say_synthetic(patient.chosen.table)
        with st.expander("Settings", icon=":material/tune:"):
            params = _pick_params(len(patient.train.columns))
    with result:
        found = _searched(patient, card, params)
        _headline(patient, found)
        way, changes = st.columns([1.2, 1], gap="large")
        with way:
            _way(patient, found, params)
        with changes:
            _changes(patient, found)
    _before_and_after(patient, found)
    with how_made():
        result_caption(found.circumstances)
    _export(patient, card, found, params).show()
    with fold("How many values must change, for all test patients?", icon=":material/bar_chart:"):
        distribution(patient, card, params)


def _pick_params(n: int) -> GraceParams:
    renamed("search", OLDER)
    search = st.selectbox(
        "Search",
        SEARCHES,
        format_func=lambda s: SEARCH_NAMES[s],
        key="search",
        bind="query-params",
        help="“All sets of values” tries every single value, then every pair, and so on, and takes "
        "the smallest change that turns the decision. The search of the paper tries only the k "
        "values where the output of the network is steepest.",
    )
    most = st.number_input(
        "Largest number of changed values", 1, n, min(5, n), key="most", bind="query-params",
        help="At most this number of values may change together. The paper calls it K.",
    )  # fmt: skip
    return GraceParams(search=search, max_features=int(most))


def _searched(patient: Patient, card: zoo.Card, params: GraceParams) -> Contrast:
    model, bar = tabular_model(card.id), Countdown("Looking for the smallest change")
    return cached_call(
        lambda: bar.beside(
            lambda: contrast(
                model,
                patient.row,
                table=patient.train,
                background=patient.background,
                params=params,
            )
        ),
        subject=patient.chosen,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(patient.row, patient.background), data.split_sha(patient.train)],
        method="explain.tabular.grace",
        parameters=params,
        heavy="looking for the smallest change",
        bar=bar,
    )


def _headline(patient: Patient, found: Contrast) -> None:
    classes = patient.train.classes
    before = found.probability[0].item()
    said = classes[int(before > 0.5)]
    finding(
        f"The network says **{plain(said)}** for this patient. {plain(found.sentence())}"
        if found.found
        else plain(found.sentence())
    )
    st.caption(f"True outcome of patient {patient.index}: {plain(classes[patient.label])}.")


def _way(patient: Patient, found: Contrast, params: GraceParams) -> None:
    st.subheader("From the patient to the change")
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
        f"The curve shows the probability of {plain(patient.train.classes[1])} at each of the "
        f"{steps} steps of the search. The search moves to the boundary of the decision, and then "
        "to the nearest allowed row. In an allowed row whole numbers are whole, and every value "
        "is in the range of the training rows."
        if found.found
        else "The search found no change, so there are no steps to show."
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
        " This value was not recorded. The network uses the median of the training rows, and the "
        "change starts from there."
        if largest.was_missing
        else ""
    )
    alone = largest.in_turn
    st.markdown(
        f"**{plain(largest.column)}** changes most, by {largest.size:.2f} standard deviations. "
        f"This change alone moves the probability from {found.probability[0].item():.1%} to "
        f"{alone:.1%}.{more}"
    )
    _table_of_changes(patient, found)
    if found.left_out:
        st.caption(
            f"Not tried: {plain(', '.join(found.left_out))}. A steeper value carries the same "
            "information."
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
                "Size", format="%.2f", help="The change in standard deviations of the column."
            ),
            "probability": st.column_config.NumberColumn(
                "Probability", format="percent", help="After this change and all changes above it."
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
            "sets": "Sets that were tried",
            "closest": st.column_config.NumberColumn("Best probability", format="percent"),
        },
    )


def _before_and_after(patient: Patient, found: Contrast) -> None:
    one = found.attribution
    if one is None or not found.found:
        return
    st.subheader("Contributions of the values before and after the change")
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
            title="change of the probability",
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
            f"Exact Shapley values: {plain(largest.column)} added "
            f"{amount(first, 'probability')} before the change and {amount(last, 'probability')} "
            "after it. All other values together added "
            f"{amount(one.values[0].sum().item() - first, 'probability')} before and "
            f"{amount(one.values[1].sum().item() - last, 'probability')} after."
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
