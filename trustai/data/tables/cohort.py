"""The synthetic cohort: 768 rows drawn from statistics of the real diabetes table.

A Gaussian copula per class (Nelsen, "An Introduction to Copulas", 2006): with ``q_j`` the quantile
function of column ``j`` and ``R`` the correlation matrix of the columns' normal scores,

    z ~ N(0, R),   u_j = rank of z_j within the draw, in (0, 1),   x_j = q_j(u_j),

rounded as the column was written down. Which values are missing is drawn as a whole pattern,
because in the real table SkinThickness is never missing where Insulin is known.

What is kept of the real table is `CohortStatistics`, in ``cohort.json`` beside this file: 21
quantiles per column and class, a matrix, and counts of patterns. No row can be read back from it.
``python -m trustai.data fit-cohort`` computes it again from the real table, with how close the
cohort comes (`trustai.data.tables.closeness`).
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from trustai import seeds
from trustai.data.tables.base import WHOLE, part
from trustai.types import Table

PATH: Final = Path(__file__).with_name("cohort.json")
N_ROWS: Final = 768

# Closer together at the ends, where a straight line between two quantiles is worst.
LEVELS: Final = (
    *(0, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4),
    *(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 1),
)


@dataclass(frozen=True)
class Pattern:
    """Columns that are missing together, and in how many rows."""

    missing: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class ClassStatistics:
    """What is known of one class.

    Attributes:
        name: Of the class.
        rows: How many the real table has.
        quantiles: Per column, its values at `LEVELS` where it is known.
        correlation: ``(F, F)`` of the normal scores, each pair over the rows that have both.
        patterns: Of missing values, the most frequent first.
    """

    name: str
    rows: int
    quantiles: dict[str, tuple[float, ...]]
    correlation: tuple[tuple[float, ...], ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class CohortStatistics:
    """What the cohort is drawn from.

    Attributes:
        decimals: Per column, with how many its values are written; 0 for whole numbers.
        classes: In label order.
    """

    columns: tuple[str, ...]
    decimals: tuple[int, ...]
    target: str
    classes: tuple[ClassStatistics, ClassStatistics]


def statistics_of(table: Table) -> CohortStatistics:
    """The statistics of a table of numbers.

    Args:
        table: Whole, of two classes.
    """
    values = table.rows.double().numpy()
    decimals = tuple(_decimals(column) for column in values.T)
    per_class = [
        _class_statistics(name, table.columns, values[table.labels.numpy() == label])
        for label, name in enumerate(table.classes)
    ]
    return CohortStatistics(table.columns, decimals, table.target, (per_class[0], per_class[1]))


def generate(
    *, n: int = N_ROWS, seed: int = 0, statistics: CohortStatistics | None = None
) -> Table:
    """A cohort, whole: `trustai.data.part` splits it.

    Args:
        n: Rows; the classes keep their shares.
        seed: Same seed, same cohort.
        statistics: To draw from; None for those of the diabetes table.

    Raises:
        ValueError: n too small for the correlations to be drawn.
    """
    known = load() if statistics is None else statistics
    shares = np.array([one.rows for one in known.classes])
    counts = _apportioned(n, shares)
    if min(counts) <= 2 * len(known.columns):
        raise ValueError(f"expected n to be at least {6 * len(known.columns)}, got {n}")
    random = seeds.numpy_generator(seed)
    parts = [_draw(c, known, k, random) for c, k in zip(known.classes, counts, strict=True)]
    order = random.permutation(n)  # so that the classes do not lie in two blocks
    return Table(
        name="diabetes-synthetic" if statistics is None else "synthetic",
        split=WHOLE,
        rows=torch.from_numpy(np.concatenate(parts)[order].astype(np.float32)),
        labels=torch.from_numpy(np.repeat([0, 1], counts)[order]),
        columns=known.columns,
        classes=(known.classes[0].name, known.classes[1].name),
        indices=torch.arange(n),
        integer=tuple(decimals == 0 for decimals in known.decimals),
        synthetic=True,
        target=known.target,
    )


def of_training(real: Table) -> Table:
    """A cohort as large as the training part of `real`, drawn from statistics of that part only."""
    train = part(real, "train")
    return generate(n=len(train), statistics=statistics_of(train))


def load() -> CohortStatistics:
    """The committed statistics of the diabetes table."""
    return _from_json(_file()["statistics"])


def measured() -> dict[str, Any]:
    """How close the embedded cohort is to the real table, as measured when it was fitted.

    The names are those of `trustai.data.tables.closeness`; ``how`` says how each was measured.
    """
    return dict(_file()["closeness"])


def save(statistics: CohortStatistics, closeness: dict[str, Any]) -> None:
    """Writes ``cohort.json``.

    Args:
        statistics: As `statistics_of` gives them.
        closeness: As `trustai.data.tables.closeness.compare` gives it.
    """
    content = {"statistics": dataclasses.asdict(statistics), "closeness": closeness}
    PATH.write_text(_compact(json.dumps(content, indent=1)) + "\n", encoding="utf-8")


def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return content


def _from_json(content: dict[str, Any]) -> CohortStatistics:
    first, second = (
        ClassStatistics(
            name=one["name"],
            rows=one["rows"],
            quantiles={name: tuple(values) for name, values in one["quantiles"].items()},
            correlation=tuple(map(tuple, one["correlation"])),
            patterns=tuple(Pattern(tuple(p["missing"]), p["rows"]) for p in one["patterns"]),
        )
        for one in content["classes"]
    )
    return CohortStatistics(
        tuple(content["columns"]), tuple(content["decimals"]), content["target"], (first, second)
    )


def _compact(text: str) -> str:
    """Lists of plain values on one line, so that the file can be read and compared."""
    return re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m[0]), text)


def _decimals(column: NDArray[np.float64]) -> int:
    """The fewest, up to 6, that lose nothing of float32."""
    known = column[~np.isnan(column)]
    for decimals in range(6):
        if np.allclose(known, np.round(known, decimals), rtol=1e-6, atol=1e-7):
            return decimals
    return 6


def _class_statistics(
    name: str, columns: tuple[str, ...], values: NDArray[np.float64]
) -> ClassStatistics:
    frame = pd.DataFrame(values, columns=list(columns))
    ranks = (frame.rank() - 0.5) / frame.notna().sum()
    scores = ranks.map(lambda u: NormalDist().inv_cdf(u), na_action="ignore")
    missing = frame.isna().value_counts()
    patterns = [
        Pattern(tuple(c for c, gone in zip(columns, which, strict=True) if gone), int(rows))
        for which, rows in missing.items()
        if isinstance(which, tuple)
    ]
    return ClassStatistics(
        name=name,
        rows=len(frame),
        quantiles={
            column: tuple(np.quantile(frame[column].dropna(), LEVELS).round(4).tolist())
            for column in columns
        },
        correlation=tuple(map(tuple, _positive(scores.corr().to_numpy()).round(4).tolist())),
        patterns=tuple(sorted(patterns, key=lambda p: (-p.rows, p.missing))),
    )


def _positive(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix with eigenvalues of at least 0.001: pairs over different rows may break that."""
    values, vectors = np.linalg.eigh(correlation)
    fixed = vectors @ np.diag(np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(scale, scale))


