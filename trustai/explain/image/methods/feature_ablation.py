"""Feature ablation: one superpixel after the other is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from trustai.explain.base import part_of, required
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import Baseline, checked_baseline
from trustai.explain.image.passes import at_once
from trustai.explain.image.superpixels import hidden_picture, square_grid, superpixels
from trustai.zoo import checks


@dataclass(frozen=True)
class FeatureAblationParams:
    """Parameters of feature ablation.

    Attributes:
        n_segments: Pieces to ask for, see `superpixels`.
        baseline: What a hidden piece becomes, see `hidden_picture`.
    """

    n_segments: int | None = None
    baseline: Baseline = "grey"

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.n_segments is not None:
            checks.at_least("n_segments", self.n_segments, 2)
        checked_baseline(self.baseline)


class FeatureAblation(Method[FeatureAblationParams]):
    """``m(u) = p_t(x) - p_t(x without s)`` for every pixel ``u`` of a superpixel ``s``.

    ``p_t`` is the target's probability, so the map is in ``[-1, 1]``: positive where the network
    misses what was hidden. The superpixels are those of LIME and SHAP, but each is hidden alone:
    parts that stand in for each other look unimportant. ``facts["probability"]`` is ``p_t(x)``.
    Computed by captum.
    """

    name = "feature_ablation"
    title = "Feature ablation"
    paper = "Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks"
    url = "https://arxiv.org/abs/1311.2901"
    description = (
        "Hides one segment of the picture at a time and measures how much the class's "
        "probability falls."
    )
    signed = True
    alone = True
    formula = r"m(s) = p_t(x) - p_t(x \setminus s) \text{ for every superpixel } s"
    fact_texts = MappingProxyType({"probability": "probability {:.1%}"})
    cost = "moderate"
    params = FeatureAblationParams

    def attribute(self, task: Task[FeatureAblationParams]) -> Maps:
        found = [_of_picture(self.name, task, i) for i in range(len(task.x))]
        maps, before, pieces = zip(*found, strict=True)
        return Maps(
            torch.stack(maps),
            facts={"probability": torch.stack(before)},
            grid=square_grid(pieces[0]),
        )


def _of_picture(name: str, task: Task[FeatureAblationParams], i: int) -> tuple[Tensor, Tensor, int]:
    """Map ``(H, W)`` of the `i`-th picture, its probability, and how many superpixels it has."""
    captum = required("captum.attr", "captum", name)
    x, target = task.x[i : i + 1], task.passes.target[i]
    network = task.passes.classifier.folded()
    pieces = superpixels(x[0], n_segments=task.params.n_segments)
    hidden = hidden_picture(network, x[0], pieces, task.params.baseline)[None]
    report, asked = part_of(task.on_progress, i, len(task.x)), 0

    def probability(versions: Tensor) -> Tensor:
        nonlocal asked
        asked += len(versions)
        if report is not None:
            report(min(1.0, asked / (pieces.n + 1)))
        return network.predict(versions, batch_size=len(versions)).softmax(1)[:, target]

    drops = captum.FeatureAblation(probability).attribute(
        x,
        baselines=hidden,
        feature_mask=pieces.labels[None, None],
        perturbations_per_eval=at_once(x),
    )
    return drops[0, 0].float(), probability(x)[0], pieces.n


METHODS.add(FeatureAblation.name, FeatureAblation(), order=135)
