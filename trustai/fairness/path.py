"""A path of repairs as it was measured: what K networks say of every row, and their figures."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from trustai import zoo
from trustai.fairness.groups import COMPARED
from trustai.zoo import Card

PATH = "adult-debiased"
SPLITS = ("validation", "test")
FIGURES = ("accuracy", "p_percent_rule", "equalised_odds", "adversary_auc")
"""Of `MeasuredPath.front`; all but the accuracy end in ``_sex`` or ``_race``."""


@dataclass(frozen=True, eq=False)
class MeasuredPart:
    """What the networks of a path say of the rows of one part of the census.

    Attributes:
        indices: ``int64 (N,)``: numbers of the rows in the whole table.
        labels: ``int64 (N,)``, 1 for more than $50,000.
        probability: ``float32 (K, N)`` of class 1.
        groups: By attribute ``int64 (N,)`` into `names`, -1 where it is not known.
        names: By attribute the groups, those that criteria compare first.
        compared: By attribute how many groups criteria compare.
    """

    indices: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float32]
    groups: Mapping[str, npt.NDArray[np.int64]]
    names: Mapping[str, tuple[str, ...]]
    compared: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class MeasuredPath:
    """Adversarial debiasing from none to strong, as it was measured.

    Attributes:
        card: Of the networks.
        lambdas: Per step the weight of each attribute; all 0 at step 0.
        parts: ``"validation"`` and ``"test"``.
        front: A row per step: `FIGURES` on the test part, with the ends of their 95 % intervals as
            ``…_low`` and ``…_high``, and ``lambda_sex``, ``lambda_race``.
        chosen: The step that was chosen without the test part: of those with both p%-rules of at
            least 80 % the most accurate.
    """

    card: Card
    lambdas: tuple[Mapping[str, float], ...]
    parts: Mapping[str, MeasuredPart]
    front: pd.DataFrame
    chosen: int


def load_path(model_id: str = PATH) -> MeasuredPath:
    """The measurements beside a card of the kind ``"path"``.

    Args:
        model_id: Of `trustai.zoo.catalog`.

    Raises:
        ValueError: no such card, or it was not measured.

    >>> path = load_path()
    >>> len(path.lambdas) >= 12, path.parts["test"].probability.shape[0] == len(path.lambdas)
    (True, True)
    """
    card = zoo.read_card(model_id)
    return _read(card.id, card.weights_sha256)


@functools.lru_cache(maxsize=2)
def _read(model_id: str, weights_sha256: str) -> MeasuredPath:
    card = zoo.read_card(model_id)
    front, rows = (zoo.measurements(model_id, topic=topic) for topic in ("front", "rows"))
    if front is None or rows is None:
        raise ValueError(
            f"expected measurements of {model_id}, got none: "
            f"run `python -m trustai.train {model_id}`"
        )
    names = {attribute: tuple(card.configuration["groups"][attribute]) for attribute in COMPARED}
    weights = card.arguments["lambdas"]
    return MeasuredPath(
        card=card,
        lambdas=tuple({a: float(weights[a][k]) for a in weights} for k in range(len(front))),
        parts={split: _part(rows[rows["split"] == split], names, len(front)) for split in SPLITS},
        front=front,
        chosen=int(card.metrics["chosen_step"].value),
    )


def _part(rows: pd.DataFrame, names: Mapping[str, tuple[str, ...]], steps: int) -> MeasuredPart:
    return MeasuredPart(
        indices=rows["index"].to_numpy(np.int64),
        labels=rows["label"].to_numpy(np.int64),
        probability=np.stack([rows[f"p{k:02}"].to_numpy(np.float32) for k in range(steps)]),
        groups={attribute: rows[attribute].to_numpy(np.int64) for attribute in names},
        names=names,
        compared={attribute: len(COMPARED[attribute]) for attribute in names},
    )
