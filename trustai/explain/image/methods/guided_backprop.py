"""Guided backpropagation: only what argues for the class comes back (Springenberg et al. 2015)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import magnitude
from trustai.types import NoParameters


class GuidedBackprop(Method[NoParameters]):
    """The gradient, passed back through each ReLU as ``g * [g > 0] * [x > 0]``."""

    name = "guided_backprop"
    title = "Guided backpropagation"
    paper = "Springenberg et al. 2015, Striving for Simplicity"
    url = "https://arxiv.org/abs/1412.6806"
    description = (
        "The gradient, but on the way back every negative part is dropped: crisp, and nearly the "
        "same for every class."
    )
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        gradient = task.passes.guided_gradient
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(GuidedBackprop.name, GuidedBackprop())
