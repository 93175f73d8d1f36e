"""Fitting a network to a table: the split, the statistics, one training."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from trustai import data, zoo
from trustai.train.recipe import TableRecipe, configuration
from trustai.train.trainer import Machine, Run, fit
from trustai.types import Table
from trustai.zoo import TabularModel
from trustai.zoo.architectures.tabular import statistics

Parts = dict[str, Table]


def parts_of(whole: Table, *, split_seed: int, n_train: int | None = None) -> Parts:
    """The three parts of a table; only the first `n_train` rows to learn from, for tests."""
    rows = data.split_rows(whole.labels, seed=split_seed)
    rows["train"] = rows["train"][:n_train]
    return {split: dataclasses.replace(whole.take(at), split=split) for split, at in rows.items()}


def fit_table(
    recipe: TableRecipe,
    parts: Parts,
    *,
    seed: int,
    name: str,
    machine: Machine,
    runs: Path,
    resume: bool = False,
) -> tuple[TabularModel, dict[str, Any], Run]:
    """A trained network, the arguments of its architecture, and how the training went."""
    torch.manual_seed(seed)  # process-wide: allowed in training, and only there
    arguments = statistics(parts["train"]) | recipe.arguments
    network = zoo.build(recipe.architecture, **arguments)
    assert isinstance(network, TabularModel)  # as the recipe's architecture is
    module = recipe.training(
        network, recipe, train=parts["train"], validation=parts["validation"], seed=seed
    )
    run = fit(
        module,
        name=name,
        monitor=module.monitor,
        mode="min",
        epochs=recipe.epochs,
        patience=recipe.patience,
        machine=machine,
        settings=configuration(recipe) | {"seed": seed, "n_train": len(parts["train"])},
        resume=resume,
        runs=runs,
    )
    return module.trained().cpu(), arguments, run
