"""View of the k nearest neighbours as a classifier."""

from __future__ import annotations

import numpy as np
import streamlit as st

from trustai.metrics.classification import ClassificationReport, classification_report
from trustai.plots import charts, colours
from trustai.represent import METRICS, PICTURE_STATES
from trustai.represent.knn import Metric
from trustai.represent.picture_states import TRAINING
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, how_made
from trustai.ui.kit.glossary import hint
from trustai.ui.representation.tables import (
    KS,
    TEST_STATES,
    MapMeasurements,
    measured_maps,
    pick_network,
    pick_state,
)


def show() -> None:
    models = measured_maps()
    pickers, results = first_look(results=2.6)
    with pickers:
        mapped = pick_network(models)
        state = pick_state()
        k = st.select_slider(
            "k: how many neighbours vote", list(KS), value=3, key="k", bind="query-params",
            help=hint("k nearest neighbours"),
        )  # fmt: skip
        metric = st.segmented_control(
            "Distance", list(METRICS), default="cosine", key="metric", bind="query-params",
            required=True,
            help=hint("cosine distance"),
        )  # fmt: skip
    found = report_of(mapped, state, k, metric)
    with results:
        finding(finding_text(mapped, state, k, found))
        _bars(mapped, k, metric)
    _report(mapped, state, k, metric, found)
    with how_made():
        st.caption(_how(mapped))
    _export(mapped, state, k, metric, found).show()


def _report(
    mapped: MapMeasurements, state: str, k: int, metric: str, found: ClassificationReport
) -> None:
    st.subheader(f"{PICTURE_STATES.get(state).title}: {found.accuracy:.1%} right")
    chart(
        charts.confusion(found.confusion.tolist(), mapped.card.classes),
        key="knn-confusion",
        title="Confusion matrix of the vote",
        about=f"{mapped.card.title}, k = {k}, {metric} distance",
        wide=True,
    )
    with st.expander("Precision and recall of every class", icon=":material/table:"):
        st.dataframe(
            found.table,
            hide_index=True,
            column_config={
                c: st.column_config.NumberColumn(c, format="percent")
                for c in ("precision", "recall", "f1")
            },
        )
        st.caption(
            "Precision is the share of a class among the pictures that were given its name. Recall "
            "is the share of a class that was given its name. F1 is their harmonic mean. Support "
            "is the number of pictures of the class."
        )


def finding_text(mapped: MapMeasurements, state: str, k: int, found: ClassificationReport) -> str:
    """How often the vote and the last layer are right, in one sentence."""
    name = PICTURE_STATES.get(state).title
    return (
        f"{name} pictures: the vote of the {counted(k, 'nearest neighbour')} is right for "
        f"**{found.accuracy:.1%}**, and the last layer of the network is right for "
        f"**{mapped.figure(state, 'accuracy') or 0:.1%}**."
    )


def _how(mapped: MapMeasurements) -> str:
    how = mapped.card.metrics["map/pictures"].how
    return (
        "A picture gets the class that most of its k nearest training pictures have, by distance "
        "in the features. Nothing is trained for this, so it shows how good the features are "
        "without the last layer. If two classes have equally many votes, the class of the nearer "
        f"neighbour wins. {how['references']:,} training pictures are remembered. A training "
        f"picture is not its own neighbour. Measured on {how['n']:,} test pictures. The attacks "
        f"are PGD with {how['attack']['steps']} steps at {how['eps']}: one raises the cross "
        "entropy of the last layer, the other the distance to the class."
    )


def votes_of(
    mapped: MapMeasurements, state: str, k: int, metric: str
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answers ``(N,)`` of a view."""
    rows = mapped.view(state)
    return rows["label"].to_numpy(np.int64), rows[f"{metric}_{k}"].to_numpy(np.int64)


def report_of(mapped: MapMeasurements, state: str, k: int, metric: str) -> ClassificationReport:
    labels, votes = votes_of(mapped, state, k, metric)
    return classification_report(labels, votes, classes=mapped.card.classes)


def _bars(mapped: MapMeasurements, k: int, metric: Metric) -> None:
    order = [TRAINING, *TEST_STATES]
    right = [votes_of(mapped, s, k, metric) for s in order]
    groups = [
        (
            f"{k} nearest neighbours",
            colours.OTHERS[2],
            [float((truth == votes).mean()) for truth, votes in right],
        ),
        (
            "the network's last layer",
            colours.OTHERS[1],
            [mapped.figure(s, "accuracy") or 0.0 for s in order],
        ),
    ]
    chart(
        charts.grouped_bars(groups, [PICTURE_STATES.get(s).short_title for s in order]),
        key="knn-bars",
        title="Accuracy of the nearest neighbours",
        about=f"{mapped.card.title}, k = {k}, {metric} distance",
    )


def _export(
    mapped: MapMeasurements, state: str, k: int, metric: str, found: ClassificationReport
) -> Export:
    return Export(
        name=f"{mapped.card.id}-knn-{metric}-{k}-{state}",
        key="knn",
        csv=found.table.to_csv(index=False),
        json={
            "model": mapped.card.id,
            "weights_sha256": mapped.card.weights_sha256,
            "state": state,
            "k": k,
            "metric": metric,
            "accuracy": found.accuracy,
            "report": found.table.to_dict("list"),
            "classes": list(mapped.card.classes),
            "confusion": found.confusion,
            "how": dict(mapped.card.metrics["map/pictures"].how),
        },
        python=f"""
from trustai import zoo
from trustai.metrics.classification import classification_report

measured = zoo.measurements("{mapped.card.id}", topic="map")
here = measured[measured["view"] == "{state}"]
found = classification_report(
    here["label"].to_numpy(int),
    here["{metric}_{k}"].to_numpy(int),
    classes=zoo.read_card("{mapped.card.id}").classes,
)
print(found.accuracy)
print(found.table)
""",
    )
