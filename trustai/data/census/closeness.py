"""Similarity of the synthetic census and the real one: columns, pairs, groups and what is learned.

The statistics are fitted to the training part of the real table, and everything is compared with
its test part, beside how far the training part itself is from it: that much is chance.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trustai.data.census import adult
from trustai.data.tables.base import part, split_sha
from trustai.data.tables.closeness import AccuracyAndAUC, rounded
from trustai.types import Table

Values = NDArray[np.float64]
PARTS = 10
"""Into how many parts of equal size a number is cut for the comparison of pairs."""


def compare(real: Table, synthetic: Table, *, seed: int = 0) -> dict[str, Any]:
    """Everything that is measured, ready for JSON, rounded to four places.

    Total variation of two distributions is ``1/2 sum |p - q|``, in ``[0, 1]``: the largest
    difference of the probabilities of any event.

    Args:
        real: The whole real table.
        synthetic: A synthetic one, fitted to the training part of `real`.
        seed: Of the models.

    Returns:
        ``columns`` and ``pairs``: total variation from the real test part, of ``synthetic`` and of
        ``real`` (its training part), the mean and the largest with its columns; ``positive``: share
        of class 1 per group of each sensitive column; ``models``: fitted on either, judged on the
        real test part.
    """
    test, train = part(real, "test"), part(real, "train")
    tables = {"real": train, "synthetic": synthetic}
    edges = [_edges(column) for column in train.rows.double().numpy().T]
    judged = _cells(test, edges)
    found: dict[str, Any] = {"columns": {}, "pairs": {}, "positive": {}, "models": {}}
    for kind, table in tables.items():
        cells = _cells(table, edges)
        found["columns"][kind] = _farthest(judged, cells, order=1)
        found["pairs"][kind] = _farthest(judged, cells, order=2)
        found["models"][kind] = _learned(table, test, seed=seed)
    for kind, table in {"real": test, "synthetic": synthetic}.items():
        found["positive"][kind] = {name: _positive(table, name) for name in adult.SENSITIVE}
    found["n"] = {"train": len(train), "test": len(test), "synthetic": len(synthetic)}
    found["sha256"] = {"real": split_sha(real), "synthetic": split_sha(synthetic)}
    return dict(rounded(found))


def _edges(column: Values) -> Values:
    known = column[~np.isnan(column)]
    return np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)[1:-1]))


def _cells(table: Table, edges: list[Values]) -> dict[str, NDArray[np.int64]]:
    """The level or part of every value, and the income, by column."""
    found = {}
    values = table.rows.double().numpy()
    for j, (name, levels) in enumerate(zip(table.columns, table.levels, strict=True)):
        column, known = values[:, j], ~np.isnan(values[:, j])
        codes = column if levels is not None else np.searchsorted(edges[j], column, side="left")
        found[name] = np.where(known, codes, -1).astype(np.int64) + 1
    return found | {table.target: table.labels.numpy()}


def _farthest(
    a: dict[str, NDArray[np.int64]], b: dict[str, NDArray[np.int64]], *, order: int
) -> dict[str, Any]:
    """Total variation over all columns, or over all pairs of them: the mean and the largest."""
    gaps = {}
    for names in combinations(a, order):
        shape = tuple(max(int(one[n].max()) for one in (a, b)) + 1 for n in names)
        p, q = (
            np.bincount(
                np.ravel_multi_index([one[n] for n in names], shape),
                minlength=int(np.prod(shape)),
            )
            / len(one[names[0]])
            for one in (a, b)
        )
        gaps[names] = float(np.abs(p - q).sum() / 2)
    worst = max(gaps, key=gaps.__getitem__)
    return {"mean": float(np.mean(list(gaps.values()))), "max": gaps[worst], "of": list(worst)}


def _positive(table: Table, column: str) -> dict[str, float]:
    """The share of class 1 in every group."""
    j = table.columns.index(column)
    levels = table.levels[j] or ()
    return {
        level: float(table.labels[table.rows[:, j] == k].double().mean())
        for k, level in enumerate(levels)
    }


def _learned(fitted_on: Table, judged_on: Table, *, seed: int) -> dict[str, Any]:
    """Accuracy and ROC AUC of gradient boosting on the real test part."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    categorical = [j for j, levels in enumerate(fitted_on.levels) if levels is not None]
    model = HistGradientBoostingClassifier(random_state=seed, categorical_features=categorical)
    model.fit(fitted_on.rows.numpy(), fitted_on.labels.numpy())
    given, labels = model.predict_proba(judged_on.rows.numpy())[:, 1], judged_on.labels.numpy()
    right = (given > 0.5) == labels
    judged = AccuracyAndAUC(float(right.mean()), float(roc_auc_score(labels, given)), len(labels))
    return asdict(judged)
