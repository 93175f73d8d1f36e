"""The measurements of OOD scores, and the pickers of network and score that the views share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from trustai import (
    data,
    ood,
    zoo,
)
from trustai.ood.ood_sets import SHORT_TITLES
from trustai.plots import colours
from trustai.ui.kit.errors import plain
from trustai.ui.kit.glossary import hint
from trustai.zoo.pretrained.packaged import missing_package

DEFAULT = "signs-no-stop"
INLIER, LEFT_OUT = "inlier", "left out"
KEEP = 0.95
DEFAULT_SCORE = "energy"
CONFIDENT = "msp"
"""The score that is 1 minus the largest softmax probability, as in the student report."""


@dataclass(frozen=True, eq=False)
class OODMeasurements:
    """A network that never saw one class, and the scores of every picture measured on it.

    Attributes:
        table: Columns ``set``, ``index``, ``label``, ``predicted`` and one per score.
    """

    card: zoo.Card
    table: pd.DataFrame

    @property
    def left_out(self) -> str:
        """Name of the class that the network never saw."""
        assert self.card.without is not None
        return self.card.without

    @property
    def against(self) -> str:
        """The set that it is to tell from the inliers: the left-out class, else the first OOD
        set."""
        return next(name for name in self.sets if name != INLIER)

    @property
    def sets(self) -> list[str]:
        """The inliers, the left-out class, then the OOD sets."""
        return list(dict.fromkeys(self.table["set"]))

    @property
    def scores(self) -> list[str]:
        return [name for name in ood.names() if name in self.table]

    def of(self, score: str, set_: str) -> NDArray[np.float64]:
        """The scores of one set, in the order of the table."""
        return self.table.loc[self.table["set"] == set_, score].to_numpy(np.float64)

    def threshold(self, score: str, *, keep: float = KEEP) -> float:
        """The smallest that keeps at least the share `keep` of the inliers."""
        return ood.threshold_at(torch.from_numpy(self.of(score, INLIER)), keep=keep)

    def name(self, set_: str) -> str:
        """What a set is called on screen."""
        if set_ == INLIER:
            return "familiar"
        return f"“{self.left_out}”" if set_ == LEFT_OUT else SHORT_TITLES.get(set_, set_)

    def colour(self, set_: str) -> str:
        """Blue the familiar, purple the left-out class, grey noise; the others in their order."""
        if set_ in (INLIER, LEFT_OUT, "noise"):
            fixed = {INLIER: colours.CLEAN, LEFT_OUT: colours.OTHERS[0]}
            return fixed.get(set_, colours.RANDOM)
        place = [s for s in self.sets if s not in (INLIER, LEFT_OUT, "noise")].index(set_)
        return colours.OTHERS[1 + place % (len(colours.OTHERS) - 1)]

    def dataset(self, set_: str) -> str:
        """The data set that `index` and `label` of a set are of."""
        return self.card.dataset if set_ in (INLIER, LEFT_OUT) else set_


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _table(model_id: str, weights_sha: str, topic: str) -> pd.DataFrame | None:
    return zoo.measurements(model_id, topic=topic)


def table_of(card: zoo.Card, *, topic: str) -> pd.DataFrame | None:
    """The measurements of a topic; a new one is read in a minute."""
    return _table(card.id, card.weights_sha256, topic)


def ood_measurements(*, of_photographs: bool = False) -> list[OODMeasurements]:
    """The networks that were measured on OOD sets, the default first.

    Args:
        of_photographs: Also those that know every class of their photographs, and one of them
            first; else only networks that never saw one class.
    """
    found = []
    for card in zoo.catalog(kind="picture"):
        wanted = card.without is not None or (
            of_photographs and card.photographs and missing_package(card) is None
        )
        table = table_of(card, topic="ood") if wanted else None
        if table is not None:
            found.append(OODMeasurements(card, table))
    return sorted(found, key=lambda m: (not m.card.photographs, m.card.id != DEFAULT, m.card.id))


def pick_network(*, of_photographs: bool = False) -> OODMeasurements:
    """A choice among `ood_measurements`, bound to the URL.

    Args:
        of_photographs: As of `ood_measurements`.

    Raises:
        ValueError: there is none.
    """
    networks = {m.card.id: m for m in ood_measurements(of_photographs=of_photographs)}
    if not networks:
        raise ValueError(
            f"expected a network that never saw one class, such as {DEFAULT}, with its scores in "
            f"models/, got none: run `python -m trustai.train {DEFAULT}`, then "
            f"`python -m trustai.train.measure {DEFAULT} --stages feature-statistics` and "
            f"`python -m trustai.train.measure {DEFAULT} --stages ood`"
        )
    chosen = st.selectbox(
        "Network",
        list(networks),
        format_func=lambda i: networks[i].card.title,
        key="model",
        bind="query-params",
        help=hint("left-out class"),
    )
    return networks[chosen]


def pick_score(
    measured: OODMeasurements, *, key: str = "score", default: str = DEFAULT_SCORE
) -> str:
    """An OOD score, bound to the URL as `key`."""
    names = measured.scores
    return st.selectbox(
        "OOD score",
        names,
        index=names.index(default),
        format_func=lambda n: ood.get(n).title,
        key=key,
        bind="query-params",
        help=hint("OOD score"),
    )


def described(score: str) -> str:
    """A score and what it says of itself, in one line."""
    entry = ood.get(score)
    return f"**{plain(entry.title)}**: {plain(entry.description)}"


def confidence_text(score: str, threshold: float) -> str:
    """``"0.306 (confidence 0.694)"``: of one minus the confidence also the confidence."""
    if score == CONFIDENT:
        return f"{threshold:.3g} (confidence {1 - threshold:.3f})"
    return f"{threshold:.4g}"


def accepts_fewest(measured: OODMeasurements) -> str:
    """The score that accepts fewest of the left-out class where it accepts 95 % of the familiar."""
    return min(measured.scores, key=lambda score: accepted_at_usual(measured, score))


def accepted_at_usual(measured: OODMeasurements, score: str) -> float:
    """Share of the left-out class still accepted where 95 % of the familiar are accepted.

    Of a network that knows every class: of its first OOD set.
    """
    return float((measured.of(score, measured.against) <= measured.threshold(score)).mean())


def rejected_picture(measured: OODMeasurements) -> int:
    """Number of a left-out test picture that the best score rejects, and most others with it.

    Of a network that knows every class: 1, with which every picker of pictures begins.
    """
    if measured.card.without is None:
        return 1
    rows = measured.table[measured.table["set"] == LEFT_OUT]
    rejected = {s: measured.of(s, LEFT_OUT) > measured.threshold(s) for s in measured.scores}
    votes = np.sum(list(rejected.values()), axis=0)
    votes = votes + len(rejected) * rejected[accepts_fewest(measured)]
    return int(rows["index"].iloc[int(votes.argmax())])


def class_of(measured: OODMeasurements, set_: str, label: int) -> str:
    """Name of a class of the data set that a set is from."""
    return data.dataset(measured.dataset(set_)).classes[label]
