"""Integrated Gradients: the gradient averaged on the way from a baseline to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import (
    Baseline,
    baseline_pictures,
    checked_baseline,
    completeness_gap,
)
from trustai.explain.image.passes import at_once
from trustai.zoo import checks


@dataclass(frozen=True)
class IntegratedGradientsParams:
    """Parameters of Integrated Gradients.

    Attributes:
        steps: Points of Gauss-Legendre quadrature on the way, at least 1.
        baseline: Where the way begins, see `trustai.explain.image.baselines.baseline_pictures`.
            What equals the baseline can get no attribution.
    """

    steps: int = 32
    baseline: Baseline = "black"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checked_baseline(self.baseline, "baseline")


class IntegratedGradients(Method[IntegratedGradientsParams]):
    """``(x - x') * integral_0^1 d f_t(x' + a (x - x')) / dx da``, summed over the colours.

    ``x'`` is the baseline, ``f_t`` the target's logit. Completeness: the attributions sum to
    ``f_t(x) - f_t(x')``. ``facts["completeness_gap"]`` is by
    what share of that difference the quadrature misses it.
    """

    name = "integrated_gradients"
    title = "Integrated Gradients"
    paper = "Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks"
    url = "https://arxiv.org/abs/1703.01365"
    description = (
        "Adds up the gradient while the picture is faded in from black. The map should add up "
        "to the change of the score, and its error is shown."
    )
    signed = True
    formula = (
        r"(x - x') \cdot \int_0^1 \frac{\partial f_t}{\partial x}\big(x' + a (x - x')\big)\, "
        r"da"
    )
    fact_texts = MappingProxyType({"completeness_gap": "the sum differs from the score by {:.1%}"})
    cost = "moderate"
    params = IntegratedGradientsParams

    def attribute(self, task: Task[IntegratedGradientsParams]) -> Maps:
        params, x, passes = task.params, task.x, task.passes
        start = baseline_pictures(passes.classifier, x, params.baseline)
        points, weights = np.polynomial.legendre.leggauss(params.steps)
        total = torch.zeros_like(x)
        together = max(1, at_once(x) // len(x))
        for first in range(0, params.steps, together):
            part = range(first, min(first + together, params.steps))
            on_way = torch.cat([start + float(points[i] + 1) / 2 * (x - start) for i in part])
            gradient = passes.gradient_at(on_way, copies=len(part))
            for i, one in zip(part, gradient.chunk(len(part)), strict=True):
                total += float(weights[i]) / 2 * one
            if task.on_progress is not None:
                task.on_progress(part[-1] / params.steps)
        pixels = (x - start) * total
        facts = {"completeness_gap": completeness_gap(passes, [start], pixels)}
        return Maps(pixels.sum(1), pixels=pixels, facts=facts)


METHODS.add(IntegratedGradients.name, IntegratedGradients(), order=30)
