"""Train a path of debiased networks: one classifier, and from it a network for every lambda."""

from __future__ import annotations

import copy
import dataclasses
import math

import numpy as np
import pandas as pd
import torch

from trustai import data, zoo
from trustai.fairness.thresholds import LEAST_RATIO
from trustai.metrics.fairness import Interval
from trustai.metrics.group_rates import CRITERIA, criterion_of
from trustai.train.card import LearnedFrom, card_of
from trustai.train.fairness.census import Census, census_of
from trustai.train.fairness.evaluation import (
    DIGITS,
    Floats,
    as_row,
    counts_of,
    decisions_of,
    judged,
    rows_of,
)
from trustai.train.fairness.module import AdversarialDebiasing
from trustai.train.fairness.recipe import DebiasingRecipe
from trustai.train.run import run
from trustai.train.tables.fit import fit_table
from trustai.train.tables.module import TableTraining
from trustai.train.tables.recipe import TableRecipe
from trustai.train.tables.run import whole_table
from trustai.train.trainer import Job, Run, fit
from trustai.types import Table
from trustai.zoo import Card, Metric, TabularMLP, TabularPath
from trustai.zoo.architectures.tabular import statistics


def classifier_recipe(recipe: DebiasingRecipe) -> TableRecipe:
    """The recipe of the classifier as it is before any debiasing."""
    return TableRecipe(
        title=recipe.title,
        summary=recipe.summary,
        training=TableTraining,
        dataset=recipe.dataset,
        architecture="tabular-mlp",
        arguments=recipe.arguments,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        lr=recipe.lr,
        weight_decay=recipe.weight_decay,
        noise=0.0,
        average=0.0,
    )


def debias(
    classifier: TabularMLP, recipe: DebiasingRecipe, census: Census, job: Job, *, step: int
) -> tuple[TabularMLP, Run]:
    """The classifier of one step of the path.

    Args:
        classifier: Trained without debiasing; it is not changed.
        step: At least 1.
    """
    weights = torch.tensor([weights[step] for weights in recipe.lambdas.values()])
    network = copy.deepcopy(classifier).requires_grad_(True)
    module = AdversarialDebiasing(network, recipe, census=census, lambdas=weights, seed=job.seed)
    told = dataclasses.replace(recipe, epochs=recipe.rounds)
    found = fit(module, told, dataclasses.replace(job, name=f"{job.name}-{step:02}"))
    return module.trained().cpu(), found


def classifier_of(recipe: DebiasingRecipe, census: Census, job: Job) -> tuple[TabularMLP, Run]:
    """The classifier before any debiasing."""
    job = dataclasses.replace(job, name=f"{job.name}-classifier")
    network, _, told = fit_table(classifier_recipe(recipe), dict(census.parts), job)
    assert isinstance(network, TabularMLP)  # as the recipe's architecture is
    return network, told


def train_members(
    recipe: DebiasingRecipe, census: Census, job: Job
) -> tuple[list[TabularMLP], list[Run]]:
    """The network of every step, and how its training went."""
    first, told = classifier_of(recipe, census, job)
    members, runs = [first], [told]
    for step in range(1, len(recipe.strengths)):
        network, told = debias(first, recipe, census, job, step=step)
        members.append(network)
        runs.append(told)
    return members, runs


