"""A small Transformer that puts a grid into words, to compare the LSTM with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from trustai.zoo.architectures.caption_lstm import (
    CaptionDecoder,
    State,
    places_of,
)

LONGEST = 48  # words


class _Layer(nn.Module):
    """Self-attention over the words so far, attention over the grid, and two linear layers; each
    after a layer norm and beside a shortcut (Xiong et al. 2020, arXiv:2002.04745)."""

    def __init__(self, *, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(3))
        self.among = nn.MultiheadAttention(size, heads, batch_first=True)
        self.over = nn.MultiheadAttention(size, heads, batch_first=True)
        self.think = nn.Sequential(nn.Linear(size, 4 * size), nn.ReLU(), nn.Linear(4 * size, size))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, keys: Tensor, later: Tensor) -> tuple[Tensor, Tensor]:
        y = self.norms[0](x)
        x = x + self.dropout(self.among(y, y, y, attn_mask=later, need_weights=False)[0])
        seen, weights = self.over(self.norms[1](x), keys, keys)
        x = x + self.dropout(seen)
        return x + self.dropout(self.think(self.norms[2](x))), weights


class TransformerDecoder(CaptionDecoder):
    """Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), `layers` deep. The attention told is
    the last layer's over the grid, the mean of its heads.

    Args:
        embedding: Size of a word and of everything after it.
        layers, heads, dropout: The usual.
    """

    def __init__(
        self,
        *,
        vocabulary: Mapping[str, Sequence[str]],
        encoder: str,
        stages: Sequence[str],
        side: int,
        channels: int,
        embedding: int = 192,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.3,
    ) -> None:
        super().__init__(
            vocabulary=vocabulary, encoder=encoder, stages=stages, side=side, channels=channels
        )
        self.words = nn.Embedding(len(self.vocabulary), embedding)
        nn.init.normal_(self.words.weight, std=embedding**-0.5)
        self.positions = nn.Parameter(torch.randn(LONGEST, embedding) * 0.02)
        self.place = nn.Linear(channels, embedding)
        self.where = nn.Linear(2, embedding)
        self.layers = nn.ModuleList(
            _Layer(size=embedding, heads=heads, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(embedding)
        self.bias = nn.Parameter(torch.zeros(len(self.vocabulary)))
        self.dropout = nn.Dropout(dropout)

    def begin(self, grid: Tensor) -> State:
        none = torch.zeros(len(grid), 0, dtype=torch.int64, device=grid.device)
        return State(grid=grid, keys=self._keys(grid), memory=(none,))

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        words = torch.cat([state.memory[0], word[:, None]], 1)
        logits, attention = self._read(state.keys, words)
        return logits[:, -1], attention[:, -1], replace(state, memory=(words,))

    def forward(self, grid: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says, all words in one pass."""
        return self._read(self._keys(grid), words)

    def _keys(self, grid: Tensor) -> Tensor:
        return self.place(self.standardised(grid)) + self.where(places_of(grid))

    def _read(self, keys: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        n_words = words.shape[1]
        if n_words > LONGEST:
            raise ValueError(f"expected at most {LONGEST} words, got {n_words}")
        x = self.dropout(self.words(words) + self.positions[:n_words])
        later = torch.ones(n_words, n_words, dtype=torch.bool, device=words.device).triu(1)
        attention = keys
        for layer in self.layers:
            x, attention = layer(x, keys, later)
        return nn.functional.linear(self.norm(x), self.words.weight, self.bias), attention