def _draw(
    one: ClassStatistics, known: CohortStatistics, n: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """``(n, F)`` of one class, NaN where missing."""
    normal = random.standard_normal((n, len(known.columns)))
    # Centred, made uncorrelated and then correlated as wanted, so that chance does not add its
    # own correlations: in 268 rows those would be as large as many of the real ones.
    normal -= normal.mean(0)
    chance = np.linalg.cholesky(np.cov(normal.T))
    wanted = np.linalg.cholesky(np.array(one.correlation))
    normal = normal @ np.linalg.inv(chance).T @ wanted.T
    # Ranks instead of the normal distribution function: every column has its quantiles exactly.
    uniform = (normal.argsort(0).argsort(0) + 0.5) / n
    values = np.stack(
        [
            np.round(np.interp(uniform[:, j], LEVELS, one.quantiles[column]), known.decimals[j])
            for j, column in enumerate(known.columns)
        ],
        axis=1,
    )
    missing = np.array([[c in p.missing for c in known.columns] for p in one.patterns])
    which = np.repeat(
        np.arange(len(missing)), _apportioned(n, np.array([p.rows for p in one.patterns]))
    )
    values[missing[random.permutation(which)]] = np.nan
    return values


def _apportioned(n: int, weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """`n` in whole parts as near to the weights as can be (largest remainders)."""
    exact = n * weights / weights.sum()
    parts = np.floor(exact).astype(np.int64)
    largest = np.argsort(-(exact - parts), kind="stable")[: n - parts.sum()]
    parts[largest] += 1
    return parts
