"""Ten seeded tables in the style of public ones: credit, churn, clinic, marketing and others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    make_classification,
    make_friedman1,
    make_gaussian_quantiles,
)

from trustai.types import Table

Numbers = NDArray[np.float64]


def ten_tables() -> list[Table]:
    """150 to 3,000 rows; numbers and categories, gaps, rare classes, lines and curves."""
    random = np.random.default_rng(1)
    return [
        _credit(random),
        _churn(random),
        _clinic(random),
        _marketing(random),
        _cancer(),
        _digits(),
        _clusters(),
        _friedman(),
        _quantiles(),
        _tiny(random),
    ]


def _credit(random: np.random.Generator) -> Table:
    """A thousand rows, many categories, three rows of ten in class 1."""
    n, sizes = 1000, [4, 5, 10, 5, 5, 4, 3, 4, 3, 3, 2, 4, 2]
    categories, logit = _categories(random, n, sizes, effect=0.5)
    months, amount = random.gamma(2, 10, n), np.exp(random.normal(8, 0.8, n))
    age = random.normal(35, 11, n)
    logit += -1.1 + 0.03 * (months - 20) - 0.02 * (age - 35)
    numbers = np.stack([months, amount, age], axis=1)
    return _table("credit", np.hstack([categories, numbers]), _drawn(random, logit), levels=sizes)


def _churn(random: np.random.Generator) -> Table:
    """One in six in class 1, and an interaction that no line knows."""
    x = random.normal(size=(2000, 8))
    logit = -2.3 + 1.2 * x[:, 0] * x[:, 1] + x[:, 2] - 0.7 * (x[:, 3] > 0.5)
    return _table("churn", x, _drawn(random, logit))


def _clinic(random: np.random.Generator) -> Table:
    """Few rows, a line, and one value of ten missing."""
    x = random.normal(size=(300, 9))
    labels = _drawn(random, 0.9 * x[:, 0] + 0.6 * x[:, 1] - 0.5 * x[:, 2])
    x[random.random(x.shape) < 0.1] = np.nan
    return _table("clinic", x, labels)


def _marketing(random: np.random.Generator) -> Table:
    """One row of ten in class 1, categories, and a bend."""
    n, sizes = 3000, [12, 3, 4, 2, 2, 3, 12, 4]
    categories, logit = _categories(random, n, sizes, effect=0.6)
    x = random.normal(size=(n, 4))
    logit += -3.2 + 0.7 * np.abs(x[:, 0]) + 0.5 * x[:, 1]
    return _table("marketing", np.hstack([categories, x]), _drawn(random, logit), levels=sizes)


def _cancer() -> Table:
    x, y = load_breast_cancer(return_X_y=True)
    return _table("cancer", x, y)


def _digits() -> Table:
    x, y = load_digits(return_X_y=True)
    some = np.isin(y, (3, 5, 8, 9))
    return _table("digits", x[some][:, x.std(0) > 0], np.isin(y[some], (8, 9)))


def _clusters() -> Table:
    x, y = make_classification(
        1500, 20, n_informative=6, n_redundant=4, n_clusters_per_class=3, flip_y=0.1,
        class_sep=0.8, random_state=2,
    )  # fmt: skip
    return _table("clusters", x, y)


def _friedman() -> Table:
    x, y = make_friedman1(1200, noise=2.0, random_state=3)
    return _table("friedman", x, y > np.median(y))


def _quantiles() -> Table:
    x, y = make_gaussian_quantiles(n_samples=800, n_features=6, n_classes=2, random_state=4)
    return _table("quantiles", x, y)


def _tiny(random: np.random.Generator) -> Table:
    x = random.normal(size=(150, 12))
    return _table("tiny", x, _drawn(random, 1.2 * x[:, 0] - 0.8 * x[:, 1]))


def _categories(
    random: np.random.Generator, n: int, sizes: Sequence[int], *, effect: float
) -> tuple[Numbers, Numbers]:
    """Columns of unevenly common levels, and what they add to the logit."""
    columns = [random.choice(k, size=n, p=random.dirichlet(np.full(k, 2.0))) for k in sizes]
    logit = np.zeros(n)
    for column, k in zip(columns, sizes, strict=True):
        logit += random.normal(0, effect, k)[column]
    return np.stack(columns, axis=1).astype(np.float64), logit


def _drawn(random: np.random.Generator, logit: Numbers) -> NDArray[np.bool_]:
    return random.random(len(logit)) < 1 / (1 + np.exp(-logit))


def _table(
    name: str, rows: Numbers, labels: NDArray[np.generic], *, levels: Sequence[int] = ()
) -> Table:
    """The first columns have so many levels, the others hold numbers."""
    n, width = rows.shape
    names = [tuple(f"level {i}" for i in range(k)) for k in levels]
    return Table(
        name=name,
        split="whole",
        rows=torch.from_numpy(rows.astype(np.float32)),
        labels=torch.from_numpy(labels.astype(np.int64)),
        columns=tuple(f"c{i}" for i in range(width)),
        classes=("no", "yes"),
        indices=torch.arange(n),
        integer=tuple(i < len(levels) for i in range(width)),
        levels=(*names, *[None] * (width - len(levels))),
        synthetic=True,
    )
