"""Caption decoders: their base class, and the LSTM with attention.

"Show, Attend and Tell" (Xu et al. 2015, https://arxiv.org/abs/1502.03044). The encoder is a network
of its own, of which a decoder knows the id, the stages and the side of the pictures: several
decoders share one. `trustai.captions.load` puts the two together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired, TypedDict, Unpack

import torch
from torch import Tensor, nn

from trustai.data.text import Vocabulary
from trustai.zoo.architectures.caption_attention import ATTENTIONS
from trustai.zoo.network import Network


@dataclass(frozen=True, eq=False)
class State:
    """The state of a decoder within N captions.

    Attributes:
        annotations: Annotation vectors ``(N, L, D)``, standardised.
        keys: What the attention compares with, ``(N, L, A)``.
        memory: Of the words so far, each ``(N, ...)``.
        chosen: ``int64 (N,)``: the place a hard attention took for the last word, else None.
    """

    annotations: Tensor
    keys: Tensor
    memory: tuple[Tensor, ...]
    chosen: Tensor | None = None

    def take(self, rows: Tensor) -> State:
        """The captions at `rows`, in that order: a beam keeps some and forgets the others.

        Args:
            rows: ``int64 (B,)``, numbers of captions.
        """
        return State(
            annotations=self.annotations[rows],
            keys=self.keys[rows],
            memory=tuple(m[rows] for m in self.memory),
            chosen=None if self.chosen is None else self.chosen[rows],
        )


def positions_of(annotations: Tensor) -> Tensor:
    """Row and column of each annotation vector ``(N, L, D)``: ``(L, 2)``, in [-1, 1].

    Args:
        annotations: ``(N, L, D)``, of a square grid.

    Raises:
        ValueError: L is no square number.
    """
    side = math.isqrt(annotations.shape[1])
    if side * side != annotations.shape[1]:
        raise ValueError(f"expected a square grid, got one of {annotations.shape[1]} places")
    if side == 1:
        return annotations.new_zeros(1, 2)
    along = torch.linspace(-1, 1, side, device=annotations.device)
    return torch.cartesian_prod(along, along)


class DecoderArguments(TypedDict):
    """Arguments of every decoder, see `CaptionDecoder`."""

    vocabulary: Mapping[str, Sequence[str]]
    encoder: str
    stages: Sequence[str]
    side: int
    channels: int
    components: NotRequired[int]


class CaptionDecoder(Network):
    """Base class: annotation vectors of a picture in, words out.

    Attributes:
        mean, std: ``(D,)``, per channel of the training pictures' annotation vectors.
        axes: ``(D, K)``, their principal components, where K is not 0.
        width: Length of a vector as the decoder uses it: K, or D where K is 0.

    Args:
        vocabulary: Per language its words, see `trustai.data.text.Vocabulary`.
        encoder: Id of the picture network that makes the annotation vectors.
        stages: Names of its stages; finer maps are pooled to the size of the coarsest.
        side: Of the square pictures that the encoder is shown, in pixels.
        channels: D of the annotation vectors.
        components: K; 0, or D and more, to use all channels as they are.
    """

    mean: Tensor
    std: Tensor
    axes: Tensor

    def __init__(
        self,
        *,
        vocabulary: Mapping[str, Sequence[str]],
        encoder: str,
        stages: Sequence[str],
        side: int,
        channels: int,
        components: int = 0,
    ) -> None:
        super().__init__()
        self.vocabulary = Vocabulary({name: tuple(words) for name, words in vocabulary.items()})
        self.encoder, self.stages, self.side = encoder, tuple(stages), side
        self.channels = channels
        self.width = components if 0 < components < channels else channels
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))
        if self.width < channels:
            self.register_buffer("axes", torch.eye(channels, self.width))

    def learn_scale(self, annotations: Tensor) -> None:
        """Sets `mean`, `std` and `axes` from the training pictures' annotation vectors.

        Args:
            annotations: ``(..., L, D)``, of the training pictures.
        """
        flat = annotations.flatten(0, -2).float()
        self.mean.copy_(flat.mean(0))
        self.std.copy_(flat.std(0).clamp_min(1e-6))
        if self.width < self.channels:
            z = (flat - self.mean) / self.std
            # In double precision, as eigenvalues of a few pictures are zero many times over.
            variance, axes = torch.linalg.eigh((z.T @ z / len(z)).double())  # ascending
            # Of few pictures the last components are rounding errors, not to be magnified.
            largest = variance[-self.width :].clamp_min(1e-3 * float(variance[-1]))
            self.axes.copy_((axes[:, -self.width :] * largest.rsqrt()).flip(1))

    def standardised(self, annotations: Tensor) -> Tensor:
        """``(a - mean) / std``, channel by channel, then the first K principal components, each of
        variance 1 over the training pictures.

        Args:
            annotations: ``(..., D)``.

        Returns:
            ``(..., width)``.
        """
        z = (annotations - self.mean) / self.std
        return z @ self.axes if self.width < self.channels else z

    def begin(self, annotations: Tensor) -> State:
        """The state before the first word, of annotation vectors ``(N, L, D)``.

        Args:
            annotations: ``(N, L, D)``, not standardised.
        """
        return self.begin_standardised(self.standardised(annotations))

    def begin_standardised(self, vectors: Tensor) -> State:
        """As `begin`, of vectors ``(N, L, width)`` that `standardised` has made: those of the
        training pictures are made once."""
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

    def forward(self, annotations: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Teacher forcing: every next word given those before, as they should be.

        Args:
            annotations: Annotation vectors ``(N, L, D)``.
            words: ``int64 (N, T)``; the first is the start word.

        Returns:
            Logits ``(N, T, V)`` and attention ``(N, T, L)``: of the words 2 to T + 1.
        """
        return self.follow(self.begin(annotations), words)

    def follow(self, state: State, words: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, from a state before the first word."""
        logits, attention = [], []
        for word in words.unbind(1):
            out, weights, state = self.step(state, word)
            logits.append(out)
            attention.append(weights)
        return torch.stack(logits, 1), torch.stack(attention, 1)


class LSTMDecoder(CaptionDecoder):
    """An LSTM with attention and a gate on the context (Xu et al. 2015, section 4.2.1).

    For word ``w_t``, annotation vectors ``a_i`` and hidden state ``h_t-1``::

        alpha_t = attention(a, h_t-1)              z_t = sum_i alpha_t,i a_i
        beta_t  = sigmoid(W_beta h_t-1)            (gate on the context)
        h_t, c_t = LSTM([E w_t ; beta_t z_t], h_t-1, c_t-1)
        logits_t+1 = E^T (E w_t + L_h h_t + L_z beta_t z_t)

    ``h_0, c_0 = tanh(W mean_i a_i)``. To each ``a_i`` a linear map of its row and column is added,
    as "left" and "above" could not be said without. E is used for input and output words
    (Press & Wolf 2017, https://arxiv.org/abs/1608.05859).

    Args:
        attention: One of `ATTENTIONS`.
        embedding, hidden, attention_size: Length of ``E w``, of h, and A of the attention.
        heads: Of the multi-head attention.
        dropout: Share of the words' and the output's numbers, in training.
        context_dropout: Share of the context's numbers, in training.
        common: As of `CaptionDecoder`.

    >>> decoder = LSTMDecoder(vocabulary={"en": ("a", "dog")}, encoder="signs-resnet18",
    ...                       stages=("layer4",), side=64, channels=6)
    >>> logits, attention = decoder(torch.zeros(2, 9, 6), torch.tensor([[3, 4], [3, 5]]))
    >>> tuple(logits.shape), tuple(attention.shape)     # 2 captions, 2 words, 6 entries, 9 places
    ((2, 2, 6), (2, 2, 9))
    """

    def __init__(
        self,
        *,
        attention: str = "additive",
        embedding: int = 128,
        hidden: int = 256,
        attention_size: int = 128,
        heads: int = 4,
        dropout: float = 0.5,
        context_dropout: float = 0.0,
        **common: Unpack[DecoderArguments],
    ) -> None:
        super().__init__(**common)
        width = self.width
        self.where = nn.Linear(2, width)
        self.attention = ATTENTIONS.get(attention)(
            channels=width, query=hidden, size=attention_size, heads=heads
        )
        self.words = nn.Embedding(len(self.vocabulary), embedding)
        nn.init.normal_(self.words.weight, std=embedding**-0.5)
        self.first = nn.Linear(width, 2 * hidden)
        self.gate = nn.Linear(hidden, width)
        self.cell = nn.LSTMCell(embedding + width, hidden)
        self.from_hidden = nn.Linear(hidden, embedding)
        self.from_context = nn.Linear(width, embedding)
        self.bias = nn.Parameter(torch.zeros(len(self.vocabulary)))
        self.dropout = nn.Dropout(dropout)
        self.context_dropout = nn.Dropout(context_dropout)

    def begin_standardised(self, vectors: Tensor) -> State:
        vectors = vectors + self.where(positions_of(vectors))
        h, c = self.first(vectors.mean(1)).tanh().chunk(2, dim=1)
        return State(annotations=vectors, keys=self.attention.keys(vectors), memory=(h, c))

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        embedded = self.dropout(self.words(word))
        context, weights, state = self._advance(state, embedded)
        return self._logits(embedded, state.memory[0], context), weights, state

    def follow(self, state: State, words: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says; the logits of all words in one product, which is faster."""
        embedded = self.dropout(self.words(words))
        hidden, contexts, attention = [], [], []
        for one in embedded.unbind(1):
            context, weights, state = self._advance(state, one)
            hidden.append(state.memory[0])
            contexts.append(context)
            attention.append(weights)
        logits = self._logits(embedded, torch.stack(hidden, 1), torch.stack(contexts, 1))
        return logits, torch.stack(attention, 1)

    def _advance(self, state: State, embedded: Tensor) -> tuple[Tensor, Tensor, State]:
        """The gated context of a word, its attention, and the state after it."""
        h, c = state.memory
        attended = self.attention(h, state.annotations, state.keys)
        context = self.context_dropout(self.gate(h).sigmoid() * attended.context)
        memory = self.cell(torch.cat([embedded, context], 1), (h, c))
        return context, attended.weights, replace(state, memory=memory, chosen=attended.chosen)

    def _logits(self, embedded: Tensor, h: Tensor, context: Tensor) -> Tensor:
        """Of one word ``(N, ...)`` or of several ``(N, T, ...)``."""
        out = embedded + self.from_hidden(self.dropout(h)) + self.from_context(context)
        return nn.functional.linear(self.dropout(out), self.words.weight, self.bias)
