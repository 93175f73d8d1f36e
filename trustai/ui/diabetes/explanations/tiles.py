"""Tiles: every explanation of one patient side by side, slow ones on request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from trustai import zoo
from trustai.explain import tabular
from trustai.explain.tabular.batched import Output
from trustai.plots import tabular_attribution
from trustai.types import TabularAttribution
from trustai.ui.diabetes.explanations.sliders import WhatIf
from trustai.ui.diabetes.pickers import (
    OUTPUTS,
    Patient,
    as_row,
    explained,
    main_method,
)
from trustai.ui.kit.caching import sha256_of, tabular_model
from trustai.ui.kit.charts import CAMERA
from trustai.ui.kit.errors import plain, sentence
from trustai.ui.kit.export import downloads, python_expander
from trustai.ui.kit.frame import caption_text, result_caption

SLOW = ("lime", "kernel_shap")
TILES = 3
FORCE_HEIGHT = 190
Results = dict[str, TabularAttribution | ValueError]
Places = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that is asked of the person before the sliders.

    Attributes:
        card, beside: Of the network at hand, and of the additive one beside it.
        order: Columns from the one that counts most for the patient as measured: the one order of
            all figures, which stays while a slider is moved.
    """

    patient: Patient
    card: zoo.Card
    beside: zoo.Card | None
    output: Output
    seed: int
    order: tuple[int, ...]

    def network_of(self, name: str) -> zoo.Card:
        """The network that a method explains: its own terms are the additive one's."""
        return self.beside if name == "nam" and self.beside is not None else self.card

    def explain(self, name: str, row: Tensor) -> TabularAttribution:
        """One method at once, past the store: every move of a slider would fill it."""
        model = tabular_model(self.network_of(name).id)
        return tabular.explain(
            name, model, as_row(row), background=self.patient.background,
            seed=self.seed, output=self.output,
        )  # fmt: skip


def side_by_side(case: Case, wanted: WhatIf, found: Results) -> None:
    st.subheader("Every explanation, in one order and on one scale")
    sha = sha256_of(wanted.row)
    asked = not wanted.edits or st.session_state.get("asked") == sha
    st.button(
        "Ask LIME and KernelExplainer about these values",
        on_click=lambda: st.session_state.update(asked=sha), disabled=asked, key="ask",
    )  # fmt: skip
    st.caption(
        "LIME draws 5,000 rows for each of 20 seeds and takes seconds, so these two do not follow "
        "every move: they are computed once for the patient as measured, and for edited values "
        "when you ask. The others follow. Red-orange speaks for diabetes, blue against it."
    )
    names = tabular.names()
    places = _places(names)
    for name in names:
        if name not in SLOW and name not in found and _quick(case, name):
            found[name] = _at_once(case, name, wanted.row)
    if asked:
        _with_slow(case, wanted.row, found, places, sha)
    _draw(case, found, places)
    _force(case, wanted, found, asked)
    _give(case, wanted, found)


def _with_slow(case: Case, row: Tensor, found: Results, places: Places, sha: str) -> None:
    """The slow ones too; if they have to be waited for, the others are there to look at."""
    job = f"{case.card.weights_sha256} {case.output} {case.seed} {sha}"
    done: list[str] = st.session_state.setdefault("slow-done", [])
    if job not in done:
        _draw(case, found, places, early=True)
    found |= _later(case, [name for name in tabular.names() if name not in found], row)
    done.append(job)


def _quick(case: Case, name: str) -> bool:
    """Exact Shapley values of an additive network cost ten times those of the other one."""
    return name != "shapley" or main_method(case.card, case.output) == "shapley"


def _at_once(case: Case, name: str, row: Tensor) -> TabularAttribution | ValueError:
    try:
        return case.explain(name, row)
    except ValueError as error:
        return error


def _later(case: Case, names: Sequence[str], row: Tensor) -> Results:
    bar, found = st.empty(), Results()
    for name in names:
        title = tabular.get(name).title

        def working(share: float, title: str = title) -> None:
            bar.progress(share, text=f"{title} …")

        found[name] = explained(
            case.patient, case.network_of(name), name, as_row(row), output=case.output,
            seed=case.seed, heavy="explaining one patient", on_progress=working,
        )  # fmt: skip
    bar.empty()
    return found


def _places(names: Sequence[str]) -> Places:
    cells = [cell for _ in range(0, len(names), TILES) for cell in st.columns(TILES)]
    places: Places = {}
    for name, cell in zip(names, cells, strict=False):
        with cell:
            places[name] = (st.empty(), st.empty())
    return places


def _draw(case: Case, found: Results, places: Places, *, early: bool = False) -> None:
    """Every method in its place, on the scale of the largest bar known so far."""
    limit = 0.1
    for one in found.values():
        if isinstance(one, TabularAttribution):
            spread = 0.0 if one.spread is None else one.spread[0]
            limit = max(limit, 1.08 * float((one.values[0].abs() + spread).max()))
    columns = [case.patient.train.columns[i] for i in case.order]
    for name, (words, picture) in places.items():
        result = found.get(name)
        title = f"**{tabular.get(name).title}**"
        values, spread_ = [0.0] * len(columns), None
        if isinstance(result, TabularAttribution):
            words.markdown(
                f"{title} · {result.seconds:.2f} s  \n{_facts(case, name, result, found)}"
            )
            values = [result.values[0, i].item() for i in case.order]
            spread_ = (
                None if result.spread is None else [result.spread[0, i].item() for i in case.order]
            )
        elif isinstance(result, ValueError):
            words.markdown(f"{title} · cannot apply here  \n{plain(sentence(result))}")
        else:
            said = "working …" if early else "not asked about these values"
            words.markdown(f"{title} · {said}  \n&nbsp;")
        figure = tabular_attribution.contributions(columns, values, limit=limit, spread=spread_)
        picture.plotly_chart(figure, key=f"tile-{name}{'-early' * early}", config=CAMERA)


