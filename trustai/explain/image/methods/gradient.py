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
    description = "Shows how much the score would change if a pixel changed a little."
    formula = r"\max_c \Big|\frac{\partial f_t}{\partial x_c}\Big|"
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        gradient = task.passes.plain.gradient
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(Gradient.name, Gradient(), order=10)
