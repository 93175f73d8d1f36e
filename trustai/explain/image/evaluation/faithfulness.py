"""Is a map faithful? Take away what it calls important, and see whether the network agrees.

Deletion and insertion of Petsiuk et al. 2018, RISE, https://arxiv.org/abs/1806.07421. A number of
this kind means little by itself, so `faithfulness` gives that of random maps beside it, just as
coarse as the method's own.

>>> result = explain("grad_cam", classifier, x)  # doctest: +SKIP
>>> judged = faithfulness(classifier, x, result)  # doctest: +SKIP
>>> judged.deletion.area, judged.random_deletion.area  # doctest: +SKIP
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai.explain.base import part_of
from trustai.explain.image.baselines import (
    BLUR,
    Baseline,
    checked_baseline,
)
from trustai.explain.image.evaluation.curves import Curve, both
from trustai.explain.image.passes import enlarge
from trustai.types import Attribution, Circumstances, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True)
class FaithfulnessParams:
    """How maps are judged.

    Attributes:
        steps: Equal steps in which the pixels go, at least 1.
        baseline: What a deleted pixel becomes and insertion starts from, see `baseline_pictures`.
        n_random: Random maps per picture whose curves are averaged, at least 1.
    """

    steps: int = 32
    baseline: Baseline = "blur"
    n_random: int = 3

    def __post_init__(self) -> None:
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_random", self.n_random, 1)
        checked_baseline(self.baseline)


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Both curves of some maps, beside those of random maps of the same coarseness.

    Attributes:
        deletion, insertion: Of the maps.
        random_deletion, random_insertion: The mean curves of the random maps.
        circumstances: The method judged; the parameters of the judging.
    """

    deletion: Curve
    insertion: Curve
    random_deletion: Curve
    random_insertion: Curve
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds


def faithfulness(
    classifier: Classifier,
    x: Tensor,
    attribution: Attribution,
    *,
    seed: int = 0,
    params: FaithfulnessParams | None = None,
    chance: tuple[Curve, Curve] | None = None,
    on_progress: OnProgress | None = None,
) -> Faithfulness:
    """Deletion and insertion of a method's maps and of random maps drawn on the method's grid.

    Args:
        classifier, x: Those that `attribution` was made with.
        seed: Of the random maps.
        chance: `random_curves` of the same pictures, targets, grid, `params` and `seed`, where
            another method of this grid had them drawn already.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: the maps do not fit the pictures or are not finite.
    """
    started = time.perf_counter()
    params, target, grid = params or FaithfulnessParams(), attribution.target, attribution.grid
    parts = 1 if chance else 2
    deleted, inserted = both(
        classifier,
        x,
        attribution.map,
        target=target,
        steps=params.steps,
        baseline=params.baseline,
        on_progress=part_of(on_progress, 0, parts),
    )
    random_deleted, random_inserted = chance or random_curves(
        classifier,
        x,
        grid,
        target=target,
        params=params,
        seed=seed,
        on_progress=part_of(on_progress, 1, parts),
    )
    return Faithfulness(
        deletion=deleted,
        insertion=inserted,
        random_deletion=random_deleted,
        random_insertion=random_inserted,
        circumstances=classifier.circumstances(
            method=attribution.circumstances.method,
            parameters={**dataclasses.asdict(params), "blur": BLUR, "grid": grid},
            seed=seed,
            started=started,
        ),
    )


def random_curves(
    classifier: Classifier,
    x: Tensor,
    grid: tuple[int, int],
    *,
    target: int | Tensor,
    params: FaithfulnessParams,
    seed: int,
    first: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[Curve, Curve]:
    """The mean deletion and insertion curves of `random_maps`, whose arguments these are."""
    maps = random_maps(x, grid, n=params.n_random, seed=seed, first=first)
    parts = [part_of(on_progress, i, len(maps)) for i in range(len(maps))]
    curves = [
        both(
            classifier,
            x,
            one,
            target=target,
            steps=params.steps,
            baseline=params.baseline,
            on_progress=part,
        )
        for one, part in zip(maps, parts, strict=True)
    ]
    share = curves[0][0].share
    deleted = torch.stack([deleted.probability for deleted, _ in curves]).mean(0)
    inserted = torch.stack([inserted.probability for _, inserted in curves]).mean(0)
    return Curve(share, deleted), Curve(share, inserted)


def random_maps(
    x: Tensor, grid: tuple[int, int], *, n: int, seed: int, first: int = 0
) -> list[Tensor]:
    """`n` batches of maps ``(N, H, W)``, uniform in ``[0, 1]`` on `grid`, enlarged bilinearly.

    Every picture meets random maps of its own, which depend on `seed` and its number
    ``first + i`` only, not on the batch it stands in.
    """
    dice = [np.random.default_rng([seed, first + i]) for i in range(len(x))]
    drawn = np.stack([one.random((n, *grid), dtype=np.float32) for one in dice], axis=1)
    return [enlarge(one.to(x.device), x) for one in torch.from_numpy(drawn)]
