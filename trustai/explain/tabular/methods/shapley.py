"""Exact Shapley values over all coalitions of features."""

from __future__ import annotations

from trustai.explain.tabular.base import METHODS, Method, Shares, Task
from trustai.explain.tabular.coalitions import MAX_FEATURES, coalition_values, shapley_weights
from trustai.types import NoParameters


class ShapleyMethod(Method[NoParameters]):
    r""":math:`\phi_k = \sum_{S \not\ni k} \frac{|S|! (F - |S| - 1)!}{F!} (v(S \cup k) - v(S))`.

    With :math:`v(S) = E_b f(x_S, b_{\bar S})` over the background rows: the interventional, also
    called marginal, expectation, as in shap's explainers. The base is :math:`v(\emptyset)`, the
    mean output over the background, and ``base + values.sum(1)`` is the prediction.
    """

    name = "shapley"
    title = "Shapley values, exact"
    paper = "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions"
    url = "https://arxiv.org/abs/1705.07874"
    description = "Shares the output out among the values, averaged over every order of asking."
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Shares:
        n = task.rows.shape[1]
        if n > MAX_FEATURES:
            raise ValueError(
                f"expected at most {MAX_FEATURES} columns for 'shapley', got {n}: it asks for all "
                f"2**{n} coalitions (did you mean 'kernel_shap'?)"
            )
        found = coalition_values(
            task.quick, task.rows, task.background, on_progress=task.on_progress
        )
        found[:, -1] = task.predictions  # all features known: no expectation to take
        return Shares(found @ shapley_weights(n), found[:, 0])


METHODS.add(ShapleyMethod.name, ShapleyMethod())
