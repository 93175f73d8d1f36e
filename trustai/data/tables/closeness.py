"""Similarity of a synthetic table and the real one: columns, correlations, missing values, models.

None of it is a proof. A cohort can agree in every column and every pair and still be wrong where
three columns meet; that is why the same models are judged on both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.data.tables.base import part, split_sha
from trustai.types import Table

Probability = Callable[[Tensor], Tensor]
"""``(N, F)`` in raw units, NaN where missing, to the probability of class 1, ``(N,)``."""


@dataclass(frozen=True)
class AccuracyAndAUC:
    """A model on some rows: the share it gets right at 0.5, and its ROC AUC."""

    accuracy: float
    auc: float
    n: int


def accuracy_and_auc(probability: Probability, table: Table) -> AccuracyAndAUC:
    """Accuracy at 0.5 and ROC AUC of a model on a table, for instance on the synthetic cohort.

    Args:
        probability: ``(N, F)`` in raw units, NaN where missing, to ``(N,)`` in ``[0, 1]``.
        table: With both classes.

    >>> from trustai.data.tables import cohort
    >>> accuracy_and_auc(lambda rows: torch.full((len(rows),), 0.4), cohort.generate()).auc
    0.5
    """
    from sklearn.metrics import roc_auc_score

    given = probability(table.rows).detach().cpu()
    right = (given > 0.5) == (table.labels == 1)
    auc = float(roc_auc_score(table.labels.numpy(), given.numpy()))
    return AccuracyAndAUC(float(right.double().mean()), auc, len(table))


def distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Two distances of the distributions of two samples, with ``F`` the share of values up to x.

    Kolmogorov-Smirnov ``max |F_a - F_b|`` in [0, 1], and Wasserstein ``∫ |F_a - F_b| dx`` divided
    by the standard deviation of `a`: by how many of them a value has to move on average.
    """
    x = np.sort(np.concatenate([a, b]))
    gap = np.abs(
        np.searchsorted(np.sort(a), x, side="right") / len(a)
        - np.searchsorted(np.sort(b), x, side="right") / len(b)
    )
    return float(gap.max()), float((gap[:-1] * np.diff(x)).sum() / a.std(ddof=1))


def compare(real: Table, synthetic: Table, *, of_training: Table, seed: int = 0) -> dict[str, Any]:
    """Everything that is measured, ready for JSON, rounded to four places.

    Args:
        real, synthetic: Whole tables of the same columns.
        of_training: A synthetic table whose statistics were fitted to the training part of `real`
            only, so that the test part of `real` can judge what is learned from it.
        seed: Of the models that are fitted.

    Returns:
        ``columns``: per column the distances of all known values and, as ``..._by_class``, the
        larger one of the two classes, and the share missing in both tables; ``correlation``: the
        largest absolute difference (over the columns and the target) with its pair, and the
        Frobenius norm of the difference; ``positive``: the share of class 1; ``rows``: how many
        synthetic rows equal a real one, and how near they lie; ``models``: see `learned`.
    """
    frames = _frame(real), _frame(synthetic)
    found = {
        "columns": {name: _column(frames, name, real.target) for name in real.columns},
        "correlation": {m: _correlation(frames, m) for m in ("pearson", "spearman")},
        "positive": _both(*(frame[real.target].mean() for frame in frames)),
        "rows": _rows(real, synthetic),
        "models": learned(real, of_training, seed=seed),
        "n": {"real": len(real), "synthetic": len(synthetic)},
        "sha256": {"real": split_sha(real), "synthetic": split_sha(synthetic)},
        "how": {
            "ks": "largest difference of the two distribution functions of a column, known values",
            "wasserstein": "mean shift of a value, in standard deviations of the real column",
            "correlation": "of each pair over the rows that have both, the target included",
            "nearest": "median distance of a row to the nearest (other) real one: standardised "
            "columns, missing values at the real median",
            "models": f"scikit-learn, seed {seed}: fitted on the training part of the real table, "
            "or on a cohort whose statistics were fitted to that part only; judged on the real "
            "test part, which neither has seen",
        },
    }
    return dict(rounded(found))


