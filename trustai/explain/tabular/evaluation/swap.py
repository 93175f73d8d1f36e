"""The swap test: how the output changes when a value is exchanged for those of the other class."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.tabular.base import checked
from trustai.explain.tabular.batched import BatchedModel
from trustai.metrics.agreement import ranks_agree
from trustai.types import OnProgress, Table
from trustai.zoo.architectures.tabular import TabularModel


@dataclass(frozen=True, eq=False)
class Swaps:
    r"""How the output changes when each value is exchanged.

    Attributes:
        change: ``float64 (N, F)``: :math:`f(x) - \mathrm{mean}_d f(x \text{ with } x_k = d_k)` over
            the donors d of the other class: how much probability of class 1 the own value holds.
            Signed like an attribution: positive where the value speaks for class 1.
        columns: Names.
        donors: ``int64 (N,)``: how many rows of the other class gave their values.
    """

    change: Tensor
    columns: tuple[str, ...]
    donors: Tensor


def swap(
    model: TabularModel,
    rows: Tensor,
    labels: Tensor,
    *,
    donors: Table,
    on_progress: OnProgress | None = None,
) -> Swaps:
    """Replace each value by the values of its column from all rows of the other class.

    Args:
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing.
        labels: ``int64 (N,)``: the class of each row; of a row that nobody labelled the predicted
            one.
        donors: Where the values come from, normally the training part; a missing one is filled.
        on_progress: Called with the share of the rows done; may raise to stop.

    Raises:
        ValueError: labels of another length, or no donor of the other class.
    """
    complete, given = checked(model, rows), checked(model, donors.rows, name="donors")
    if labels.shape != (len(rows),):
        raise ValueError(f"expected labels as ({len(rows)},), got {tuple(labels.shape)}")
    batched = BatchedModel(model, "probability")
    own = batched(complete).double()
    change, counts = torch.empty(complete.shape, dtype=torch.float64), []
    for i, row in enumerate(complete):
        others = given[donors.labels != labels[i]]
        if len(others) == 0:
            raise ValueError(f"expected donors of another class than {int(labels[i])}, got none")
        change[i] = own[i] - _exchanged(batched, row, others)
        counts.append(len(others))
        if on_progress is not None:
            on_progress((i + 1) / len(complete))
    return Swaps(change, model.columns, torch.tensor(counts))


def _exchanged(batched: BatchedModel, row: Tensor, others: Tensor) -> Tensor:
    """``float64 (F,)``: the mean output with each value of the row replaced by those of others."""
    n = len(row)
    mixed = row.repeat(n, len(others), 1)
    mixed[torch.arange(n), :, torch.arange(n)] = others.T
    return batched(mixed.flatten(0, 1)).view(n, -1).double().mean(1)


def swap_rank(values: Tensor, swaps: Swaps) -> Tensor:
    """Spearman's rank correlation of the sizes of an explanation with those of the changes.

    Args:
        values: ``(N, F)``, an explanation of the same rows.
        swaps: As `swap` gives it.

    Returns:
        ``(N,)`` in ``[-1, 1]``; nan where one of them is constant.
    """
    return ranks_agree(values.abs(), swaps.change.abs())


def swap_sign(values: Tensor, swaps: Swaps) -> Tensor:
    """Share of the columns on whose sign an explanation and the changes agree.

    Args:
        values: ``(N, F)``, an explanation of the same rows.
        swaps: As `swap` gives it.

    Returns:
        ``(N,)`` in ``[0, 1]``.
    """
    return (values.sign() == swaps.change.sign()).double().mean(1)
