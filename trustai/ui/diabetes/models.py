"""View of the diabetes page: the networks that ship, from their cards and measurements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import zoo
from trustai.metrics import binary
from trustai.metrics.calibration import reliability_of
from trustai.plots import charts, colours, tabular_models
from trustai.plots.charts import ShareCurve
from trustai.ui.components.live_slider import (
    Dash,
    Figure,
    Line,
    Matrix,
    XAxis,
    YAxis,
    live_slider,
)
from trustai.ui.diabetes.comparison import compared
from trustai.ui.diabetes.pickers import OLDER_TITLES
from trustai.ui.diabetes.shapes import shapes
from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import measurements

DATASET = "diabetes"
COLOURS = {"diabetes-mlp": colours.OTHERS[0], "diabetes-nam": colours.OTHERS[1]}
"""Of the networks; the baselines are grey."""
RATES: tuple[tuple[str, str, Dash], ...] = (
    ("accuracy", colours.CLEAN, "solid"),
    ("precision", colours.OTHERS[0], "dashed"),
    ("recall", colours.OTHERS[1], "solid"),
    ("f1", colours.OTHERS[2], "dotted"),
)
TITLES = {"f1": "F1"}
Counts = Sequence[Sequence[Sequence[int]]]
"""A confusion matrix for every threshold."""
THRESHOLDS = [i / 100 for i in range(101)]


@dataclass(frozen=True, eq=False)
class MeasuredNetwork:
    """A network and what it says of every test row: `labels` and `probability`, ``(N,)``."""

    card: zoo.Card
    labels: Tensor
    probability: Tensor

    @property
    def colour(self) -> str:
        return COLOURS.get(self.card.id, colours.OTHERS[2])


def show() -> None:
    networks = measured_networks()
    if not networks:
        raise ValueError(
            "expected the networks of the diabetes table in models/, got none: run "
            "`python -m trustai.train diabetes-mlp` and `python -m trustai.train diabetes-nam`"
        )
    titles = {n.card.id: n.card.title for n in networks}
    pickers, result = first_rows()
    renamed("model", OLDER_TITLES)
    picked = pickers.selectbox(
        "Network", list(titles), format_func=lambda i: titles[i], key="model", bind="query-params"
    )
    network = next(n for n in networks if n.card.id == picked)
    with result:
        _thresholds(network)
    table = compared([network.card for network in networks])
    with fold("ROC, precision and recall, calibration", icon=":material/show_chart:"):
        _curves(networks)
    with fold("Training curves", icon=":material/show_chart:"):
        _learning(network.card)
    with fold("The curves of the interpretable additive model (NAM)", icon=":material/show_chart:"):
        shapes([network.card for network in networks])
    _export(networks, table).show()


def measured_networks() -> list[MeasuredNetwork]:
    """The networks of the diabetes table that were measured on every test row."""
    found = []
    for card in zoo.catalog(kind="table"):
        rows = measurements(card.id, card.weights_sha256) if card.dataset == DATASET else None
        if rows is not None:
            labels, said = (torch.tensor(rows[c].to_numpy()) for c in ("label", "probability"))
            found.append(MeasuredNetwork(card, labels.long(), said.double()))
    return found


def _thresholds(network: MeasuredNetwork) -> None:
    said = st.empty()
    figures = [
        binary.at_threshold(network.labels, network.probability, threshold=t) for t in THRESHOLDS
    ]
    counts = [
        binary.confusion(network.labels, network.probability, threshold=t) for t in THRESHOLDS
    ]
    chosen = live_slider(
        *(Line(TITLES.get(n, n), _known(n, figures), colour, dash) for n, colour, dash in RATES),
        *_cells(network.card, counts),
        _matrix(network, counts),
        key="threshold",
        label="Threshold: predict diabetes from this probability",
        values=THRESHOLDS,
        start=0.5,
        x=XAxis(
            value_text=lambda t: f"{t:.0%}",
            tick_labels={t: f"{t:.0%}" for t in THRESHOLDS[::20]},
        ),
        y=YAxis("share"),
    )
    at = THRESHOLDS.index(chosen)
    with said.container():
        finding(plain(threshold_words(figures[at], counts[at], network.card.classes, chosen)))
    st.caption(
        f"Measured on all {len(network.labels)} test patients. The sentence changes when you "
        "release the slider."
    )


def _cells(card: zoo.Card, counts: Counts) -> list[Figure]:
    """The cells of the confusion matrix at every threshold."""
    no, yes = card.classes
    # A count's colour is that of the truth; dashed is what was called wrong.
    cells: tuple[tuple[str, int, int, str, Dash], ...] = (
        (f"{yes}: found", 1, 1, colours.ATTACKED, "solid"),
        (f"{yes}: missed", 1, 0, colours.ATTACKED, "dashed"),
        (f"{no}: false alarm", 0, 1, colours.CLEAN, "dashed"),
        (f"{no}: correct", 0, 0, colours.CLEAN, "solid"),
    )
    return [
        Figure(title, [str(c[true][called]) for c in counts], colour, dash)
        for title, true, called, colour, dash in cells
    ]


def _matrix(network: MeasuredNetwork, counts: Counts) -> Matrix:
    return Matrix(
        title="Confusion matrix",
        rows=network.card.classes,
        columns=network.card.classes,
        row_title="true class",
        column_title="predicted class",
        counts=counts,
        totals=[len(network.labels)] * 2,
        share_title="of all",
        row_colours=[colours.CLEAN, colours.ATTACKED],
    )


def _known(name: str, figures: Sequence[Mapping[str, float]]) -> list[float | None]:
    """A figure at every threshold; precision is not defined where nobody is called ill."""
    return [None if math.isnan(figure[name]) else figure[name] for figure in figures]


def threshold_words(
    figures: Mapping[str, float],
    counts: Sequence[Sequence[int]],
    classes: Sequence[str],
    threshold: float,
) -> str:
    """What a threshold means for people.

    >>> threshold_words({"accuracy": 0.7}, [[5, 2], [1, 2]], ("well", "ill"), 0.5)
    'At a threshold of 50%, the network finds 2 of 3 patients with “ill” and misses 1. It gives a false alarm for 2 of 7 with “well”. 70.0% of all predictions are correct.'
    """  # noqa: E501
    (left, alarmed), (missed, found) = counts
    return (
        f"At a threshold of {threshold:.0%}, the network finds {found} of {found + missed} "
        f"patients with “{classes[1]}” and misses {missed}. It gives a false alarm for {alarmed} "
        f"of {alarmed + left} with “{classes[0]}”. {figures['accuracy']:.1%} of all predictions "
        "are correct."
    )


def roc_lines(networks: Sequence[MeasuredNetwork]) -> list[ShareCurve]:
    """Each network's ROC curve, named with the area under it."""
    curves = [binary.roc(n.labels, n.probability) for n in networks]
    areas = [binary.roc_auc(n.labels, n.probability) for n in networks]
    return [
        ShareCurve(
            f"{n.card.short_title}: {area:.3f}",
            c.false_positive.tolist(),
            c.true_positive.tolist(),
            n.colour,
        )
        for n, c, area in zip(networks, curves, areas, strict=True)
    ]


