"""The synthetic census: people drawn from statistics of the Adult data set's training part.

A tree-augmented naive Bayes network (Friedman, Geiger and Goldszmidt 1997, Bayesian Network
Classifiers): the income ``y`` is a parent of every column, and one further column is,

    P(x, y) = P(y) prod_j P(x_j | x_parent(j), y),

where the tree of parents is the spanning tree of largest conditional mutual information
``I(x_i; x_j | y)`` (Chow and Liu 1968). Numbers are cut into bins, and drawn evenly between the
quantiles of their bin. A missing value is a level of its own.

What is kept of the real table is `CensusStatistics`, in ``census.json`` beside this file: bins and
conditional probabilities, no row. ``python -m trustai.data fit-census`` computes it again, with how
close the synthetic census comes (`trustai.data.census.closeness`).
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trustai import seeds
from trustai.data.census import adult, dependence
from trustai.types import Table

PATH: Final = Path(__file__).with_name("census.json")
BINS: Final = 16
POINTS: Final = 5
"""Quantiles of each bin, its ends included."""
FREQUENT: Final = 0.04
"""A value this frequent, such as 40 hours a week, is a bin of its own."""
SMOOTHING: Final = 0.1
"""Rows added to every cell, in the shares that the cell has under any other parent."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ColumnStatistics:
    """What is known of one column.

    Attributes:
        name: Of the column.
        parent: Name of the other column that it depends on; empty for the root of the tree.
        quantiles: Per bin of a number its quantiles, ascending; empty for levels.
        missing: Whether its last value stands for a missing one.
        probabilities: ``(P, 2, L)``: per value of the parent (one for the root) and income the
            probability of each value.
    """

    name: str
    parent: str
    quantiles: tuple[tuple[float, ...], ...]
    missing: bool
    probabilities: tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True)
class CensusStatistics:
    """What the census is drawn from: the share of class 1, and the columns, parents first."""

    positive: float
    columns: tuple[ColumnStatistics, ...]


def statistics_of(table: Table) -> CensusStatistics:
    """The statistics of a table in the columns of `trustai.data.census.adult`.

    Args:
        table: Its training part, so that the test part can judge what is drawn.
    """
    labels = table.labels.numpy()
    values = table.rows.double().numpy()
    coded = [_coded(values[:, j], levels) for j, levels in enumerate(table.levels)]
    parents = dependence.tree(
        [codes for codes, _ in coded], root=table.columns.index("sex"), given=labels
    )
    columns = []
    for j, parent in parents:
        codes, quantiles = coded[j]
        above = np.zeros_like(codes) if parent is None else coded[parent][0]
        columns.append(
            ColumnStatistics(
                name=table.columns[j],
                parent="" if parent is None else table.columns[parent],
                quantiles=quantiles,
                missing=bool(np.isnan(values[:, j]).any()),
                probabilities=_conditional(codes, above, labels),
            )
        )
    return CensusStatistics(round(float(labels.mean()), 6), tuple(columns))


def generate(
    *, n: int = adult.N_ROWS, seed: int = 0, statistics: CensusStatistics | None = None
) -> Table:
    """A synthetic census, whole: `trustai.data.part` splits it.

    Args:
        n: Rows, at least 1.
        seed: Same seed, same people.
        statistics: To draw from; None for those that are embedded.

    Raises:
        ValueError: n below 1.

    >>> people = generate(n=1000)
    >>> people.synthetic, len(people.columns)
    (True, 12)
    """
    if n < 1:
        raise ValueError(f"expected n to be at least 1, got {n}")
    known = load() if statistics is None else statistics
    random = seeds.numpy_generator(seed)
    labels = (random.random(n) < known.positive).astype(np.int64)
    codes: dict[str, Codes] = {"": np.zeros(n, np.int64)}
    rows = np.empty((n, len(adult.COLUMNS)))
    for one in known.columns:
        table = np.array(one.probabilities)[codes[one.parent], labels].cumsum(1)
        drawn = (random.random((n, 1)) * table[:, -1:] >= table).sum(1)
        codes[one.name] = drawn
        rows[:, adult.COLUMNS.index(one.name)] = _values(one, drawn, random)
    return adult.table_of(rows, labels, name="adult-synthetic", synthetic=True)


