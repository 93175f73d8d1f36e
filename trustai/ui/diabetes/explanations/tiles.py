"""Tiles: every explanation of one patient side by side, slow ones on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import tabular
from trustai.explain.tabular.batched import Output
from trustai.plots import tabular_attribution
from trustai.types import TabularAttribution
from trustai.ui.diabetes.explanations.force_plot import show_force_plot
from trustai.ui.diabetes.explanations.sliders import WhatIf
from trustai.ui.diabetes.pickers import (
    OUTPUTS,
    Patient,
    as_row,
    explained,
    is_fast,
    network_for,
)
from trustai.ui.kit.caching import sha256_of, tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import caption_text, result_caption

TILES = 3
Results = dict[str, TabularAttribution | ValueError]
Places = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that is asked of the person before the sliders.

    Attributes:
        card, beside: Of the network at hand, and of the additive one beside it.
        measured: The main explanation of the patient as measured.
    """

    patient: Patient
    card: zoo.Card
    beside: zoo.Card | None
    output: Output
    seed: int
    measured: TabularAttribution

    @property
    def order(self) -> list[int]:
        """Columns from the one that counts most for the patient as measured: the one order of all
        figures, which stays while a slider is moved."""
        order: list[int] = self.measured.values[0].abs().argsort(descending=True).tolist()
        return order

    def network_of(self, name: str) -> zoo.Card:
        """The network that a method explains: its own terms are the additive one's."""
        return network_for(name, self.card, self.beside, self.output)

    def explain(self, name: str, wanted: WhatIf) -> TabularAttribution:
        """One method at once, past the store: every move of a slider would fill it."""
        if name == self.measured.circumstances.method and not wanted.edits:
            return self.measured
        model = tabular_model(self.network_of(name).id)
        return tabular.explain(
            name, model, as_row(wanted.row), background=self.patient.background,
            seed=self.seed, output=self.output,
        )  # fmt: skip


def side_by_side(case: Case, wanted: WhatIf, found: Results) -> None:
    st.subheader("Every explanation, in one order and on one scale")
    sha = sha256_of(wanted.row)
    asked = not wanted.edits or st.session_state.get("asked") == sha
    slow = " and ".join(tabular.get(n).title for n in tabular.names() if not _live(case, n))
    st.button(
        f"Ask {slow} about these values",
        on_click=lambda: st.session_state.update(asked=sha), disabled=asked, key="ask",
    )  # fmt: skip
    st.caption(
        f"{slow}: they take seconds, so they do not follow every move. They are computed once for "
        "the patient as in the table, and for edited values when you ask. The others follow. "
        "Red-orange speaks for diabetes, blue against it."
    )
    names = tabular.names()
    places = _places(names)
    for name in names:
        if name not in found and _live(case, name):
            found[name] = _at_once(case, name, wanted)
    if asked:
        _with_slow(case, wanted.row, found, places, sha)
    _draw(case, found, places)
    _force_plot(case, found, asked)
    results = {n: r for n, r in found.items() if isinstance(r, TabularAttribution)}
    result_caption(next(iter(results.values())).circumstances)
    with st.expander("How these came about", icon=":material/info:"):
        for one in results.values():
            st.caption(plain(caption_text(one.circumstances)))
    _export(case, wanted, results).show()


def _with_slow(case: Case, row: Tensor, found: Results, places: Places, sha: str) -> None:
    """The slow ones too; if they have to be waited for, the others are there to look at."""
    job = f"{case.card.weights_sha256} {case.output} {case.seed} {sha}"
    done: list[str] = st.session_state.setdefault("slow-done", [])
    if job not in done:
        _draw(case, found, places, early=True)
    found |= _later(case, [name for name in tabular.names() if name not in found], row)
    done.append(job)


def _live(case: Case, name: str) -> bool:
    """Whether a method follows every move of a slider."""
    return is_fast(name, case.network_of(name), case.output)


def _at_once(case: Case, name: str, wanted: WhatIf) -> TabularAttribution | ValueError:
    try:
        return case.explain(name, wanted)
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
            words.markdown(f"{title} · cannot apply here  \n{plain(unfit(result))}")
        else:
            said = "working …" if early else "not asked about these values"
            words.markdown(f"{title} · {said}  \n&nbsp;")
        figure = tabular_attribution.contributions(columns, values, limit=limit, spread=spread_)
        chart(
            figure,
            key=f"tile-{name}{'-early' * early}",
            title=tabular.get(name).title,
            about=f"Test patient {case.patient.index}",
            on=picture,
        )


def _facts(case: Case, name: str, one: TabularAttribution, found: Results) -> str:
    """Two short lines: does it add up, and how far can it be trusted."""
    base, total = one.base[0].item(), one.values[0].sum().item()
    gap = one.facts["additivity_gap"][0].item()
    adds = "adds up" if gap < 1e-3 else f"misses by {gap:.2f}"
    said = f"{base:.2f} {total:+.2f} = {base + total:.2f}, {adds}"
    exact = found.get("shapley")
    known = exact if isinstance(exact, TabularAttribution) else None
    return f"{said}  \n{plain(tabular.get(name).remark(one, exact=known))}"


def _force_plot(case: Case, found: Results, asked: bool) -> None:
    exact = found.get("shapley") if asked else None
    target = case.patient.train.classes[1]
    show_force_plot(exact if isinstance(exact, TabularAttribution) else None, target=target)


def _export(case: Case, wanted: WhatIf, results: Mapping[str, TabularAttribution]) -> Export:
    table = _values(case, wanted, results)
    return Export(
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
        python=_python(case, wanted),
    )


def _values(case: Case, wanted: WhatIf, results: Mapping[str, TabularAttribution]) -> pd.DataFrame:
    """A row per column of the table: the value, and what every method gives it."""
    columns = case.patient.train.columns
    table = pd.DataFrame(
        {
            "column": columns,
            "value": next(iter(results.values())).rows[0].tolist(),
            "missing": wanted.row.isnan().tolist(),
            "edited": [name in wanted.edits for name in columns],
        }
    )
    for name, one in results.items():
        table[name] = one.values[0].tolist()
        if one.spread is not None:
            table[f"{name}_spread"] = one.spread[0].tolist()
    return table


def _python(case: Case, wanted: WhatIf) -> str:
    columns = case.patient.train.columns
    edits = "".join(
        f"\nrow[{columns.index(name)}] = {value:g}  # {name}"
        for name, value in wanted.edits.items()
    )
    main, network = case.measured.circumstances.method, case.card.id
    return f"""
from trustai import data, zoo
from trustai.explain import tabular

{case.patient.python}{edits}
model = zoo.load("{network}")
result = tabular.explain("{main}", model, row[None], background=background, output="{case.output}")
print(model.probability(row[None]), result.base, dict(zip(model.columns, result.values[0])))
"""
