"""Outliers of every column, and the accuracy of models trained without the rows that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor

from trustai import data
from trustai.explain.base import progress_of
from trustai.types import OnProgress, Table
from trustai.zoo import Card, Metric

OutlierName = Literal["iqr", "isolation_forest"]
METHODS: Final[tuple[OutlierName, ...]] = ("iqr", "isolation_forest")
TITLES: Final = {"iqr": "IQR", "isolation_forest": "isolation forest"}
WHISKER: Final = 1.5
FOREST_SCORE: Final = 0.65
PREFIX: Final = "removal"
FOLDS: Final = 5
FIGURES: Final = ("before", "after", "difference", "error")


@dataclass(frozen=True, eq=False)
class Outliers:
    """Values far from the others of their column.

    Attributes:
        flags: ``bool (N, F)``; never set where a value is missing, nor in a category.
        limits: ``float64 (F, 2)``: the smallest and the largest value not flagged; NaN where the
            column was not looked at.
        n_known: Values known, per column.
    """

    method: OutlierName
    flags: Tensor
    limits: Tensor
    n_known: tuple[int, ...]
    columns: tuple[str, ...]

    @property
    def rows(self) -> Tensor:
        """``bool (N,)``: the row has at least one."""
        return self.flags.any(1)

    @property
    def sentence(self) -> str:
        counts = self.flags.sum(0).tolist()
        n_rows = int(self.rows.sum())
        title = TITLES[self.method]
        if not n_rows:
            return f"The {title} rule finds no outlier."
        shares = [c / max(1, n) for c, n in zip(counts, self.n_known, strict=True)]
        i = int(np.argmax(shares))
        low, high = self.limits[i].tolist()
        return (
            f"By the {title} rule, {self.columns[i]} has the largest share of outliers: "
            f"{counts[i]} of {self.n_known[i]} values ({shares[i]:.1%}). The other values are "
            f"between {low:g} and {high:g}. {n_rows} of {len(self.flags)} rows "
            f"({n_rows / len(self.flags):.0%}) have an outlier."
        )


def outliers(
    table: Table,
    *,
    method: OutlierName = "iqr",
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Outliers:
    """Outliers of each column of numbers on its own.

    ``iqr`` (Tukey 1977): below ``Q1 - 1.5 IQR`` or above ``Q3 + 1.5 IQR``, with ``IQR = Q3 - Q1``;
    none where that is 0. ``isolation_forest`` (Liu et al. 2008): values that random cuts separate
    from the others in few steps, an anomaly score above 0.65; it also finds lonely values in the
    middle. (scikit-learn's own limit of 0.5 calls half of a column of small counts outliers.)

    Args:
        table: Its known values; categories are left out.
        method: ``"iqr"`` or ``"isolation_forest"``.
        seed: Of the forest; the quartiles need none.
        on_progress: Called with the share of the columns done; may raise to stop.

    Raises:
        ValueError: another method.
    """
    if method not in METHODS:
        raise ValueError(f"expected method to be iqr or isolation_forest, got {method!r}")
    values = table.rows.double().numpy()
    flags = np.zeros(values.shape, dtype=bool)
    limits = np.full((values.shape[1], 2), np.nan)
    for j, levels in progress_of(enumerate(table.levels), on_progress):
        known = ~np.isnan(values[:, j])
        column = values[known, j]
        if levels is not None or len(np.unique(column)) < 3:
            continue
        far = _beyond_whiskers(column) if method == "iqr" else _isolated(column, seed)
        flags[known, j] = far
        limits[j] = column[~far].min(), column[~far].max()
    n_known = tuple((~np.isnan(values)).sum(0).tolist())
    return Outliers(
        method, torch.from_numpy(flags), torch.from_numpy(limits), n_known, table.columns
    )


def _beyond_whiskers(column: Any) -> Any:
    low, high = np.quantile(column, [0.25, 0.75])
    reach = WHISKER * (high - low)
    return (
        (column < low - reach) | (column > high + reach) if reach else np.zeros(len(column), bool)
    )


def _isolated(column: Any, seed: int) -> Any:
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(random_state=seed).fit(column[:, None])
    return -forest.score_samples(column[:, None]) > FOREST_SCORE


@dataclass(frozen=True)
class Effect:
    """One model, with and without the outliers in its training rows.

    Attributes:
        removed: Mean share of the training rows taken out.
        before, after: Mean accuracy over the folds, on the same held-out rows.
        difference: ``after - before``, mean over the folds.
        error: Standard error of that mean; rough, because the folds share training rows.
    """

    model: str
    method: OutlierName
    removed: float
    before: float
    after: float
    difference: float
    error: float

    @property
    def sentence(self) -> str:
        title = TITLES[self.method]
        start = f"Without the {self.removed:.0%} of training rows that are outliers by {title}, "
        change = f"{self.before:.1%} to {self.after:.1%} of held-out rows are correct"
        spread = f"{100 * self.difference:+.1f} ± {100 * self.error:.1f} points"
        if abs(self.difference) <= 2 * self.error or not self.removed:
            return f"{start}{self.model} does not change beyond chance ({change}, {spread})."
        way = "better" if self.difference > 0 else "worse"
        return f"{start}{self.model} gets {way} ({change}, {spread})."


def removal(
    table: Table,
    *,
    seed: int = 0,
    folds: int = FOLDS,
    on_progress: Callable[[float], None] | None = None,
) -> list[Effect]:
    """What removing the rows with an outlier does to the accuracy, cross-validated.

    In each fold the outliers are sought in the training rows alone; the held-out rows keep theirs,
    since a test without hard rows makes any model look better.

    Args:
        table: With both classes.
        seed, folds: Of the folds, the forest and the boosting; 2 or more folds.
        on_progress: Called with the share done; may raise to stop.

    Returns:
        One `Effect` per method and model (logistic regression, gradient boosting).

    Raises:
        ValueError: fewer rows of a class than folds.
    """
    scores: dict[tuple[str, str], list[float]] = {}
    removed: dict[str, list[float]] = {method: [] for method in METHODS}
    parts = list(_folds(table, folds, seed))
    for i, (train, held_out) in enumerate(parts):
        kept: dict[str, Table] = {m: _without_outliers(train, m, seed) for m in METHODS}
        for name, rows in kept.items():
            removed[name].append(1 - len(rows) / len(train))
        for name, rows in {"all": train, **kept}.items():
            for model, score in _accuracies(rows, held_out, seed).items():
                scores.setdefault((name, model), []).append(score)
        if on_progress is not None:
            on_progress((i + 1) / len(parts))
    return [
        _effect(model, method, removed[method], scores["all", model], scores[method, model])
        for method in METHODS
        for model in [model for name, model in scores if name == "all"]
    ]


def _without_outliers(train: Table, method: OutlierName, seed: int) -> Table:
    inside = ~outliers(train, method=method, seed=seed).rows
    # A fold whose one class is all outliers cannot be learned without them.
    varies = len(train.labels[inside].unique()) == 2
    return train.take(inside.nonzero()[:, 0]) if varies else train


def _folds(table: Table, folds: int, seed: int) -> Iterator[tuple[Table, Table]]:
    from sklearn.model_selection import StratifiedKFold

    fewest = int(torch.bincount(table.labels, minlength=2).min())
    if not 2 <= folds <= fewest:
        raise ValueError(f"expected folds in [2, {fewest}], got {folds}")
    kinds = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for train, held_out in kinds.split(table.rows.numpy(), table.labels.numpy()):
        yield table.take(torch.from_numpy(train)), table.take(torch.from_numpy(held_out))


def _accuracies(train: Table, held_out: Table, seed: int) -> dict[str, float]:
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = {}
    for name, last in {
        "logistic regression": LogisticRegression(max_iter=1000),
        "gradient boosting": GradientBoostingClassifier(random_state=seed),
    }.items():
        fill = SimpleImputer(strategy="median", keep_empty_features=True)
        model = make_pipeline(fill, StandardScaler(), last)
        model.fit(train.rows.numpy(), train.labels.numpy())
        found[name] = float(model.score(held_out.rows.numpy(), held_out.labels.numpy()))
    return found


def _effect(
    model: str,
    method: OutlierName,
    removed: list[float],
    before: list[float],
    after: list[float],
) -> Effect:
    change = np.array(after) - np.array(before)
    return Effect(
        model=model,
        method=method,
        removed=float(np.mean(removed)),
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        difference=float(change.mean()),
        error=float(change.std(ddof=1) / len(change) ** 0.5),
    )


def as_metrics(effects: Sequence[Effect], table: Table) -> dict[str, Metric]:
    """What `removal` found with its defaults on `table` as metrics of a card,
    ``removal/<table>/<method>/<model>/<figure>``; which rows it was stands with each effect."""
    found = {}
    how = {"dataset": table.name, "split": table.split, "n": len(table), "folds": FOLDS, "seed": 0}
    for effect in effects:
        start = f"{PREFIX}/{table.name}/{effect.method}/{effect.model.replace(' ', '_')}"
        told = how | {"model": effect.model, "method": effect.method}
        found[f"{start}/removed"] = Metric(
            effect.removed, told | {"rows_sha256": data.split_sha(table)}
        )
        for figure in FIGURES:
            short = {"as": f"{start}/removed"}
            found[f"{start}/{figure}"] = Metric(round(getattr(effect, figure), 6), short)
    return found


def effects_on(card: Card, table: Table) -> list[Effect]:
    """What `as_metrics` put on a card for exactly these rows; empty if it has nothing of them."""
    sha, found = data.split_sha(table), []
    for key, metric in card.metrics.items():
        if key.startswith(f"{PREFIX}/") and metric.how.get("rows_sha256") == sha:
            start = key.removesuffix("removed")
            others = {figure: card.metrics[f"{start}{figure}"].value for figure in FIGURES}
            how = metric.how
            found.append(Effect(how["model"], how["method"], removed=metric.value, **others))
    return found
