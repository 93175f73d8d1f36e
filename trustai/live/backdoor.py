"""Live training of a backdoored network: its last stage learns poisoned pictures in seconds.

What a frozen backbone gives for a picture never changes while the rest learns, so it is computed
once and kept; marked pictures have their own. With `unfrozen` ``"head"`` the last stage stays as it
is, too: two linear layers learn on the features, which are averages over the whole picture.

In plain torch, on one thread, as `trustai.live.table`: the same seed gives the same bytes whatever
else the machine does.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from trustai import seeds
from trustai.attacks.backdoor import Poisoned, Trigger, attacked_rows, poison
from trustai.live.activations import Prepared, of_pictures, prepare
from trustai.live.last_stage import LastStage, LiveBackdoorParams
from trustai.live.threads import torch_threads
from trustai.live.weights import sha256_of
from trustai.types import ImageSet, OnProgress
from trustai.zoo import checks
from trustai.zoo.cards import Card, Metric
from trustai.zoo.classifier import Classifier

__all__ = [
    "Epoch",
    "LiveBackdoorParams",
    "Prepared",
    "TrainedBackdoor",
    "prepare",
    "train_backdoor",
]


@dataclass(frozen=True)
class Epoch:
    """A network after an epoch, on the validation pictures; epoch 0 is before training.

    Attributes:
        epoch: From 0 on.
        loss: Mean cross entropy of the poisoned training pictures while they were learned; None
            before.
        accuracy: Share of the clean pictures that are named rightly.
        success: Attack success rate: of pictures of the other classes (of ``"one-to-one"``, of the
            source) the share that is named the target once the trigger is on them.
    """

    epoch: int
    loss: float | None
    accuracy: float
    success: float


OnEpoch = Callable[[Epoch], None]
"""Called with every epoch as it ends; may raise to stop the training."""


@dataclass(frozen=True, eq=False)
class TrainedBackdoor:
    """A network with a backdoor, and how it came about.

    Attributes:
        classifier: Frozen. Its card tells the poisoning, the curves and the last figures.
        poisoned: What it learned from.
        trigger: The mark that commands it.
        history: Epoch 0, which is before training, and every one after it.
        seconds: How long all of it took.
    """

    classifier: Classifier
    poisoned: Poisoned
    trigger: Trigger
    history: tuple[Epoch, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class _Job:
    """What is to be learned, and how."""

    prepared: Prepared
    trigger: Trigger
    poisoning: dict[str, Any]  # share, target, kind, source
    params: LiveBackdoorParams
    seed: int


def train_backdoor(
    prepared: Prepared,
    *,
    trigger: Trigger,
    share: float,
    target: int,
    kind: str = "all-to-one",
    source: int | None = None,
    seed: int = 0,
    params: LiveBackdoorParams | None = None,
    on_progress: OnProgress | None = None,
    on_epoch: OnEpoch | None = None,
) -> TrainedBackdoor:
    """Poison the pictures and let the end of a copy of the network learn them.

    Args:
        prepared: From `prepare`. A network of other classes gets a new last layer.
        trigger, share, target, kind, source: See `trustai.attacks.backdoor.poison`.
        seed: Of which pictures are marked, of new layers, and of the order.
        params: How to train; None for what suits some hundred pictures.
        on_progress: Called with the share done after every epoch; may raise to stop.
        on_epoch: Called with every entry of the history, the one before training too.

    Raises:
        ValueError: no picture to count the success on, or what `poison` refuses.
    """
    started = time.perf_counter()
    params = checks.params("train_backdoor", params, LiveBackdoorParams)
    poisoning: dict[str, Any] = {"share": share, "target": target, "kind": kind, "source": source}
    job = _Job(prepared, trigger, poisoning, params, seed)
    poisoned = poison(prepared.pictures, trigger=trigger, seed=seed, **poisoning)
    with torch_threads(1):
        learner, history = _learner(job), []
        for epoch in _epochs(job, learner, poisoned):
            history.append(epoch)
            if on_epoch is not None:
                on_epoch(epoch)
            if on_progress is not None:
                on_progress(epoch.epoch / params.epochs)
    return _result(job, learner.network.freeze(), poisoned, history, started)


def _result(
    job: _Job, network: Classifier, poisoned: Poisoned, history: list[Epoch], started: float
) -> TrainedBackdoor:
    seconds = time.perf_counter() - started
    network.card = _card(job, network, history, seconds)
    return TrainedBackdoor(network, poisoned, job.trigger, tuple(history), seconds)


def _learner(job: _Job) -> LastStage:
    classifier, classes = job.prepared.classifier, job.prepared.pictures.classes
    assert classifier.card is not None  # as `prepare` has seen
    return LastStage(
        classifier,
        n_classes=len(classes),
        new=classifier.card.classes != classes,
        params=job.params,
        generator=seeds.torch_generator(job.seed),
    )


def _attacked(job: _Job) -> ImageSet:
    """The validation pictures on which the success is counted."""
    target, source = job.poisoning["target"], job.poisoning["source"]
    of = attacked_rows(job.prepared.validation.labels, target=target, source=source)
    rows = of.nonzero()[:, 0]
    if not len(rows):
        raise ValueError("expected validation pictures of the attacked classes, got none")
    return job.prepared.validation.take(rows)


def _epochs(job: _Job, learner: LastStage, poisoned: Poisoned) -> Iterator[Epoch]:
    """Judge before training and after every epoch of it."""
    prepared = job.prepared
    attacked, marked = _attacked(job), poisoned.marked.nonzero()[:, 0]
    learned = prepared.activations
    if len(marked):
        learned = learned.clone()
        learned[marked] = of_pictures(prepared.classifier, poisoned.pictures.take(marked))
    clean = learner.inputs(prepared.judged_by)
    stamped = learner.inputs(of_pictures(prepared.classifier, attacked, trigger=job.trigger))

    def judged(number: int, loss: float | None) -> Epoch:
        right = learner.predict(clean) == prepared.validation.labels
        fooled = learner.predict(stamped) == job.poisoning["target"]
        return Epoch(number, loss, float(right.float().mean()), float(fooled.float().mean()))

    yield judged(0, None)
    losses = learner.epochs(learner.inputs(learned), poisoned.pictures.labels)
    for number, loss in enumerate(losses, start=1):
        yield judged(number, loss)


def _card(job: _Job, network: Classifier, history: list[Epoch], seconds: float) -> Card:
    base, pictures = job.prepared.classifier.card, job.prepared.pictures
    assert base is not None  # as `prepare` has seen
    place = {name: getattr(job.trigger, name) for name in ("pattern", "size", "x", "y", "surface")}
    options = {**place, "opacity": job.trigger.strength, **job.poisoning}
    return dataclasses.replace(
        base,
        id="your-backdoor",
        title="Your network with a backdoor",
        summary=f"{base.title}, of which the end learned poisoned pictures a moment ago.",
        arguments={**base.arguments, "n_classes": len(pictures.classes)},
        classes=pictures.classes,
        input_size=pictures.images.shape[-1],
        dataset=pictures.name,
        split_sha256="",
        recipe=__name__,
        configuration={"base": base.id, **dataclasses.asdict(job.params), "options": options},
        seed=job.seed,
        command="",
        training={
            "device": "CPU", "epochs": job.params.epochs, "seconds": round(seconds, 1),
            "parameters": sum(p.numel() for p in network.parameters()),
            "training_rows": len(pictures),
        },
        revision="",
        versions={"torch": torch.__version__},
        history={
            "train_loss": [epoch.loss for epoch in history],
            "val_accuracy": [epoch.accuracy for epoch in history],
            "val_success": [epoch.success for epoch in history],
        },
        metrics=_metrics(job, history[-1]),
        confusion=None,
        weights_sha256=sha256_of(network),
        without=None,
        photographs=False,
    )  # fmt: skip


def _metrics(job: _Job, last: Epoch) -> dict[str, Metric]:
    split = job.prepared.validation.split
    accuracy = Metric(last.accuracy, {"split": split, "n": len(job.prepared.validation)})
    success = Metric(last.success, {"split": split, "n": len(_attacked(job))})
    return {"clean_accuracy": accuracy, "attack_success_rate": success}
