"""Baselines on the same rows: two of scikit-learn, and InterpretML's where it is installed.

Each learns from the training part alone and gives the probability of class 1 on other rows.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from typing import Any

import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from trustai.types import Table
from trustai.zoo.architectures.tabular import TabularModel, statistics

BOOSTING = {"max_iter": 80, "learning_rate": 0.05, "max_leaf_nodes": 6, "l2_regularization": 1.0}
"""Small trees and few: the defaults overfit a table of this size."""


def probabilities(train: Table, rows: Tensor, *, seed: int) -> dict[str, Tensor]:
    """Name of the baseline -> its ``(N,)`` for `rows`."""
    encoder = TabularModel(**statistics(train))  # the same filling and standardising as ours
    encoded = (encoder.encoded(train.rows), encoder.encoded(rows))
    raw = (train.rows, rows)  # trees know what to do with NaN
    found = {
        "logistic_regression": _of(LogisticRegression(max_iter=1000), train, *encoded),
        "gradient_boosting": _of(
            HistGradientBoostingClassifier(**BOOSTING, random_state=seed), train, *raw
        ),
    }
    if find_spec("interpret") is not None:
        from interpret.glassbox import ExplainableBoostingClassifier

        boosted = ExplainableBoostingClassifier(random_state=seed, n_jobs=1)
        found["explainable_boosting"] = _of(boosted, train, *raw)
    return found


def _of(model: Any, train: Table, known: Tensor, rows: Tensor) -> Tensor:
    model.fit(known.numpy(), train.labels.numpy())
    return torch.from_numpy(model.predict_proba(rows.numpy())[:, 1])


def versions() -> dict[str, str]:
    """Of the libraries that they come from."""
    names = ["scikit-learn"] + ["interpret-core"] * (find_spec("interpret") is not None)
    return {name: metadata.version(name) for name in names}
