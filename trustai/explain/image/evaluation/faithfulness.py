"""Faithfulness of saliency maps: deletion and insertion beside those of null maps.

Deletion and insertion of Petsiuk et al. 2018, RISE, https://arxiv.org/abs/1806.07421. A number of
this kind means little by itself: so that of maps which cannot know the answer stands beside it, see
`trustai.explain.image.evaluation.nulls`.

>>> from trustai import data, zoo
>>> from trustai.explain import image
>>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
>>> found = image.explain("grad_cam", classifier, x)
>>> result = faithfulness(classifier, x, found, params=FaithfulnessParams(steps=4))
>>> sorted(result.nulls), bool(result.score > result.nulls["field"].score)
(['blob', 'field'], True)
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

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
from trustai.explain.image.evaluation.nulls import BLOB, FIELD, blob, random_fields
from trustai.types import Attribution, Circumstances, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True)
class FaithfulnessParams:
    """How maps are judged.

    Attributes:
        steps: Equal steps in which the pixels go, at least 1.
        baseline: What a deleted pixel becomes and insertion starts from, see `baseline_pictures`.
        n_random: Random fields per picture whose curves are averaged, at least 1.
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
class PerturbationCurves:
    """Both curves of some maps."""

    deletion: PerturbationCurve
    insertion: PerturbationCurve

    @property
    def score(self) -> Tensor:
        """``(N,)`` in ``[-1, 1]``: insertion area minus deletion area; higher is better."""
        return self.insertion.area - self.deletion.area


@dataclass(frozen=True, eq=False)
class Faithfulness(PerturbationCurves):
    """Both curves of some maps, beside those of null maps.

    Attributes:
        nulls: Those of each null by its name, see `nulls`; of several random fields their mean.
        circumstances: The method judged; the parameters of the judging.
    """

    nulls: Mapping[str, PerturbationCurves]
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds

    def best_null(self, i: int = 0) -> str:
        """Name of the null with the highest score on the `i`-th picture.

        Args:
            i: Number of the picture.
        """
        return max(self.nulls, key=lambda name: self.nulls[name].score[i].item())


def faithfulness(
    classifier: Classifier, x: Tensor, attribution: Attribution, *,
    seed: int = 0, first: int = 0, params: FaithfulnessParams | None = None,
    others: Mapping[str, Tensor] = MappingProxyType({}),
    known: Mapping[str, PerturbationCurves] = MappingProxyType({}),
    on_progress: OnProgress | None = None,
) -> Faithfulness:  # fmt: skip
    """Deletion and insertion of a method's maps and of null maps.

    Args:
        classifier, x: Those that `attribution` was made with.
        attribution: Of `explain`.
        seed, first: Of the random fields, see `random_fields`.
        params: Steps, baseline and number of random fields.
        others: Maps ``(N, H, W)`` of further nulls by name.
        known: Curves of nulls that were measured already by `perturbation_curves`.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: the maps do not fit the pictures or are not finite.
    """
    started, params = time.perf_counter(), params or FaithfulnessParams()
    maps = {"": [attribution.map], **{name: [one] for name, one in others.items()}}
    maps[FIELD] = random_fields(attribution.map, n=params.n_random, seed=seed, first=first)
    if BLOB not in known:
        maps[BLOB] = [blob(x)]
    found = {
        name: perturbation_curves(
            classifier, x, *some, target=attribution.target, params=params,
            on_progress=part_of(on_progress, i, len(maps)),
        )
        for i, (name, some) in enumerate(maps.items())
    }  # fmt: skip
    own = found.pop("")
    circumstances = classifier.circumstances(
        method=attribution.circumstances.method, seed=seed, started=started,
        parameters={**dataclasses.asdict(params), "blur": BLUR},
    )  # fmt: skip
    return Faithfulness(own.deletion, own.insertion, {**known, **found}, circumstances)


def perturbation_curves(
    classifier: Classifier,
    x: Tensor,
    *maps: Tensor,
    target: int | Tensor,
    params: FaithfulnessParams,
    on_progress: OnProgress | None = None,
) -> PerturbationCurves:
    """The deletion and insertion curves of some maps; of several maps of a picture their mean.

    Args:
        classifier, x, target: As in `deletion`.
        maps: Each ``(N, H, W)``.
        params: Steps and baseline.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: as of `deletion`.
    """
    curves = [
        deletion_and_insertion(
            classifier, x, one, target=target, steps=params.steps, baseline=params.baseline,
            on_progress=part_of(on_progress, i, len(maps)),
        )
        for i, one in enumerate(maps)
    ]  # fmt: skip
    share = curves[0][0].share
    deleted = torch.stack([deleted.probability for deleted, _ in curves]).mean(0)
    inserted = torch.stack([inserted.probability for _, inserted in curves]).mean(0)
    return PerturbationCurves(PerturbationCurve(share, deleted), PerturbationCurve(share, inserted))
