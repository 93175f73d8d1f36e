"""Deletion curves: the probability while features are removed in the order of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.tabular.base import checked
from trustai.explain.tabular.batched import Quick
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import TabularModel


@dataclass(frozen=True, eq=False)
class Curve:
    """The probability of the predicted class as values are taken away.

    Attributes:
        outputs: ``float64 (N, F + 1)``: with 0, 1, ... F values replaced.
        area: ``(N,)``: mean height by the trapezoid rule; lower is better.
        order: ``int64 (N, F)``: the columns in the order of their going.
    """

    outputs: Tensor
    area: Tensor
    order: Tensor


def deletion(model: TabularModel, rows: Tensor, values: Tensor, *, fill: Tensor) -> Curve:
    """Replace values by ordinary ones, those first that speak most for the predicted class.

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
    quick = Quick(model, "probability")
    side = torch.where(quick(complete) > 0.5, 1.0, -1.0)
    order = (values * side[:, None]).argsort(dim=1, descending=True, stable=True)
    return _curve(quick, complete, order, fill, side)


def random_deletion(
    model: TabularModel, rows: Tensor, *, fill: Tensor, n: int = 50, seed: int = 0
) -> Tensor:
    """``(N,)``: the mean area under the curves of `n` random orders, the same for every row."""
    checks.at_least("n", n, 1)
    complete = checked(model, rows)
    quick = Quick(model, "probability")
    side = torch.where(quick(complete) > 0.5, 1.0, -1.0)
    generator = torch.Generator().manual_seed(seed)
    areas = []
    for _ in range(n):
        order = torch.randperm(complete.shape[1], generator=generator).expand_as(complete)
        areas.append(_curve(quick, complete, order, fill, side).area)
    return torch.stack(areas).mean(0)


def _curve(quick: Quick, rows: Tensor, order: Tensor, fill: Tensor, side: Tensor) -> Curve:
    n = rows.shape[1]
    place = order.argsort(dim=1)  # when each column goes
    gone = place[:, None] < torch.arange(n + 1)[:, None]
    mixed = torch.where(gone, fill, rows[:, None])
    found = quick(mixed.flatten(0, 1)).view(-1, n + 1).double()
    outputs = torch.where(side[:, None] > 0, found, 1 - found)
    return Curve(outputs, torch.trapezoid(outputs, dx=1 / n, dim=1), order)
