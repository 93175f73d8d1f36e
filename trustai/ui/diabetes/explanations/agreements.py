"""How far each two methods agree, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trustai import zoo
from trustai.metrics.agreement import agreement
from trustai.types import TabularAttribution


def pairs(found: Mapping[str, TabularAttribution], figure: str) -> NDArray[np.float64]:
    """``(M, M)``: how far each two agree on average over their rows; 1 on the diagonal."""
    n = len(found)
    matrix = np.eye(n)
    for i, first in enumerate(found.values()):
        for j, second in enumerate(list(found.values())[:i]):
            k = min(3, first.values.shape[1])
            alike = agreement(first.values, second.values, k=k).mean()[figure]
            matrix[i, j] = matrix[j, i] = alike
    return matrix


def agreement_sentence(titles: list[str], matrix: NDArray[np.float64], figure: str) -> str:
    """Who agrees most and least, from the matrix."""
    places = [(i, j) for i in range(len(titles)) for j in range(i) if not np.isnan(matrix[i, j])]
    if not places:
        return "there are not two methods to compare."
    most, least = max(places, key=lambda p: matrix[p]), min(places, key=lambda p: matrix[p])
    a, b = (f"{titles[j]} and {titles[i]}" for i, j in (most, least))
    return (
        f"**{a}** agree most ({figure.lower()}: {matrix[most]:.2f}). **{b}** agree least "
        f"({matrix[least]:.2f})."
    )


def matrix_on_card(card: zoo.Card, names: list[str], figure: str) -> NDArray[np.float64]:
    """As `pairs`, from the card; nan where it holds nothing."""
    matrix = np.eye(len(names))
    for i, second in enumerate(names):
        for j, first in enumerate(names[:i]):
            metric = card.metrics.get(f"agreement/{first}/{second}/{figure}")
            matrix[i, j] = matrix[j, i] = np.nan if metric is None else metric.value
    return matrix
