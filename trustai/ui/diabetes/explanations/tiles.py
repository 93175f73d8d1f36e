"""Tiles: every explanation of one patient side by side, slow ones on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
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
from trustai.ui.diabetes.explanations.facts import Results, facts, not_yet
from trustai.ui.diabetes.explanations.force_plot import show_force_plot
from trustai.ui.diabetes.explanations.sliders import WhatIf
from trustai.ui.diabetes.pickers import (
    OUTPUTS,
    TICKS,
    Patient,
    as_row,
    explained,
    is_fast,
    measured_seconds,
    network_for,
)
from trustai.ui.kit.caching import sha256_of, tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import caption_text, fold, how_made, listed, methods
from trustai.ui.kit.jobs import Countdown, Stopped

TILES = 3
EARLIER = "slow-earlier"
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


def side_by_side(case: Case, wanted: WhatIf, found: Results, seconds: float) -> None:
    """All methods, each in a tile.

    Args:
        found: What is known already.
        seconds: What the last move of a slider took.
    """
    sha = sha256_of(wanted.row)
    job = f"{case.card.weights_sha256} {case.output} {case.seed} {sha}"
    asked = not wanted.edits or st.session_state.get("asked") == sha
    slow = listed([tabular.get(n).title for n in tabular.names() if not _live(case, n)])
    waiting = st.empty()
    target = plain(case.patient.train.classes[1])
    names = tabular.names()
    with fold("All methods side by side", icon=":material/view_column:"):
        st.caption(
            f"Red-orange bars are evidence for {target}, blue bars are evidence against {target}. "
            f"All bars have one order and one scale. {slow} take seconds, so they do not follow "
            "the sliders."
        )
        if not asked:
            st.button(f"Compute {slow} for these values", on_click=_ask, args=(sha,), key="ask")
        places = _places(names)
    for name in names:
        if name not in found and _live(case, name):
            found[name] = _at_once(case, name, wanted)
    if asked:
        _with_slow(case, wanted.row, found, places, job, waiting)
    _draw(case, found, places)
    with st.expander("The same as a force plot of the library shap", icon=":material/bar_chart:"):
        _force_plot(case, found, asked)
    methods(*(tabular.get(name) for name in names))
    results = {n: r for n, r in found.items() if isinstance(r, TabularAttribution)}
    with how_made():
        st.caption(f"The last move of a slider took {1000 * seconds:.0f} ms of computing.")
        for one in results.values():
            st.caption(plain(caption_text(one.circumstances)))
    _export(case, wanted, results).show()


def _ask(sha: str) -> None:
    st.session_state["asked"] = sha


def _with_slow(
    case: Case, row: Tensor, found: Results, places: Places, job: str, waiting: Any
) -> None:
    """The slow ones too; if they have to be waited for, the others are there to look at."""
    done: list[str] = st.session_state.setdefault("slow-done", [])
    if job not in done:
        _draw(case, found, places, early=True)
    with waiting.container():
        slow = _later(case, [name for name in tabular.names() if name not in found], row)
    found |= slow
    st.session_state[EARLIER] = {(_of(case), name): one for name, one in slow.items()}
    done.append(job)


def _of(case: Case) -> tuple[str, str, int]:
    """What earlier results must be of, to be shown while the values change."""
    return case.card.weights_sha256, case.output, case.patient.index


def _earlier(case: Case, name: str) -> TabularAttribution | None:
    """What a slow method said of this patient before the last move of a slider."""
    found = st.session_state.get(EARLIER, {}).get((_of(case), name))
    return found if isinstance(found, TabularAttribution) else None


def _live(case: Case, name: str) -> bool:
    """Whether a method follows every move of a slider."""
    return is_fast(name, case.network_of(name), case.output)


def _at_once(case: Case, name: str, wanted: WhatIf) -> TabularAttribution | ValueError:
    try:
        return case.explain(name, wanted)
    except ValueError as error:
        return error


def _later(case: Case, names: Sequence[str], row: Tensor) -> Results:
    found = Results()
    for name in names:
        network, title = case.network_of(name), tabular.get(name).title
        bar = Countdown(f"Computing {title}", expected=measured_seconds(network, name))
        with suppress(Stopped):
            found[name] = explained(
                case.patient, network, name, as_row(row), output=case.output,
                seed=case.seed, heavy="explaining one patient", bar=bar,
            )  # fmt: skip
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
            words.markdown(f"{title}  \n{facts(name, result, found)}")
            values = [result.values[0, i].item() for i in case.order]
            spread_ = (
                None if result.spread is None else [result.spread[0, i].item() for i in case.order]
            )
        elif isinstance(result, ValueError):
            words.markdown(f"{title}  \n{plain(unfit(result))}")
            picture.empty()
            continue
        else:
            before = _earlier(case, name)
            words.markdown(f"{title}  \n{not_yet(before, early)}")
            if before is None:
                picture.empty()
                continue
            values = [before.values[0, i].item() for i in case.order]
        figure = tabular_attribution.contributions(
            columns, values, limit=limit, spread=spread_, tickformat=TICKS[case.output],
            muted=not isinstance(result, TabularAttribution),
        )  # fmt: skip
        chart(
            figure,
            key=f"tile-{name}{'-early' * early}",
            title=tabular.get(name).title,
            about=f"Test patient {case.patient.index}",
            on=picture,
        )


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
