"""``python -m trustai.train.measure.tables <model id>``: explanations judged, onto the card.

On the whole test part: the leaderboard of all explanation methods, how far each two of them
agree, and GRACE with its own search and with the paper's. The background is 100 training rows drawn
by seed 0. And of the whole table, and of the cohort that stands in for it: what removing outliers
does.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from trustai import data, zoo
from trustai.explain import tabular
from trustai.explain.tabular.counterfactual import grace_table
from trustai.explain.tabular.counterfactual.grace import SEARCHES, Grace
from trustai.explain.tabular.evaluation.leaderboard import leaderboard
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.explain.tabular.exploration import outliers
from trustai.metrics.agreement import agreement, importance
from trustai.train.measure.commands import for_each
from trustai.types import Table
from trustai.zoo import Card, Metric
from trustai.zoo.architectures.tabular import AdditiveModel, TabularModel

N_BACKGROUND = 100
ALIKE = "agreement"
STAGES = (TabularLeaderboardRow.prefix, ALIKE, grace_table.PREFIX, outliers.PREFIX)
STANDS_IN = {"diabetes": "diabetes-synthetic"}
"""What a page shows where the table itself is not on the machine."""
# The spread over seeds is for one patient's error bars; a mean over patients needs one draw each.
SETTINGS = {"lime": tabular.Lime(seeds=1)}

Metrics = dict[str, Metric]


def background_of(train: Table) -> Tensor:
    """``float32 (100, F)``: the training rows that stand for "not known" everywhere."""
    generator = torch.Generator().manual_seed(0)
    return train.rows[torch.randperm(len(train), generator=generator)[:N_BACKGROUND]]


def judged(model: TabularModel, test: Table, train: Table, how: Mapping[str, Any]) -> Metrics:
    """The leaderboard, see `trustai.explain.tabular.evaluation.leaderboard`."""
    result = leaderboard(
        model,
        test,
        train=train,
        background=background_of(train),
        methods=tabular.names(),
        settings=SETTINGS,
    )
    return result.as_metrics(how=how)


def alike(
    model: TabularModel, test: Table, train: Table, how: Mapping[str, Any], beside: AdditiveModel
) -> Metrics:
    """How far each two methods agree on the test part, the terms of the NAM `beside` among them;
    and of each, how far global importance speaks for single rows and for correlation."""
    background = background_of(train)
    found = {}
    for name in tabular.names():
        explained = beside if name == "nam" else model
        found[name] = tabular.explain(
            name, explained, test.rows, background=background, params=SETTINGS.get(name)
        )
    how = {**how, "nam": beside.card.id if beside.card else "", "background": N_BACKGROUND}
    metrics: Metrics = {}
    names = list(found)
    for i, first in enumerate(names):
        whole = importance(found[first], table=train)
        local = whole.local.nanmean().item()
        metrics[f"{ALIKE}/{first}/local_to_global"] = Metric(round(local, 5), how)
        metrics[f"{ALIKE}/{first}/correlation"] = Metric(round(whole.with_correlation, 5), how)
        for second in names[i + 1 :]:
            for figure, value in (
                agreement(found[first].values, found[second].values).mean().items()
            ):
                metrics[f"{ALIKE}/{first}/{second}/{figure}"] = Metric(round(value, 5), how)
    return metrics


def turned(model: TabularModel, test: Table, train: Table, how: Mapping[str, Any]) -> Metrics:
    """GRACE on every test row, with both searches."""
    metrics: Metrics = {}
    for search in SEARCHES:
        result = grace_table.survey(model, test.rows, table=train, params=Grace(search=search))
        metrics |= grace_table.as_metrics(result, how=how)
    return metrics


def without_outliers(dataset: str, *, n: int | None = None) -> Metrics:
    """What removing outliers does to two other models, on the table and on what stands in for it.

    It needs no network; it stands on the card so that a page need not take the time.
    """
    metrics: Metrics = {}
    for name in dict.fromkeys((dataset, STANDS_IN.get(dataset, dataset))):
        whole = data.load(name, split="whole", n=n)
        assert isinstance(whole, Table)
        metrics |= outliers.as_metrics(outliers.removal(whole), whole)
    return metrics


def measure(model_id: str, *, stages: tuple[str, ...], beside: str, n: int | None) -> Card:
    """Measure `model_id`, update its card, and return the card.

    Args:
        stages: Some of `STAGES`; the other numbers of the card stay.
        beside: The additive model whose terms are compared.
        n: Use only this many test rows; writes nothing then.
    """
    model = zoo.load(model_id, kind=TabularModel)
    card = zoo.read_card(model_id)
    train, test = data.load(card.dataset, split="train"), data.load(card.dataset, n=n)
    if not isinstance(train, Table) or not isinstance(test, Table):
        raise ValueError(f"expected {card.dataset} to be a table, got pictures")
    how = {"dataset": card.dataset, "split": "test", "n": len(test)}
    for stage in stages:
        started = time.perf_counter()
        if stage == TabularLeaderboardRow.prefix:
            new = judged(model, test, train, how)
        elif stage == ALIKE:
            new = alike(model, test, train, how, zoo.load(beside, kind=AdditiveModel))
        elif stage == grace_table.PREFIX:
            new = turned(model, test, train, how)
        else:
            new = without_outliers(card.dataset, n=n)
        print(f"{model_id}: {stage} took {time.perf_counter() - started:.0f} s", flush=True)
        stay = {k: v for k, v in card.metrics.items() if not k.startswith(f"{stage}/")}
        card = dataclasses.replace(card, metrics={**stay, **new})
        if n is None:
            zoo.save_card(card)
    return card


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser(prog="python -m trustai.train.measure.tables", description=__doc__)
    p.add_argument("models", nargs="+", help="model ids")
    p.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    p.add_argument("--beside", default="diabetes-nam", help="additive model to compare with")
    p.add_argument("--n", type=int, help="only this many test rows; nothing is written")
    args = p.parse_args(arguments)

    def work(model_id: str) -> None:
        card = measure(model_id, stages=tuple(args.stages), beside=args.beside, n=args.n)
        for name, metric in card.metrics.items():
            if name.startswith(tuple(f"{stage}/" for stage in args.stages)):
                print(f"{card.id}: {name} {metric.value:.4f}")

    return for_each(args.models, work)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
