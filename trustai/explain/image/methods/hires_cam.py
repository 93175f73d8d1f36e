"""HiResCAM: a layer's activation times its own gradient (Draelos & Carin 2020)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


class HiResCAM(Method[NoParameters]):
    """``sum_k d f_t / d A_k * A_k``, place by place, enlarged bilinearly to the picture.

    ``A_k`` is channel ``k`` of the layer, ``f_t`` the target's logit. Nothing is averaged and
    nothing cut off. Where only averages and linear layers without an activation follow the layer,
    ``f_t`` is linear in ``A``, and the places of the coarse map sum to ``f_t`` without its bias.
    """

    name = "hires_cam"
    title = "HiResCAM"
    paper = "Draelos & Carin 2020, Use HiResCAM instead of Grad-CAM"
    url = "https://arxiv.org/abs/2011.08891"
    description = (
        "Works like Grad-CAM, but weights every place of a layer with its own gradient. The map "
        "shows only places that the network used, and it also shows evidence against the class."
    )
    signed = True
    layered = True
    formula = r"\sum_k \frac{\partial f_t}{\partial A_k} \odot A_k"
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        activation = task.passes.plain.activations[task.layer]
        gradient = task.passes.plain.gradients[task.layer]
        coarse = (gradient * activation).sum(1)
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(HiResCAM.name, HiResCAM(), order=112)
