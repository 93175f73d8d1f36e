"""Measurements of a path of debiased networks: repairs compared, and what the inputs tell.

``repairs``: every repair of `trustai.fairness.repairs`, fitted with five seeds to the training part
and judged on the test part, each by a fresh adversary. ``repair-ties``: who is tied on the
decisions that are kept of them. ``proxies``: how well sex and race can be told from the inputs,
which are neither.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trustai import zoo
from trustai.fairness import repairs
from trustai.fairness.groups import COMPARED
from trustai.fairness.leaderboard import (
    DECISIONS,
    REPAIRED,
    RepairLeaderboardRow,
    compared,
)
from trustai.fairness.path import load_path
from trustai.fairness.repairs.base import Decisions, People, boosting
from trustai.train.fairness.census import Census, census_of
from trustai.train.fairness.evaluation import as_row, decisions_of, group_auc, judged
from trustai.train.fairness.recipe import DebiasingRecipe
from trustai.train.fairness.run import classifier_of, debias, scores_of
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult
from trustai.train.recipe import RECIPES
from trustai.train.tables.run import whole_table
from trustai.train.trainer import Job, Machine
from trustai.zoo import Metric, TabularPath

SEEDS = 5
TIES = RepairLeaderboardRow.prefix
NETWORKS = ("network", "adversarial-debiasing")


def people_of(census: Census, path: TabularPath) -> dict[str, People]:
    """By split what repairs learn from.

    Args:
        path: Its encoding is used.
    """
    return {
        split: People(
            rows=part.rows.numpy(),
            encoded=path.at(0).encoded(part.rows).numpy(),
            labels=part.labels.numpy(),
            groups=census.groups[split],
        )
        for split, part in census.parts.items()
    }


@dataclass(frozen=True)
class MeasuredRepairs:
    """What `measure_repairs` finds.

    Attributes:
        figures: A row per repair and seed: ``method, seed``, the figures of the test part, and
            ``seconds`` of CPU time for fitting, nan for what was there before.
        decisions: A row per person of the test part: ``index``, and by repair a ``uint8`` whose bit
            ``s`` says whether seed ``s`` decided 1.
    """

    figures: pd.DataFrame
    decisions: pd.DataFrame


def measure_repairs(
    path: TabularPath, recipe: DebiasingRecipe, census: Census, *, chosen: int, seeds: int = SEEDS
) -> MeasuredRepairs:
    """Every repair with every seed.

    Args:
        chosen: The step of the path that stands for adversarial debiasing.
        seeds: At most 8.
    """
    people = people_of(census, path)
    test = census.parts["test"]
    rows, bits = [], {name: np.zeros(len(test), np.uint8) for name in repairs.names()}
    alike: dict[str, Mapping[str, Decisions]] = {}
    for seed in range(seeds):
        networks = _networks(path, recipe, census, chosen=chosen, seed=seed)
        for name, said, seconds in itertools.chain(networks, _fitted(people, alike, seed=seed)):
            figures = as_row(judged(said, census, recipe, seed=seed))
            rows.append({"method": name, "seed": seed, **figures, "seconds": round(seconds, 2)})
            bits[name] |= (said["test"].decided << seed).astype(np.uint8)
            print(f"{name}, seed {seed}: accuracy {figures['accuracy']:.4f}", flush=True)
    index = test.indices.numpy().astype(np.int32)
    return MeasuredRepairs(pd.DataFrame(rows), pd.DataFrame({"index": index, **bits}))


Fitted = Iterator[tuple[str, Mapping[str, Decisions], float]]
"""Of each repair its name, its decisions by split, and the CPU seconds of fitting."""


def _networks(
    path: TabularPath, recipe: DebiasingRecipe, census: Census, *, chosen: int, seed: int
) -> Fitted:
    """The classifier and the debiased one. Those of seed 0 are the path's own."""
    if seed == 0:
        for name, step in zip(NETWORKS, (0, chosen), strict=True):
            yield name, decisions_of(scores_of(path.at(step), census)), math.nan
        return
    job = Job("repairs", machine=Machine(device="cpu", precision="32-true"), seed=seed)
    started = time.process_time()
    classifier = classifier_of(recipe, census, job)[0]
    first = time.process_time() - started
    yield NETWORKS[0], decisions_of(scores_of(classifier, census)), first
    started = time.process_time()
    debiased = debias(classifier, recipe, census, job, step=chosen)[0]
    second = time.process_time() - started
    yield NETWORKS[1], decisions_of(scores_of(debiased, census)), first + second


