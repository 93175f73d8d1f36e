"""GradientSHAP: Integrated Gradients from many baselines, by random points on the ways.

captum's GradientShap draws from the process-wide generators of torch and of numpy, so two sessions
at once would disturb each other: the draws are our own, captum the reference it is tested against.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import torch

from trustai import seeds
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import BASELINES, baseline_pictures, completeness_gap
from trustai.explain.image.passes import at_once
from trustai.zoo import checks


@dataclass(frozen=True)
class GradientShapParams:
    """Parameters of GradientSHAP.

    Attributes:
        n: Points, at least 1, each with a baseline, a place on the way and noise of its own.
        sigma: Standard deviation of the noise on the picture as a share of its own range
            ``max x - min x``; 0 for none.
    """

    n: int = 25
    sigma: float = 0.05

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n", self.n, 1)
        if not 0 <= self.sigma <= 1:
            raise ValueError(f"expected sigma in [0, 1], got {self.sigma:g}")


class GradientShap(Method[GradientShapParams]):
    """``1/n sum_i (x + e_i - x'_i) * d f_t(x'_i + a_i (x + e_i - x'_i)) / dx``, over the colours.

    ``a_i`` is uniform in ``[0, 1]``, ``e_i ~ N(0, (sigma (max x - min x))^2)``, ``f_t`` the
    target's logit, and ``x'_i`` one of the `BASELINES` of the picture, each equally likely: with
    black alone as in Integrated Gradients, what is black could get no attribution. All pictures
    meet the same draws. As ``n`` grows, the attributions sum to
    ``f_t(x) - mean_i f_t(x'_i)``; ``facts["completeness_gap"]`` is by what share of that difference
    they miss it.
    """

    name = "gradient_shap"
    title = "GradientSHAP"
    paper = "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions"
    url = "https://arxiv.org/abs/1705.07874"
    description = (
        "Works like Integrated Gradients, but starts from black, white, grey, blurred and plain "
        "pictures, at random points of the way. So no colour is invisible to it."
    )
    signed = True
    formula = (
        r"\frac1n \sum_i (x + e_i - x'_i) \cdot \frac{\partial f_t}{\partial x}\big(x'_i + "
        r"a_i (x + e_i - x'_i)\big)"
    )
    fact_texts = MappingProxyType({"completeness_gap": "the sum differs from the score by {:.1%}"})
    cost = "moderate"
    params = GradientShapParams

    def attribute(self, task: Task[GradientShapParams]) -> Maps:
        params, x, passes = task.params, task.x, task.passes
        generator = seeds.torch_generator(task.seed)
        kinds = [baseline_pictures(passes.classifier, x, kind) for kind in BASELINES]
        spread = (x.amax((1, 2, 3)) - x.amin((1, 2, 3))).view(-1, 1, 1, 1) * params.sigma
        drawn = torch.randint(len(kinds), (params.n,), generator=generator).tolist()
        shares = torch.rand(params.n, generator=generator).tolist()
        total = torch.zeros_like(x)
        together = max(1, at_once(x) // len(x))
        for first in range(0, params.n, together):
            part = range(first, min(first + together, params.n))
            starts = torch.cat([kinds[drawn[i]] for i in part])
            noise = [torch.randn(x.shape[1:], generator=generator).to(x.device) for _ in part]
            ways = torch.cat([x + spread * one for one in noise]) - starts
            share = torch.tensor([shares[i] for i in part], device=x.device)
            points = starts + share.repeat_interleave(len(x)).view(-1, 1, 1, 1) * ways
            gradient = passes.gradient_at(points, copies=len(part))
            total += (ways * gradient).view(len(part), *x.shape).sum(0)
            if task.on_progress is not None:
                task.on_progress((part[-1] + 1) / params.n)
        pixels = total / params.n
        weights = [drawn.count(i) / params.n for i in range(len(kinds))]
        gap = completeness_gap(passes, kinds, pixels, weights=weights)
        return Maps(pixels.sum(1), pixels=pixels, facts={"completeness_gap": gap})


METHODS.add(GradientShap.name, GradientShap(), order=34)
