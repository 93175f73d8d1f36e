"""The strip of pictures whose scores are nearest to the threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from trustai import data
from trustai.plots import pictures
from trustai.ui.components.live_slider import (
    Pin,
    Strip,
    data_uri,
)
from trustai.ui.kit.subjects import pictures_at
from trustai.ui.ood.pickers import (
    INLIER,
    LEFT_OUT,
    OODMeasurements,
    class_of,
)

SHARES = {INLIER: 70, LEFT_OUT: 50}
PER_OOD_SET = 18
SIDE = 40
AROUND = 5


def nearest_strip(
    measured: OODMeasurements,
    score: str,
    start: float,
    low: float,
    high: float,
    sets: Sequence[str],
) -> Strip:
    """A strip of pictures of `sets`: all of those nearest to `start`, and a sample of the others
    spread over the axis from `low` to `high`."""
    shown = [s for s in sets if data.available(measured.dataset(s))]
    pins: list[Pin] = []
    around = _around(measured, score, start, shown)
    for s in shown:
        rows = measured.table[measured.table["set"] == s]
        wanted = _spread(rows, score, low, high, SHARES.get(s, PER_OOD_SET))
        chosen = rows.loc[sorted({*wanted, *(i for i in around if i in rows.index)})]
        pins += _pins(measured, score, s, chosen)
    return Strip("Just accepted", "Just rejected", pins, n_each=AROUND)


def _around(measured: OODMeasurements, score: str, start: float, sets: Sequence[str]) -> list[int]:
    rows = measured.table[measured.table["set"].isin(sets)]
    values = rows[score].astype(float).sort_values()
    place = int(np.searchsorted(values.to_numpy(), start, side="right"))
    return values.index[max(0, place - AROUND) : place + AROUND].tolist()


def _spread(rows: pd.DataFrame, score: str, low: float, high: float, n: int) -> list[int]:
    """Half of them evenly by rank, half evenly along the axis."""
    values = rows[score].astype(float)
    values = values[values.between(low, high)].sort_values()
    if values.empty:
        return []
    ranks = np.linspace(0, len(values) - 1, n // 2).round().astype(int)
    along = np.searchsorted(values.to_numpy(), np.linspace(low, high, n - n // 2))
    chosen = np.unique(np.concatenate([ranks, along.clip(0, len(values) - 1)]))
    return values.index[chosen].tolist()


def _pins(measured: OODMeasurements, score: str, set_: str, rows: pd.DataFrame) -> list[Pin]:
    name = measured.dataset(set_)
    images = _images(name, tuple(int(i) for i in rows["index"]))
    known = set_ in (INLIER, LEFT_OUT)
    pins = []
    for image, value, label, called in zip(
        images, rows[score].astype(float), rows["label"], rows["predicted"], strict=True
    ):
        truth = class_of(measured, set_, int(label))
        pins.append(
            Pin(
                at=value,
                title=f"→ {measured.card.classes[called]}",
                text=truth if known else measured.name(set_),
                colour=measured.colour(set_),
                image=image,
            )
        )
    return pins


@st.cache_data(show_spinner="Fetching pictures …", max_entries=64)
def _images(name: str, indices: tuple[int, ...]) -> list[str]:
    if not indices:
        return []
    found = pictures_at(name, list(indices))
    return [data_uri(pictures.to_pixels(x), longest_side=SIDE) for x in found.pixels]
