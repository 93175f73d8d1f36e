"""Figures of fair predictions on a part of a census: accuracy, criteria and the adversary's AUC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from trustai.fairness.groups import Groups
from trustai.fairness.repairs.base import Decisions, Floats, of_scores
from trustai.metrics import intervals
from trustai.metrics.fairness import Interval, auc_by_group, group_counts, report
from trustai.train.fairness.census import Census
from trustai.train.fairness.module import fresh_adversary
from trustai.train.fairness.recipe import DebiasingRecipe

CRITERIA = ("p_percent_rule", "equalised_odds")
DIGITS = 4
"""Of a score that ships."""


Said = Mapping[str, Decisions]
"""What a model decides of the rows of a census, by split."""


def decisions_of(scores: Mapping[str, Floats]) -> dict[str, Decisions]:
    """By split the decisions that follow from probabilities ``(N,)``, see `of_scores`."""
    return {split: of_scores(one) for split, one in scores.items()}


def judged(
    said: Said, census: Census, recipe: DebiasingRecipe, *, seed: int = 0
) -> dict[str, Interval]:
    """`trustai.fairness.path.FIGURES` of the predictions on the test part.

    The adversary is a fresh one, which learned from the predictions of the training part.

    Args:
        seed: Of that adversary.
    """
    found = accuracy_and_criteria(said, census, split="test")
    return found | adversary_auc(said, census, recipe, split="test", seed=seed)


def accuracy_and_criteria(said: Said, census: Census, *, split: str) -> dict[str, Interval]:
    """The accuracy, and by attribute every one of `CRITERIA`."""
    right = said[split].decided == census.parts[split].labels.numpy()
    found = {"accuracy": Interval(float(right.mean()), *intervals.interval(right))}
    for attribute in census.groups[split]:
        criteria = criteria_of(said, census, attribute, splits=(split,))
        found |= {f"{name}_{attribute}": criteria[name] for name in CRITERIA}
    return found


def criteria_of(
    said: Said, census: Census, attribute: str, *, splits: Sequence[str]
) -> Mapping[str, Interval]:
    """All criteria between the compared groups of an attribute, of several parts together."""
    groups = census.groups[splits[0]][attribute]
    counts = counts_of(said, census, attribute, splits=splits)
    return report(counts, groups.names[: groups.compared]).criteria


def counts_of(
    said: Said, census: Census, attribute: str, *, splits: Sequence[str]
) -> npt.NDArray[np.int64]:
    """``int64 (G, 2, 2)`` of the compared groups of an attribute, of several parts together."""
    counts = []
    for split in splits:
        groups = census.groups[split][attribute]
        labels = census.parts[split].labels.numpy()
        decided, codes = said[split].decided, groups.binary()
        counts.append(group_counts(labels, decided, codes, n_groups=groups.compared))
    return np.sum(counts, axis=0)


def adversary_auc(
    said: Said, census: Census, recipe: DebiasingRecipe, *, split: str, seed: int
) -> dict[str, Interval]:
    """How well the groups can be told from the scores: ``adversary_auc_sex`` and ``…_race``."""
    adversary = fresh_adversary(
        torch.from_numpy(said["train"].scores).float(),
        census.membership("train"),
        recipe,
        seed=seed,
    )
    with torch.no_grad():
        guessed = adversary(torch.from_numpy(said[split].scores).float()[:, None]).numpy()
    return {
        f"adversary_auc_{attribute}": group_auc(guessed[:, k], groups)
        for k, (attribute, groups) in enumerate(census.groups[split].items())
    }


def group_auc(guessed: Floats, groups: Groups) -> Interval:
    """The ROC AUC of a guess ``(N,)`` of the second of the two compared groups."""
    codes = groups.binary()
    known = codes >= 0
    nowhere = np.zeros(int(known.sum()), np.int64)
    (found,) = auc_by_group(guessed[known], codes[known], nowhere, n_groups=1)
    return found


def as_row(figures: dict[str, Interval]) -> dict[str, float]:
    """The figures and the ends of their intervals, as columns."""
    row: dict[str, float] = {}
    for name, found in figures.items():
        row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return {name: round(value, 5) for name, value in row.items()}


def rows_of(scores: list[dict[str, Floats]], census: Census) -> pd.DataFrame:
    """A row per person of the validation and the test part: the groups and every step's score.

    Args:
        scores: Per step and split ``(N,)``.
    """
    parts = []
    for split in ("validation", "test"):
        part, groups = census.parts[split], census.groups[split]
        columns: dict[str, Any] = {
            "split": split,
            "index": part.indices.numpy().astype(np.int32),
            "label": part.labels.numpy().astype(np.int8),
            **{attribute: g.codes.astype(np.int8) for attribute, g in groups.items()},
        }
        columns |= {
            f"p{k:02}": one[split].astype(np.float32).round(DIGITS) for k, one in enumerate(scores)
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
