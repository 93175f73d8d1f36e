"""Running a recipe for tables: the network that ships, its card, and the spread over seeds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from trustai import data, zoo
from trustai.metrics import binary
from trustai.train.card import card_of
from trustai.train.recipe import TableRecipe
from trustai.train.tables import baselines
from trustai.train.tables.evaluation import (
    THRESHOLD,
    Again,
    judged,
    measured,
    metrics_of,
)
from trustai.train.tables.fit import fit_table, parts_of
from trustai.train.trainer import Machine
from trustai.zoo import Card

REPEATS = 5


def train_table(
    recipe_id: str,
    recipe: TableRecipe,
    *,
    machine: Machine,
    seed: int,
    resume: bool,
    n_train: int | None,
    runs: Path,
    command: str,
) -> Card:
    """As `trustai.train.train`, for a table.

    Raises:
        ValueError: the real table is not on this machine (for tests, with `n_train`, the
            synthetic one will do).
    """
    machine = dataclasses.replace(machine, precision="32-true")  # bf16 has 8 bits for an Insulin
    whole = data.table_set(recipe.dataset).read()
    if whole.synthetic and n_train is None:
        raise ValueError(
            f"expected the real table {recipe.dataset} to learn from, got the synthetic one: "
            f"run `python -m trustai.data download {recipe.dataset}`"
        )
    parts = parts_of(whole, split_seed=0, n_train=n_train)
    test = parts["test"]
    network, arguments, run = fit_table(
        recipe, parts, seed=seed, name=recipe_id, machine=machine, runs=runs, resume=resume
    )
    again = Again(recipe, whole, f"{recipe_id}-again", machine, runs, n_train)
    card = card_of(
        recipe_id,
        recipe,
        network,
        run,
        architecture=recipe.architecture,
        arguments=arguments,
        classes=whole.classes,
        input_size=len(whole.columns),
        dataset=whole.name,
        split_sha256=data.split_sha(parts["train"]),
        learned_from={"training_rows": len(parts["train"])},
        settings={},
        metrics=metrics_of(
            judged(network, test), again, repeats=2 if n_train else REPEATS, seed=seed
        ),
        seed=seed,
        command=command,
    )
    card = dataclasses.replace(
        card,
        versions={**card.versions, **baselines.versions()},
        confusion=binary.confusion(
            test.labels, network.probability(test.rows), threshold=THRESHOLD
        ),
    )
    card = zoo.save(network, card)
    zoo.save_measurements(recipe_id, measured(network, test))
    return card
