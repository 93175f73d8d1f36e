"""Gradient × input for tables: the gradient times the distance from the background's mean."""

from __future__ import annotations

from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.types import NoParameters, TabularAttribution


class GradientXInput(Method[NoParameters]):
    r""":math:`\phi_k = (x_k - m_k) \, \partial f / \partial x_k`, :math:`m` the background's mean.

    A straight line through the point: exact where the model is linear. The base is :math:`f(m)`.
    """

    name = "gradient_x_input"
    title = "Gradient × input"
    paper = "Shrikumar et al. 2017, Learning Important Features Through Propagating Differences"
    url = "https://arxiv.org/abs/1704.02685"
    description = (
        "Multiplies the slope of the output at a value by the distance of the value from the "
        "average."
    )
    formula = r"\phi_k = (x_k - m_k)\, \frac{\partial f}{\partial x_k}"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Contributions:
        middle = task.background.mean(0, keepdim=True)
        values = (task.rows - middle) * task.gradient(task.rows)
        return Contributions(values, task.batched(middle).expand(len(values)))

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        return "a linear approximation at this row"


METHODS.add(GradientXInput.name, GradientXInput(), order=50)
