"""Guided backpropagation: ReLUs drop negative gradients (Springenberg et al. 2015)."""

from __future__ import annotations

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import magnitude
from trustai.types import NoParameters


class GuidedBackprop(Method[NoParameters]):
    """``R_l = [f_l > 0] * [R_(l+1) > 0] * R_(l+1)`` at every ReLU, from ``R_L = d f_t / d f_L``.

    ``f_l`` is what goes into the ReLU, ``R_l`` what comes back from it. A ReLU6 is flat from 6 on
    too, so there a gradient also needs ``f_l < 6``. The map is ``max_c |R_0,c|`` over the colours.
    """

    name = "guided_backprop"
    title = "Guided backpropagation"
    paper = "Springenberg et al. 2015, Striving for Simplicity"
    url = "https://arxiv.org/abs/1412.6806"
    description = (
        "Follows the gradient back and drops every negative part. The map is crisp, but nearly "
        "the same for every class. A ReLU passes the gradient where its input is above 0, a "
        "ReLU6 where its input is between 0 and 6."
    )
    formula = (
        r"R_l = [f_l > 0]\,[R_{l+1} > 0]\, R_{l+1} \text{ at a ReLU, times } [f_l < 6] \text{ "
        r"at a ReLU6};\quad \max_c |R_{0,c}|"
    )
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        gradient = task.passes.guided_gradient
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(GuidedBackprop.name, GuidedBackprop(), order=50)
