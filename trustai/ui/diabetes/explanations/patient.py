"""View of the diabetes page: one patient, sliders, and all explanations side by side."""

from __future__ import annotations

import time

import streamlit as st

from trustai.explain import tabular
from trustai.explain.tabular import what_if
from trustai.explain.tabular.batched import Output
from trustai.plots import tabular_attribution
from trustai.types import TabularAttribution
from trustai.ui.components.what_if import OutputLine
from trustai.ui.diabetes.explanations.sliders import (
    WhatIf,
    draw_sliders,
    moved_values,
    reset_values,
)
from trustai.ui.diabetes.explanations.tiles import Case, side_by_side
from trustai.ui.diabetes.pickers import (
    LOG_ODDS,
    OUTPUTS,
    TICKS,
    additive_beside,
    amount,
    as_row,
    explained,
    level,
    main_method,
    pick_network,
    pick_patient,
    value_text,
)
from trustai.ui.diabetes.tables import say_synthetic
from trustai.ui.kit.caching import tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, shown_errors
from trustai.ui.kit.frame import finding, first_rows


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        table, network, unit = st.columns([2.4, 1.1, 1.35], gap="medium")
    with table:
        patient = pick_patient()
    with network:
        card = pick_network(patient.chosen.table)
    with unit:
        output: Output = st.segmented_control(
            "Unit", list(OUTPUTS), format_func=lambda o: OUTPUTS[o], default="probability",
            key="unit", bind="query-params", required=True, wrap=True, help=LOG_ODDS,
        )  # fmt: skip
    with pickers:
        say_synthetic(patient.chosen.table)
    settings = st.expander("Settings", icon=":material/tune:")
    seed = int(settings.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    main = main_method(card, output)
    measured = explained(patient, card, main, as_row(patient.row), output=output, seed=seed)
    if isinstance(measured, ValueError):
        raise measured
    beside = additive_beside(patient.chosen.table)
    with result:
        _live(Case(patient, card, beside, output, seed, measured))


@st.fragment
def _live(case: Case) -> None:
    """All that follows the sliders; only this part runs again when one is moved."""
    with shown_errors():  # the page's own does not stand around a part that runs alone
        _answered(case)


def _answered(case: Case) -> None:
    patient, model = case.patient, tabular_model(case.card.id)
    said = st.empty()
    left, right = st.columns([1.35, 1], gap="large")
    wanted = moved_values(patient, filled=model.filled(as_row(patient.row))[0])
    main = case.measured.circumstances.method
    started = time.perf_counter()
    found = case.explain(main, wanted)
    lines = _lines(case, wanted)
    seconds = time.perf_counter() - started
    with said.container():
        finding(plain_finding(case, wanted, found))
    with left:
        st.subheader("What if the values were different?")
        truth = patient.train.classes[patient.label]
        draw_sliders(patient, wanted, lines, truth=("True outcome", truth))
        _reset(wanted)
    with right:
        _waterfall(case, found)
    side_by_side(case, wanted, {main: found}, seconds)


def plain_finding(case: Case, wanted: WhatIf, found: TabularAttribution) -> str:
    """What the network says of the patient, and which values raise and lower it most.

    Args:
        found: The main explanation of the values as the sliders stand.
    """
    model, table = tabular_model(case.card.id), case.patient.train
    before, now = (model.probability(as_row(row)).item() for row in (case.patient.row, wanted.row))
    target = plain(table.classes[1])
    said = f"The network gives this patient a **{now:.0%}** probability of {target}."
    if wanted.edits:
        said = (
            f"With your changes the network gives a **{now:.0%}** probability of {target}. Before "
            f"them it was {before:.0%}."
        )
    values = found.values[0]
    most, least = int(values.argmax()), int(values.argmin())
    ways = ((most, "raises", values[most] > 0), (least, "lowers", values[least] < 0))
    parts = [
        f"{plain(table.columns[i])} {way} it most ({amount(values[i].item(), case.output)})"
        for i, way, there in ways
        if there
    ]
    return f"{said} {' and '.join(parts)}." if parts else said


def _lines(case: Case, wanted: WhatIf) -> list[OutputLine]:
    """The curves of the network, and of the additive one beside it."""
    asked = [("Risk: network", case.card, tabular_attribution.NETWORK, "solid")]
    if case.beside is not None and case.beside.id != case.card.id:
        asked.append(
            ("Risk: additive model (NAM)", case.beside, tabular_attribution.ADDITIVE, "dashed")
        )
    found = []
    for title, card, colour, dash in asked:
        model = tabular_model(card.id)
        before = model.probability(as_row(case.patient.row)).item()
        curves = what_if.ice(model, wanted.row, grid=wanted.grid)
        outputs = [
            y[: len(stops)] for y, stops in zip(curves.outputs.tolist(), wanted.stops, strict=True)
        ]
        found.append(OutputLine(title, colour, dash, outputs, before))
    return found


def _reset(wanted: WhatIf) -> None:
    st.button(
        "Reset to the values in the table", icon=":material/restart_alt:", on_click=reset_values,
        disabled=not wanted.edits, key="reset",
    )  # fmt: skip
    st.caption(
        "The curve over each slider shows the probability, from 0 % to 100 %, if only this value "
        "changes. The solid line is the network. The dashed line is the interpretable additive "
        "model (NAM). The dotted lines mark the patient's own value and a probability of 50 %. The "
        "explanations change when you release a slider."
    )


def _waterfall(case: Case, found: TabularAttribution) -> None:
    st.subheader("Why this answer?")
    table = case.patient.train
    values, base = found.values[0].tolist(), found.base[0].item()
    sum_, said = base + sum(values), found.predictions[0].item()
    figure = tabular_attribution.waterfall(
        [
            f"{table.columns[i]} {value_text(table, i, found.rows[0, i].item(), unit=False)}"
            for i in case.order
        ],
        [values[i] for i in case.order],
        base=base,
        title=f"{OUTPUTS[case.output]} of {table.classes[1]}",
        texts=(level(base, case.output), level(sum_, case.output)),
        text=lambda v: amount(v, case.output, unit=False),
        tickformat=TICKS[case.output],
    )
    title = tabular.get(found.circumstances.method).title
    about = f"{title}, patient {case.patient.index}"
    chart(figure, key="waterfall", title="Contributions", about=about)
    st.markdown(
        f"{title}: an average patient has {level(base, case.output)}. The eight values add "
        f"{amount(sum(values), case.output)}. Together this is **{level(sum_, case.output)}**, and "
        f"the network says **{level(said, case.output)}**."
    )
