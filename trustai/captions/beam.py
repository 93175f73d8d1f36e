"""Beam search over captions, with length normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.data.text import END, UNK
from trustai.zoo import CaptionDecoder

MAX_WORDS = 24


@dataclass(frozen=True)
class Beam:
    """Beam search: at every word the k likeliest hypotheses are kept, ``k = width``.

    ``B_t = top-k over (y, w), y in B_t-1, of log p(y) + log p(w | y, x)``; the finished hypotheses
    are ranked by ``log p(y | x) / |y|^alpha`` (Wu et al. 2016, https://arxiv.org/abs/1609.08144,
    without its constant), as a sum of logarithms alone would always prefer the shorter.

    Attributes:
        width: k in ``[1, 50]``; 1 is greedy.
        alpha: Exponent of the length in ``[0, 2]``; 0 ignores the length. The end counts as a word.
        max_words: Longest caption, the end included.

    Raises:
        ValueError: `width` or `alpha` out of range.
    """

    width: int = 5
    alpha: float = 0.7
    max_words: int = MAX_WORDS

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 50:
            raise ValueError(f"expected width in [1, 50], got {self.width}")
        if not 0 <= self.alpha <= 2:
            raise ValueError(f"expected alpha in [0, 2], got {self.alpha}")


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """N captions begun: their words so far, the attention and the probability of each word."""

    ids: Tensor  # (N, T)
    attention: Tensor  # (N, T, L)
    log_p: Tensor  # (N, T)

    @classmethod
    def none(cls, n: int, places: int) -> Hypotheses:
        empty = torch.zeros(n, 0, dtype=torch.int64)
        return cls(empty, torch.zeros(n, 0, places), torch.zeros(n, 0))

    def extended(self, rows: Tensor, words: Tensor, weights: Tensor, log_p: Tensor) -> Hypotheses:
        """The hypotheses at `rows`, each with one more word.

        Args:
            rows: ``int64 (M,)``.
            words: ``int64 (M,)``.
            weights: Attention ``(M, L)``.
            log_p: ``(M,)``, natural logarithm.
        """
        return Hypotheses(
            torch.cat([self.ids[rows], words[:, None]], 1),
            torch.cat([self.attention[rows], weights[:, None]], 1),
            torch.cat([self.log_p[rows], log_p[:, None]], 1),
        )


def allowed_words(decoder: CaptionDecoder, language: str) -> Tensor:
    """``bool (V,)``: the words of the language and the end, without ``<unk>``."""
    allowed = decoder.vocabulary.allowed(language).clone()
    allowed[UNK] = False
    return allowed


def masked_log_softmax(logits: Tensor, allowed: Tensor) -> Tensor:
    """``log softmax`` over the allowed words; minus infinity for the others.

    Args:
        logits: ``(..., V)``.
        allowed: ``bool (V,)``.
    """
    return logits.masked_fill(~allowed, -math.inf).log_softmax(-1)


def up_to_end(hypotheses: Hypotheses, row: int) -> Hypotheses:
    """The hypothesis at `row`, cut after its first end."""
    ids = hypotheses.ids[row]
    ends = (ids == END).nonzero()[:, 0]
    stop = int(ends[0]) + 1 if len(ends) else len(ids)
    part = slice(row, row + 1)
    return Hypotheses(
        ids[None, :stop], hypotheses.attention[part, :stop], hypotheses.log_p[part, :stop]
    )


def beam_search(
    decoder: CaptionDecoder, annotations: Tensor, language: str, beam: Beam
) -> list[Hypotheses]:
    """The `width` best captions of one picture, best first.

    Args:
        decoder: Gives the probabilities.
        annotations: Annotation vectors ``(1, L, D)``.
        language: One of the decoder's.
        beam: Width, exponent and greatest length.
    """
    state, allowed = decoder.begin(annotations), allowed_words(decoder, language)
    word = torch.tensor([decoder.vocabulary.start(language)])
    alive, finished = Hypotheses.none(1, annotations.shape[1]), _Finished(beam)
    for _ in range(beam.max_words):
        logits, weights, state = decoder.step(state, word)
        log_p = masked_log_softmax(logits, allowed)
        total = alive.log_p.sum(1, keepdim=True) + log_p
        # Twice as many: at worst half of them end here, and `width` must be left to go on.
        best = total.flatten().topk(min(2 * beam.width, int(allowed.sum()) * len(total))).indices
        best = best[total.flatten()[best] > -math.inf]
        from_row, word = best // log_p.shape[1], best % log_p.shape[1]
        grown = alive.extended(from_row, word, weights[from_row], log_p[from_row, word])
        for i in (word[: beam.width] == END).nonzero()[:, 0].tolist():
            finished.add(grown, i)
        on = (word != END).nonzero()[: beam.width, 0]
        alive, state, word = _rows(grown, on), state.take(from_row[on]), word[on]
        if finished.beyond(alive):
            break
    for i in range(len(alive.ids)):
        finished.add(alive, i)
    return finished.best()


def _rows(hypotheses: Hypotheses, rows: Tensor) -> Hypotheses:
    return Hypotheses(hypotheses.ids[rows], hypotheses.attention[rows], hypotheses.log_p[rows])


class _Finished:
    """The best finished hypotheses, at most `width`."""

    def __init__(self, beam: Beam) -> None:
        self.beam = beam
        self.found: list[tuple[float, Hypotheses]] = []

    def add(self, hypotheses: Hypotheses, row: int) -> None:
        one = _rows(hypotheses, torch.tensor([row]))
        self.found.append((score(one.log_p[0].tolist(), alpha=self.beam.alpha), one))
        self.found.sort(key=lambda pair: -pair[0])
        del self.found[self.beam.width :]

    def beyond(self, alive: Hypotheses) -> bool:
        """Whether nothing alive can still come among the best, however long it gets."""
        if len(self.found) < self.beam.width:
            return not len(alive.ids)
        longest = self.beam.max_words**self.beam.alpha
        return bool((alive.log_p.sum(1) / longest <= self.found[-1][0]).all())

    def best(self) -> list[Hypotheses]:
        return [one for _, one in self.found]


def score(log_probabilities: Sequence[float], *, alpha: float) -> float:
    """``sum_t log p_t / T^alpha`` of a caption of T words, the end among them.

    >>> score([-1.0, -2.0, -3.0, -2.0], alpha=0.5)
    -4.0
    """
    return sum(log_probabilities) / len(log_probabilities) ** alpha
