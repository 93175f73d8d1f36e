"""Gradient times input: how much each pixel contributes, to first order (Shrikumar et al. 2016)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.types import NoParameters


class GradientXInput(Method[NoParameters]):
    """``sum_c x_c * d f_t / d x_c`` with ``f_t`` the target's logit and ``x_c`` colour ``c``."""

    name = "gradient_x_input"
    title = "Gradient × input"
    paper = "Shrikumar et al. 2016, Not Just a Black Box"
    url = "https://arxiv.org/abs/1605.01713"
    description = (
        "Multiplies the gradient by the pixel itself. Black pixels therefore get no attribution."
    )
    signed = True
    formula = r"\sum_c x_c \cdot \frac{\partial f_t}{\partial x_c}"
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        pixels = task.x * task.passes.plain.gradient
        return Maps(pixels.sum(1), pixels=pixels)


METHODS.add(GradientXInput.name, GradientXInput(), order=20)
