"""SmoothGrad over guided backpropagation."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.explain.image.passes import magnitude


class SmoothGradGuided(Method[SmoothGradParams]):
    """``max_c |1/n sum_i R_c(x + e_i)|``, ``e_i ~ N(0, (sigma (max x - min x))^2)``.

    ``R`` is what guided backpropagation gives at a noisy copy, ``c`` a colour.
    """

    name = "smoothgrad_guided"
    title = "SmoothGrad, guided"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise"
    url = "https://arxiv.org/abs/1706.03825"
    description = "Averages guided backpropagation over many noisy copies of the picture."
    formula = (
        r"\max_c \Big|\frac1n \sum_i R_c(x + e_i)\Big|,\quad R \text{ of guided "
        r"backpropagation}"
    )
    cost = "moderate"
    params = SmoothGradParams

    def attribute(self, task: Task[SmoothGradParams]) -> Maps:
        gradient = task.passes.smooth(
            guided=True, n=task.params.n, sigma=task.params.sigma, on_progress=task.on_progress
        )
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(SmoothGradGuided.name, SmoothGradGuided(), order=80)
