"""Deletion curves of explanations of tables, and those of random orders."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.explain.tabular.base import checked
from trustai.explain.tabular.batched import BatchedModel
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import TabularModel


@dataclass(frozen=True, eq=False)
class DeletionCurves:
    """The probability of the predicted class as values are taken away.

    Attributes:
        outputs: ``float64 (N, F + 1)``: with 0, 1, ... F values replaced.
        area: ``(N,)``: mean height by the trapezoid rule; lower is better.
        order: ``int64 (N, F)``: the columns in the order of their going.
    """

    outputs: Tensor
    area: Tensor
    order: Tensor


def deletion(model: TabularModel, rows: Tensor, values: Tensor, *, fill: Tensor) -> DeletionCurves:
    """Replace values by ordinary ones, those first that speak most for the predicted class.

    ``area = int_0^1 p(x without the first s F columns) ds`` by the trapezoid rule.

    Args:
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing.
        values: ``(N, F)``: an explanation of class 1's output; for rows predicted as class 0 its
            sign is turned.
        fill: ``float32 (F,)``: what a value is replaced by, normally the background's median.

    Raises:
        ValueError: values or fill of other shapes.
    """
    complete = checked(model, rows)
    if values.shape != complete.shape or fill.shape != complete.shape[1:]:
        raise ValueError(
            f"expected values as {tuple(complete.shape)} and fill as {tuple(complete.shape[1:])}, "
            f"got {tuple(values.shape)} and {tuple(fill.shape)}"
        )
    batched = BatchedModel(model, "probability")
    side = torch.where(batched(complete) > 0.5, 1.0, -1.0)
    order = (values * side[:, None]).argsort(dim=1, descending=True, stable=True)
    return _curve(batched, complete, order, fill, side)


def random_deletion(
    model: TabularModel, rows: Tensor, *, fill: Tensor, n: int = 50, seed: int = 0
) -> Tensor:
    """Mean area under the deletion curves of random orders, which are the same for every row.

    Args:
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing.
        fill: ``float32 (F,)``: what a value is replaced by.
        n: How many orders, at least 1.
        seed: Of the orders.

    Returns:
        ``float64 (N,)`` in ``[0, 1]``.

    Raises:
        ValueError: rows that do not fit the model, or n below 1.
    """
    checks.at_least("n", n, 1)
    complete = checked(model, rows)
    batched = BatchedModel(model, "probability")
    side = torch.where(batched(complete) > 0.5, 1.0, -1.0)
    generator = seeds.torch_generator(seed)
    areas = []
    for _ in range(n):
        order = torch.randperm(complete.shape[1], generator=generator).expand_as(complete)
        areas.append(_curve(batched, complete, order, fill, side).area)
    return torch.stack(areas).mean(0)


def _curve(
    batched: BatchedModel, rows: Tensor, order: Tensor, fill: Tensor, side: Tensor
) -> DeletionCurves:
    n = rows.shape[1]
    place = order.argsort(dim=1)  # when each column goes
    gone = place[:, None] < torch.arange(n + 1)[:, None]
    mixed = torch.where(gone, fill, rows[:, None])
    found = batched(mixed.flatten(0, 1)).view(-1, n + 1).double()
    outputs = torch.where(side[:, None] > 0, found, 1 - found)
    return DeletionCurves(outputs, torch.trapezoid(outputs, dx=1 / n, dim=1), order)
