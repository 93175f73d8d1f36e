"""Running a defence by name: validation, isolation of the network, and the result."""

from __future__ import annotations

import copy
import dataclasses
import time
from typing import Any

import torch
from torch import Tensor

from trustai import seeds
from trustai.backdoor.defences.base import (
    DEFENCES,
    Defence,
    DefenceKind,
    InputDefence,
    NetworkDefence,
    RepairDefence,
    TrainingDataDefence,
    Work,
    quietly,
)
from trustai.backdoor.defences.results import (
    ClassInspection,
    InputInspection,
    NetworkInspection,
    Repaired,
    TrainingDataInspection,
    threshold_at,
)
from trustai.live.weights import sha256_of
from trustai.represent.knn import features_of_bytes
from trustai.represent.projection import pca
from trustai.types import Circumstances, ImageSet, OnProgress
from trustai.zoo import Card, Classifier, checks

LEAST = 10
"""Pictures of a label; of fewer nothing is said."""


def inspect_training_data(
    name: str,
    classifier: Classifier,
    pictures: ImageSet,
    *,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> TrainingDataInspection:
    """How suspicious every training picture is.

    Args:
        name: Of a defence of the kind ``"training-data"``.
        classifier: Who learned from them; in eval mode, shared safely with other threads.
        pictures: With the labels that it learned from, which may be an attacker's.
        seed: Of everything that is drawn.
        params: The defence's own dataclass; None for its defaults.
        on_progress: Called with the share of the work done; may raise to stop.

    Raises:
        ValueError: another kind of defence, or an input outside what is said above.
    """
    started, report = time.perf_counter(), on_progress or quietly
    entry = _of_kind(name, "training-data")
    assert isinstance(entry, TrainingDataDefence)
    params, seed = entry.checked(params), seeds.checked(seed)
    checks.pictures(classifier, pictures.pixels[:1])
    features = features_of_bytes(classifier.replica(), pictures.images).double()
    report(0.5)
    labels = torch.unique(pictures.labels).tolist()
    scores = torch.zeros(len(pictures), dtype=torch.float64)
    flagged, classes = torch.zeros(len(pictures), dtype=torch.bool), []
    for i, label in enumerate(labels):
        rows = (pictures.labels == label).nonzero()[:, 0]
        if len(rows) >= LEAST:
            classes.append(_of_class(entry, features[rows], rows, label, params, seed))
            scores[rows], flagged[rows] = classes[-1].scores, classes[-1].flagged
        report(0.5 + 0.5 * (i + 1) / len(labels))
    told = _told(entry, classifier, params, seed, started)
    return TrainingDataInspection(scores, flagged, tuple(classes), told)


def _of_class(
    entry: TrainingDataDefence[Any],
    features: Tensor,
    rows: Tensor,
    label: int,
    params: Any,
    seed: int,
) -> ClassInspection:
    found, plane = entry.of_class(features, params=params, seed=seed), pca(features)
    return ClassInspection(
        label=label,
        rows=rows,
        scores=found.scores.double(),
        group=found.group,
        flagged=found.flagged,
        points=plane.points,
        variance=plane.share,
        figures=found.figures,
    )


def inspect_inputs(
    name: str,
    classifier: Classifier,
    x: Tensor,
    *,
    clean: Tensor,
    false_alarms: float = 0.05,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> InputInspection:
    """How suspicious every picture is that comes in.

    Half of the clean pictures, drawn, are for the work, and the threshold is chosen on the others.

    Args:
        name: Of a defence of the kind ``"input"``.
        classifier: In eval mode; shared safely with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        clean: ``float32 (K, 3, H, W)`` in ``[0, 1]``, at least 4 clean pictures of that size.
        false_alarms: Share of clean pictures that may be flagged, in ``[0, 1)``.
        seed, params, on_progress: As of `inspect_training_data`.

    Raises:
        ValueError: another kind of defence, or an input outside what is said above.
    """
    started = time.perf_counter()
    entry = _of_kind(name, "input")
    assert isinstance(entry, InputDefence)
    params = entry.checked(params)
    _check_inputs(classifier, x, clean, false_alarms)
    order = torch.randperm(len(clean), generator=seeds.torch_generator(seed))
    used, judged = order[: len(clean) // 2], order[len(clean) // 2 :]
    model = classifier.replica().requires_grad_(False)
    work = Work(model, params, seed, on_progress or quietly)
    scores = entry.scores(torch.cat([clean[judged], x]), clean[used], work=work).double()
    reference, own = scores[: len(judged)], scores[len(judged) :]
    threshold = threshold_at(reference, false_alarms=false_alarms)
    told = _told(entry, classifier, params, seed, started)
    return InputInspection(own, reference, false_alarms, threshold, told)


def _check_inputs(classifier: Classifier, x: Tensor, clean: Tensor, false_alarms: float) -> None:
    for pictures in (x, clean):
        checks.pictures(classifier, pictures)
    if len(clean) < 4 or clean.shape[1:] != x.shape[1:]:
        raise ValueError(
            f"expected at least 4 clean pictures of {tuple(x.shape[1:])}, got {tuple(clean.shape)}"
        )
    threshold_at(torch.zeros(1), false_alarms=false_alarms)  # refused before the work, not after


def inspect_network(
    name: str,
    classifier: Classifier,
    clean: Tensor,
    *,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> NetworkInspection:
    """Whether a network has a backdoor, and for which class.

    Args:
        name: Of a defence of the kind ``"network"``.
        classifier: In eval mode; shared safely with other threads.
        clean: ``float32 (K, 3, H, W)`` in ``[0, 1]``, clean pictures of several classes.
        seed, params, on_progress: As of `inspect_training_data`.

    Raises:
        ValueError: another kind of defence, or an input outside what is said above.
    """
    started = time.perf_counter()
    entry = _of_kind(name, "network")
    assert isinstance(entry, NetworkDefence)
    params = entry.checked(params)
    checks.pictures(classifier, clean, gradients=True)
    model = classifier.replica().requires_grad_(False)
    work = Work(model, params, seeds.checked(seed), on_progress or quietly)
    with torch.enable_grad():
        found = entry.inspect(clean.detach(), work=work)
    told = _told(entry, classifier, params, seed, started)
    return dataclasses.replace(found, circumstances=told)


def repair(
    name: str,
    classifier: Classifier,
    clean: ImageSet,
    *,
    reconstructed: NetworkInspection | None = None,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> Repaired:
    """A copy of a network without its backdoor.

    Args:
        name: Of a defence of the kind ``"repair"``.
        classifier: In eval mode; it is not changed.
        clean: Pictures with their true labels.
        reconstructed: What Neural Cleanse found in this network; None: what needs it looks itself.
        seed, params, on_progress: As of `inspect_training_data`.

    Raises:
        ValueError: another kind of defence, or an input outside what is said above.
    """
    started = time.perf_counter()
    entry = _of_kind(name, "repair")
    assert isinstance(entry, RepairDefence)
    params = entry.checked(params)
    checks.pictures(classifier, clean.pixels, gradients=True)
    with torch.no_grad():
        n_classes = classifier(clean.pixels[:1]).shape[1]
    checks.labels(clean.labels, n=len(clean), n_classes=n_classes)
    model = copy.deepcopy(classifier.replica())  # parameters of its own
    work = Work(model, params, seeds.checked(seed), on_progress or quietly)
    with torch.enable_grad():
        found = entry.repair(clean, reconstructed, work=work)
    model.freeze()
    model.card = _card_of(model, classifier, entry)
    told = _told(entry, classifier, params, seed, started)
    return Repaired(model, found.figures, found.history, told, found.reconstructed)


def _card_of(model: Classifier, before: Classifier, entry: Defence[Any]) -> Card | None:
    """The card of a repaired network: nothing was measured on it yet."""
    if before.card is None:
        return None
    return dataclasses.replace(
        before.card,
        id=f"{before.card.id}-{entry.name}",
        title=f"{before.card.title}, after {entry.title}",
        weights_sha256=sha256_of(model),
        metrics={},
        confusion=None,
    )


def _of_kind(name: str, kind: DefenceKind) -> Defence[Any]:
    entry = DEFENCES.get(name)
    if entry.kind != kind:
        known = ", ".join(n for n, e in DEFENCES if e.kind == kind)
        raise ValueError(f"expected a defence among {known}, got {name!r}")
    return entry


def _told(
    entry: Defence[Any], classifier: Classifier, params: Any, seed: int, started: float
) -> Circumstances:
    return classifier.circumstances(
        method=entry.title, parameters=dataclasses.asdict(params), seed=seed, started=started
    )
