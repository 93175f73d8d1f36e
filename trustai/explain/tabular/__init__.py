"""Explanations of single rows of a table: attribution methods by name.

>>> import torch
>>> from trustai import zoo
>>> from trustai.explain import tabular
>>> tabular.names()
['lime', 'kernel_shap', 'shapley', 'integrated_gradients', 'gradient_x_input', 'nam']
>>> model = zoo.load("diabetes-nam", kind=zoo.TabularModel)
>>> background = torch.tensor([[1.0, 85, 66, 29, 100, 26.6, 0.351, 31]])
>>> row = torch.tensor([[6.0, 148, 72, 35, torch.nan, 33.6, 0.627, 50]])
>>> result = tabular.explain("nam", model, row, background=background)
>>> result.values.shape, bool(result.facts["additivity_gap"].max() < 1e-4)
(torch.Size([1, 8]), True)
"""

from __future__ import annotations

from typing import Any

from trustai.explain.tabular.base import METHODS, Method, explain
from trustai.registry import discover

discover("trustai.explain.tabular.methods")

__all__ = ["Method", "explain", "get", "names"]


def names() -> list[str]:
    """Every method, in the order of the menus."""
    return METHODS.names()


def get(name: str) -> Method[Any]:
    """The method `name`: its title, paper, description, cost and the class of its `params`.

    Raises:
        ValueError: no such method.
    """
    return METHODS.get(name)
