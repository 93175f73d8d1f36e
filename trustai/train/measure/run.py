"""All stages of measuring by name, and the measuring of one network."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence

from trustai import zoo
from trustai.train.measure import (
    captions,
    feature_statistics,
    images,
    ood,
    photographs,
    represent,
    robustness,
    saliency,
)
from trustai.train.measure.backdoors import backdoor, defences, patch
from trustai.train.measure.stage import MeasuringSettings, MeasuringStage, StageInput
from trustai.train.measure.tables import explanations, fairness
from trustai.zoo import Card, Kind, Metric

STAGES: Mapping[str, MeasuringStage] = {
    **images.STAGES,
    **robustness.STAGES,
    **photographs.STAGES,
    **saliency.STAGES,
    **feature_statistics.STAGES,
    **ood.STAGES,
    **represent.STAGES,
    **explanations.STAGES,
    **captions.STAGES,
    **fairness.STAGES,
    **patch.STAGES,
    **backdoor.STAGES,
    **defences.STAGES,
}


def stages_for(kind: Kind, *, default: bool = False) -> list[str]:
    """The names of the stages for networks of a kind.

    Args:
        default: Only those that are run where none are named.

    >>> stages_for("caption", default=True)
    ['scores', 'signs']
    """
    return [n for n, s in STAGES.items() if s.kind == kind and (s.default or not default)]


def measure(
    model_id: str, *, stages: Sequence[str] | None = None, settings: MeasuringSettings | None = None
) -> Card:
    """Measure a network and write what was found, stage by stage, beside its weights.

    Args:
        model_id: Of `trustai.zoo.catalog`.
        stages: Some of `STAGES`, in this order; None for those that its kind has by default. The
            other numbers of its card stay.
        settings: How much; with `MeasuringSettings.n` nothing is written.

    Returns:
        The card with the new numbers.

    Raises:
        ValueError: no such network, a stage for networks of another kind, or something it needs is
            missing.
    """
    settings = settings or MeasuringSettings()
    network = zoo.load(model_id)
    subject = StageInput(network, zoo.read_card(model_id), settings)
    for name in _checked(subject.card, stages):
        stage, started = STAGES[name], time.perf_counter()
        found = stage.run(subject)
        print(f"{model_id}: {name} took {time.perf_counter() - started:.0f} s", flush=True)
        _print(model_id, found.metrics)
        # Another run may have written to the card in the hours that a stage takes.
        card = subject.card if settings.n else zoo.read_card(model_id)
        metrics = stage.without_old(card.metrics) | found.metrics
        subject.card = dataclasses.replace(card, metrics=metrics, **found.fields)
        if settings.n is None:  # after every stage: what is done is done
            for topic, table in found.tables.items():
                zoo.save_measurements(model_id, table, topic=topic)
            zoo.save_card(subject.card)
    return subject.card


def _checked(card: Card, stages: Sequence[str] | None) -> Sequence[str]:
    kind = zoo.kind_of(card)
    if stages is None:
        return stages_for(kind, default=True)
    known = stages_for(kind)
    for name in stages:
        if name not in known:
            raise ValueError(f"expected stages of {card.id} among {', '.join(known)}, got {name!r}")
    return stages


def _print(model_id: str, metrics: Mapping[str, Metric]) -> None:
    """The main numbers, which have no part after a slash, or all of them where none are main."""
    for name in [name for name in metrics if "/" not in name] or list(metrics):
        print(f"{model_id}: {name} {metrics[name].value:.4f}")
