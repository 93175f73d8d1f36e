"""The representation page's second view: the nearest neighbours as a classifier."""

from __future__ import annotations

import numpy as np
import streamlit as st

from trustai import represent
from trustai.plots import charts, colours
from trustai.represent import METRICS, VIEWS
from trustai.represent.knn import Metric, Report
from trustai.represent.views import TRAINING
from trustai.ui.kit.charts import chart
from trustai.ui.kit.export import downloads, python_expander
from trustai.ui.representation.tables import (
    KS,
    STATES,
    Mapped,
    mapped_models,
    pick_network,
    pick_state,
)

SHORT = {
    TRAINING: "training",
    "clean": "clean",
    "corrupted": "corrupted",
    "attacked": "attacked: softmax",
    "distance": "attacked: distance",
}


def show() -> None:
    models = mapped_models()
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        mapped = pick_network(models)
        state = pick_state()
        k = st.select_slider(
            "k: how many neighbours vote", list(KS), value=3, key="k", bind="query-params",
            help="One neighbour believes every odd training picture; twenty ask far away ones too. "
            "The course took 3.",
        )  # fmt: skip
        metric = st.segmented_control(
            "Distance", list(METRICS), default="cosine", key="metric", bind="query-params",
            required=True,
            help="Cosine compares directions and forgets lengths; euclidean is the straight line. "
            "For features of length 1 both give the same order.",
        )  # fmt: skip
        st.caption(_how(mapped))
    with results:
        _bars(mapped, k, metric)
        found = report_of(mapped, state, k, metric)
        st.subheader(f"{VIEWS.get(state).title}: {found.accuracy:.1%} right")
        chart(charts.confusion(found.confusion.tolist(), mapped.card.classes), key="knn-confusion")
        st.dataframe(
            found.table,
            hide_index=True,
            column_config={
                c: st.column_config.NumberColumn(c, format="percent")
                for c in ("precision", "recall", "f1")
            },
        )
        st.caption(
            "Precision: of those called so, how many are. Recall: of those that are, how many were "
            "called so. F1 is their harmonic mean. Support: how many there are."
        )
        _give(mapped, state, k, metric, found)


def _how(mapped: Mapped) -> str:
    how = mapped.card.metrics["map/pictures"].how
    return (
        "A picture is called what most of the k training pictures nearest to it in the space of "
        "features are called. Nothing is learned, so it tells how good the features are without "
        "the last layer. Of classes with equally many votes the one wins whose first neighbour is "
        f"nearer. Remembered: {how['references']:,} training pictures; a training picture is not "
        "its own neighbour."
    )


def votes_of(mapped: Mapped, state: str, k: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answers ``(N,)`` of a view."""
    rows = mapped.view(state)
    return rows["label"].to_numpy(np.int64), rows[f"{metric}_{k}"].to_numpy(np.int64)


def report_of(mapped: Mapped, state: str, k: int, metric: str) -> Report:
    labels, votes = votes_of(mapped, state, k, metric)
    return represent.report(labels, votes, classes=mapped.card.classes)


def _bars(mapped: Mapped, k: int, metric: Metric) -> None:
    order = [TRAINING, *STATES]
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
    chart(charts.grouped_bars(groups, [SHORT[s] for s in order]), key="knn-bars")
    how = mapped.card.metrics["map/pictures"].how
    st.caption(
        f"Measured on {how['n']:,} test pictures; attacks: PGD of {how['attack']['steps']} steps "
        f"at {how['eps']}, once up the cross entropy of the last layer and once up the distance "
        "to the class."
    )


def _give(mapped: Mapped, state: str, k: int, metric: str, found: Report) -> None:
    downloads(
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
    )
    without = mapped.card.without
    left_out = f', without="{without}"' if without else ""
    python_expander(
        f"""
from trustai import data, represent, zoo

classifier = zoo.load("{mapped.card.id}")
test = data.load("{mapped.card.dataset}", split="test", n=200{left_out})
knn = represent.KNN.of(zoo.feature_statistics(classifier), metric="{metric}")
votes = knn.predict(represent.features_of(classifier, test.pixels), k={k})
print(represent.report(test.labels.numpy(), votes.numpy(), classes=test.classes).table)
"""
    )
