"""Where a decoder looks for its next word: one distribution over the places of a grid.

Each takes the decoder's state as a query ``(N, H)`` and a grid ``(N, L, D)`` of what an encoder
saw at L places, and gives a context ``(N, D)`` and weights ``(N, L)`` that sum to 1.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from trustai.registry import Registry


class Look(NamedTuple):
    """What one look gave.

    Attributes:
        context: ``(N, D)``.
        weights: ``(N, L)``, non-negative, sum 1.
        chosen: ``int64 (N,)``: the one place that a hard attention took, else None.
    """

    context: Tensor
    weights: Tensor
    chosen: Tensor | None = None


class Attention(nn.Module):
    """Base class. `keys` are computed once a picture, a look once a word.

    Args:
        channels: D of the grid.
        query: H of the decoder's state.
        size: A, of the space in which the two are compared.
        heads: Of `MultiHead`; the others have one.
    """

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 1) -> None:
        super().__init__()
        if size % heads:
            raise ValueError(f"expected size to be a multiple of heads {heads}, got {size}")
        self.heads = heads
        self.place = nn.Linear(channels, size)
        self.query = nn.Linear(query, size)

    def keys(self, grid: Tensor) -> Tensor:
        """``(N, L, D)`` -> ``(N, L, A)``."""
        return self.place(grid)

    def forward(self, query: Tensor, grid: Tensor, keys: Tensor) -> Look:
        raise NotImplementedError


ATTENTIONS: Registry[type[Attention]] = Registry("attention")


@ATTENTIONS.register("additive")
class Additive(Attention):
    """``e_i = v . tanh(W g_i + U h)``, ``a = softmax(e)``, ``z = sum_i a_i g_i``: soft attention
    (Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473)."""

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 1) -> None:
        super().__init__(channels=channels, query=query, size=size)
        self.energy = nn.Linear(size, 1)

    def weights(self, query: Tensor, keys: Tensor) -> Tensor:
        """``(N, L)``."""
        energies: Tensor = self.energy(torch.tanh(keys + self.query(query)[:, None]))
        return energies[:, :, 0].softmax(1)

    def forward(self, query: Tensor, grid: Tensor, keys: Tensor) -> Look:
        weights = self.weights(query, keys)
        return Look(torch.einsum("nl,nld->nd", weights, grid), weights)


@ATTENTIONS.register("dot")
class Dot(Attention):
    """``e_i = (W g_i) . (U h) / sqrt(A)``: scaled dot-product attention (Vaswani et al. 2017,
    https://arxiv.org/abs/1706.03762)."""

    def forward(self, query: Tensor, grid: Tensor, keys: Tensor) -> Look:
        energies = torch.einsum("nla,na->nl", keys, self.query(query)) / keys.shape[2] ** 0.5
        weights = energies.softmax(1)
        return Look(torch.einsum("nl,nld->nd", weights, grid), weights)


@ATTENTIONS.register("multi-head")
class MultiHead(Attention):
    """As `Dot`, several times side by side, each with its own share of the context; the weights
    told are their mean."""

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 4) -> None:
        super().__init__(channels=channels, query=query, size=size, heads=heads)
        if channels % heads:
            raise ValueError(f"expected channels to be a multiple of {heads} heads, got {channels}")
        self.value = nn.Linear(channels, channels)
        self.together = nn.Linear(channels, channels)

    def forward(self, query: Tensor, grid: Tensor, keys: Tensor) -> Look:
        n, places, size = keys.shape
        each = size // self.heads
        asked = self.query(query).view(n, self.heads, each)
        energies = torch.einsum("nlhe,nhe->nhl", keys.view(n, places, self.heads, each), asked)
        weights = (energies / each**0.5).softmax(2)
        values = self.value(grid).view(n, places, self.heads, -1)
        context = torch.einsum("nhl,nlhd->nhd", weights, values).flatten(1)
        return Look(self.together(context), weights.mean(1))


@ATTENTIONS.register("hard")
class Hard(Additive):
    """One place a word: drawn from the weights in training, the likeliest one else. Learned with
    REINFORCE, as a draw has no gradient (Xu et al. 2015, https://arxiv.org/abs/1502.03044)."""

    def forward(self, query: Tensor, grid: Tensor, keys: Tensor) -> Look:
        weights = self.weights(query, keys)
        if self.training:  # the process-wide generator: in training only
            chosen = torch.multinomial(weights.detach(), 1)[:, 0]
        else:
            chosen = weights.argmax(1)
        return Look(grid[torch.arange(len(grid), device=grid.device), chosen], weights, chosen)
