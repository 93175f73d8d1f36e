"""Redundant columns: symmetrical uncertainty, and the pruning that GRACE does by it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BINS = 10


def symmetrical_uncertainty(rows: Tensor) -> Tensor:
    r"""``float64 (F, F)``: how much two columns tell of each other, from 0 nothing to 1 all.

    .. math:: \mathrm{SU}(X, Y) = 2 \, \frac{H(X) + H(Y) - H(X, Y)}{H(X) + H(Y)}

    A column of more than `BINS` different values is first cut into `BINS` bins that hold equally
    many rows: where every value occurs once, each would name its row, and so every other column.
    Two constant columns have 0.

    Args:
        rows: ``(N, F)`` without missing values.
    """
    codes = [_binned(column) for column in rows.double().T.contiguous()]
    entropies = torch.stack([_entropy(code) for code in codes])
    found = torch.zeros((len(codes), len(codes)), dtype=torch.float64)
    for i, first in enumerate(codes):
        for j, second in enumerate(codes[: i + 1]):
            both = entropies[i] + entropies[j]
            shared = both - _entropy(first * (int(second.max()) + 1) + second)
            found[i, j] = found[j, i] = 2 * shared / both if both > 0 else 0.0
    return found


def pruned(order: Sequence[int], uncertainty: Tensor, *, gamma: float) -> list[int]:
    """The columns of `order` without those that a kept one before them makes redundant.

    Args:
        order: Column numbers, most important first.
        uncertainty: See `symmetrical_uncertainty`.
        gamma: A column goes if its uncertainty with a kept one exceeds this.
    """
    kept: list[int] = []
    for column in order:
        if all(uncertainty[column, other] <= gamma for other in kept):
            kept.append(column)
    return kept


def _binned(column: Tensor) -> Tensor:
    values, codes = column.unique(return_inverse=True)
    if len(values) <= BINS:
        return codes
    inner = torch.arange(1, BINS, dtype=torch.float64) / BINS
    return torch.bucketize(column, column.quantile(inner).unique())


def _entropy(codes: Tensor) -> Tensor:
    """In nats."""
    shares = codes.unique(return_counts=True)[1].double() / len(codes)
    return -(shares * shares.log()).sum()
