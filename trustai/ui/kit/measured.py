"""What was measured on every test picture, as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from trustai import zoo

LINF_EPS = ("0", "0.5/255", "1/255", "2/255", "4/255", "8/255", "12/255", "16/255", "32/255")


def as_number(text: str) -> float:
    """An epsilon as it stands on a slider, as a number.

    >>> round(as_number("8/255"), 4)
    0.0314
    """
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


@st.cache_data(show_spinner=False, max_entries=32, ttl=60)
def table(model_id: str, weights_sha: str) -> pd.DataFrame | None:
    """The per-picture measurements; new weights are read at once, a new measurement in a minute."""
    return zoo.measurements(model_id)


@dataclass(frozen=True, eq=False)
class Measured:
    """A network and what was measured on every test picture of its data set."""

    card: zoo.Card
    table: pd.DataFrame

    def smallest(self, attack: str) -> np.ndarray:
        """Each picture's smallest fooling epsilon ``(N,)`` in 1/255; inf where none fooled it."""
        return self.table[f"{attack}_eps"].to_numpy()


def measured_models(dataset: str, attack: str) -> list[Measured]:
    """The networks trained on `dataset` whose every test picture was attacked by `attack`."""
    found = []
    for card in zoo.catalog():
        measured = table(card.id, card.weights_sha256) if card.dataset == dataset else None
        if measured is not None and f"{attack}_eps" in measured:
            found.append(Measured(card, measured))
    return found


def accuracy_at(smallest_eps: np.ndarray, eps: Sequence[float]) -> list[float]:
    """Share of pictures that no tried epsilon up to `eps` fooled: ``mean(smallest > eps)``.

    At ``eps = 0`` this is the clean accuracy: a picture that is wrong from the start has 0.
    """
    return [float((smallest_eps > e).mean()) for e in eps]


def first_of_each_class(labels: np.ndarray, n: int) -> list[int]:
    """Positions of the first picture of each class, at most `n`, in class order."""
    _, first = np.unique(labels, return_index=True)
    return [int(i) for i in first[:n]]
