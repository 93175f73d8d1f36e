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
    description = "Smooth fine lines, kept only where Grad-CAM looks."
    layered = True
    formula = "max_c |1/n sum_i R_c(x + e_i) * L|, L from Grad-CAM"
    cost = "moderate"
    params = SmoothGradParams
    shown_at_first = True

    def attribute(self, task: Task[SmoothGradParams]) -> Maps:
        gradient = task.passes.smooth(
            guided=True, n=task.params.n, sigma=task.params.sigma, on_progress=task.on_progress
        )
        cam = enlarge(coarse_grad_cam(task.passes, task.layer), task.x)
        pixels = gradient * cam[:, None]
        return Maps(magnitude(pixels), pixels=pixels)


METHODS.add(SmoothGradGuidedGradCAM.name, SmoothGradGuidedGradCAM(), order=90)
