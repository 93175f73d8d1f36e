"""Measurements of networks for tables: explanations compared, counterfactuals, outliers.

On the whole test part: the leaderboard of all explanation methods, how far each two of them
agree, and GRACE with its own search and with the paper's. The background is 100 training rows drawn
by seed 0. And of the whole table, and of the cohort that stands in for it: what removing outliers
does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from trustai import data, zoo
from trustai.explain import tabular
from trustai.explain.comparison import as_table
from trustai.explain.tabular.counterfactual import grace_table
from trustai.explain.tabular.counterfactual.grace import SEARCHES, GraceParams
from trustai.explain.tabular.evaluation.leaderboard import leaderboard
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.explain.tabular.exploration import outliers
from trustai.metrics.agreement import agreement, importance
from trustai.train.measure.stage import MeasuringStage, Metrics, StageInput, StageResult
from trustai.types import Table
from trustai.zoo import Metric
from trustai.zoo.architectures.tabular import AdditiveModel, TabularModel

N_BACKGROUND = 100
AGREEMENT = "agreement"
STANDS_IN = {"diabetes": "diabetes-synthetic"}
"""What a page shows where the table itself is not on the machine."""


def background_of(train: Table) -> Tensor:
    """``float32 (100, F)``: the training rows that stand for "not known" everywhere."""
    generator = torch.Generator().manual_seed(0)
    return train.rows[torch.randperm(len(train), generator=generator)[:N_BACKGROUND]]


def for_means() -> dict[str, Any]:
    """Parameters by name of the methods that draw again and again for one row's error bars: a mean
    over rows needs one draw of each."""
    found = {name: tabular.get(name).params() for name in tabular.names()}
    return {
        name: dataclasses.replace(params, seeds=1)
        for name, params in found.items()
        if hasattr(params, "seeds")
    }


def leaderboard_metrics(
    model: TabularModel, test: Table, train: Table, how: Mapping[str, Any]
) -> StageResult:
    """The leaderboard, see `trustai.explain.tabular.evaluation.leaderboard`."""
    result = leaderboard(
        model,
        test,
        train=train,
        background=background_of(train),
        methods=tabular.names(),
        settings=for_means(),
    )
    table = as_table(result.values, range(len(test)))
    return StageResult(result.as_metrics(how=how), tables={TabularLeaderboardRow.prefix: table})


def agreement_metrics(
    model: TabularModel, test: Table, train: Table, how: Mapping[str, Any], beside: AdditiveModel
) -> Metrics:
    """How far each two methods agree on the test part, the terms of the NAM `beside` among them;
    and of each, how far global importance speaks for single rows and for correlation."""
    background = background_of(train)
    found, settings = {}, for_means()
    for name in tabular.names():
        applies = tabular.get(name).why_not(model, "logit") is None
        explained = model if applies else beside
        found[name] = tabular.explain(
            name, explained, test.rows, background=background, params=settings.get(name)
        )
    how = {**how, "nam": beside.card.id if beside.card else "", "background": N_BACKGROUND}
    metrics: Metrics = {}
    names = list(found)
    for i, first in enumerate(names):
        whole = importance(found[first], table=train)
        local = whole.local.nanmean().item()
        metrics[f"{AGREEMENT}/{first}/local_to_global"] = Metric(round(local, 5), how)
        metrics[f"{AGREEMENT}/{first}/correlation"] = Metric(round(whole.with_correlation, 5), how)
        for second in names[i + 1 :]:
            for figure, value in (
                agreement(found[first].values, found[second].values).mean().items()
            ):
                metrics[f"{AGREEMENT}/{first}/{second}/{figure}"] = Metric(round(value, 5), how)
    return metrics


def grace_metrics(
    model: TabularModel, test: Table, train: Table, how: Mapping[str, Any]
) -> Metrics:
    """GRACE on every test row, with both searches."""
    metrics: Metrics = {}
    for search in SEARCHES:
        result = grace_table.contrast_all(
            model, test.rows, table=train, params=GraceParams(search=search)
        )
        metrics |= grace_table.as_metrics(result, how=how)
    return metrics


def outlier_metrics(dataset: str, *, n: int | None = None) -> Metrics:
    """What removing outliers does to two other models, on the table and on what stands in for it.

    It needs no network; it stands on the card so that a page need not take the time.
    """
    metrics: Metrics = {}
    for name in dict.fromkeys((dataset, STANDS_IN.get(dataset, dataset))):
        whole = data.load(name, split="whole", n=n)
        assert isinstance(whole, Table)
        metrics |= outliers.as_metrics(outliers.removal(whole), whole)
    return metrics


def _parts(subject: StageInput) -> tuple[TabularModel, Table, Table, dict[str, Any]]:
    """The network, its test and its training part, and how they are told of."""
    model, test, card = subject.network, subject.test, subject.card
    assert isinstance(model, TabularModel)  # as the stages' kind says
    train = data.load(card.dataset, split="train")
    assert isinstance(test, Table)
    assert isinstance(train, Table)
    return model, test, train, subject.how


def _agreement(subject: StageInput) -> StageResult:
    beside = zoo.load(subject.settings.beside, kind=AdditiveModel)
    return StageResult(agreement_metrics(*_parts(subject), beside))


def _stage(prefix: str, run: Callable[[StageInput], StageResult]) -> dict[str, MeasuringStage]:
    return {prefix: MeasuringStage(run, "table", default=True, replaces=(prefix,))}


STAGES: Mapping[str, MeasuringStage] = {
    **_stage(TabularLeaderboardRow.prefix, lambda s: leaderboard_metrics(*_parts(s))),
    **_stage(AGREEMENT, _agreement),
    **_stage(grace_table.PREFIX, lambda s: StageResult(grace_metrics(*_parts(s)))),
    **_stage(
        outliers.PREFIX, lambda s: StageResult(outlier_metrics(s.card.dataset, n=s.settings.n))
    ),
}
