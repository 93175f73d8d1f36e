"""The Transformer decoder of captions."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import torch
from torch import Tensor, nn

from trustai.zoo.architectures.caption_lstm import (
    CaptionDecoder,
    DecoderArguments,
    State,
    positions_of,
)

LONGEST = 48  # words


class _Layer(nn.Module):
    """Masked self-attention, cross-attention over the annotation vectors, two linear layers; each
    after a layer norm and beside a residual connection (Xiong et al. 2020, arXiv:2002.04745)."""

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
    """A Transformer decoder (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762), pre-norm.

    ``x_t = E w_t + p_t``; in each layer ``x += SelfAttention(x_<=t)``,
    ``x += softmax(Q K^T / sqrt(d)) V`` with Q from the words and K, V from the annotation vectors,
    ``x += FFN(x)``; ``logits = E^T LayerNorm(x)``. The attention returned is the softmax of the
    last layer, the mean of its heads.

    Args:
        embedding: Length of ``E w`` and of everything after it.
        layers: How many, at least 1.
        heads: Of both attentions; `embedding` is a multiple of it.
        dropout: Share, in training.
        common: As of `CaptionDecoder`.

    >>> decoder = TransformerDecoder(vocabulary={"en": ("a", "dog")}, encoder="signs-resnet18",
    ...                              stages=("layer4",), side=64, channels=6, embedding=16)
    >>> logits, attention = decoder(torch.zeros(2, 9, 6), torch.tensor([[3, 4], [3, 5]]))
    >>> tuple(logits.shape), tuple(attention.shape)
    ((2, 2, 6), (2, 2, 9))
    """

    def __init__(
        self,
        *,
        embedding: int = 192,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.3,
        **common: Unpack[DecoderArguments],
    ) -> None:
        super().__init__(**common)
        self.words = nn.Embedding(len(self.vocabulary), embedding)
        nn.init.normal_(self.words.weight, std=embedding**-0.5)
        self.positions = nn.Parameter(torch.randn(LONGEST, embedding) * 0.02)
        self.place = nn.Linear(self.width, embedding)
        self.where = nn.Linear(2, embedding)
        self.layers = nn.ModuleList(
            _Layer(size=embedding, heads=heads, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(embedding)
        self.bias = nn.Parameter(torch.zeros(len(self.vocabulary)))
        self.dropout = nn.Dropout(dropout)

    def begin_standardised(self, vectors: Tensor) -> State:
        none = torch.zeros(len(vectors), 0, dtype=torch.int64, device=vectors.device)
        keys = self.place(vectors) + self.where(positions_of(vectors))
        return State(annotations=vectors, keys=keys, memory=(none,))

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        words = torch.cat([state.memory[0], word[:, None]], 1)
        logits, attention = self._read(state.keys, words)
        return logits[:, -1], attention[:, -1], replace(state, memory=(words,))

    def follow(self, state: State, words: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says, all words in one pass."""
        return self._read(state.keys, words)

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
