"""What if a value were another: a slider per feature, and the edits in the URL."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from trustai import data
from trustai.types import Table
from trustai.ui.diabetes_pickers import Patient, feature_of

EDITS = "edit"
_EDIT = re.compile(r"(\w+):(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The patient as the sliders stand.

    Attributes:
        row: ``float32 (F,)``, NaN where the value is missing and its slider was not moved.
        edits: The values that differ from the patient's own, by column.
        places: Per column the place under its slider.
    """

    row: Tensor
    edits: Mapping[str, float]
    places: tuple[Any, ...]


def pick_values(patient: Patient, *, filled: Tensor, columns: int = 2) -> WhatIf:
    """A slider per feature that starts at the patient's own value; the edits stand in the URL.

    Args:
        filled: ``(F,)``: the row with what stands in for its missing values.
        columns: Sliders side by side.
    """
    table, own = patient.train, filled.tolist()
    held = _held(patient)
    cells: list[Any] = []
    for first in range(0, len(own), columns):
        cells += st.columns(columns)[: len(own) - first]
    row, edits, places = patient.row.clone(), {}, []
    for i, cell in enumerate(cells):
        name = table.columns[i]
        with cell:
            start, value = _slider(patient, i, own[i], held)
            places.append(st.empty())
        if value != start:
            row[i], edits[name] = value, value
    _remember(held, edits)
    return WhatIf(row, edits, tuple(places))


def _slider(
    patient: Patient, column: int, own: float, held: Mapping[str, Any]
) -> tuple[float, float]:
    """The patient's own value as the slider can stand on it, and where the slider stands."""
    table = patient.train
    feature, name = feature_of(table, column), table.columns[column]
    known = table.rows[:, column][~table.rows[:, column].isnan()]
    low, high = min(float(known.min()), own), max(float(known.max()), own)
    low, high, start, wanted = (
        round(v, feature.decimals or None)  # None: to an int, which st.slider takes as such
        for v in (low, high, own, float(held["values"].get(name, own)))
    )
    missing = bool(patient.row[column].isnan())
    gone = " · never measured" if missing else ""
    value = st.slider(
        f"{name}{f', {feature.unit}' if feature.unit else ''}{gone}",
        low,
        high,
        min(max(wanted, low), high),
        10**-feature.decimals if feature.decimals else 1,
        format=f"%.{feature.decimals}f" if feature.decimals else "%d",
        key=f"what-if-{held['turn']}-{name}",
        help=f"{feature.meaning}. "
        + (f"Missing: {start:g}, the training part's median, stands in until the slider is moved."
           if missing else f"The patient's own value: {start:g}."),
    )  # fmt: skip
    return float(start), float(value)


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
    held = {
        "of": of,
        "url": url,
        "turn": 0 if held is None else held["turn"] + 1,
        "values": _parsed(url, patient.train) if fresh else {},
    }
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
        st.session_state["what-if"] = {**held, "turn": held["turn"] + 1, "values": {}}
