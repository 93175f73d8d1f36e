"""A stage of measuring: which networks it is for, and the function that finds its numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch

from trustai import data
from trustai.types import ImageSet, Table
from trustai.zoo import Card, Classifier, Kind, Metric, Network

Metrics = dict[str, Metric]
# In 1/255, so that the slider's positions are exact.
EPSILONS = (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16)


@dataclass(frozen=True)
class MeasuringSettings:
    """How much is measured.

    Attributes:
        n: Only so many test pictures, rows or pictures of a set; nothing is written then.
        n_autoattack, n_saliency: Pictures for AutoAttack and for the leaderboard of explanations,
            which are slow.
        beside: Id of the additive network that other networks for tables are compared with.
        resume: A stage of hours goes on from what a broken run has left in ``runs/``: states of
            networks in training, AutoAttack's verdicts.
    """

    n: int | None = None
    n_autoattack: int = 1_000
    n_saliency: int = 200
    beside: str = "diabetes-nam"
    resume: bool = False


@dataclass
class StageInput:
    """The network that is measured.

    Attributes:
        network: As `trustai.zoo.load` gives it.
        card: With what earlier stages have found.
        settings: How much is measured.
    """

    network: Network
    card: Card
    settings: MeasuringSettings

    @functools.cached_property
    def test(self) -> ImageSet | Table:
        """The test part of the data set it learned from."""
        card = self.card
        found = data.load(card.dataset, split="test", n=self.settings.n, without=card.without)
        assert isinstance(found, ImageSet | Table)
        return found

    @property
    def how(self) -> dict[str, Any]:
        """What stands with every number measured on `test`."""
        return {"dataset": self.card.dataset, "split": "test", "n": len(self.test)}


@dataclass(frozen=True)
class StageResult:
    """What a stage has measured.

    Attributes:
        metrics: Numbers for the card, by name.
        tables: Measurements of single pictures or rows, by topic, see `zoo.save_measurements`.
        fields: Other fields of the card, such as ``confusion``.
    """

    metrics: Metrics
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MeasuringStage:
    """One entry of `trustai.train.measure.run.STAGES`.

    Attributes:
        run: The function.
        kind: Of the networks it is for, see `trustai.zoo.catalog`.
        default: Whether it is run where no stages are named.
        replaces: First parts of the names of metrics; those of an earlier run do not stay, because
            a method may no longer apply.
    """

    run: Callable[[StageInput], StageResult]
    kind: Kind
    default: bool = False
    replaces: tuple[str, ...] = ()

    def without_old(self, metrics: Mapping[str, Metric]) -> Metrics:
        """The metrics of a card that stay when this stage is run again."""
        return {k: m for k, m in metrics.items() if k.split("/")[0] not in self.replaces}


def drawn(test: ImageSet, n: int) -> ImageSet:
    """The same `n` pictures every time, from all over the split."""
    generator = torch.Generator().manual_seed(0)
    return test.take(torch.randperm(len(test), generator=generator)[:n].sort().values)


def pictures_of(subject: StageInput) -> tuple[Classifier, ImageSet, dict[str, Any]]:
    """The network, its test pictures and how they are told of."""
    classifier, test = subject.network, subject.test
    assert isinstance(classifier, Classifier)  # as the stages' kind says
    assert isinstance(test, ImageSet)
    return classifier, test, subject.how
