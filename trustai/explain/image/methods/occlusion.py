"""Occlusion: the loss of probability when a patch is covered (Zeiler & Fergus 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from trustai.explain.base import progress_of
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import (
    Baseline,
    baseline_pictures,
    checked_baseline,
)
from trustai.explain.image.passes import at_once
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True)
class OcclusionParams:
    """Parameters of occlusion.

    A length is a share of the picture's shorter side if it is a float, in ``(0, 1]``, and a number
    of pixels if it is an integer.

    Attributes:
        patch: Side of the square patch.
        stride: How far it moves from one position to the next, at most `patch`, so that every
            pixel is covered; None: half of `patch`. Evaluations go with ``1 / stride**2``.
        baseline: What a covered pixel becomes, see
            `trustai.explain.image.baselines.baseline_pictures`.
    """

    patch: float | int = 0.2
    stride: float | int | None = None
    baseline: Baseline = "grey"

    def __post_init__(self) -> None:
        checks.typed(self)
        _checked_length("patch", self.patch)
        if self.stride is not None:
            _checked_length("stride", self.stride)
        checked_baseline(self.baseline)

    def in_pixels(self, height: int, width: int) -> tuple[int, int]:
        """Patch and stride on a picture of this size.

        Raises:
            ValueError: the patch does not fit, or the stride leaves pixels uncovered.
        """
        side = min(height, width)
        patch = _pixels(self.patch, side)
        if patch > side:
            raise ValueError(f"expected patch of at most {side} pixels, got {patch}")
        stride = max(1, patch // 2) if self.stride is None else _pixels(self.stride, side)
        if stride > patch:
            raise ValueError(
                f"expected stride to be at most patch, {patch} pixels, got {stride} "
                "(pixels between two patches would never be covered)"
            )
        return patch, stride


def _checked_length(name: str, value: float | int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected {name} to be a number, got {value!r}")
    if isinstance(value, int) and value < 1:
        raise ValueError(f"expected {name} of at least 1 pixel, got {value}")
    if isinstance(value, float) and not 0 < value <= 1:
        hint = f" (did you mean {int(value)} pixels?)" if value > 1 and value.is_integer() else ""
        raise ValueError(f"expected {name} as a share in (0, 1], got {value:g}{hint}")


def _pixels(length: float | int, side: int) -> int:
    return length if isinstance(length, int) else max(1, round(length * side))


def starts(side: int, patch: int, stride: int) -> list[int]:
    """Where patches begin along one side: every `stride` pixels, the last one flush with the end.

    So every patch covers equally much; the last step may be shorter.

    >>> starts(10, 4, 4)
    [0, 4, 6]
    """
    last = side - patch
    return [*range(0, last, stride), last]


class Occlusion(Method[OcclusionParams]):
    """``m(u) = mean over the patches P that cover pixel u of p_t(x) - p_t(x covered on P)``.

    ``p_t`` is the target's probability, so the map is in ``[-1, 1]``: positive where the network
    misses what was covered, negative where it is surer without it. ``facts["probability"]`` is
    ``p_t(x)``; ``grid`` the number of positions along each side.
    """

    name = "occlusion"
    title = "Occlusion"
    paper = "Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks"
    url = "https://arxiv.org/abs/1311.2901"
    description = (
        "Covers one patch of the picture at a time and measures how much the class's "
        "probability falls."
    )
    signed = True
    alone = True
    formula = r"m(u) = \text{mean over patches } P \ni u \text{ of } p_t(x) - p_t(x \setminus P)"
    fact_texts = MappingProxyType({"probability": "probability {:.1%}"})
    cost = "slow"
    params = OcclusionParams

    def attribute(self, task: Task[OcclusionParams]) -> Maps:
        x, (height, width) = task.x, task.x.shape[-2:]
        patch, stride = task.params.in_pixels(height, width)
        rows, columns = starts(height, patch, stride), starts(width, patch, stride)
        corners = [(r, c) for r in rows for c in columns]
        network = task.passes.classifier.folded()
        behind = baseline_pictures(network, x, task.params.baseline)
        before = _probability(network, x, task.passes.target)
        total, count = torch.zeros_like(x[:, 0]), torch.zeros_like(x[0, 0])
        for r, c in corners:
            count[r : r + patch, c : c + patch] += 1
        together = at_once(x)
        parts = [corners[i : i + together] for i in range(0, len(corners), together)]
        jobs = [(i, part) for i in range(len(x)) for part in parts]
        for i, part in progress_of(jobs, task.on_progress):
            versions = x[i].repeat(len(part), 1, 1, 1)
            for one, (r, c) in zip(versions, part, strict=True):
                one[:, r : r + patch, c : c + patch] = behind[i, :, r : r + patch, c : c + patch]
            after = _probability(network, versions, task.passes.target[i].expand(len(part)))
            for drop, (r, c) in zip(before[i] - after, part, strict=True):
                total[i, r : r + patch, c : c + patch] += drop
        return Maps(total / count, facts={"probability": before}, grid=(len(rows), len(columns)))


def _probability(network: Classifier, x: Tensor, target: Tensor) -> Tensor:
    """``(M,)``: the probability of `target` ``(M,)``."""
    logits = network.predict(x, batch_size=at_once(x))
    return logits.softmax(1).gather(1, target[:, None])[:, 0]


METHODS.add(Occlusion.name, Occlusion(), order=130)
