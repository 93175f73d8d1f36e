"""Grad-CAM: channels of a layer weighed by their gradients (Selvaraju et al. 2017)."""

from __future__ import annotations

from torch import Tensor

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import Passes, enlarge
from trustai.types import NoParameters


def coarse_grad_cam(passes: Passes, layer: str) -> Tensor:
    """Grad-CAM before it is enlarged.

    Args:
        passes: With the layer's activations and gradients.
        layer: Name of a stage.

    Returns:
        ``(N, h, w)``, at least 0.
    """
    activation, gradient = passes.plain.activations[layer], passes.plain.gradients[layer]
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * activation).sum(1).relu()


class GradCAM(Method[NoParameters]):
    """``relu(sum_k a_k A_k)`` with ``a_k = 1/Z sum_ij d f_t / d A_k,ij`` (equations 1 and 2).

    ``A_k`` is channel ``k`` of the layer, ``Z`` its number of places, ``f_t`` the target's logit
    (the paper's ``y^c``). Enlarged bilinearly to the picture.
    """

    name = "grad_cam"
    title = "Grad-CAM"
    paper = "Selvaraju et al. 2017, Grad-CAM"
    url = "https://arxiv.org/abs/1610.02391"
    description = (
        "Shows which places a late layer used for the class. The map is coarse, but it is about "
        "the class."
    )
    layered = True
    formula = (
        r"\mathrm{ReLU}\big(\sum_k \alpha_k A_k\big),\quad \alpha_k = \frac1Z \sum_{ij} "
        r"\frac{\partial f_t}{\partial A_{k,ij}}"
    )
    cost = "fast"
    params = NoParameters
    shown_at_first = 1

    def attribute(self, task: Task[NoParameters]) -> Maps:
        coarse = coarse_grad_cam(task.passes, task.layer)
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(GradCAM.name, GradCAM(), order=60)
