"""SmoothGrad over guided backpropagation, times Grad-CAM."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.methods.grad_cam import coarse_grad_cam
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.explain.image.passes import enlarge, magnitude


class SmoothGradGuidedGradCAM(Method[SmoothGradParams]):
    """``max_c |1/n sum_i R_c(x + e_i) * L|``, ``e_i ~ N(0, (sigma (max x - min x))^2)``.

    ``R`` is what guided backpropagation gives at a noisy copy, ``L`` the map of `GradCAM`.
    """

    name = "smoothgrad_guided_grad_cam"
    title = "SmoothGrad, guided × Grad-CAM"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise"
    url = "https://arxiv.org/abs/1706.03825"
    description = (
        "Averages guided backpropagation over many noisy copies and keeps it only where "
        "Grad-CAM is high."
    )
    layered = True
    formula = r"\max_c \Big|\frac1n \sum_i R_c(x + e_i) \cdot L\Big|,\quad L \text{ of Grad-CAM}"
    cost = "moderate"
    params = SmoothGradParams

    def attribute(self, task: Task[SmoothGradParams]) -> Maps:
        gradient = task.passes.smooth(
            guided=True, n=task.params.n, sigma=task.params.sigma, on_progress=task.on_progress
        )
        cam = enlarge(coarse_grad_cam(task.passes, task.layer), task.x)
        pixels = gradient * cam[:, None]
        return Maps(magnitude(pixels), pixels=pixels)


METHODS.add(SmoothGradGuidedGradCAM.name, SmoothGradGuidedGradCAM(), order=90)
