"""Measurements of explanations of pictures: the leaderboard of attribution methods, and times.

Slow, so measured on a part of the test pictures and only when it is named. ``saliency-seconds``
takes the leaderboard's times again, in a minute: on a machine that does nothing else.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import torch

from trustai.explain import image
from trustai.explain.comparison import as_table
from trustai.train.measure.stage import (
    MeasuringStage,
    Metrics,
    StageResult,
    drawn,
    pictures_of,
)
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

PREFIX = image.SaliencyLeaderboardRow.prefix
N_TIMED = 12  # pictures, after one that warms up
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


STAGES: Mapping[str, MeasuringStage] = {
    "saliency-seconds": MeasuringStage(
        lambda s: StageResult(saliency_seconds(*pictures_of(s), s.card.metrics)), "picture"
    ),
    PREFIX: MeasuringStage(
        lambda s: saliency(*pictures_of(s), s.settings.n_saliency), "picture", replaces=(PREFIX,)
    ),
}
