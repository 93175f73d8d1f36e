"""Agreement of two explanations of the same rows, and of global with local importance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.metrics.similarity import rank_correlation, top_overlap
from trustai.types import Table, TabularAttribution


@dataclass(frozen=True, eq=False)
class Agreement:
    """How alike two explanations are, row by row; nan where one of them is constant.

    Attributes:
        rank: ``(N,)`` in ``[-1, 1]``: Spearman's correlation of the absolute values.
        sign: ``(N,)`` in ``[0, 1]``: share of the columns with the same sign.
        top: ``(N,)`` in ``[0, 1]``: share of the `k` largest absolute values that both have.
        k: How many count as the largest.
    """

    rank: Tensor
    sign: Tensor
    top: Tensor
    k: int

    def mean(self) -> dict[str, float]:
        """Mean of the three over all rows that have a value, by name."""
        return {name: getattr(self, name).nanmean().item() for name in ("rank", "sign", "top")}


def agreement(a: Tensor, b: Tensor, *, k: int = 3) -> Agreement:
    """Compare the values of two methods on the same rows.

    Args:
        a, b: ``(N, F)``, see `TabularAttribution.values`.
        k: In 1..F.

    Raises:
        ValueError: not of one shape, or `k` out of range.

    >>> same = agreement(torch.tensor([[3.0, -2.0, 1.0]]), torch.tensor([[6.0, -4.0, 2.0]]), k=1)
    >>> {name: round(value, 6) for name, value in same.mean().items()}
    {'rank': 1.0, 'sign': 1.0, 'top': 1.0}
    """
    if a.ndim != 2 or a.shape != b.shape or a.numel() == 0:
        raise ValueError(
            "expected two explanations of one shape (N, F), got "
            f"{tuple(a.shape)} and {tuple(b.shape)}"
        )
    n = a.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"expected k in 1..{n}, got {k}")
    return Agreement(
        rank=ranks_agree(a.abs(), b.abs()),
        sign=(a.sign() == b.sign()).double().mean(1),
        top=top_overlap(a.abs()[:, None], b.abs()[:, None], share=k / n),
        k=k,
    )


def ranks_agree(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's rank correlation of the columns, row by row.

    ``rho = cov(r_a, r_b) / (std(r_a) std(r_b))`` with ``r`` the rank of each column's value.

    Args:
        a, b: ``(N, F)``.

    Returns:
        ``float32 (N,)`` in ``[-1, 1]``; nan where one of them is constant.
    """
    return rank_correlation(a[:, None], b[:, None])


@dataclass(frozen=True, eq=False)
class Importance:
    """Global importance of the columns of a table, and how it agrees with other orders.

    Attributes:
        columns: Names.
        mean_size: ``(F,)``: mean absolute value over the rows: global importance.
        correlation: ``(F,)``: Pearson's correlation of each column with the label, over known
            values.
        local: ``(N,)``: Spearman's correlation of each row's absolute values with `mean_size`: how
            well the whole speaks for the row.
        with_correlation: Spearman's correlation of `mean_size` with the absolute `correlation`.
    """

    columns: tuple[str, ...]
    mean_size: Tensor
    correlation: Tensor
    local: Tensor
    with_correlation: float


def importance(explained: TabularAttribution, *, table: Table) -> Importance:
    """Global importance from the explanations of many rows.

    Args:
        explained: Of ``(N, F)`` values.
        table: Rows and labels whose correlations it is held against.

    Raises:
        ValueError: a table of other columns.
    """
    if table.columns != explained.columns:
        raise ValueError(
            f"expected a table of the columns {', '.join(explained.columns)}, got "
            f"{', '.join(table.columns)}"
        )
    sizes = explained.values.abs()
    mean_size = sizes.mean(0)
    correlation = label_correlation(table)
    return Importance(
        columns=explained.columns,
        mean_size=mean_size,
        correlation=correlation,
        local=ranks_agree(sizes, mean_size.expand_as(sizes)),
        with_correlation=float(ranks_agree(mean_size[None], correlation.abs()[None])),
    )


def label_correlation(table: Table) -> Tensor:
    """Pearson's correlation of every column with the label.

    Args:
        table: ``(N, F)`` rows; values that are not known are left out.

    Returns:
        ``float64 (F,)`` in ``[-1, 1]``; 0 where a column is constant.
    """
    found = []
    for column in table.rows.T:
        known = ~column.isnan()
        pair = torch.stack([column[known].double(), table.labels[known].double()])
        found.append(torch.corrcoef(pair)[0, 1])
    return torch.stack(found).nan_to_num(0.0)
