"""The card of a network that has just been trained: what is the same for every kind of network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trustai.train.recipe import AnyRecipe, configuration
from trustai.train.trainer import Run, revision, versions
from trustai.zoo import Card, Metric, Network


def card_of(  # noqa: PLR0913 - all that a card tells of a run
    model_id: str,
    recipe: AnyRecipe,
    network: Network,
    run: Run,
    *,
    architecture: str,
    arguments: Mapping[str, Any],
    classes: tuple[str, ...],
    input_size: int,
    dataset: str,
    split_sha256: str,
    learned_from: Mapping[str, Any],
    settings: Mapping[str, Any],
    metrics: Mapping[str, Metric],
    seed: int,
    command: str,
) -> Card:
    """The card, without what only some networks have.

    Args:
        model_id: Of the network; the recipe's name unless it was given another.
        learned_from: Numbers of pictures, rows or sentences.
        settings: Of the configuration, beside those of the recipe.
        command: The line that repeats the training; empty for the plain one.
        architecture, arguments, classes, input_size, dataset, split_sha256, metrics, seed: As
            `Card` has them.
    """
    return Card(
        id=model_id,
        title=recipe.title,
        summary=recipe.summary,
        architecture=architecture,
        arguments=arguments,
        classes=classes,
        input_size=input_size,
        dataset=dataset,
        split_sha256=split_sha256,
        recipe=recipe.training.__module__,
        configuration={**configuration(recipe), **settings},
        seed=seed,
        command=command or f"python -m trustai.train {model_id}",
        training={
            "seconds": round(run.seconds, 1),
            "device": run.device,
            "epochs": run.epochs,
            "parameters": sum(p.numel() for p in network.parameters()),
            **learned_from,
        },
        revision=revision(),
        versions=versions(),
        history=run.history,
        metrics=metrics,
    )