@run.register(DebiasingRecipe)
def train_path(recipe: DebiasingRecipe, job: Job) -> Card:
    """As `trustai.train.train`, for a path of debiased networks."""
    machine = dataclasses.replace(job.machine, precision="32-true", device="cpu")
    job = dataclasses.replace(job, machine=machine)
    whole = whole_table(recipe.dataset, n_train=job.n_train)
    census = census_of(whole, n_train=job.n_train)
    members, runs = train_members(recipe, census, job)
    arguments = statistics(census.parts["train"]) | recipe.arguments | {"lambdas": recipe.lambdas}
    path = TabularPath(**arguments)
    for k, member in enumerate(members):
        path.at(k).load_state_dict(member.state_dict())
    path.freeze()
    scores = [scores_of(path.at(k), census) for k in range(len(path))]
    figures = [judged(decisions_of(one), census, recipe) for one in scores]
    chosen = choose(scores, census)
    card = card_of(
        recipe, job, path, joined(runs),
        architecture="tabular-path",
        arguments=arguments,
        learned_from=_learned_from(whole, census),
        metrics=_metrics(figures, chosen, whole, census),
        settings={"groups": {a: list(g.names) for a, g in census.groups["test"].items()}},
    )  # fmt: skip
    card = zoo.save(path, card)
    zoo.save_measurements(job.name, rows_of(scores, census), topic="rows")
    zoo.save_measurements(job.name, _front(figures, recipe), topic="front")
    return card


def scores_of(network: TabularMLP, census: Census) -> dict[str, Floats]:
    """By split ``(N,)`` in ``[0, 1]``, rounded as they ship: all figures follow from them."""
    found = {split: network.probability(part.rows) for split, part in census.parts.items()}
    return {split: scores.numpy().round(DIGITS) for split, scores in found.items()}


def choose(scores: list[dict[str, Floats]], census: Census) -> int:
    """The step most accurate on validation of those with both p%-rules of at least 80 %; where
    there is none, the step with the best smaller one.

    The rules are those of training and validation together: validation alone has 450 black people,
    of whom some 40 are selected.

    Args:
        scores: Per step and split ``(N,)`` in ``[0, 1]``.
    """
    said = [decisions_of(one) for one in scores]
    rule = CRITERIA["p_percent_rule"]
    rules = [
        min(
            float(criterion_of(rule, counts_of(one, census, a, splits=("train", "validation"))))
            for a in census.groups["train"]
        )
        for one in said
    ]
    labels = census.parts["validation"].labels.numpy()
    accuracy = [float((one["validation"].decided == labels).mean()) for one in said]
    fair = [k for k, rule in enumerate(rules) if rule >= LEAST_RATIO]
    if not fair:
        return int(np.nan_to_num(rules).argmax())
    return max(fair, key=lambda k: accuracy[k])


def joined(runs: list[Run]) -> Run:
    """Of all steps together; the curves are those of the last one."""
    return Run(
        seconds=math.fsum(one.seconds for one in runs),
        device=runs[-1].device,
        epochs=sum(one.epochs for one in runs),
        history=runs[-1].history,
    )


def _learned_from(whole: Table, census: Census) -> LearnedFrom:
    train = census.parts["train"]
    return LearnedFrom(
        dataset=whole.name,
        split_sha256=data.split_sha(train),
        classes=whole.classes,
        input_size=len(train.columns),
        counts={"training_rows": len(train)},
    )


def _metrics(
    figures: list[dict[str, Interval]], chosen: int, whole: Table, census: Census
) -> dict[str, Metric]:
    """``unrepaired/accuracy``, ``repaired/p_percent_rule_sex``, …, and ``chosen_step``."""
    how = {"dataset": whole.name, "split": "test", "n": len(census.parts["test"])}
    found = {
        f"{name}/{figure}": Metric(round(one.value, 5), how | {"step": step, "seed": 0}).within(
            (one.low, one.high)
        )
        for name, step in (("unrepaired", 0), ("repaired", chosen))
        for figure, one in figures[step].items()
    }
    n = len(census.parts["train"]) + len(census.parts["validation"])
    told = {"dataset": whole.name, "split": "train and validation", "n": n, "rule": LEAST_RATIO}
    return {**found, "chosen_step": Metric(float(chosen), told)}


def _front(figures: list[dict[str, Interval]], recipe: DebiasingRecipe) -> pd.DataFrame:
    weights = {f"lambda_{name}": values for name, values in recipe.lambdas.items()}
    return pd.DataFrame([as_row(one) for one in figures]).assign(**weights)
