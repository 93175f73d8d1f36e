"""The patient as the what-if sliders stand: a slider per feature, and the edits in the URL."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from trustai import data
from trustai.types import Table
from trustai.ui.components import what_if
from trustai.ui.components.url_place import nearest
from trustai.ui.components.what_if import Dial, OutputLine
from trustai.ui.diabetes.pickers import Patient, feature_of

EDITS = "edit"
MOST_STOPS = 160
_EDIT = re.compile(r"(\w+):(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The patient as the sliders stand.

    Attributes:
        row: ``float32 (F,)``, NaN where the value is missing and its slider was not moved.
        edits: The values that differ from the patient's own, by column.
        own: Per column the patient's own value as its slider can stand on it.
        stops: Per column where its slider can stand, ascending.
        turn: Raised whenever the sliders are moved from outside the browser.
    """

    row: Tensor
    edits: Mapping[str, float]
    own: tuple[float, ...]
    stops: tuple[tuple[float, ...], ...]
    turn: int

    @property
    def grid(self) -> Tensor:
        """``float32 (F, G)``: the stops as `what_if.ice` takes them, the last one repeated."""
        longest = max(len(stops) for stops in self.stops)
        return torch.tensor([[*s, *(s[-1:] * (longest - len(s)))] for s in self.stops])


def moved_values(patient: Patient, *, filled: Tensor) -> WhatIf:
    """Where the sliders stand, as the browser reported it or as the URL wants it.

    Args:
        filled: ``(F,)``: the row with what stands in for its missing values.
    """
    table, held = patient.train, _held(patient)
    own = tuple(
        round(v, feature_of(table, i).decimals) for i, v in enumerate(filled.double().tolist())
    )
    stops = tuple(
        stops_of(table, i, also=(own[i], held["begun"].get(name, own[i])))
        for i, name in enumerate(table.columns)
    )
    places = what_if.reported(held["turn"], len(own))
    if places is None:
        places = [held["values"].get(name, own[i]) for i, name in enumerate(table.columns)]
    row, edits = patient.row.clone(), {}
    for i, name in enumerate(table.columns):
        value = nearest(stops[i], places[i])
        if value != own[i]:
            row[i], edits[name] = value, value
    _remember(held, edits)
    return WhatIf(row, edits, own, stops, held["turn"])


def stops_of(table: Table, column: int, *, also: Sequence[float]) -> tuple[float, ...]:
    """At most `MOST_STOPS` evenly spaced values over the known range, in the column's own decimals,
    and those that a slider must be able to stand on."""
    known = table.rows[:, column][~table.rows[:, column].isnan()].double()
    decimals = feature_of(table, column).decimals
    low, high = float(known.min()), float(known.max())
    n = min(MOST_STOPS, 1 + round((high - low) * 10**decimals))
    even = torch.linspace(low, high, max(2, n), dtype=torch.float64).tolist()
    inside = [min(max(value, low), high) for value in also[1:]]
    return tuple(sorted({round(v, decimals) for v in (*even, also[0], *inside)}))


def draw_sliders(
    patient: Patient, wanted: WhatIf, lines: Sequence[OutputLine], *, truth: tuple[str, str]
) -> None:
    """The sliders with their curves, and the probabilities above them.

    Args:
        truth: Title and text of what really became of the patient.
    """
    columns = patient.train.columns
    what_if.draw(
        [_dial(patient, i, wanted) for i in range(len(columns))],
        lines,
        start=[wanted.edits.get(n, own) for n, own in zip(columns, wanted.own, strict=True)],
        turn=wanted.turn,
        note=truth,
    )


def _dial(patient: Patient, column: int, wanted: WhatIf) -> Dial:
    table, own = patient.train, wanted.own[column]
    feature, name = feature_of(table, column), table.columns[column]
    missing = bool(patient.row[column].isnan())
    return Dial(
        name=f"{name}{f', {feature.unit}' if feature.unit else ''}",
        hint=feature.meaning,
        note=f"not recorded; median {own:g} used" if missing else f"in the table: {own:g}",
        own=own,
        stops=wanted.stops[column],
        texts=[f"{value:.{feature.decimals}f}" for value in wanted.stops[column]],
    )


def _held(patient: Patient) -> dict[str, Any]:
    """Which generation of sliders is shown and what they begin with.

    As with `UrlPlace`: the sliders own the values while the URL stays as we wrote it; another
    patient, or a URL that changed under us, brings new sliders.
    """
    url = st.query_params.get(EDITS, "")
    of = (data.split_sha(patient.test), patient.index)
    held: dict[str, Any] | None = st.session_state.get("what-if")
    if held is not None and held["of"] == of and held["url"] == url:
        return held
    fresh = held is None or held["url"] != url
    values = _parsed(url, patient.train) if fresh else {}
    turn = 0 if held is None else held["turn"] + 1
    held = {"of": of, "url": url, "turn": turn, "values": values, "begun": values}
    st.session_state["what-if"] = held
    return held


def _parsed(url: str, table: Table) -> dict[str, float]:
    """``"Glucose:120,BMI:30.5"``; what makes no sense is left out."""
    pairs = {name: float(value) for name, value in _EDIT.findall(url[:500])}
    return {n: v for n, v in pairs.items() if n in table.columns and math.isfinite(v)}


def _remember(held: dict[str, Any], edits: Mapping[str, float]) -> None:
    url = ",".join(f"{name}:{value:.6g}" for name, value in edits.items())
    if url != st.query_params.get(EDITS, ""):
        if url:
            st.query_params[EDITS] = url
        else:
            st.query_params.pop(EDITS, None)
    st.session_state["what-if"] = {**held, "url": url, "values": dict(edits)}


def reset_values() -> None:
    """Back to the patient's own values; for a button's ``on_click``."""
    held = st.session_state.get("what-if")
    if held is not None:
        turn = held["turn"] + 1
        st.session_state["what-if"] = {**held, "turn": turn, "values": {}, "begun": {}}
