"""Pickers of the diabetes page: the table, the patient, the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.data.splits import sample
from trustai.data.tables.diabetes import FEATURES, Feature
from trustai.explain import tabular
from trustai.explain.tabular.batched import Output
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.types import Table, TabularAttribution
from trustai.ui.diabetes.tables import (
    Chosen,
    pick_table,
)
from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.caching import (
    cached_call,
    sha256_of,
    tabular_model,
)
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import Countdown
from trustai.zoo.described import Cost
from trustai.zoo.leaderboard import Leaderboard

DEFAULT_NETWORK = "diabetes-mlp"
N_BACKGROUND = 100
OLDER_TITLES = {"Diabetes, the course's network": "Diabetes, perceptron (MLP)"}
OUTPUTS: dict[Output, str] = {"logit": "log-odds", "probability": "probability"}
TICKS: dict[Output, str] = {"logit": ".1f", "probability": ".0%"}
"""How an axis in this unit writes its numbers."""
LOG_ODDS = hint("log odds")
COSTS: tuple[Cost, ...] = ("fast", "moderate", "slow")
_KNOWN = {feature.name: feature for feature in FEATURES}


@dataclass(frozen=True, eq=False)
class Patient:
    """A test patient and the rows that an explanation needs beside it.

    Attributes:
        chosen: The table.
        train: Its training part.
        test: Its test part.
        background: ``float32 (B, F)``: the training rows that stand for "not known".
        index: Position in the test part.
    """

    chosen: Chosen
    train: Table
    test: Table
    background: Tensor
    index: int

    @property
    def row(self) -> Tensor:
        """``float32 (F,)`` in raw units, NaN where never measured."""
        return self.test.rows[self.index]

    @property
    def label(self) -> int:
        return int(self.test.labels[self.index])

    @property
    def python(self) -> str:
        """The lines that make `train`, `test`, `background` and `row`."""
        return (
            f"from trustai.data.splits import sample\n{self.chosen.python}\n"
            'train, test = data.part(table, "train"), data.part(table, "test")\n'
            f"background = sample(train, {N_BACKGROUND}, 0).rows\n"
            f"row = test.rows[{self.index}]"
        )


def pick_patient() -> Patient:
    """Table and number of the test patient, bound to the URL."""
    left, right = st.columns([1.8, 1])
    with left:
        chosen = pick_table()
    train, test = data.part(chosen.table, "train"), data.part(chosen.table, "test")
    last = len(test) - 1
    index = right.number_input(
        f"Patient, 0 to {last}",
        min_value=0,
        max_value=last,
        value=min(1, last),
        key="patient",
        bind="query-params",
        help=(
            "A row of the test part, which is a fifth of your table. The networks were trained on "
            "the Pima Indians table. If your table has rows of that table, a network may have seen "
            "them in training."
            if chosen.private
            else "A row of the test part. This fifth of the table was not used for training."
        ),
    )
    return Patient(chosen, train, test, sample(train, N_BACKGROUND, 0).rows, int(index))


def networks(table: Table) -> dict[str, zoo.Card]:
    """The networks for the columns of `table`, by id.

    Raises:
        ValueError: there is none.
    """
    found = {
        card.id: card
        for card in zoo.catalog(kind="table")
        if tuple(card.arguments.get("columns", ())) == table.columns
    }
    if not found:
        raise ValueError(
            "expected a network for this table in models/, got none: `python -m trustai.train "
            "diabetes-mlp` trains one"
        )
    return found


def pick_network(table: Table) -> zoo.Card:
    """A network of tables, bound to the URL."""
    cards = networks(table)
    ids = list(cards)
    renamed("model", OLDER_TITLES)
    chosen = st.selectbox(
        "Network",
        ids,
        index=ids.index(DEFAULT_NETWORK) if DEFAULT_NETWORK in ids else 0,
        format_func=lambda i: cards[i].title,
        key="model",
        bind="query-params",
        help="The model zoo shows how each network was trained.",
    )
    return cards[chosen]


def additive_beside(table: Table) -> zoo.Card | None:
    """The network that is additive by construction, if one is present."""
    return next((c for c in networks(table).values() if c.architecture == "nam"), None)


def explained(
    patient: Patient,
    card: zoo.Card,
    name: str,
    rows: Tensor,
    *,
    output: Output = "logit",
    seed: int = 0,
    params: Any = None,
    heavy: str = "",
    bar: Countdown | None = None,
) -> TabularAttribution | ValueError:
    """One method from the store, or the reason why it cannot apply."""
    params = params or tabular.get(name).params()
    try:
        return cached_call(
            lambda: tabular.explain(
                name,
                tabular_model(card.id),
                rows,
                background=patient.background,
                seed=seed,
                output=output,
                params=params,
                on_progress=bar,
            ),
            subject=patient.chosen,
            weights_sha=card.weights_sha256,
            inputs=[sha256_of(rows, patient.background)],
            method=f"explain.tabular/{name}/{output}",
            parameters=params,
            seed=seed,
            heavy=heavy,
            bar=bar,
        )
    except ValueError as error:
        return error


def main_method(card: zoo.Card, output: Output) -> str:
    """What explains this network exactly and at once: an additive one knows its own terms."""
    model = tabular_model(card.id)
    methods = {name: tabular.get(name) for name in tabular.names()}
    apply = [n for n, m in methods.items() if m.exact and m.why_not(model, output) is None]
    if not apply:
        raise ValueError(f"expected a network that can be explained exactly, got {card.id}")
    return min(apply, key=lambda name: COSTS.index(methods[name].cost_on(model, output)))


def network_for(
    name: str, card: zoo.Card, beside: zoo.Card | None, output: Output = "logit"
) -> zoo.Card:
    """Which network a method explains: `card`, or `beside` where it cannot apply to that one."""
    reason = tabular.get(name).why_not(tabular_model(card.id), output)
    return card if reason is None or beside is None else beside


def measured_seconds(card: zoo.Card, name: str) -> float:
    """What a method took for one patient when it was measured on this network; 0 if it was not."""
    rows = Leaderboard.from_card(card, TabularLeaderboardRow).rows
    found = next((row.seconds for row in rows if row.method == name), 0.0)
    return found if found == found else 0.0


def is_fast(name: str, card: zoo.Card, output: Output) -> bool:
    """Whether a method can follow every move of a slider on this network."""
    return tabular.get(name).cost_on(tabular_model(card.id), output) == "fast"


def feature_of(table: Table, column: int) -> Feature:
    """What is known of a column: of the table's own, or of one by that name."""
    name = table.columns[column]
    if name in _KNOWN:
        return _KNOWN[name]
    known = table.rows[:, column][~table.rows[:, column].isnan()]
    decimals = 0 if table.integer[column] else 3
    return Feature(name, float(known.min()), float(known.max()), "", "", decimals)


def value_text(table: Table, column: int, value: float, *, unit: bool = True) -> str:
    """``"148 mg/dl"``."""
    feature = feature_of(table, column)
    text = f"{value:.{feature.decimals}f}"
    return f"{text} {feature.unit}".strip() if unit else text


def level(value: float, output: str) -> str:
    """An output as text.

    >>> level(0.586, "probability"), level(-2.24, "logit")
    ('58.6%', '−2.24')
    """
    text = f"{value:.1%}" if output == "probability" else f"{value:.2f}"
    return text.replace("-", "−")


def amount(value: float, output: str, *, unit: bool = True) -> str:
    """A difference of outputs as text.

    >>> amount(0.164, "probability"), amount(-0.31, "logit")
    ('+16.4 points', '−0.31')
    """
    points = f"{100 * value:+.1f}" + " points" * unit
    text = points if output == "probability" else f"{value:+.2f}"
    return text.replace("-", "−")


def as_row(values: Tensor) -> Tensor:
    """``(F,)`` -> ``(1, F)`` float32, as methods want it."""
    return values[None].to(torch.float32)
