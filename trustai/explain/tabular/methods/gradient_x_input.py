"""Gradient times input: the gradient times the distance from the background's mean."""

from __future__ import annotations

from trustai.explain.tabular.base import METHODS, Method, Shares, Task
from trustai.types import NoParameters


class GradientXInput(Method[NoParameters]):
    r""":math:`(x_k - m_k) \, \partial f / \partial x_k` with :math:`m` the background's mean.

    A straight line through the point: exact where the model is linear. The base is :math:`f(m)`.
    """

    name = "gradient_x_input"
    title = "Gradient × input"
    paper = "Shrikumar et al. 2017, Learning Important Features Through Propagating Differences"
    url = "https://arxiv.org/abs/1704.02685"
    description = "How steeply the output moves with a value, times how unusual the value is."
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Shares:
        middle = task.background.mean(0, keepdim=True)
        values = (task.rows - middle) * task.gradient(task.rows)
        return Shares(values, task.quick(middle).expand(len(values)))


METHODS.add(GradientXInput.name, GradientXInput())