def load() -> CensusStatistics:
    """The embedded statistics."""
    content = _file()["statistics"]
    columns = tuple(
        ColumnStatistics(
            one["name"], one["parent"], tuple(map(tuple, one["quantiles"])), one["missing"],
            tuple(tuple(map(tuple, pair)) for pair in one["probabilities"]),
        )
        for one in content["columns"]
    )  # fmt: skip
    return CensusStatistics(content["positive"], columns)


def measured() -> dict[str, Any]:
    """How close the embedded census is to the real one, see `trustai.data.census.closeness`."""
    return dict(_file()["closeness"])


def save(statistics: CensusStatistics, closeness: dict[str, Any]) -> None:
    """Writes ``census.json``."""
    content = {"statistics": asdict(statistics), "closeness": closeness}
    text = re.sub(
        r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m[0]), json.dumps(content, indent=1)
    )
    PATH.write_text(text + "\n", encoding="utf-8")


def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return content


def _coded(
    values: NDArray[np.float64], levels: tuple[str, ...] | None
) -> tuple[Codes, tuple[tuple[float, ...], ...]]:
    """The number of the level or bin of each value; missing is the last. And the bins."""
    known = ~np.isnan(values)
    if levels is not None:
        return np.where(known, values, len(levels)).astype(np.int64), ()
    edges = _edges(values[known])
    codes = np.searchsorted(edges, values, side="right") - 1
    points = np.linspace(0, 1, POINTS)
    quantiles = tuple(
        tuple(np.quantile(values[codes == k], points).round(1).tolist()) for k in range(len(edges))
    )
    return np.where(known, codes, len(edges)).astype(np.int64), quantiles


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower ends of the bins: frequent values alone, the others in parts of about equal size."""
    distinct, counts = np.unique(values, return_counts=True)
    alone = counts > FREQUENT * len(values)
    room = (len(values) - counts[alone].sum()) / max(1, BINS - int(alone.sum()))
    edges: list[float] = []
    filled = np.inf  # the first value begins a bin
    for value, count, single in zip(distinct, counts, alone, strict=True):
        if single or filled >= room:
            edges.append(value)
            filled = 0.0
        filled = np.inf if single else filled + count
    return np.array(edges)


def _conditional(
    codes: Codes, above: Codes, labels: Codes
) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """``P(value | value of the parent, income)``, smoothed towards ``P(value | income)``."""
    shape = (int(above.max()) + 1, 2, int(codes.max()) + 1)
    flat = np.ravel_multi_index((above, labels, codes), shape)
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    overall = counts.sum(0) / counts.sum((0, 2))[:, None]
    counts += SMOOTHING * overall
    table = (counts / counts.sum(2, keepdims=True)).round(5)
    return tuple(tuple(tuple(row) for row in pair) for pair in table.tolist())


def _values(
    one: ColumnStatistics, codes: Codes, random: np.random.Generator
) -> NDArray[np.float64]:
    """What stands in the table: a level's number, or a whole number within the bin."""
    n_values = len(one.probabilities[0][0])
    gone = codes == n_values - 1 if one.missing else np.zeros(len(codes), bool)
    if not one.quantiles:
        return np.where(gone, np.nan, codes)
    at = random.random(len(codes)) * (POINTS - 1)
    low = np.minimum(at.astype(np.int64), POINTS - 2)
    table = np.array(one.quantiles)
    bins = np.minimum(codes, len(table) - 1)
    left, right = table[bins, low], table[bins, low + 1]
    return np.where(gone, np.nan, np.round(left + (at - low) * (right - left)))
