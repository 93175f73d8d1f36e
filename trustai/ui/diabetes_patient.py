"""The diabetes page's middle view: one patient, what if, and every explanation side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st
import torch

from trustai import plots_patient
from trustai.explain import tabular
from trustai.explain.tabular import what_if
from trustai.explain.tabular.quick import Output
from trustai.types import TabularAttribution
from trustai.ui.caching import tabular_model
from trustai.ui.charts import chart
from trustai.ui.diabetes_pickers import (
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
from trustai.ui.diabetes_sliders import WhatIf, pick_values, reset_values
from trustai.ui.diabetes_tiles import Case, side_by_side
from trustai.ui.errors import plain, shown_errors


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
    first = explained(patient, card, main_method(card, output), as_row(patient.row), output=output)
    if isinstance(first, ValueError):
        raise first
    order = tuple(first.values[0].abs().argsort(descending=True).tolist())
    _live(Case(patient, card, additive_beside(patient.chosen.table), output, seed, order))


@st.fragment
def _live(case: Case) -> None:
    """All that follows the sliders; only this part runs again when one is moved."""
    with shown_errors():  # the page's own does not stand around a part that runs alone
        _answered(case)


def _answered(case: Case) -> None:
    patient, model = case.patient, tabular_model(case.card.id)
    answer = st.columns(3)
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        st.subheader("What if?")
        wanted = pick_values(patient, filled=model.filled(as_row(patient.row))[0])
        _reset(case, wanted)
    main = main_method(case.card, case.output)
    started = time.perf_counter()
    found = case.explain(main, wanted.row)
    curves = what_if.ice(model, wanted.row, grid=what_if.grid_of(patient.train))
    seconds = time.perf_counter() - started
    _answer(case, wanted, answer)
    with right:
        _waterfall(case, wanted, found)
        st.caption(
            f"Probability, contributions and curves of this move: {1000 * seconds:.0f} ms of "
            "computing."
        )
    _curves(case, wanted, curves)
    side_by_side(case, wanted, {main: found})


def _reset(case: Case, wanted: WhatIf) -> None:
    st.button(
        "Back to the patient as measured", icon=":material/restart_alt:", on_click=reset_values,
        disabled=not wanted.edits, key="reset",
    )  # fmt: skip
    table = case.patient.train
    filled = tabular_model(case.card.id).filled(as_row(wanted.row))[0]
    gaps = [i for i, gone in enumerate(wanted.row.isnan().tolist()) if gone]
    texts = [f"{table.columns[i]} ({value_text(table, i, filled[i].item())})" for i in gaps]
    st.caption(
        (
            f"Never measured: {plain(', '.join(texts))}. The training part's medians, in brackets, "
            "stand in until their sliders are moved. "
            if texts
            else "Every value is known. "
        )
        + "Under each slider: the probability if only that value were another (an individual "
        "conditional expectation curve). Solid is the network, dashed the additive one; the dotted "
        "lines are the patient's own value and fifty-fifty."
    )


def _answer(case: Case, wanted: WhatIf, places: Sequence[Any]) -> None:
    """How the risk stands, and by how much the sliders moved it."""
    patient = case.patient
    rows = torch.stack([patient.row, wanted.row])
    titles = [("Risk, says the network", case.card)]
    if case.beside is not None and case.beside.id != case.card.id:
        titles.append(("Risk, says the additive one", case.beside))
    for (title, card), place in zip(titles, places, strict=False):
        before, now = tabular_model(card.id).probability(rows).tolist()
        moved = f"{100 * (now - before):+.1f} points by the sliders"
        place.metric(
            title,
            f"{now:.1%}",
            moved if wanted.edits else "as measured",
            delta_color="inverse" if wanted.edits else "off",
            delta_arrow="auto" if wanted.edits else "off",
            help=f"Probability of {plain(patient.train.classes[1])}; {plain(card.title)}.",
        )
    said = "before the sliders moved" if wanted.edits else "as measured"
    places[2].metric(
        "In truth", patient.train.classes[patient.label], said,
        delta_color="off", delta_arrow="off",
    )  # fmt: skip


def _curves(case: Case, wanted: WhatIf, curves: what_if.Curves) -> None:
    own = tabular_model(case.card.id).filled(as_row(case.patient.row))[0]
    other = case.beside
    dashed = (
        what_if.ice(tabular_model(other.id), wanted.row, grid=curves.grid)
        if other is not None and other.id != case.card.id
        else None
    )
    for i, place in enumerate(wanted.places):
        grid, network = curves.grid[i].numpy(), curves.outputs[i].numpy()
        lines = [("the network", plots_patient.NETWORK, "solid", grid, network)]
        if dashed is not None:
            y = dashed.outputs[i].numpy()
            lines.append(("the additive one", plots_patient.ADDITIVE, "dash", grid, y))
        at = (curves.row[i].item(), curves.output)
        figure = plots_patient.curve(lines, at=at, own=own[i].item())
        place.plotly_chart(figure, key=f"ice-{i}", config={"displayModeBar": False})


def _waterfall(case: Case, wanted: WhatIf, found: TabularAttribution) -> None:
    st.subheader("Why?")
    table = case.patient.train
    values, base = found.values[0].tolist(), found.base[0].item()
    sum_, said = base + sum(values), found.predictions[0].item()
    figure = plots_patient.waterfall(
        [
            f"{table.columns[i]} {value_text(table, i, found.rows[0, i].item(), unit=False)}"
            for i in case.order
        ],
        [values[i] for i in case.order],
        base=base,
        title=f"{OUTPUTS[case.output]} of {table.classes[1]}",
        texts=(f"{base:.2f}", f"{sum_:.2f}"),
    )
    chart(figure, key="waterfall")
    title = tabular.get(found.circumstances.method).title
    st.markdown(
        f"{title}: {base:.3f} for an average patient and {sum(values):+.3f} from the eight values "
        f"make **{sum_:.3f}**; the network says **{said:.3f}** (off by {abs(sum_ - said):.0e})."
    )
