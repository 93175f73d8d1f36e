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
    additive_beside,
    as_row,
    explained,
    main_method,
    pick_network,
    pick_patient,
    value_text,
)
from trustai.ui.kit.caching import tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import shown_errors


def show() -> None:
    table, network, settings = st.columns([1.6, 1.1, 1], gap="medium")
    with table:
        patient = pick_patient()
    with network:
        card = pick_network(patient.chosen.table)
    with settings:
        output: Output = st.segmented_control(
            "Explain in", list(OUTPUTS), format_func=lambda o: OUTPUTS[o], default="logit",
            key="unit", bind="query-params", required=True, help=LOG_ODDS,
        )  # fmt: skip
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    main = main_method(card, output)
    measured = explained(patient, card, main, as_row(patient.row), output=output, seed=seed)
    if isinstance(measured, ValueError):
        raise measured
    beside = additive_beside(patient.chosen.table)
    _live(Case(patient, card, beside, output, seed, measured))


@st.fragment
def _live(case: Case) -> None:
    """All that follows the sliders; only this part runs again when one is moved."""
    with shown_errors():  # the page's own does not stand around a part that runs alone
        _answered(case)


def _answered(case: Case) -> None:
    patient, model = case.patient, tabular_model(case.card.id)
    left, right = st.columns([1.35, 1], gap="large")
    wanted = moved_values(patient, filled=model.filled(as_row(patient.row))[0])
    main = case.measured.circumstances.method
    started = time.perf_counter()
    found = case.explain(main, wanted)
    lines = _lines(case, wanted)
    seconds = time.perf_counter() - started
    with left:
        st.subheader("What if?")
        truth = patient.train.classes[patient.label]
        draw_sliders(patient, wanted, lines, truth=("In truth", truth))
        _reset(wanted)
    with right:
        _waterfall(case, wanted, found)
        st.caption(
            f"Probability, contributions and curves of this move: {1000 * seconds:.0f} ms of "
            "computing."
        )
    side_by_side(case, wanted, {main: found})


def _lines(case: Case, wanted: WhatIf) -> list[OutputLine]:
    """The curves of the network, and of the additive one beside it."""
    asked = [("Risk, says the network", case.card, tabular_attribution.NETWORK, "solid")]
    if case.beside is not None and case.beside.id != case.card.id:
        asked.append(
            ("Risk, says the additive one", case.beside, tabular_attribution.ADDITIVE, "dashed")
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
        "Back to the patient as in the table", icon=":material/restart_alt:", on_click=reset_values,
        disabled=not wanted.edits, key="reset",
    )  # fmt: skip
    st.caption(
        "Over each slider: the probability, from 0 % to 100 %, if only that value were another (an "
        "individual conditional expectation curve). The figures follow the curve while a slider is "
        "dragged, the other curves and the explanations when it is let go. Solid is the network, "
        "dashed the additive one; the dotted lines are the patient's own value and fifty-fifty. A "
        "value that is missing counts as the training part's median until its slider is "
        "moved."
    )


def _waterfall(case: Case, wanted: WhatIf, found: TabularAttribution) -> None:
    st.subheader("Why?")
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
        texts=(f"{base:.2f}", f"{sum_:.2f}"),
    )
    title = tabular.get(found.circumstances.method).title
    about = f"{case.card.title}, test patient {case.patient.index}"
    chart(figure, key="waterfall", title=f"Contributions: {title}", about=about)
    st.markdown(
        f"{title}: {base:.3f} for an average patient and {sum(values):+.3f} from the eight values "
        f"make **{sum_:.3f}**; the network says **{said:.3f}** (off by {abs(sum_ - said):.0e})."
    )
