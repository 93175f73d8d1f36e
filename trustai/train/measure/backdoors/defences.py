"""Measurements of defences against backdoors, on networks with a backdoor and on a clean one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.attacks.backdoor import stamp
from trustai.backdoor import Planted, Share, accuracy, attacked, defences, planted, success
from trustai.backdoor.defences.leaderboard import COLUMNS, TOPIC
from trustai.metrics import detection, intervals
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult, pictures_of
from trustai.types import ImageSet
from trustai.zoo import Classifier

NETWORKS = ("signs-resnet18", "signs-backdoor", "signs-backdoor-adaptive")
"""A clean one, and those whose backdoors are looked for."""
SEEDS = 10
"""Of Neural Cleanse; the other methods run with one seed."""
N_TRAINING, N_CLEAN, N_TEST = 4_000, 400, 400


def auroc_interval(clean: Tensor, marked: Tensor) -> tuple[float, float]:
    """The 95 % interval of the AUROC: both kinds of pictures are drawn anew."""
    drawn = detection.auroc_draws(
        clean,
        marked,
        weights=(
            torch.from_numpy(intervals.weights(len(clean), seed=0)),
            torch.from_numpy(intervals.weights(len(marked), seed=1)),
        ),
    )
    low, high = intervals.percentiles(drawn.numpy()[:, None])
    return float(low[0]), float(high[0])


def ends(name: str, low: float, high: float) -> dict[str, float]:
    """The two columns of an interval."""
    return {f"{name}_low": low, f"{name}_high": high}


def share(name: str, found: Share) -> dict[str, float]:
    """A share with its interval."""
    return {name: found.value, **ends(name, found.low, found.high)}


def of_training_data(
    method: str, classifier: Classifier, train: ImageSet, hidden: Planted | None
) -> dict[str, float]:
    """A row of the table, on training pictures poisoned as the network's own were."""
    if hidden is None:
        found = defences.inspect_training_data(method, classifier, train)
        alarms = float(found.flagged.double().mean())
        return {"false_alarms": alarms, "seconds": found.circumstances.seconds}
    poisoned = hidden.poison(train)
    found = defences.inspect_training_data(method, classifier, poisoned.pictures)
    one, marked = found.of_label(hidden.target), poisoned.marked
    clean_scores, bad_scores = (one.scores[(marked[one.rows] == kind)] for kind in (False, True))
    return {
        "auroc": detection.auroc(clean_scores, bad_scores),
        **ends("auroc", *auroc_interval(clean_scores, bad_scores)),
        "auroc_all": detection.auroc(found.scores[~marked], found.scores[marked]),
        "false_alarms": float(found.flagged[~marked].double().mean()),
        "seconds": found.circumstances.seconds,
    }


def of_inputs(
    method: str, classifier: Classifier, clean: ImageSet, test: ImageSet, hidden: Planted | None
) -> dict[str, float]:
    """A row of the table, on clean test pictures and the same ones with the trigger."""
    x = test.pixels
    if hidden is not None:
        others = attacked(test, target=hidden.target, source=hidden.source)
        x = torch.cat([x, stamp(others.pixels, hidden.trigger)])
    found = defences.inspect_inputs(method, classifier, x, clean=clean.pixels)
    n = len(test)
    row = {
        "false_alarms": float(found.flagged[:n].double().mean()),
        "seconds": found.circumstances.seconds,
    }
    if hidden is None:
        return row
    good, bad = found.scores[:n], found.scores[n:]
    return {"auroc": detection.auroc(good, bad), **ends("auroc", *auroc_interval(good, bad)), **row}


def of_network(found: defences.NetworkInspection, hidden: Planted | None) -> dict[str, float]:
    """A row of the table: whether the target is found, and how many other classes are flagged."""
    others = torch.ones(len(found.norms), dtype=torch.bool)
    row = {"seconds": found.circumstances.seconds}
    if hidden is not None:
        others[hidden.target] = False
        row["found"] = float(found.flagged[hidden.target])
    return {"false_alarms": float(found.flagged[others].double().mean()), **row}


def of_repair(
    method: str,
    classifier: Classifier,
    clean: ImageSet,
    test: ImageSet,
    hidden: Planted | None,
    reconstructed: defences.NetworkInspection,
) -> dict[str, float]:
    """A row of the table: success and accuracy before and after the repair."""
    result = defences.repair(method, classifier, clean, reconstructed=reconstructed)
    row = {"seconds": result.circumstances.seconds}
    for end, network in (("_before", classifier), ("", result.classifier)):
        row |= share(f"accuracy{end}", accuracy(network, test))
        if hidden is not None:
            row |= share(
                f"success{end}",
                success(network, test, trigger=hidden.trigger, target=hidden.target,
                        source=hidden.source),
            )  # fmt: skip
    return row


def of_one(model_id: str, *, n: int | None, n_seeds: int) -> list[dict[str, Any]]:
    """All rows of one network.

    Args:
        n: Only so many pictures of each kind.
        n_seeds: Of the defences that look at the network.
    """
    classifier = zoo.load(model_id, kind=Classifier)
    card = zoo.read_card(model_id)
    hidden = planted(card)
    train = data.load(card.dataset, split="train", n=n or N_TRAINING)
    clean = data.load(card.dataset, split="validation", n=n or N_CLEAN)
    test = data.load(card.dataset, split="test", n=n or N_TEST)
    rows: list[dict[str, Any]] = []

    def add(method: str, seed: int, found: dict[str, float]) -> None:
        rows.append({"network": model_id, "method": method, "seed": seed, **found})

    for method in defences.names("training-data"):
        add(method, 0, of_training_data(method, classifier, train, hidden))
    for method in defences.names("input"):
        add(method, 0, of_inputs(method, classifier, clean, test, hidden))
    first: defences.NetworkInspection | None = None
    for method in defences.names("network"):
        for seed in range(n_seeds):
            found = defences.inspect_network(method, classifier, clean.pixels, seed=seed)
            first = first or found
            add(method, seed, of_network(found, hidden))
    assert first is not None  # there is a method that looks at the network
    for method in defences.names("repair"):
        add(method, 0, of_repair(method, classifier, clean, test, hidden, first))
    return rows


def measure_defences(subject: StageInput) -> StageResult:
    """The table of `trustai.backdoor.defences.leaderboard`, of every network of `NETWORKS`.

    With `MeasuringSettings.n`, of the subject alone, with one seed.
    """
    pictures_of(subject)
    n = subject.settings.n
    ids = NETWORKS if n is None else (subject.card.id,)
    rows = [row for one in ids for row in of_one(one, n=n, n_seeds=SEEDS if n is None else 1)]
    return StageResult({}, tables={TOPIC: pd.DataFrame(rows).reindex(columns=list(COLUMNS))})


STAGES = {"backdoor-defences": MeasuringStage(measure_defences, "picture")}
