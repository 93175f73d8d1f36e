"""Figures of a network for a table on its test part, and how much they vary.

Two questions are asked, each of several networks: how much do they differ that learned from the
same rows by other seeds, and how much on other splits of the table? The baselines are asked the
second too. The settings of the recipes were chosen on parts of the training and validation rows of
split 0, whose test rows decided nothing.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trustai import data
from trustai.metrics import binary
from trustai.train.tables import baselines
from trustai.train.tables.fit import fit_table, parts_of
from trustai.train.tables.recipe import TableRecipe
from trustai.train.trainer import Job
from trustai.types import Table
from trustai.zoo import Metric, TabularModel

THRESHOLD = 0.5
Figures = dict[str, float]
Metrics = dict[str, Metric]


@dataclass(frozen=True)
class Repetition:
    """A recipe to be run again; nothing of it is kept but its figures on the test part."""

    recipe: TableRecipe
    whole: Table
    job: Job

    def network(self, *, split_seed: int, seed: int) -> Figures:
        """Figures of a network that learned by `seed` on the split by `split_seed`."""
        parts = parts_of(self.whole, split_seed=split_seed, n_train=self.job.n_train)
        job = dataclasses.replace(self.job, seed=seed)
        network, _, _ = fit_table(self.recipe, parts, job)
        return figures_of(network, parts["test"])

    def baselines(self, *, split_seed: int, seed: int) -> dict[str, Figures]:
        """The same of every baseline, by name."""
        parts = parts_of(self.whole, split_seed=split_seed, n_train=self.job.n_train)
        test = parts["test"]
        predicted = baselines.probabilities(parts["train"], test.rows, seed=seed)
        return {name: binary.figures(test.labels, p) for name, p in predicted.items()}


def figures_of(network: TabularModel, test: Table) -> Figures:
    return binary.figures(test.labels, network.probability(test.rows), threshold=THRESHOLD)


def metrics_of(first: Figures, again: Repetition, *, repeats: int, seed: int) -> Metrics:
    """Everything for the card: of the network that ships, its siblings and the baselines.

    Args:
        first: Of the network that ships, which learned by `seed` on split 0.
        repeats: How many seeds, and how many splits, both with the first.
    """
    n = len(data.part(again.whole, "test"))  # of every split
    how = {"dataset": again.whole.name, "split": "test", "n": n, "threshold": THRESHOLD}
    fixed = {**how, "split_seed": 0}
    each = f"{seed} to {seed + repeats - 1}"
    varied = {**how, "splits": repeats, "split_seed": f"0 to {repeats - 1}", "seed": each}
    seeds = [again.network(split_seed=0, seed=seed + k) for k in range(1, repeats)]
    splits = [again.network(split_seed=k, seed=seed + k) for k in range(1, repeats)]
    others = [again.baselines(split_seed=k, seed=seed + k) for k in range(repeats)]
    found = {n: Metric(v, {**fixed, "seed": seed}) for n, v in first.items() if not math.isnan(v)}
    found |= spread([first, *seeds], "seeds", {**fixed, "seeds": repeats, "seed": each})
    found |= spread([first, *splits], "splits", varied)
    for name in others[0]:
        repeated = [figures[name] for figures in others]
        known = {figure: v for figure, v in repeated[0].items() if not math.isnan(v)}
        found |= {f"{figure}/{name}": Metric(v, fixed) for figure, v in known.items()}
        found |= spread(repeated, f"{name}/splits", varied)
    return found


def spread(repeated: Sequence[Figures], what: str, how: Mapping[str, Any]) -> Metrics:
    """Mean and standard deviation of every figure: ``roc_auc/seeds/mean`` and ``…/std``.

    A precision of a network that never says class 1 is not defined, and counts for nothing.
    """
    found = {}
    for name in repeated[0]:
        values = [figures[name] for figures in repeated if not math.isnan(figures[name])]
        if not values:
            continue
        each = {**how, "each": [round(value, 4) for value in values]}
        std = statistics.stdev(values) if len(values) > 1 else 0.0
        found[f"{name}/{what}/mean"] = Metric(statistics.fmean(values), each)
        found[f"{name}/{what}/std"] = Metric(std, each)
    return found


def predictions_of(network: TabularModel, test: Table) -> pd.DataFrame:
    """One row a test row: its number in the whole table, its label, and what the network says."""
    return pd.DataFrame(
        {
            "index": test.indices.numpy().astype(np.int32),
            "label": test.labels.numpy().astype(np.int8),
            "probability": network.probability(test.rows).numpy().astype(np.float32),
        }
    )
