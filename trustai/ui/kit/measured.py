"""What was measured of networks: on every test picture, on photographs, and what is unlike them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import zoo
from trustai.explain.image.evaluation import cost
from trustai.ood.methods.msp import msp
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.errors import counted, plain
from trustai.zoo.leaderboard import FigureInterval, LeaderboardRow

LINF_EPS = ("0", "0.5/255", "1/255", "2/255", "4/255", "8/255", "12/255", "16/255", "32/255")


HEADLINES: Mapping[zoo.Kind, Mapping[str, str]] = {
    "picture": {
        "clean_accuracy": "clean accuracy",
        "pgd20_accuracy": "PGD-20, 8/255",
        "corrupted_accuracy": "corrupted pictures",
        zoo.REAL_ACCURACY: "photographs of signs",
    },
    "table": {
        "roc_auc": "ROC AUC",
        "roc_auc/seeds/mean": "mean of 5 seeds",
        "roc_auc/splits/mean": "mean of 5 splits",
        "accuracy": "accuracy",
        "ece": "calibration error",
    },
    "caption": {
        f"test/{language}/beam5/bleu{n}": f"BLEU-{n}, {title}"
        for language, title in (("en", "English"), ("fa", "Persian"))
        for n in (1, 4)
    },
    "path": {
        f"{state}/{figure}": f"{title}, {words}"
        for state, words in (("unrepaired", "no repair"), ("repaired", "repaired"))
        for figure, title in (
            ("accuracy", "accuracy"),
            ("p_percent_rule_sex", "p%-rule by sex"),
            ("p_percent_rule_race", "p%-rule by race"),
        )
    },
}
"""By kind the main metrics of a card, with what they are called wherever they are shown."""
SCORES = ("roc_auc", "ece", "bleu")
"""Metrics that are no shares: they are shown with three decimals."""


def figure_text(name: str, value: float) -> str:
    """A metric as it is written everywhere.

    >>> figure_text("recall", 0.5), figure_text("roc_auc", 0.8), figure_text("f1", math.nan)
    ('50.0%', '0.800', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    score = any(part.startswith(SCORES) for part in name.split("/"))
    return f"{value:.3f}" if score else f"{value:.1%}"


def headlines(card: zoo.Card) -> dict[str, str]:
    """The main figures of a network as they are shown, by what they are called."""
    return {
        words: figure_text(name, card.metrics[name].value)
        for name, words in HEADLINES[zoo.kind_of(card)].items()
        if name in card.metrics
    }


def as_number(text: str) -> float:
    """The number of an epsilon as it is written on a slider.

    Args:
        text: A number or a fraction.

    >>> round(as_number("8/255"), 4)
    0.0314
    """
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


INTERVALS = (
    "The thin lines are 95 % intervals: the paired bootstrap with 2,000 draws of the same test "
    "items. “Tied” means: the difference to the best one may be chance (Holm's correction for "
    "several comparisons)."
)


def interval_text(low: float, high: float, form: str = ".0%") -> str:
    """An interval in words.

    Args:
        low, high: Its ends.
        form: How each is written, as in an f-string.

    >>> interval_text(0.123, 0.4), interval_text(-0.5, 1.25, ".2f")
    ('95 % interval 12 % to 40 %', '95 % interval -0.50 to 1.25')
    """
    ends = (f"{end:{form}}".replace("%", " %") for end in (low, high))
    return "95 % interval " + " to ".join(ends)


def with_ties(rows: Sequence[LeaderboardRow], figure: str) -> list[str]:
    """The titles of the rows; “(tied)” follows where the leader of `figure` is not surely better.

    Args:
        rows: Of one leaderboard.
        figure: Name of the figure that they are ordered by.
    """
    sure = [row.intervals.get(figure) for row in rows]
    return [
        f"{row.title} (tied)" if found and found.tied and not found.leader else row.title
        for row, found in zip(rows, sure, strict=True)
    ]


def tied_with_leader(rows: Sequence[LeaderboardRow], figure: str) -> list[str]:
    """Titles of the rows that may be as good as the leader of `figure`, without the leader."""
    found = [(row.title, row.intervals.get(figure)) for row in rows]
    return [title for title, f in found if f is not None and f.tied and not f.leader]


def ends(rows: Sequence[LeaderboardRow], figure: str) -> list[tuple[float, float]] | None:
    """The intervals of a figure, one a row, for a chart; None where one was not measured."""
    found: list[FigureInterval] = [r.intervals[figure] for r in rows if figure in r.intervals]
    return [(f.low, f.high) for f in found] if len(found) == len(rows) else None


def trained_unlike(first: zoo.Card, other: zoo.Card) -> str:
    """One sentence on how the training of two networks differs; empty where nothing is known of it.

    A difference of their figures may come from the training and not from what they are compared by.
    """
    told = [f"{card.short_title} {_training(card)}" for card in (first, other)]
    if _training(first) == _training(other):
        return ""
    return (
        f"The two were not trained alike: {plain(told[0])}, {plain(told[1])}. A part of the "
        "difference may come from that."
    )


def _training(card: zoo.Card) -> str:
    epochs = counted(int(card.training.get("epochs", 0)), "epoch")
    start = card.configuration.get("start_from")
    return f"for {epochs}" + (f" from the weights of {start}" if start else "")


@st.cache_data(show_spinner=False, max_entries=32, ttl=60)
def measurements(model_id: str, weights_sha: str) -> pd.DataFrame | None:
    """The measurements of a network, one row a picture; None where there are none.

    Args:
        weights_sha: Part of the cache's key: those of new weights are read at once, a new
            measurement of the same weights within a minute.
    """
    return zoo.measurements(model_id)


def right_with_crop(card: zoo.Card, crop: str) -> str:
    """How often a network is right when it sees this part of a picture; empty if not measured."""
    measured = card.metrics.get(f"crops/{crop}")
    if measured is None:
        return ""
    return (
        f" With this choice its first answer was right for {measured.value:.0%} of "
        f"{measured.how['n']:,} test photographs that are not square."
    )


def right_when_below(card: zoo.Card, probability: float) -> str:
    """How often a network is right that is less sure than that; empty if not measured."""
    measured = card.metrics.get(f"confidence/0-{probability:g}")
    if measured is None:
        return ""
    n, of = measured.how["n"], measured.how["of"]
    return (
        f" It was this unsure about {n:,} of its {of:,} test photographs, and its first answer was "
        f"right for {round(measured.value * n):,} of them."
    )


@dataclass(frozen=True, eq=False)
class AttackMeasurements:
    """A network and the result of attacks on every test picture of its data set.

    Attributes:
        card: Of the network.
        table: One row a picture, with a column ``<attack>_eps`` for each attack.
    """

    card: zoo.Card
    table: pd.DataFrame

    def smallest(self, attack: str) -> np.ndarray:
        """Each picture's smallest fooling epsilon ``(N,)`` in 1/255; inf where none fooled it."""
        return self.table[f"{attack}_eps"].to_numpy()


def attack_measurements(dataset: str, attack: str) -> list[AttackMeasurements]:
    """The networks trained on `dataset` whose every test picture was attacked by `attack`."""
    found = []
    for card in zoo.catalog():
        measured = measurements(card.id, card.weights_sha256) if card.dataset == dataset else None
        if measured is not None and f"{attack}_eps" in measured:
            found.append(AttackMeasurements(card, measured))
    return found


def accuracy_at(smallest_eps: np.ndarray, eps: Sequence[float]) -> list[float]:
    """Share of pictures that no tried epsilon up to `eps` fooled: ``mean(smallest > eps)``.

    At ``eps = 0`` this is the clean accuracy: a picture that is wrong from the start has 0.

    Args:
        smallest_eps: ``(N,)``, in the unit of `eps`.
        eps: Where the curve is wanted.

    >>> accuracy_at(np.array([0, 2, np.inf, 1]), [0, 1, 2])
    [0.75, 0.5, 0.25]
    """
    return [float((smallest_eps > e).mean()) for e in eps]


def world_of(card: zoo.Card) -> str:
    """Which classes a network knows, and how often one of drawn signs is right on real ones."""
    known = f"The network knows only its own {len(card.classes):,} classes."
    real = card.metrics.get(zoo.REAL_ACCURACY)
    if real is None:
        return known
    return (
        f"{known} It learned from drawn signs: of those it names "
        f"{card.metrics['clean_accuracy'].value:.1%} right, of {real.how['n']:,} photographs of "
        f"real signs {real.value:.1%}."
    )


def unlike_own(card: zoo.Card, logits: Tensor) -> str | None:
    """One warning where a picture is unlike the network's own test pictures, else None.

    Args:
        logits: ``(1, C)`` of the picture.
    """
    limit, score = card.metrics.get(zoo.MSP_THRESHOLD), float(msp(logits).half())
    if limit is None or score <= limit.value:
        return None
    return (
        "This picture is unlike those that the network knows, so do not trust its answer. Its "
        f"[OOD score](/ood) is {score:.3f}; {limit.how['keep']:.0%} of the network's own test "
        f"pictures have at most {limit.value:.3f}."
    )


def first_of_each_class(labels: np.ndarray, n: int) -> list[int]:
    """Positions of the first picture of each class, at most `n`, in class order.

    >>> first_of_each_class(np.array([1, 0, 1, 2]), 2)
    [1, 0]
    """
    _, first = np.unique(labels, return_index=True)
    return [int(i) for i in first[:n]]


@st.cache_resource(show_spinner=False, max_entries=32)
def seconds_of_a_pass(model_id: str, weights_sha: str) -> float:
    """How long a network looks at one picture, taken once per server: the better of two."""
    network = classifier(model_id)
    assert network.card is not None
    x = torch.zeros(1, 3, network.card.photo_side, network.card.photo_side)

    def timed() -> float:
        started = time.perf_counter()
        network.predict(x)
        return time.perf_counter() - started

    return min(timed() for _ in range(2))


def explanation_seconds(card: zoo.Card, method: str) -> float:
    """How long a method of explaining takes for one picture on this machine, from what it costs
    beside a pass; 0 where the stage ``explain-cost`` of ``trustai.train.measure`` was not run.

    Args:
        card: Of a network of pictures.
        method: One of `trustai.explain.image.names()`.
    """
    found = card.metrics.get(f"{cost.PREFIX}/{method}")
    return 0.0 if found is None else found.value * seconds_of_a_pass(card.id, card.weights_sha256)
