"""Train a network for a table: the checkpoint, its card, and how much the figures vary."""

from __future__ import annotations

import dataclasses

from trustai import data, zoo
from trustai.metrics import binary
from trustai.train.card import LearnedFrom, card_of
from trustai.train.run import run
from trustai.train.tables import baselines
from trustai.train.tables.evaluation import (
    THRESHOLD,
    Repetition,
    figures_of,
    metrics_of,
    predictions_of,
)
from trustai.train.tables.fit import fit_table, parts_of
from trustai.train.tables.recipe import TableRecipe
from trustai.train.trainer import Job
from trustai.types import Table
from trustai.zoo import Card

REPEATS = 5


def whole_table(dataset: str, *, n_train: int | None) -> Table:
    """A table to learn from; with `n_train`, for tests, the synthetic one will do.

    Raises:
        ValueError: the real table is not on this machine.
    """
    whole = data.table_set(dataset).read()
    if whole.synthetic and n_train is None:
        raise ValueError(
            f"expected the real table {dataset} to learn from, got the synthetic one: "
            f"run `python -m trustai.data download {dataset}`"
        )
    return whole


@run.register(TableRecipe)
def train_table(recipe: TableRecipe, job: Job) -> Card:
    """As `trustai.train.train`, for a table."""
    machine = dataclasses.replace(job.machine, precision="32-true")  # bf16: 8 bits for an Insulin
    job = dataclasses.replace(job, machine=machine)
    whole = whole_table(recipe.dataset, n_train=job.n_train)
    parts = parts_of(whole, split_seed=0, n_train=job.n_train)
    test = parts["test"]
    network, arguments, fitted = fit_table(recipe, parts, job)
    repeated = dataclasses.replace(job, name=f"{job.name}-again", resume=False)
    again = Repetition(recipe, whole, repeated)
    repeats = 2 if job.n_train else REPEATS
    card = card_of(
        recipe,
        job,
        network,
        fitted,
        architecture=recipe.architecture,
        arguments=arguments,
        learned_from=LearnedFrom(
            dataset=whole.name,
            split_sha256=data.split_sha(parts["train"]),
            classes=whole.classes,
            input_size=len(whole.columns),
            counts={"training_rows": len(parts["train"])},
        ),
        metrics=metrics_of(figures_of(network, test), again, repeats=repeats, seed=job.seed),
    )
    probability = network.probability(test.rows)
    confusion = binary.confusion(test.labels, probability, threshold=THRESHOLD)
    versions = {**card.versions, **baselines.versions()}
    card = zoo.save(network, dataclasses.replace(card, versions=versions, confusion=confusion))
    zoo.save_measurements(job.name, predictions_of(network, test))
    return card
