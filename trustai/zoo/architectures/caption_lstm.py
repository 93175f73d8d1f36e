"""A decoder puts what an encoder saw into words, one at a time, and says where it looks for each.

"Show, Attend and Tell" (Xu et al. 2015, https://arxiv.org/abs/1502.03044). The encoder is a network
of its own, of which a decoder knows the id, the stages and the side of the pictures: several
decoders share one. `trustai.captions.load` puts the two together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from trustai.data.text import Vocabulary
from trustai.zoo.architectures.caption_attention import ATTENTIONS
from trustai.zoo.network import Network


@dataclass(frozen=True, eq=False)
class State:
    """Where a decoder stands in N captions.

    Attributes:
        grid: ``(N, L, D)``, as the decoder sees it.
        keys: What its attention compares with, ``(N, L, A)``.
        memory: What it remembers of the words so far, each ``(N, ...)``.
        chosen: ``int64 (N,)``: the place a hard attention took for the last word, else None.
    """

    grid: Tensor
    keys: Tensor
    memory: tuple[Tensor, ...]
    chosen: Tensor | None = None

    def take(self, rows: Tensor) -> State:
        """The captions at `rows`, in that order: a beam keeps some and forgets the others."""
        return State(
            grid=self.grid[rows],
            keys=self.keys[rows],
            memory=tuple(m[rows] for m in self.memory),
            chosen=None if self.chosen is None else self.chosen[rows],
        )


def places_of(grid: Tensor) -> Tensor:
    """``(L, 2)``: row and column of each place of a square grid ``(N, L, D)``, in [-1, 1].

    Raises:
        ValueError: L is no square number.
    """
    side = math.isqrt(grid.shape[1])
    if side * side != grid.shape[1]:
        raise ValueError(f"expected a square grid, got one of {grid.shape[1]} places")
    along = torch.linspace(-1, 1, side, device=grid.device) if side > 1 else grid.new_zeros(1)
    return torch.cartesian_prod(along, along)


class CaptionDecoder(Network):
    """Base class.

    Attributes:
        mean, std: ``(D,)``, of the training grids: the scale on which it looks at a grid.

    Args:
        vocabulary: Per language its words, see `trustai.data.text.Vocabulary`.
        encoder: Id of the picture network whose maps are the grid.
        stages: Names of its stages; finer maps are pooled to the size of the coarsest.
        side: Of the square pictures that the encoder is shown, in pixels.
        channels: D of the grid.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        vocabulary: Mapping[str, Sequence[str]],
        encoder: str,
        stages: Sequence[str],
        side: int,
        channels: int,
    ) -> None:
        super().__init__()
        self.vocabulary = Vocabulary({name: tuple(words) for name, words in vocabulary.items()})
        self.encoder, self.stages, self.side = encoder, tuple(stages), side
        self.channels = channels
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def learn_scale(self, grids: Tensor) -> None:
        """Take mean and standard deviation per channel from training grids ``(..., L, D)``."""
        flat = grids.flatten(0, -2).float()
        self.mean.copy_(flat.mean(0))
        self.std.copy_(flat.std(0).clamp_min(1e-6))

    def standardised(self, grid: Tensor) -> Tensor:
        """Every channel as it was in training: mean 0, standard deviation 1."""
        return (grid - self.mean) / self.std

    def begin(self, grid: Tensor) -> State:
        """The state before the first word, of a grid ``(N, L, D)``."""
        raise NotImplementedError

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        """One word further.

        Args:
            state: After the words before.
            word: ``int64 (N,)``: the last word, at first the start word of the language.

        Returns:
            Logits ``(N, V)`` of the next word, attention ``(N, L)`` for it, and the new state.
        """
        raise NotImplementedError

    def forward(self, grid: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Teacher forcing: every next word given those before, as they should be.

        Args:
            grid: ``(N, L, D)``.
            words: ``int64 (N, T)``; the first is the start word.

        Returns:
            Logits ``(N, T, V)`` and attention ``(N, T, L)``: of the words 2 to T + 1.
        """
        state, logits, attention = self.begin(grid), [], []
        for word in words.unbind(1):
            out, weights, state = self.step(state, word)
            logits.append(out)
            attention.append(weights)
        return torch.stack(logits, 1), torch.stack(attention, 1)


class LSTMDecoder(CaptionDecoder):
    """``h, c = LSTM([E w ; b z], h, c)``, ``z`` what was attended to with the h before,
    ``b = sigmoid(B h)`` how much of it counts; ``logits = E (E w + L h + Z b z)``.

    The first h and c are learned from the mean of the grid. To what was seen at a place it adds
    which place it is, as "left" and "above" could not be said without. The matrix E of words is
    used on both sides (Press & Wolf 2017, https://arxiv.org/abs/1608.05859).

    Args:
        attention: One of `ATTENTIONS`.
        embedding, hidden, attention_size: Sizes of a word, of the state, of the comparison.
        heads: Of the multi-head attention.
        dropout: Share of the words' and the output's numbers, in training.
    """

    def __init__(
        self,
        *,
        vocabulary: Mapping[str, Sequence[str]],
        encoder: str,
        stages: Sequence[str],
        side: int,
        channels: int,
        attention: str = "additive",
        embedding: int = 128,
        hidden: int = 256,
        attention_size: int = 128,
        heads: int = 4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(
            vocabulary=vocabulary, encoder=encoder, stages=stages, side=side, channels=channels
        )
        self.where = nn.Linear(2, channels)
        self.attention = ATTENTIONS.get(attention)(
            channels=channels, query=hidden, size=attention_size, heads=heads
        )
        self.words = nn.Embedding(len(self.vocabulary), embedding)
        nn.init.normal_(self.words.weight, std=embedding**-0.5)
        self.first = nn.Linear(channels, 2 * hidden)
        self.gate = nn.Linear(hidden, channels)
        self.cell = nn.LSTMCell(embedding + channels, hidden)
        self.from_hidden = nn.Linear(hidden, embedding)
        self.from_context = nn.Linear(channels, embedding)
        self.bias = nn.Parameter(torch.zeros(len(self.vocabulary)))
        self.dropout = nn.Dropout(dropout)

    def begin(self, grid: Tensor) -> State:
        grid = self.standardised(grid) + self.where(places_of(grid))
        h, c = self.first(grid.mean(1)).tanh().chunk(2, dim=1)
        return State(grid=grid, keys=self.attention.keys(grid), memory=(h, c))

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        h, c = state.memory
        look = self.attention(h, state.grid, state.keys)
        context = self.gate(h).sigmoid() * look.context
        said = self.dropout(self.words(word))
        h, c = self.cell(torch.cat([said, context], 1), (h, c))
        out = said + self.from_hidden(self.dropout(h)) + self.from_context(context)
        logits = nn.functional.linear(self.dropout(out), self.words.weight, self.bias)
        return logits, look.weights, replace(state, memory=(h, c), chosen=look.chosen)
