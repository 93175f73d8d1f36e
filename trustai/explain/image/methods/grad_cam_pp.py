"""Grad-CAM++: pixel-wise weights for several objects of one class (Chattopadhay et al. 2018)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


class GradCAMPlusPlus(Method[NoParameters]):
    """``relu(sum_k w_k A_k)`` with ``w_k = sum_ij alpha_k,ij relu(g_k,ij)``.

    ``A_k`` is channel ``k`` of the layer and ``g = d f_t / d A_k`` the gradient of the target's
    logit. With the score taken as ``exp f_t``,
    ``alpha_k,ij = g^2 / (2 g^2 + sum_ab A_k,ab g^3)`` (equations 12 and 19).
    """

    name = "grad_cam_pp"
    title = "Grad-CAM++"
    paper = "Chattopadhay et al. 2018, Grad-CAM++"
    url = "https://arxiv.org/abs/1710.11063"
    description = "A variant of Grad-CAM that marks several objects of the same class better."
    layered = True
    formula = (
        r"\mathrm{ReLU}\big(\sum_k w_k A_k\big),\quad w_k = \sum_{ij} \alpha_{k,ij}\, "
        r"\mathrm{ReLU}\Big(\frac{\partial f_t}{\partial A_{k,ij}}\Big)"
    )
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        activation = task.passes.plain.activations[task.layer]
        gradient = task.passes.plain.gradients[task.layer]
        squared = gradient**2
        below = 2 * squared + activation.sum((2, 3), keepdim=True) * gradient**3
        alpha = squared / below.where(below != 0, below.new_ones(()))
        weights = (alpha * gradient.relu()).sum((2, 3), keepdim=True)
        coarse = (weights * activation).sum(1).relu()
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(GradCAMPlusPlus.name, GradCAMPlusPlus(), order=100)
