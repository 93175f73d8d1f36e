"""Measurements of a path of debiased networks: repairs compared, and what the inputs tell.

``repairs``: every repair of `trustai.fairness.repairs`, fitted with five seeds to the training part
and judged on the test part, each by a fresh adversary. ``proxies``: how well sex and race can be
told from the inputs, which are neither.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from trustai.fairness import repairs
from trustai.fairness.groups import COMPARED
from trustai.fairness.repairs.base import Decisions, People, boosting
from trustai.train.fairness.census import Census, census_of
from trustai.train.fairness.evaluation import (
    Predictions,
    as_row,
    group_auc,
    judged,
    of_scores,
)
from trustai.train.fairness.recipe import DebiasingRecipe
from trustai.train.fairness.run import classifier_of, debias, scores_of
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult
from trustai.train.recipe import RECIPES
from trustai.train.tables.run import whole_table
from trustai.train.trainer import Job, Machine
from trustai.zoo import Metric, TabularPath

SEEDS = 5
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


def measure_repairs(
    path: TabularPath, recipe: DebiasingRecipe, census: Census, *, chosen: int, seeds: int = SEEDS
) -> pd.DataFrame:
    """A row per repair and seed: ``method, seed``, the figures of the test part, ``seconds``."""
    rows = []
    people = people_of(census, path)
    for seed in range(seeds):
        for name, fit in _fits(recipe, census, people, chosen=chosen, seed=seed):
            started = time.perf_counter()
            said = fit()
            seconds = round(time.perf_counter() - started, 2)
            figures = as_row(judged(said, census, recipe, seed=seed))
            rows.append({"method": name, "seed": seed, **figures, "seconds": seconds})
            print(f"{name}, seed {seed}: accuracy {figures['accuracy']:.4f}", flush=True)
    return pd.DataFrame(rows)


def _fits(
    recipe: DebiasingRecipe, census: Census, people: Mapping[str, People], *, chosen: int, seed: int
) -> Iterator[tuple[str, Callable[[], Predictions]]]:
    """Every repair by name, and what fits it and gives its predictions."""
    job = Job("repairs", machine=Machine(device="cpu", precision="32-true"), seed=seed)
    classifier = classifier_of(recipe, census, job)[0]

    def network(step: int) -> Predictions:
        found = debias(classifier, recipe, census, job, step=step)[0] if step else classifier
        return of_scores(scores_of(found, census))

    def fitted(name: str) -> Predictions:
        repair = repairs.get(name)
        assert isinstance(repair, repairs.FittedRepair)  # as all but the networks are
        decide = repair.fit(people["train"], seed=seed)
        return _of_decisions({split: decide(some) for split, some in people.items()})

    for name in repairs.names():
        if name in NETWORKS:
            step = chosen if name == "adversarial-debiasing" else 0
            yield name, functools.partial(network, step)
        else:
            yield name, functools.partial(fitted, name)


def _of_decisions(found: Mapping[str, Decisions]) -> Predictions:
    return Predictions(
        {split: one.decided for split, one in found.items()},
        {split: one.scores for split, one in found.items()},
    )


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
    table = measure_repairs(path, recipe, census, chosen=chosen, seeds=seeds)
    n = Metric(float(seeds), {"split": "test", "n": len(census.parts["test"])})
    return StageResult({"repairs/seeds": n}, tables={"repairs": table})


def _proxies(subject: StageInput) -> StageResult:
    path, _, census = _material(subject)
    return StageResult(measure_proxies(people_of(census, path)))


STAGES: Mapping[str, MeasuringStage] = {
    "repairs": MeasuringStage(_repairs, "path", replaces=("repairs",)),
    "proxies": MeasuringStage(_proxies, "path", default=True, replaces=("proxy",)),
}
