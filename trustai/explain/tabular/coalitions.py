"""Coalitions of features: the model's output when only some features of a row are known."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trustai.explain.tabular.batched import Quick
from trustai.types import OnProgress

MAX_FEATURES = 12
# Mixed rows held at a time: about 20 MB, whatever the number of features and background rows.
MIXED_AT_ONCE = 2**18


def members(n: int) -> Tensor:
    """``bool (2**n, n)``: who belongs to coalition ``S``, the bits of its number."""
    return (torch.arange(2**n)[:, None] >> torch.arange(n) & 1).bool()


def coalition_values(
    quick: Quick,
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
        quick: The model.
        rows, background: Complete, ``float32 (N, F)`` and ``(B, F)``, F at most `MAX_FEATURES`.
        on_progress: Called with the share done, in ``[0, 1]``; may raise to stop.

    Returns:
        ``float64 (N, 2**F)``; coalition ``S`` holds feature ``k`` where bit ``k`` of its number is
        set.
    """
    n = rows.shape[1]
    number, bits = torch.arange(2**n), 2 ** torch.arange(n)
    # As numbers: a product with 0 or 1 is exact, and a sum of two is ten times a torch.where.
    inside = members(n).repeat_interleave(quick.widths, dim=1).float()
    encoded, others = quick.encode(rows), quick.encode(background)
    values = torch.zeros((len(rows), 2**n), dtype=torch.float64)
    together = max(1, MIXED_AT_ONCE >> n)
    for first in range(0, len(background), together):
        raw = background[first : first + together]
        outside = others[first : first + together, None] * (1 - inside)
        for i, row in enumerate(encoded):
            shared = ((raw == rows[i]) * bits).sum(1, keepdim=True)
            needed = ((number & shared) == 0).flatten().nonzero()[:, 0]
            mixed = (outside + row * inside).flatten(0, 1)
            found = mixed.new_zeros(len(mixed))
            found.index_copy_(0, needed, quick.score(mixed.index_select(0, needed)))
            values[i] += found.view(-1, 2**n).gather(1, number & ~shared).double().sum(0)
            if on_progress is not None:
                on_progress((first + len(raw) * (i + 1) / len(rows)) / len(background))
    return values / len(background)


def shapley_weights(n: int) -> Tensor:
    r"""``float64 (2**n, n)``: the matrix that turns the values of all coalitions into Shapley
    values: :math:`\phi_k = \sum_{S \not\ni k} \frac{|S|! (n - |S| - 1)!}{n!} (v(S \cup k) - v(S))`.
    """
    inside = members(n)
    size = inside.sum(1)
    weight = torch.tensor([1 / (n * math.comb(n - 1, s)) for s in range(n)], dtype=torch.float64)
    joins, misses = weight[(size - 1).clamp_min(0)], weight[size.clamp_max(n - 1)]
    return torch.where(inside, joins[:, None], -misses[:, None])
