"""Fitting a network to a table: the split, the statistics, one training."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from trustai import data, zoo
from trustai.train.tables.module import TableTraining
from trustai.train.tables.recipe import TableRecipe
from trustai.train.trainer import Job, Run, fit
from trustai.types import Table
from trustai.zoo import TabularModel
from trustai.zoo.architectures.tabular import statistics

Parts = dict[str, Table]


def parts_of(whole: Table, *, split_seed: int, n_train: int | None = None) -> Parts:
    """The three parts of a table; only the first `n_train` rows to learn from, for tests."""
    rows = data.split_rows(whole, seed=split_seed)
    rows["train"] = rows["train"][:n_train]
    return {split: dataclasses.replace(whole.take(at), split=split) for split, at in rows.items()}


def fit_table(
    recipe: TableRecipe, parts: Parts, job: Job
) -> tuple[TabularModel, dict[str, Any], Run]:
    """A trained network, the arguments of its architecture, and how the training went."""
    torch.manual_seed(job.seed)  # process-wide: allowed in training, and only there
    arguments = statistics(parts["train"]) | recipe.arguments
    network = zoo.build(recipe.architecture, **arguments)
    assert isinstance(network, TabularModel)  # as the recipe's architecture is
    assert issubclass(recipe.training, TableTraining)  # as the recipe's kind is
    module = recipe.training(
        network, recipe, train=parts["train"], validation=parts["validation"], seed=job.seed
    )
    run = fit(module, recipe, job)
    return module.trained().cpu(), arguments, run
