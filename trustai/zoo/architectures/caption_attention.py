"""Attention of a caption decoder: additive, dot-product, multi-head and hard.

Each scores annotation vectors ``a_1 ... a_L`` (what an encoder says of L places of a picture)
against the decoder's hidden state h, and gives attention weights ``alpha`` and a context vector
``z`` (Xu et al. 2015, https://arxiv.org/abs/1502.03044).
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from trustai.registry import Registry


class AttentionOutput(NamedTuple):
    """What an attention gives for one word.

    Attributes:
        context: ``(N, D)``: the context vectors.
        weights: ``(N, L)``, non-negative, sum 1.
        chosen: ``int64 (N,)``: the one place that a hard attention took, else None.
    """

    context: Tensor
    weights: Tensor
    chosen: Tensor | None = None


class Attention(nn.Module):
    """Base class. `keys` are computed once per picture, `forward` once per word.

    Class attributes:
        title, description, formula: For people: a name, whole sentences, and TeX.

    Args:
        channels: D of the annotation vectors.
        query: H, length of the hidden state.
        size: A, of the space in which the two are compared.
        heads: Of `MultiHead`; the others have one.

    Raises:
        ValueError: `size` is no multiple of `heads`.
    """

    title: ClassVar[str]
    description: ClassVar[str]
    formula: ClassVar[str]
    paper: ClassVar[str]
    url: ClassVar[str]

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 1) -> None:
        super().__init__()
        if size % heads:
            raise ValueError(f"expected size to be a multiple of heads {heads}, got {size}")
        self.heads = heads
        self.place = nn.Linear(channels, size)
        self.query = nn.Linear(query, size)

    def keys(self, annotations: Tensor) -> Tensor:
        """``W a_i``: ``(N, L, D)`` -> ``(N, L, A)``.

        Args:
            annotations: ``(N, L, D)``.
        """
        return self.place(annotations)

    def forward(self, query: Tensor, annotations: Tensor, keys: Tensor) -> AttentionOutput:
        """Context and weights for the next word.

        Args:
            query: Hidden state h, ``(N, H)``.
            annotations: ``(N, L, D)``.
            keys: Of the same annotation vectors, ``(N, L, A)``.
        """
        raise NotImplementedError


ATTENTIONS: Registry[type[Attention]] = Registry("attention")


@ATTENTIONS.register("additive")
class Additive(Attention):
    """Additive soft attention (Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473).

    ``e_i = v . tanh(W a_i + U h)``, ``alpha = softmax(e)``, ``z = sum_i alpha_i a_i``.

    >>> attention = Additive(channels=6, query=5, size=4)
    >>> a = torch.randn(2, 9, 6)
    >>> z, alpha, _ = attention(torch.randn(2, 5), a, attention.keys(a))
    >>> tuple(z.shape), tuple(alpha.shape)
    ((2, 6), (2, 9))
    """

    title = "Soft attention (additive)"
    paper = (
        "Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align "
        "and Translate"
    )
    url = "https://arxiv.org/abs/1409.0473"
    description = (
        "Every place gets a weight, and the context is the weighted mean of all places. A small "
        "network with tanh compares the key of a place with the query. There is a gradient for "
        "every weight, so it learns as the rest of the network does."
    )
    formula = (
        r"e_i = v^\top \tanh(W a_i + U h), \quad \alpha = \mathrm{softmax}(e), \quad "
        r"z = \sum_i \alpha_i a_i"
    )

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 1) -> None:
        super().__init__(channels=channels, query=query, size=size)
        self.energy = nn.Linear(size, 1)

    def weights(self, query: Tensor, keys: Tensor) -> Tensor:
        """``alpha``, ``(N, L)``, of hidden states ``(N, H)`` and keys ``(N, L, A)``.

        Args:
            query: ``(N, H)``.
            keys: ``(N, L, A)``.
        """
        energies: Tensor = self.energy(torch.tanh(keys + self.query(query)[:, None]))
        return energies[:, :, 0].softmax(1)

    def forward(self, query: Tensor, annotations: Tensor, keys: Tensor) -> AttentionOutput:
        weights = self.weights(query, keys)
        return AttentionOutput(_weighted_sum(weights, annotations), weights)


@ATTENTIONS.register("dot")
class Dot(Attention):
    """Scaled dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).

    ``e_i = (W a_i) . (U h) / sqrt(A)``, ``alpha = softmax(e)``, ``z = sum_i alpha_i a_i``.
    """

    title = "Scaled dot-product attention"
    paper = "Vaswani et al. 2017, Attention Is All You Need"
    url = "https://arxiv.org/abs/1706.03762"
    description = (
        "This is soft attention too. Key and query are compared by their dot product, which has no "
        "weights of its own and is one matrix product for all places. It is divided by the root "
        "of the length A, because longer vectors have larger products."
    )
    formula = (
        r"e_i = \frac{(W a_i)^\top (U h)}{\sqrt{A}}, \quad \alpha = \mathrm{softmax}(e), \quad "
        r"z = \sum_i \alpha_i a_i"
    )

    def forward(self, query: Tensor, annotations: Tensor, keys: Tensor) -> AttentionOutput:
        energies = torch.einsum("nla,na->nl", keys, self.query(query)) / keys.shape[2] ** 0.5
        weights = energies.softmax(1)
        return AttentionOutput(_weighted_sum(weights, annotations), weights)


@ATTENTIONS.register("multi-head")
class MultiHead(Attention):
    """Multi-head attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).

    For each head k of K: ``e_k,i = (W_k a_i) . (U_k h) / sqrt(A / K)``,
    ``alpha_k = softmax(e_k)``, ``z_k = sum_i alpha_k,i V_k a_i``; then ``z = O [z_1; ...; z_K]``.
    The weights returned are ``(1 / K) sum_k alpha_k``.

    Raises:
        ValueError: `size` or `channels` is no multiple of `heads`.
    """

    title = "Multi-head attention"
    paper = "Vaswani et al. 2017, Attention Is All You Need"
    url = "https://arxiv.org/abs/1706.03762"
    description = (
        "Several dot-product attentions look at the same time, each with a key and a query of its "
        "own. One head can look at the subject while another looks at the background."
    )
    formula = r"z_k = \sum_i \alpha_{k,i} V_k a_i, \quad z = O\,[z_1; \dots; z_K]"

    def __init__(self, *, channels: int, query: int, size: int, heads: int = 4) -> None:
        super().__init__(channels=channels, query=query, size=size, heads=heads)
        if channels % heads:
            raise ValueError(f"expected channels to be a multiple of {heads} heads, got {channels}")
        self.value = nn.Linear(channels, channels)
        self.together = nn.Linear(channels, channels)

    def forward(self, query: Tensor, annotations: Tensor, keys: Tensor) -> AttentionOutput:
        n, places, size = keys.shape
        each = size // self.heads
        asked = self.query(query).view(n, self.heads, each)
        energies = torch.einsum("nlhe,nhe->nhl", keys.view(n, places, self.heads, each), asked)
        weights = (energies / each**0.5).softmax(2)
        values = self.value(annotations).view(n, places, self.heads, -1)
        context = torch.einsum("nhl,nlhd->nhd", weights, values).flatten(1)
        return AttentionOutput(self.together(context), weights.mean(1))


@ATTENTIONS.register("hard")
class Hard(Additive):
    """Hard attention: one place per word (Xu et al. 2015, https://arxiv.org/abs/1502.03044).

    ``alpha`` as in `Additive`; in training ``s ~ Categorical(alpha)``, else ``s = argmax alpha``;
    ``z = a_s``. A draw has no gradient, so alpha is trained with REINFORCE:
    ``E[(r - b) d log alpha_s]``, with reward r and baseline b (`CaptionTraining`).
    """

    title = "Hard attention"
    paper = (
        "Xu et al. 2015, Show, Attend and Tell: Neural Image Caption Generation with "
        "Visual Attention"
    )
    url = "https://arxiv.org/abs/1502.03044"
    description = (
        "One place is taken for every word. In training it is drawn by chance, and a draw has no "
        "gradient. So the weights learn by reward (REINFORCE): a place becomes likelier if the "
        "words after it became likelier. This is noisier and slower to learn than soft attention."
    )
    formula = (
        r"s \sim \mathrm{Categorical}(\alpha), \quad z = a_s, \quad "
        r"\nabla \approx (r - b)\, \nabla \log \alpha_s"
    )

    def forward(self, query: Tensor, annotations: Tensor, keys: Tensor) -> AttentionOutput:
        weights = self.weights(query, keys)
        if self.training:  # the process-wide generator: in training only
            chosen = torch.multinomial(weights.detach(), 1)[:, 0]
        else:
            chosen = weights.argmax(1)
        rows = torch.arange(len(annotations), device=annotations.device)
        return AttentionOutput(annotations[rows, chosen], weights, chosen)


def _weighted_sum(weights: Tensor, annotations: Tensor) -> Tensor:
    return torch.einsum("nl,nld->nd", weights, annotations)
