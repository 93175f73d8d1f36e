"""XGrad-CAM: Grad-CAM with weights that follow from two axioms (Fu et al. 2020)."""

from __future__ import annotations

import torch

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters

SMALLEST_SHARE = 1e-6


class XGradCAM(Method[NoParameters]):
    """``relu(sum_k w_k A_k)`` with ``w_k = sum_ij (A_k,ij / sum_ab A_k,ab) * d f_t / d A_k,ij``.

    ``A_k`` is channel ``k`` of the layer, ``f_t`` the target's logit. The gradient is averaged with
    the activation as weight, so a place where the channel is silent does not count. Before
    the ReLU the places of the coarse map sum to ``sum_k,ij A_k,ij * d f_t / d A_k,ij``. A channel
    whose positive and negative values cancel (after an activation: that is 0 everywhere) has no
    such average and gets the weight 0.
    """

    name = "xgrad_cam"
    title = "XGrad-CAM"
    paper = "Fu et al. 2020, Axiom-based Grad-CAM"
    url = "https://arxiv.org/abs/2008.02312"
    description = (
        "A variant of Grad-CAM whose weights use the gradient mainly where the channel is "
        "active, so that the map adds up better to the score."
    )
    layered = True
    formula = (
        r"\mathrm{ReLU}\big(\sum_k w_k A_k\big),\quad w_k = \sum_{ij} "
        r"\frac{A_{k,ij}}{\sum_{ab} A_{k,ab}} \frac{\partial f_t}{\partial A_{k,ij}}"
    )
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        activation = task.passes.plain.activations[task.layer]
        gradient = task.passes.plain.gradients[task.layer]
        total = activation.sum((2, 3), keepdim=True)
        cancels = total.abs() <= SMALLEST_SHARE * activation.abs().sum((2, 3), keepdim=True)
        explained = (gradient * activation).sum((2, 3), keepdim=True)
        weights = torch.where(cancels, 0.0, explained / total.where(~cancels, total.new_ones(())))
        coarse = (weights * activation).sum(1).relu()
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(XGradCAM.name, XGradCAM(), order=114)
