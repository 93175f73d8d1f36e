"""Exact Shapley values over all coalitions of features."""

from __future__ import annotations

from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.explain.tabular.batched import Output
from trustai.explain.tabular.coalitions import MAX_FEATURES, coalition_values, shapley_weights
from trustai.types import NoParameters, TabularAttribution
from trustai.zoo.architectures.tabular import AdditiveModel, TabularModel
from trustai.zoo.described import Cost


class Shapley(Method[NoParameters]):
    r""":math:`\phi_k = \sum_{S \not\ni k} \frac{|S|! (F - |S| - 1)!}{F!} (v(S \cup k) - v(S))`.

    With :math:`v(S) = E_b f(x_S, b_{\bar S})` over the background rows: the interventional, also
    called marginal, expectation, as in shap's explainers. The base is :math:`v(\emptyset)`, the
    mean output over the background, and ``base + values.sum(1)`` is the prediction.
    """

    name = "shapley"
    title = "Shapley values, exact"
    paper = "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions"
    url = "https://arxiv.org/abs/1705.07874"
    description = (
        "Divides the output fairly among the values: the average contribution of each value "
        "over all orders in which the values become known."
    )
    formula = (
        r"\phi_k = \sum_{S \not\ni k} \frac{|S|!\,(F - |S| - 1)!}{F!} \big(v(S \cup k) - "
        r"v(S)\big)"
    )
    params = NoParameters
    exact = True

    def why_not(self, model: TabularModel, output: Output) -> str | None:
        n = len(model.columns)
        if n <= MAX_FEATURES:
            return None
        return (
            f"expected at most {MAX_FEATURES} columns, got {n}: it asks for all "
            f"2**{n} coalitions (did you mean 'kernel_shap'?)"
        )

    def cost_on(self, model: TabularModel, output: Output) -> Cost:
        # An ensemble of one network per column: ten times the passes through one network.
        return "moderate" if isinstance(model, AdditiveModel) else self.cost

    def attribute(self, task: Task[NoParameters]) -> Contributions:
        found = coalition_values(
            task.batched, task.rows, task.background, on_progress=task.on_progress
        )
        found[:, -1] = task.predictions  # all features known: no expectation to take
        return Contributions(found @ shapley_weights(task.rows.shape[1]), found[:, 0])

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        background = found.circumstances.parameters["background"]
        subsets = 2 ** len(found.columns)
        return f"from all {subsets} subsets of the values and {background} background rows"


METHODS.add(Shapley.name, Shapley(), order=30)
