"""Integrated Gradients for tables: the gradient along the path from a baseline to the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.explain.tabular.batched import ROWS_AT_ONCE
from trustai.types import TabularAttribution
from trustai.zoo import checks

Baseline = Literal["mean", "median"]
BASELINES: tuple[Baseline, ...] = ("mean", "median")


@dataclass(frozen=True)
class IntegratedGradientsParams:
    """Parameters of Integrated Gradients.

    Attributes:
        steps: Points of Gauss-Legendre quadrature on the way, at least 1.
        baseline: Where the way begins: at the ``"mean"`` or the ``"median"`` of the background,
            column by column. What equals the baseline gets nothing.
    """

    steps: int = 256
    baseline: Baseline = "mean"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        if self.baseline not in BASELINES:
            raise ValueError(
                f"expected baseline among {', '.join(BASELINES)}, got {self.baseline!r}"
            )


class IntegratedGradients(Method[IntegratedGradientsParams]):
    r""":math:`\phi_k = (x_k - b_k) \int_0^1 \partial f(b + a (x - b)) / \partial x_k \, da`.

    Completeness: the values sum to :math:`f(x) - f(b)`; the base is :math:`f(b)`.
    ``facts["completeness_gap"]`` is by what share of that difference the quadrature misses it.
    """

    name = "integrated_gradients"
    title = "Integrated Gradients"
    paper = "Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks"
    url = "https://arxiv.org/abs/1703.01365"
    description = "Adds up the slope of the output on the way from an average row to this row."
    formula = (
        r"\phi_k = (x_k - b_k) \int_0^1 \frac{\partial f}{\partial x_k}\big(b + a (x - "
        r"b)\big)\, da"
    )
    params = IntegratedGradientsParams

    def attribute(self, task: Task[IntegratedGradientsParams]) -> Contributions:
        params, rows = task.params, task.rows
        others = task.background
        start = others.mean(0) if params.baseline == "mean" else others.quantile(0.5, dim=0)
        points, weights = (
            torch.from_numpy(a).float() / 2 for a in np.polynomial.legendre.leggauss(params.steps)
        )
        total: list[Tensor] = []
        for part in rows.split(max(1, ROWS_AT_ONCE // params.steps)):
            way = start + (points + 0.5)[:, None, None] * (part - start)
            slopes = task.gradient(way.flatten(0, 1)).view_as(way)
            total.append((weights[:, None, None] * slopes).sum(0))
            task.done(sum(map(len, total)) / len(rows))
        values = ((rows - start) * torch.cat(total)).double()
        base = task.batched(start[None]).double().expand(len(rows))
        difference = task.predictions - base
        missed = (values.sum(1) - difference).abs()
        gap = missed / difference.abs().clamp_min(1e-9)
        return Contributions(values, base, facts={"completeness_gap": gap})

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        return f"the sum differs from the output by {found.facts['completeness_gap'][0].item():.1%}"


METHODS.add(IntegratedGradients.name, IntegratedGradients(), order=40)
