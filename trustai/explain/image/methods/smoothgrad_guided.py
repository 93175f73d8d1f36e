"""SmoothGrad over guided backpropagation, the course's combination."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.methods.smoothgrad import SmoothGrad
from trustai.explain.image.passes import magnitude


class SmoothGradGuided(Method[SmoothGrad]):
    """``max_c |1/n sum_i guided(x + e_i)|``."""

    name = "smoothgrad_guided"
    title = "SmoothGrad, guided"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise"
    url = "https://arxiv.org/abs/1706.03825"
    description = "Guided backpropagation of many noisy copies, averaged."
    params = SmoothGrad

    def attribute(self, task: Task[SmoothGrad]) -> Maps:
        gradient = task.passes.smooth(
            guided=True, n=task.params.n, sigma=task.params.sigma, on_progress=task.on_progress
        )
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(SmoothGradGuided.name, SmoothGradGuided())