def learned(real: Table, of_training: Table, *, seed: int = 0) -> dict[str, Any]:
    """Logistic regression and gradient boosting, fitted on real or synthetic rows, judged on real.

    Args:
        real: A whole table.
        of_training: As of `compare`.
        seed: Of the boosting.

    Returns:
        By model, ``"real"`` or ``"synthetic"``: `AccuracyAndAUC` on the test part of `real`.
    """
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kinds = {
        "logistic regression": lambda: LogisticRegression(max_iter=1000),
        "gradient boosting": lambda: GradientBoostingClassifier(random_state=seed),
    }
    found: dict[str, Any] = {}
    for name, make in kinds.items():
        for fitted_on, rows in (("real", part(real, "train")), ("synthetic", of_training)):
            model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), make())
            model.fit(rows.rows.numpy(), rows.labels.numpy())

            def probability(rows: Tensor, model: Any = model) -> Tensor:
                return torch.from_numpy(model.predict_proba(rows.numpy())[:, 1])

            judged = accuracy_and_auc(probability, part(real, "test"))
            found.setdefault(name, {})[fitted_on] = asdict(judged)
    return found


def _frame(table: Table) -> pd.DataFrame:
    frame = pd.DataFrame(table.rows.double().numpy(), columns=list(table.columns))
    return frame.assign(**{table.target: table.labels.numpy()})


def _both(real: float, synthetic: float) -> dict[str, float]:
    return {"real": float(real), "synthetic": float(synthetic)}


def _column(
    frames: tuple[pd.DataFrame, pd.DataFrame], name: str, target: str
) -> dict[str, float | dict[str, float]]:
    real, synthetic = (frame[name] for frame in frames)
    ks, wasserstein = distances(real.dropna().to_numpy(), synthetic.dropna().to_numpy())
    by_class = [
        distances(*(f.loc[f[target] == label, name].dropna().to_numpy() for f in frames))
        for label in (0, 1)
    ]
    return {
        "ks": ks,
        "wasserstein": wasserstein,
        "ks_by_class": max(one[0] for one in by_class),
        "wasserstein_by_class": max(one[1] for one in by_class),
        "missing": _both(real.isna().mean(), synthetic.isna().mean()),
    }


def _correlation(frames: tuple[pd.DataFrame, pd.DataFrame], method: Any) -> dict[str, Any]:
    real, synthetic = (frame.corr(method=method) for frame in frames)
    gap = (real - synthetic).abs().to_numpy()
    i, j = divmod(int(gap.argmax()), len(gap))
    return {
        "max": float(gap.max()),
        "pair": [real.columns[i], real.columns[j]],
        "frobenius": float(np.linalg.norm(gap)),
    }


def _rows(real: Table, synthetic: Table) -> dict[str, Any]:
    """Whether real rows shine through: equal ones, and the distance to the nearest real row."""
    median = real.rows.nanmedian(0).values
    known = [torch.where(t.rows.isnan(), median, t.rows).double() for t in (real, synthetic)]
    mean, std = known[0].mean(0), known[0].std(0)
    a, b = ((rows - mean) / std for rows in known)
    among_real = torch.cdist(a, a).fill_diagonal_(torch.inf).min(1).values.median().item()
    to_real = torch.cdist(b, a).min(1).values.median().item()
    written = [t.rows.nan_to_num(-1).tolist() for t in (real, synthetic)]
    real_rows = set(map(tuple, written[0]))
    return {
        "equal": sum(tuple(row) in real_rows for row in written[1]),
        "nearest": _both(float(among_real), float(to_real)),
    }


def rounded(value: Any) -> Any:
    """Every number of a nested dict with four places."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value
