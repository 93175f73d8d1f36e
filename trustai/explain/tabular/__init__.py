"""Explanations of rows of a table: attribution methods by name, and counterfactuals.

>>> from trustai.explain import tabular
>>> tabular.names()
['lime', 'kernel_shap', 'shapley', 'integrated_gradients', 'gradient_x_input', 'nam']
>>> result = tabular.explain("shapley", model, rows, background=rows)  # doctest: +SKIP
>>> result.values, result.base, result.predictions, result.seconds  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

from trustai.explain.tabular.base import METHODS, Method, explain

# Importing registers, and this is the order of the menus.
# ruff: isort: off
from trustai.explain.tabular.methods.lime import Lime
from trustai.explain.tabular.methods.kernel_shap import KernelShap
from trustai.explain.tabular.methods.shapley import ShapleyMethod
from trustai.explain.tabular.methods.integrated_gradients import IntegratedGradients
from trustai.explain.tabular.methods.gradient_x_input import GradientXInput
from trustai.explain.tabular.methods.nam import NamMethod
# ruff: isort: on


__all__ = [
    "GradientXInput",
    "IntegratedGradients",
    "KernelShap",
    "Lime",
    "Method",
    "NamMethod",
    "ShapleyMethod",
    "explain",
    "get",
    "names",
]


def names() -> list[str]:
    """Every method, in the order of the menus."""
    return METHODS.names()


def get(name: str) -> Method[Any]:
    """The method `name`: its title, paper, description and the class of its `params`.

    Raises:
        ValueError: no such method.
    """
    return METHODS.get(name)