def _facts(case: Case, name: str, one: TabularAttribution, found: Results) -> str:
    """Two short lines: does it add up, and how far can it be trusted."""
    base, total = one.base[0].item(), one.values[0].sum().item()
    gap = one.facts["additivity_gap"][0].item()
    adds = "adds up" if gap < 1e-3 else f"misses by {gap:.2f}"
    said = f"{base:.2f} {total:+.2f} = {base + total:.2f}, {adds}"
    exact = found.get("shapley")
    if name == "lime" and one.spread is not None:
        more = f"fits {one.facts['r2'][0].item():.0%} around here; bars: spread over 20 seeds"
    elif name == "kernel_shap" and isinstance(exact, TabularAttribution):
        worst = (one.values - exact.values).abs().max().item()
        more = f"from the exact values at most {worst:.0e} away"
    elif name == "integrated_gradients":
        more = f"misses the whole by {one.facts['completeness_gap'][0].item():.1%}"
    elif name == "nam":
        network = case.network_of(name)
        risk = one.predictions[0].sigmoid().item()
        more = f"of {plain(network.title)}, which says {risk:.0%}"
    elif name == "shapley":
        more = "all 256 coalitions, 100 background patients"
    else:
        more = "a straight line through this patient"
    return f"{said}  \n{more}"


def _force(case: Case, wanted: WhatIf, found: Results, asked: bool) -> None:
    st.subheader("The same as a force plot")
    place = st.empty()
    one = found.get("shapley")
    if not asked or not isinstance(one, TabularAttribution):
        place.iframe("<body></body>", height=FORCE_HEIGHT)
        st.caption("Drawn by the library shap along with the slow methods, when they are asked.")
        return
    place.iframe(
        force_html(
            one.base[0].item(),
            one.values[0].numpy(),
            names=case.patient.train.columns,
            shown=one.rows[0].tolist(),
            output=f"risk of {case.patient.train.classes[1]}",
            logit=case.output == "logit",
        ),
        height=FORCE_HEIGHT,
        alt="Force plot of the exact Shapley values",
    )
    st.caption("Drawn by the library shap from the exact values, on the scale of probabilities.")


def force_html(
    base: float,
    values: NDArray[np.float64],
    *,
    names: Sequence[str],
    shown: Sequence[float],
    output: str,
    logit: bool,
) -> str:
    """shap's own force plot as a page of its own: its html with the script it needs.

    The library draws black on nothing, so the page is white, in the dark theme as well. Names are
    cut down to letters and digits: the library writes them into a script.
    """
    # Imported here: shap takes seconds, and nothing else of these figures needs it.
    import shap

    plain = [re.sub(r"[^\w .-]", " ", name) for name in names]
    plot = shap.force_plot(
        base,
        values,
        np.round(np.asarray(shown, dtype=np.float64), 3),
        feature_names=plain,
        out_names=re.sub(r"[^\w .-]", " ", output),
        link="logit" if logit else "identity",
    )
    style = "body{margin:0;padding:6px 8px;background:#fff;border-radius:8px;overflow-x:auto}"
    return (
        f"<html><head><style>{style}</style>{shap.getjs()}</head><body>{plot.html()}</body></html>"
    )


def _give(case: Case, wanted: WhatIf, found: Results) -> None:
    results = {n: r for n, r in found.items() if isinstance(r, TabularAttribution)}
    columns = case.patient.train.columns
    first = next(iter(results.values()))
    table = pd.DataFrame(
        {
            "column": columns,
            "value": first.rows[0].tolist(),
            "missing": wanted.row.isnan().tolist(),
            "edited": [name in wanted.edits for name in columns],
        }
    )
    for name, one in results.items():
        table[name] = one.values[0].tolist()
        if one.spread is not None:
            table[f"{name}_spread"] = one.spread[0].tolist()
    downloads(
        name=f"{case.card.id}-patient-{case.patient.index}",
        key="patient",
        csv=table.to_csv(index=False),
        json={
            "patient": case.patient.index,
            "table": case.patient.train.name,
            "synthetic": case.patient.train.synthetic,
            "edits": wanted.edits,
            "unit": OUTPUTS[case.output],
            "columns": table.to_dict("list"),
            "base": {n: r.base[0].item() for n, r in results.items()},
            "predictions": {n: r.predictions[0].item() for n, r in results.items()},
            "methods": {n: r.circumstances for n, r in results.items()},
        },
    )
    result_caption(first.circumstances)
    with st.expander("How these came about", icon=":material/info:"):
        for one in results.values():
            st.caption(plain(caption_text(one.circumstances)))
    edits = "".join(
        f"\nrow[{columns.index(name)}] = {value:g}  # {name}"
        for name, value in wanted.edits.items()
    )
    python_expander(
        f"""
from trustai import data, zoo
from trustai.explain import tabular

{case.patient.python}{edits}
model = zoo.load("{case.card.id}")
result = tabular.explain("shapley", model, row[None], background=background, output="{case.output}")
print(model.probability(row[None]), result.base, dict(zip(model.columns, result.values[0])))
"""
    )
