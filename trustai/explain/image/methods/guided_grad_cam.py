"""Guided Grad-CAM: guided backpropagation times Grad-CAM (Selvaraju et al. 2017)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.methods.grad_cam import coarse_grad_cam
from trustai.explain.image.passes import enlarge, magnitude
from trustai.types import NoParameters


class GuidedGradCAM(Method[NoParameters]):
    """``max_c |R_0,c * L|``, pixel by pixel.

    ``R_0`` is `GuidedBackprop`'s gradient, ``L`` the map of `GradCAM`.
    """

    name = "guided_grad_cam"
    title = "Guided Grad-CAM"
    paper = "Selvaraju et al. 2017, Grad-CAM"
    url = "https://arxiv.org/abs/1610.02391"
    description = (
        "Keeps guided backpropagation only where Grad-CAM is high. The map is fine, and it is "
        "about the class."
    )
    layered = True
    formula = (
        r"\max_c |R_{0,c} \cdot L|,\quad R_0 \text{ of guided backpropagation},\ L \text{ of "
        r"Grad-CAM}"
    )
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        cam = enlarge(coarse_grad_cam(task.passes, task.layer), task.x)
        pixels = task.passes.guided_gradient * cam[:, None]
        return Maps(magnitude(pixels), pixels=pixels)


METHODS.add(GuidedGradCAM.name, GuidedGradCAM(), order=70)
