"""The card of a network that has just been trained: what is the same for every kind of network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trustai.train.recipe import Recipe
from trustai.train.trainer import Job, Run, revision, versions
from trustai.zoo import Card, Metric, Network


@dataclass(frozen=True)
class LearnedFrom:
    """The data of a training, as its card tells of them.

    Attributes:
        dataset, split_sha256, classes, input_size: As `Card` has them.
        counts: Numbers of pictures, rows or sentences, by name.
    """

    dataset: str
    split_sha256: str
    classes: tuple[str, ...]
    input_size: int
    counts: Mapping[str, Any]


def card_of(
    recipe: Recipe, job: Job, network: Network, run: Run, *,
    architecture: str, arguments: Mapping[str, Any], learned_from: LearnedFrom,
    metrics: Mapping[str, Metric], settings: Mapping[str, Any] | None = None,
) -> Card:  # fmt: skip
    """The card, without what only some networks have.

    Args:
        architecture, arguments, metrics: As `Card` has them.
        settings: Of the configuration, beside those of the recipe.
    """
    parameters = sum(p.numel() for p in network.parameters())
    return Card(
        id=job.name,
        title=recipe.title,
        summary=recipe.summary,
        architecture=architecture,
        arguments=arguments,
        classes=learned_from.classes,
        input_size=learned_from.input_size,
        dataset=learned_from.dataset,
        split_sha256=learned_from.split_sha256,
        recipe=recipe.training.__module__,
        configuration={**recipe.configuration(), **(settings or {})},
        seed=job.seed,
        command=job.command or f"python -m trustai.train {job.name}",
        training={**run.told(), "parameters": parameters, **learned_from.counts},
        revision=revision(),
        versions=versions(),
        history=run.history,
        metrics=metrics,
    )
