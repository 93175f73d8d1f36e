"""The plain gradient: which pixels would change the score most (Simonyan et al. 2014)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import magnitude
from trustai.types import NoParameters


class Gradient(Method[NoParameters]):
    """``max_c |d f_t / d x_c|`` with ``f_t`` the target's logit and ``x_c`` colour ``c``."""

    name = "gradient"
    title = "Gradient"
    paper = "Simonyan et al. 2014, Deep Inside Convolutional Networks"
    url = "https://arxiv.org/abs/1312.6034"
    description = "How much the score would move if a pixel moved a little."
    formula = "max_c |d f_t / d x_c|"
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        gradient = task.passes.plain.gradient
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(Gradient.name, Gradient(), order=10)
