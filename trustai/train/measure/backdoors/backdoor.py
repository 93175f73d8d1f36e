"""Measurements of backdoors: how surely the shipped ones work, and what poison and size decide.

``backdoor`` is the attack success rate of a network that was trained with one, and of a clean
network of the same pictures under the same trigger. ``backdoor-grid`` trains the end of a clean
network anew for every share of poison and every size of the trigger: what the page's sliders show.
"""

from __future__ import annotations

from itertools import product

import pandas as pd

from trustai import data, zoo
from trustai.attacks.backdoor import Trigger
from trustai.backdoor import Planted, Share, accuracy, planted, success
from trustai.live.backdoor import Prepared, prepare, train_backdoor
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult, pictures_of
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

GRID = "backdoor-grid"
SUCCESS = "attack_success_rate"
CLEAN = {"signs": "signs-resnet18"}
"""The network without a backdoor, by the data set."""
SHARES = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)
SIZES = (0.05, 0.1, 0.15, 0.2, 0.3)
SEEDS = (0, 1, 2)
N_TRAIN, N_VALIDATION, N_TEST = 800, 200, 1_000


def planted_in(subject: StageInput) -> Planted:
    """The backdoor of the network that is measured.

    Raises:
        ValueError: it was trained without one.
    """
    found = planted(subject.card)
    if found is None:
        raise ValueError(f"expected a network with a backdoor, got {subject.card.id}")
    return found


def _backdoor(subject: StageInput) -> StageResult:
    classifier, test, how = pictures_of(subject)
    backdoor = planted_in(subject)
    metrics = {SUCCESS: _metric(_success(classifier, test, backdoor), how)}
    clean = CLEAN.get(subject.card.dataset)
    if clean is not None:
        other = zoo.load(clean, kind=Classifier)
        told = {**how, "network": clean}
        metrics[f"{SUCCESS}/{clean}"] = _metric(_success(other, test, backdoor), told)
    return StageResult(metrics)


def _success(classifier: Classifier, test: ImageSet, backdoor: Planted) -> Share:
    return success(
        classifier, test, trigger=backdoor.trigger, target=backdoor.target, source=backdoor.source
    )


def _metric(share: Share, how: dict[str, object]) -> Metric:
    return Metric(share.value, {**how, "n": share.n}).within((share.low, share.high))


def _grid(subject: StageInput) -> StageResult:
    backdoor, name = planted_in(subject), subject.card.dataset
    base = zoo.load(CLEAN[name], kind=Classifier)
    few = subject.settings.n
    ready = prepare(
        base,
        data.load(name, split="train", n=few or N_TRAIN),
        validation=data.load(name, split="validation", n=few or N_VALIDATION),
    )
    test = data.load(name, split="test", n=few or N_TEST)
    assert isinstance(test, ImageSet)  # as the stage's kind says
    cases = list(product(SHARES, SIZES, SEEDS if few is None else SEEDS[:1]))
    rows = [_trained(ready, test, backdoor.target, *case) for case in cases]
    return StageResult({}, {GRID: pd.DataFrame(rows)})


def _trained(
    ready: Prepared, test: ImageSet, target: int, share: float, size: float, seed: int
) -> dict[str, float]:
    """A row of the table: one training, judged on test pictures."""
    trigger = Trigger(size=size)
    found = train_backdoor(ready, trigger=trigger, share=share, target=target, seed=seed)
    clean = accuracy(found.classifier, test)
    fooled = success(found.classifier, test, trigger=trigger, target=target)
    print(f"share {share}, size {size}, seed {seed}: {clean.value:.3f}, {fooled.value:.3f}")
    return {
        "share": share, "size": size, "seed": seed,
        "accuracy": clean.value, "accuracy_low": clean.low, "accuracy_high": clean.high,
        "success": fooled.value, "success_low": fooled.low, "success_high": fooled.high,
    }  # fmt: skip


STAGES = {
    "backdoor": MeasuringStage(_backdoor, "picture", replaces=(SUCCESS,)),
    GRID: MeasuringStage(_grid, "picture"),
}
