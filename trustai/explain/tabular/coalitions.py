"""Values of all coalitions of features, and the weights that make Shapley values of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trustai.explain.tabular.batched import BatchedModel
from trustai.types import OnProgress

MAX_FEATURES = 12
# Mixed rows held at a time: about 20 MB, whatever the number of features and background rows.
MIXED_AT_ONCE = 2**18


def members(n: int) -> Tensor:
    """Who belongs to each coalition: the bits of its number.

    Returns:
        ``bool (2**n, n)``.

    >>> members(2).long().tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (torch.arange(2**n)[:, None] >> torch.arange(n) & 1).bool()


def coalition_values(
    batched: BatchedModel,
    rows: Tensor,
    background: Tensor,
    *,
    on_progress: OnProgress | None = None,
) -> Tensor:
    r"""The interventional value of every coalition of features,
    :math:`v(S) = \frac{1}{B} \sum_b f(x_S, b_{\bar S})`: features in `S` from the row, the others
    from the background rows, each in turn.

    Where a background row agrees with the row in some features, coalitions that differ only in
    these are the same mixed row, and it is asked for once: of a table with many missing values,
    all filled with the median, that leaves three quarters.

    Args:
        batched: The model as a fast function.
        rows, background: Complete, ``float32 (N, F)`` and ``(B, F)``, F at most `MAX_FEATURES`.
        on_progress: Called with the share done, in ``[0, 1]``; may raise to stop.

    Returns:
        ``float64 (N, 2**F)``; coalition ``S`` holds feature ``k`` where bit ``k`` of its number is
        set.
    """
    n = rows.shape[1]
    # As numbers: a product with 0 or 1 is exact, and a sum of two is ten times a torch.where.
    inside = members(n).repeat_interleave(batched.widths, dim=1).float()
    encoded, others = batched.encode(rows), batched.encode(background)
    values = torch.zeros((len(rows), 2**n), dtype=torch.float64)
    together = max(1, MIXED_AT_ONCE >> n)
    for first in range(0, len(background), together):
        raw = background[first : first + together]
        outside = others[first : first + together, None] * (1 - inside)
        for i, row in enumerate(encoded):
            mixed = (outside + row * inside).flatten(0, 1)
            values[i] += _summed(batched, mixed, raw == rows[i])
            if on_progress is not None:
                on_progress((first + len(raw) * (i + 1) / len(rows)) / len(background))
    return values / len(background)


def _summed(batched: BatchedModel, mixed: Tensor, same: Tensor) -> Tensor:
    """``float64 (2**F,)``: the output of every coalition, summed over some background rows.

    Args:
        mixed: ``(B * 2**F, D)``: encoded; the coalitions of one background row after another.
        same: ``bool (B, F)``: where a background row agrees with the row, so that it makes no
            difference from which of the two the value comes.
    """
    n = same.shape[1]
    number, bits = torch.arange(2**n), 2 ** torch.arange(n)
    shared = (same * bits).sum(1, keepdim=True)
    needed = ((number & shared) == 0).flatten().nonzero()[:, 0]
    found = mixed.new_zeros(len(mixed))
    found.index_copy_(0, needed, batched.score(mixed.index_select(0, needed)))
    return found.view(-1, 2**n).gather(1, number & ~shared).double().sum(0)


def shapley_weights(n: int) -> Tensor:
    r"""``float64 (2**n, n)``: the matrix that turns the values of all coalitions into Shapley
    values: :math:`\phi_k = \sum_{S \not\ni k} \frac{|S|! (n - |S| - 1)!}{n!} (v(S \cup k) - v(S))`.
    """
    inside = members(n)
    size = inside.sum(1)
    weight = torch.tensor([1 / (n * math.comb(n - 1, s)) for s in range(n)], dtype=torch.float64)
    joins, misses = weight[(size - 1).clamp_min(0)], weight[size.clamp_max(n - 1)]
    return torch.where(inside, joins[:, None], -misses[:, None])
