"""Measurements of explanations of pictures: the leaderboard of attribution methods, and times.

Slow, so measured on a part of the test pictures and only when it is named. ``grad-cam`` is how
often one method beats each null, on all test pictures. ``saliency-seconds`` takes the leaderboard's
times again, in a minute: on a machine that does nothing else. ``explain-cost`` is what every method
costs beside a pass, with the parameters of the page, for the estimates that it shows.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from trustai import data
from trustai.data.signs import OFF_CENTRE
from trustai.explain import image
from trustai.explain.comparison import as_table
from trustai.explain.image.evaluation.cost import PREFIX as COST
from trustai.explain.image.evaluation.cost import relative_costs
from trustai.explain.image.evaluation.nulls import TITLES as NULLS
from trustai.explain.image.evaluation.pointing import pointing_board
from trustai.metrics.intervals import proportion
from trustai.train.measure.stage import (
    MeasuringStage,
    Metrics,
    StageInput,
    StageResult,
    drawn,
    pictures_of,
)
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

GRAD_CAM = "grad_cam"
PREFIX = image.SaliencyLeaderboardRow.prefix
N_TIMED = 12  # pictures, after one that warms up
N_REPEATED = 2
LARGE = 128  # side in pixels from which a picture is large


def saliency(classifier: Classifier, test: ImageSet, how: Mapping[str, Any], n: int) -> StageResult:
    """Attribution methods judged on `n` pictures, see `trustai.explain.image.leaderboard`.

    On photographs without the slow ones: hundreds of passes for each of many large pictures.
    """
    large = test.images.shape[-1] >= LARGE
    result = image.leaderboard(
        classifier,
        drawn(test, n),
        methods=[m for m in image.names() if not large or image.get(m).cost != "slow"],
        seed=0,
        # The mean over many pictures needs no fine curves and no second draw of one picture.
        params=image.FaithfulnessParams(steps=10, n_random=1),
    )
    return StageResult(
        result.as_metrics(how={**how, "drawn": "by seed 0"}),
        tables={PREFIX: as_table(result.values, result.items)},
    )


def saliency_seconds(
    classifier: Classifier, test: ImageSet, how: Mapping[str, Any], judged: Mapping[str, Metric]
) -> Metrics:
    """Median time to explain one picture, alone, of every method on the leaderboard `judged`."""
    part = drawn(test, N_TIMED + 1)
    known = {key.split("/")[1] for key in judged if key.startswith(f"{PREFIX}/")}
    found: Metrics = {}
    for name in image.names():
        if name not in known:
            continue
        each = [
            image.explain(
                name, classifier, x[None], target=int(y), params=image.get(name).leaderboard_params
            ).seconds
            for x, y in zip(part.pixels, part.labels, strict=True)
        ]
        timed = {**how, "n": N_TIMED, "threads": torch.get_num_threads(), "median": True}
        found[f"{PREFIX}/{name}/seconds"] = Metric(round(statistics.median(each[1:]), 5), timed)
    return found


def explain_cost(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> Metrics:
    """By method the seconds of one map over those of one pass, see `relative_costs`."""
    x = drawn(test, 1).pixels
    found = relative_costs(classifier, x, methods=image.names(), repeats=N_REPEATED)
    timed = {**how, "n": 1, "best_of": N_REPEATED, "unit": "forward passes of one picture"}
    return {f"{COST}/{name}": Metric(round(cost, 1), timed) for name, cost in found.items()}


def grad_cam(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> StageResult:
    """How often Grad-CAM beats each null map, over all test pictures that the network names right.

    ``grad_cam/<null>/deletion`` is the share of the pictures on which its deletion area is below
    that of the null, ``grad_cam/<null>/score`` the share on which insertion minus deletion is above
    it; `how` has the 95 % interval of the share. The values of every picture go into a table.
    """
    params = image.FaithfulnessParams(steps=16, n_random=1)
    result = image.leaderboard(classifier, test, methods=[GRAD_CAM], seed=0, params=params)
    own = result.values[GRAD_CAM]
    found: Metrics = {}
    for null, title in NULLS.items():
        if f"{null}_deletion" not in own:
            continue
        deletion, insertion = own[f"{null}_deletion"], own[f"{null}_insertion"]
        known = np.isfinite(own["deletion"] + deletion)
        better = {
            "deletion": own["deletion"] < deletion,
            "score": own["insertion"] - own["deletion"] > insertion - deletion,
        }
        for name, wins in better.items():
            count, n = int(wins[known].sum()), int(known.sum())
            told = {**how, **result.how, "n": n, "of": len(test), "null": title}
            share = Metric(round(count / n, 5), told)
            found[f"{GRAD_CAM}/{null}/{name}"] = share.within(proportion(count, n))
    return StageResult(found, tables={GRAD_CAM: as_table(result.values, result.items)})


def pointing(classifier: Classifier, n: int) -> Metrics:
    """Both pointing games on `n` signs that stand at an edge, of the methods that are not slow."""
    test = data.load(OFF_CENTRE, split="test", n=n)
    quick = [name for name in image.names() if image.get(name).cost != "slow"]
    board = pointing_board(classifier, test, methods=quick)
    return board.as_metrics(how={"split": "test"})


def _pointing(subject: StageInput) -> StageResult:
    classifier, test, _ = pictures_of(subject)
    if test.classes != data.dataset(OFF_CENTRE).classes:
        raise ValueError(f"expected a network of road signs, got one of {test.name}")
    return StageResult(pointing(classifier, subject.settings.n_saliency))


STAGES: Mapping[str, MeasuringStage] = {
    "saliency-seconds": MeasuringStage(
        lambda s: StageResult(saliency_seconds(*pictures_of(s), s.card.metrics)), "picture"
    ),
    "explain-cost": MeasuringStage(
        lambda s: StageResult(explain_cost(*pictures_of(s))), "picture", replaces=(COST,)
    ),
    "grad-cam": MeasuringStage(
        lambda s: grad_cam(*pictures_of(s)), "picture", replaces=(GRAD_CAM,)
    ),
    "pointing": MeasuringStage(_pointing, "picture", replaces=("pointing",)),
    PREFIX: MeasuringStage(
        lambda s: saliency(*pictures_of(s), s.settings.n_saliency), "picture", replaces=(PREFIX,)
    ),
}
