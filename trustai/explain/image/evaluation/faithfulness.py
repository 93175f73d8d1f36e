"""Faithfulness of saliency maps: deletion and insertion beside random maps of the same coarseness.

Deletion and insertion of Petsiuk et al. 2018, RISE, https://arxiv.org/abs/1806.07421. A number of
this kind means little by itself: so that of random maps stands beside it.

>>> from trustai import data, zoo
>>> from trustai.explain import image
>>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
>>> found = image.explain("grad_cam", classifier, x)
>>> result = faithfulness(classifier, x, found, params=FaithfulnessParams(steps=4, n_random=1))
>>> bool(result.deletion.area < result.random_deletion.area)
True
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai import seeds
from trustai.explain.base import part_of
from trustai.explain.image.baselines import (
    BLUR,
    Baseline,
    checked_baseline,
)
from trustai.explain.image.evaluation.curves import (
    PerturbationCurve,
    deletion_and_insertion,
)
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
        checks.typed(self)
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

    deletion: PerturbationCurve
    insertion: PerturbationCurve
    random_deletion: PerturbationCurve
    random_insertion: PerturbationCurve
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
    chance: tuple[PerturbationCurve, PerturbationCurve] | None = None,
    on_progress: OnProgress | None = None,
) -> Faithfulness:
    """Deletion and insertion of a method's maps and of random maps drawn on the method's grid.

    Args:
        classifier, x: Those that `attribution` was made with.
        attribution: Of `explain`.
        seed: Of the random maps.
        params: Steps, baseline and number of random maps.
        chance: `random_curves` of the same pictures, targets, grid, `params` and `seed`, where
            another method of this grid had them drawn already.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: the maps do not fit the pictures or are not finite.
    """
    started, params = time.perf_counter(), params or FaithfulnessParams()
    report = [part_of(on_progress, i, 1 if chance else 2) for i in range(2)]
    own = _curves(classifier, x, attribution.map, attribution.target, params, report[0])
    random = chance or random_curves(
        classifier, x, attribution.grid,
        target=attribution.target, params=params, seed=seed, on_progress=report[1],
    )  # fmt: skip
    how = {**dataclasses.asdict(params), "blur": BLUR, "grid": attribution.grid}
    circumstances = classifier.circumstances(
        method=attribution.circumstances.method, parameters=how, seed=seed, started=started
    )
    return Faithfulness(*own, *random, circumstances)


def _curves(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    target: int | Tensor,
    params: FaithfulnessParams,
    on_progress: OnProgress | None,
) -> tuple[PerturbationCurve, PerturbationCurve]:
    return deletion_and_insertion(
        classifier,
        x,
        maps,
        target=target,
        steps=params.steps,
        baseline=params.baseline,
        on_progress=on_progress,
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
) -> tuple[PerturbationCurve, PerturbationCurve]:
    """The mean deletion and insertion curves of `random_maps`.

    Args:
        classifier, x, target: As in `deletion`.
        grid, seed, first: As in `random_maps`.
        params: Steps, baseline and number of random maps.
        on_progress: Called with the share done; may raise to stop.

    Returns:
        The mean deletion curves ``(N, S + 1)`` and the mean insertion curves.
    """
    maps = random_maps(x, grid, n=params.n_random, seed=seed, first=first)
    curves = [
        _curves(classifier, x, one, target, params, part_of(on_progress, i, len(maps)))
        for i, one in enumerate(maps)
    ]
    share = curves[0][0].share
    deleted = torch.stack([deleted.probability for deleted, _ in curves]).mean(0)
    inserted = torch.stack([inserted.probability for _, inserted in curves]).mean(0)
    return PerturbationCurve(share, deleted), PerturbationCurve(share, inserted)


def random_maps(
    x: Tensor, grid: tuple[int, int], *, n: int, seed: int, first: int = 0
) -> list[Tensor]:
    """Random maps, uniform in ``[0, 1]`` on a grid, enlarged bilinearly.

    Every picture meets random maps of its own, which depend on `seed` and its number
    ``first + i`` only, not on the batch it stands in.

    Args:
        x: ``(N, 3, H, W)``, for the size.
        grid: Rows and columns that are drawn.
        n: How many maps per picture.
        seed: Of the maps.
        first: Number of the first picture.

    Returns:
        `n` batches ``float32 (N, H, W)``.

    >>> (one,) = random_maps(torch.zeros(2, 3, 8, 8), (2, 2), n=1, seed=0)
    >>> one.shape
    torch.Size([2, 8, 8])
    """
    dice = [np.random.default_rng([seeds.checked(seed), first + i]) for i in range(len(x))]
    drawn = np.stack([one.random((n, *grid), dtype=np.float32) for one in dice], axis=1)
    return [enlarge(one.to(x.device), x) for one in torch.from_numpy(drawn)]
