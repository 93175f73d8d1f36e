"""LayerCAM: every place of a layer, weighed by its own gradient (Jiang et al. 2021)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


class LayerCAM(Method[NoParameters]):
    """``relu(sum_k relu(d f_t / d A_k) * A_k)``, enlarged bilinearly to the picture.

    ``A_k`` is channel ``k`` of the layer, ``f_t`` the target's logit.
    """

    name = "layer_cam"
    title = "LayerCAM"
    paper = "Jiang et al. 2021, LayerCAM"
    url = "https://doi.org/10.1109/TIP.2021.3089943"
    description = (
        "Weights every place of a layer by its own gradient, so it also works on early layers."
    )
    layered = True
    formula = (
        r"\mathrm{ReLU}\Big(\sum_k \mathrm{ReLU}\Big(\frac{\partial f_t}{\partial A_k}\Big) "
        r"\odot A_k\Big)"
    )
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        activation = task.passes.plain.activations[task.layer]
        gradient = task.passes.plain.gradients[task.layer]
        coarse = (gradient.relu() * activation).sum(1).relu()
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(LayerCAM.name, LayerCAM(), order=110)