def _curves(networks: Sequence[MeasuredNetwork]) -> None:
    positive = float(networks[0].labels.double().mean())
    pr, honest = [], []
    for n in networks:
        figures = binary.figures(n.labels, n.probability)
        name, colour = n.card.short_title, n.colour
        b = binary.precision_recall(n.labels, n.probability)
        x, y = b.recall.tolist(), b.precision.tolist()
        pr.append(ShareCurve(f"{name}: {figures['average_precision']:.3f}", x, y, colour))
        c = reliability_of(n.probability, n.labels, bins=binary.BINS)
        some = c.count > 0
        x, y = c.confidence[some].tolist(), c.accuracy[some].tolist()
        sizes = (8 + 16 * (c.count[some] / c.count.max()).sqrt()).tolist()
        honest.append(ShareCurve(f"{name}: {figures['ece']:.3f}", x, y, colour, sizes))
    found = roc_lines(networks)
    roc, recall, said = st.columns(3, gap="medium")
    with roc:
        _shares("ROC", hint("ROC curve"), found, ("false alarms", "found"), (0.0, 1.0))
    with recall:
        words = hint("precision and recall")
        _shares("Precision and recall", words, pr, ("recall", "precision"), (positive, positive))
    with said:
        words = hint("calibration curve")
        _shares(
            "Calibration",
            words,
            honest,
            ("predicted", "observed"),
            (0.0, 1.0),
        )


def _shares(
    title: str,
    words: str,
    curves: Sequence[ShareCurve],
    axes: tuple[str, str],
    chance: tuple[float, float],
) -> None:
    st.subheader(title, help=words)
    x_title, y_title = axes
    figure = charts.share_curves(curves, x_title=x_title, y_title=y_title, chance=chance)
    chart(figure, key=title.lower().replace(" ", "-"), title=title)


def _learning(card: zoo.Card) -> None:
    history = card.history
    curves = [("loss", False), ("accuracy", True)]
    for cell, (what, percent) in zip(st.columns(2, gap="large"), curves, strict=True):
        if f"val_{what}" in history:
            with cell:
                chart(
                    tabular_models.learning(history, what=what, percent=percent),
                    key=f"learning-{what}",
                    title=f"{what.capitalize()} while training",
                    about=card.title,
                )
    training = card.training
    st.caption(
        f"{plain(card.title)} has {counted(training.get('parameters', 0), 'parameter')}. It was "
        f"trained for {counted(training['epochs'], 'epoch')} on "
        f"{counted(training['training_rows'], 'row')} in {training.get('seconds', 0):.0f} s. The "
        "epoch with the smallest loss on the validation part was kept. "
        f"`{card.command}` trains it again."
    )


def _export(networks: Sequence[MeasuredNetwork], table: pd.DataFrame) -> Export:
    ids = [network.card.id for network in networks]
    return Export(
        name="diabetes-models",
        key="models",
        csv=table.to_csv(index=False),
        json={network.card.id: network.card.as_dict() for network in networks},
        python=f"""
import torch

from trustai import zoo
from trustai.metrics import binary

for name in {ids}:
    rows = zoo.measurements(name)
    labels, said = (torch.tensor(rows[c].to_numpy()) for c in ("label", "probability"))
    print(name, binary.figures(labels.long(), said))
    print(zoo.read_card(name).metrics["roc_auc/seeds/mean"].value)
""",
    )