def _fitted(
    people: Mapping[str, People], alike: dict[str, Mapping[str, Decisions]], *, seed: int
) -> Fitted:
    """The repairs that are fitted to rows.

    Args:
        alike: Decisions that do not depend on the seed; those that are missing are put there.
    """
    for name, repair in repairs.REPAIRS:
        if not isinstance(repair, repairs.FittedRepair):
            continue
        if name in alike:
            yield name, alike[name], math.nan
            continue
        started = time.process_time()
        decide = repair.fit(people["train"], seed=seed)
        seconds = time.process_time() - started
        said = {split: decide(some) for split, some in people.items()}
        if not repair.seeded:
            alike[name] = said
        yield name, said, seconds


def measure_proxies(people: Mapping[str, People]) -> dict[str, Metric]:
    """``proxy/adversary_auc/sex``: gradient boosting tells the group from the inputs alone."""
    found = {}
    for attribute in COMPARED:
        train, test = (people[split].groups[attribute] for split in ("train", "test"))
        known = train.binary() >= 0
        model = boosting(seed=0).fit(people["train"].rows[known], train.codes[known])
        auc = group_auc(model.predict_proba(people["test"].rows)[:, 1], test)
        how = {"split": "test", "n": int((test.binary() >= 0).sum()), "model": "gradient boosting"}
        found[f"proxy/adversary_auc/{attribute}"] = Metric(round(auc.value, 5), how).within(
            (auc.low, auc.high)
        )
    return found


def _material(subject: StageInput) -> tuple[TabularPath, DebiasingRecipe, Census]:
    recipe, path = RECIPES.get(subject.card.id), subject.network
    assert isinstance(path, TabularPath)  # as the stages' kind says
    assert isinstance(recipe, DebiasingRecipe)
    n = subject.settings.n
    return path, recipe, census_of(whole_table(recipe.dataset, n_train=n), n_train=n)


def _repairs(subject: StageInput) -> StageResult:
    path, recipe, census = _material(subject)
    if subject.settings.n is not None:
        recipe = dataclasses.replace(recipe.smoke(), strengths=recipe.strengths)
    chosen = int(subject.card.metrics["chosen_step"].value)
    seeds = SEEDS if subject.settings.n is None else 1
    found = measure_repairs(path, recipe, census, chosen=chosen, seeds=seeds)
    n = Metric(float(seeds), {"split": "test", "n": len(census.parts["test"])})
    tables = {REPAIRED: found.figures, DECISIONS: found.decisions}
    return StageResult({"repairs/seeds": n}, tables=tables)


def _repair_ties(subject: StageInput) -> StageResult:
    model_id = subject.card.id
    decisions = zoo.measurements(model_id, topic=DECISIONS)
    if decisions is None:
        raise ValueError(
            f"expected the decisions of repairs of {model_id}, got none: run "
            f"`python -m trustai.train.measure {model_id} --stages repairs`"
        )
    seeds = int(subject.card.metrics["repairs/seeds"].value)
    board = compared(decisions, load_path(model_id).parts["test"], seeds=seeds)
    return StageResult(board.as_metrics(how={"dataset": subject.card.dataset}))


def _proxies(subject: StageInput) -> StageResult:
    path, _, census = _material(subject)
    return StageResult(measure_proxies(people_of(census, path)))


STAGES: Mapping[str, MeasuringStage] = {
    "repairs": MeasuringStage(_repairs, "path", replaces=("repairs", TIES)),
    TIES: MeasuringStage(_repair_ties, "path", replaces=(TIES,)),
    "proxies": MeasuringStage(_proxies, "path", default=True, replaces=("proxy",)),
}
