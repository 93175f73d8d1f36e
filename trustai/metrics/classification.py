"""The classification report: precision, recall, F1 by class, and the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ClassificationReport:
    """How well predictions agree with the truth.

    Attributes:
        accuracy: In ``[0, 1]``.
        table: A row per class and the two averages: precision, recall, f1 and support; 0 where
            a class was never predicted.
        confusion: ``int64 (C, C)``: rows true, columns predicted.
    """

    accuracy: float
    table: pd.DataFrame
    confusion: NDArray[np.int64]


def classification_report(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], *, classes: tuple[str, ...]
) -> ClassificationReport:
    """Scikit-learn's classification report and confusion matrix.

    Args:
        labels, predicted: ``(N,)``, indices into `classes`.
        classes: Their names, in order.

    Raises:
        ValueError: nothing to judge.

    >>> found = classification_report(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=("a", "b"))
    >>> found.confusion.tolist(), round(found.accuracy, 2)
    ([[1, 1], [0, 1]], 0.67)
    """
    # Imported here: a second, and only this function needs it.
    from sklearn import metrics

    if len(labels) == 0 or len(labels) != len(predicted):
        raise ValueError(
            f"expected as many predictions as labels, at least one, got {len(predicted)} and "
            f"{len(labels)}"
        )
    numbers = list(range(len(classes)))
    rows = metrics.classification_report(
        labels,
        predicted,
        labels=numbers,
        target_names=[f"{i}" for i in numbers],  # a class may be called "macro avg"
        output_dict=True,
        zero_division=0,
    )
    return ClassificationReport(
        accuracy=float(np.mean(labels == predicted)),
        table=_table(rows, classes),
        confusion=metrics.confusion_matrix(labels, predicted, labels=numbers),
    )


def _table(rows: dict[str, Any], classes: tuple[str, ...]) -> pd.DataFrame:
    """A row per class and the two averages, from scikit-learn's dictionary."""
    named = [(name, rows[f"{i}"]) for i, name in enumerate(classes)]
    named += [(name, rows[name]) for name in ("macro avg", "weighted avg")]
    return pd.DataFrame(
        [
            {
                "class": name,
                "precision": row["precision"],
                "recall": row["recall"],
                "f1": row["f1-score"],
                "support": int(row["support"]),
            }
            for name, row in named
        ]
    )
