"""The measurements of maps, and the pickers that several views of the page share."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch

from trustai import data, represent, zoo
from trustai.plots.representation import (
    Points,
    Range,
    class_mark,
    ranges_of,
)
from trustai.represent import PICTURE_STATES
from trustai.represent.picture_states import TRAINING
from trustai.types import ImageSet
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.measured import trained_unlike
from trustai.ui.kit.subjects import DEFAULT_MODEL, whole

TOPIC = "map"
KS = (1, 3, 5, 10, 20)
MAPS = {"umap": "UMAP", "pca": "PCA"}
TEST_STATES = [name for name in PICTURE_STATES.names() if name != TRAINING]


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _table(model_id: str, weights_sha: str) -> pd.DataFrame | None:
    return zoo.measurements(model_id, topic=TOPIC)


@st.cache_resource(show_spinner=False, max_entries=8)
def fitted_of(model_id: str, weights_sha: str) -> zoo.FeatureStatistics:
    """The statistics of a network's training pictures, read once per server; read-only."""
    return zoo.feature_statistics(classifier(model_id))


@st.cache_resource(show_spinner=False, max_entries=8)
def pca_of(model_id: str, weights_sha: str) -> represent.PCAProjection:
    return represent.pca(fitted_of(model_id, weights_sha).reference)


@dataclass(frozen=True, eq=False)
class MapMeasurements:
    """A network and the table of its maps."""

    card: zoo.Card
    table: pd.DataFrame

    @property
    def fitted(self) -> zoo.FeatureStatistics:
        return fitted_of(self.card.id, self.card.weights_sha256)

    @property
    def pca(self) -> represent.PCAProjection:
        return pca_of(self.card.id, self.card.weights_sha256)

    @property
    def network(self) -> zoo.Classifier:
        return classifier(self.card.id)

    def view(self, name: str) -> pd.DataFrame:
        """The rows of one of `PICTURE_STATES`."""
        return self.table[self.table["view"] == name]

    def figure(self, view: str, name: str) -> float | None:
        """A figure of a view by its name on the card, ``umap/silhouette``; None if it has none."""
        metric = self.card.metrics.get(f"{TOPIC}/{view}/{name}")
        return None if metric is None else metric.value

    def cloud(self, view: str, projection: str) -> Points:
        rows = self.view(view)
        return Points(
            rows[[f"{projection}_x", f"{projection}_y"]].to_numpy(np.float32),
            rows["label"].to_numpy(np.int64),
            rows["predicted"].to_numpy(np.int64),
            rows["index"].to_numpy(np.int64),
        )

    def ranges(self, projection: str) -> tuple[Range, Range]:
        """Of the axes, the same for all views."""
        columns = [f"{projection}_x", f"{projection}_y"]
        return ranges_of(self.table[columns].to_numpy(np.float32))


def measured_maps() -> dict[str, MapMeasurements]:
    """The networks whose maps were measured, by id.

    Raises:
        ValueError: there is none; says what to do.
    """
    found = {}
    for card in zoo.catalog(kind="picture"):
        table = _table(card.id, card.weights_sha256)
        if table is not None:
            found[card.id] = MapMeasurements(card, table)
    if not found:
        raise ValueError(
            "expected networks with maps in models/, got none: run "
            "`python -m trustai.train.measure <model id> --stages map`"
        )
    return found


def pick_network(
    models: Mapping[str, MapMeasurements], *, default: str = DEFAULT_MODEL
) -> MapMeasurements:
    ids = list(models)
    chosen = st.selectbox(
        "Network",
        ids,
        index=ids.index(default) if default in ids else 0,
        format_func=lambda i: models[i].card.title,
        key="model",
        bind="query-params",
        help="Choose the network that turns pictures into features.",
    )
    return models[chosen]


def pick_beside(
    models: Mapping[str, MapMeasurements], first: MapMeasurements
) -> MapMeasurements | None:
    """A second network of the same classes: what it is usually compared with comes first."""
    others = {
        i: m
        for i, m in models.items()
        if m.card.classes == first.card.classes and i != first.card.id
    }
    usual = [i for i in _rivals(first.card.id) if i in others] or list(others)
    chosen = st.selectbox(
        "Second network",
        ["nothing", *others],
        index=1 + list(others).index(usual[0]) if usual else 0,
        format_func=lambda i: others[i].card.title if i in others else i,
        key="beside",
        bind="query-params",
        help="Another network with the same classes. It gets the same pictures.",
    )
    other = others.get(chosen)
    if other is not None and (unlike := trained_unlike(first.card, other.card)):
        st.caption(unlike)
    return other


def _rivals(model_id: str) -> list[str]:
    for a, b in (("angular", "circle"), ("circle", "angular")):
        if model_id.endswith(f"-{a}"):
            return [model_id.replace(a, b)]
    return [f"{model_id}-adversarial", model_id.replace("-adversarial", "")]


def pick_state(*, label: str = "Pictures", training: bool = True) -> str:
    """One of `PICTURE_STATES`."""
    return st.selectbox(
        label,
        [*TEST_STATES, TRAINING] if training else TEST_STATES,
        format_func=lambda v: PICTURE_STATES.get(v).title,
        key="state",
        bind="query-params",
        help="The same test pictures, unchanged, corrupted or attacked. All were measured before.",
    )


def legend(classes: Sequence[str]) -> None:
    """The colour and sign of every class, once for all maps of the page."""
    items = []
    for i, name in enumerate(classes):
        colour, _, sign = class_mark(i)
        items.append(
            f'<span style="white-space:nowrap"><b style="color:{colour}">{sign}</b> '
            f"{html.escape(name)}</span>"
        )
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:0.1rem 0.9rem">' + "".join(items) + "</div>"
    )


def reference_cloud(mapped: MapMeasurements, places: np.ndarray) -> Points:
    """The training pictures on a map made here and now."""
    fitted = mapped.fitted
    with torch.no_grad():
        predicted = mapped.network.head(fitted.reference).argmax(1)
    return Points(places, fitted.labels.numpy(), predicted.numpy(), fitted.indices.numpy())


def training_pictures(name: str, indices: Sequence[int]) -> ImageSet:
    """The training pictures with these numbers; read-only."""
    draw = data.dataset(name).draw
    if draw is not None:
        return draw("train", indices)
    train = whole(name, split="train")  # its numbers ascend, but not one by one
    return train.take(torch.searchsorted(train.indices, torch.tensor(list(indices))))
