"""Beam search: several sentences about a picture grow side by side, and the best stay."""

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
    """Of all sentences begun the `width` likeliest go on at every word; in the end the best by
    ``log p(sentence) / length^alpha`` (Wu et al. 2016, https://arxiv.org/abs/1609.08144, without
    its constant), as a sum of logarithms alone would always prefer the shorter.

    Attributes:
        width: At least 1; 1 is greedy.
        alpha: In ``[0, 2]``; 0 does not look at the length. The end counts as a word.
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
class Sentences:
    """N sentences begun: their words so far, what was attended to, and how likely they are."""

    ids: Tensor  # (N, T)
    attention: Tensor  # (N, T, L)
    log_p: Tensor  # (N, T)

    @classmethod
    def none(cls, n: int, places: int) -> Sentences:
        empty = torch.zeros(n, 0, dtype=torch.int64)
        return cls(empty, torch.zeros(n, 0, places), torch.zeros(n, 0))

    def go_on(self, rows: Tensor, words: Tensor, weights: Tensor, log_p: Tensor) -> Sentences:
        """The sentences at `rows`, each with one more word."""
        return Sentences(
            torch.cat([self.ids[rows], words[:, None]], 1),
            torch.cat([self.attention[rows], weights[:, None]], 1),
            torch.cat([self.log_p[rows], log_p[:, None]], 1),
        )


def sayable(decoder: CaptionDecoder, language: str) -> Tensor:
    """``bool (V,)``: the words of the language and the end; nobody says ``<unk>``."""
    allowed = decoder.vocabulary.allowed(language).clone()
    allowed[UNK] = False
    return allowed


def log_p_of(logits: Tensor, allowed: Tensor) -> Tensor:
    """``(..., V)`` natural logarithms of probabilities; minus infinity for what may not be said."""
    return logits.masked_fill(~allowed, -math.inf).log_softmax(-1)


def until_end(sentences: Sentences, row: int) -> Sentences:
    """One sentence without what was said after its end."""
    ids = sentences.ids[row]
    ends = (ids == END).nonzero()[:, 0]
    stop = int(ends[0]) + 1 if len(ends) else len(ids)
    part = slice(row, row + 1)
    return Sentences(
        ids[None, :stop], sentences.attention[part, :stop], sentences.log_p[part, :stop]
    )


def beam_search(decoder: CaptionDecoder, grid: Tensor, language: str, how: Beam) -> list[Sentences]:
    """The `width` best sentences of one picture, one by one, best first; all that are alive take
    each step together."""
    state, allowed = decoder.begin(grid), sayable(decoder, language)
    word = torch.tensor([decoder.vocabulary.start(language)])
    alive, finished = Sentences.none(1, grid.shape[1]), _Finished(how)
    for _ in range(how.max_words):
        logits, weights, state = decoder.step(state, word)
        log_p = log_p_of(logits, allowed)
        total = alive.log_p.sum(1, keepdim=True) + log_p
        # Twice as many: at worst half of them end here, and `width` must be left to go on.
        best = total.flatten().topk(min(2 * how.width, int(allowed.sum()) * len(total))).indices
        best = best[total.flatten()[best] > -math.inf]
        from_row, word = best // log_p.shape[1], best % log_p.shape[1]
        grown = alive.go_on(from_row, word, weights[from_row], log_p[from_row, word])
        for i in (word[: how.width] == END).nonzero()[:, 0].tolist():
            finished.add(grown, i)
        on = (word != END).nonzero()[: how.width, 0]
        alive, state, word = _rows(grown, on), state.take(from_row[on]), word[on]
        if finished.beyond(alive):
            break
    for i in range(len(alive.ids)):
        finished.add(alive, i)
    return finished.best()


def _rows(sentences: Sentences, rows: Tensor) -> Sentences:
    return Sentences(sentences.ids[rows], sentences.attention[rows], sentences.log_p[rows])


class _Finished:
    """The best sentences that are through, at most `width`."""

    def __init__(self, how: Beam) -> None:
        self.how = how
        self.found: list[tuple[float, Sentences]] = []

    def add(self, sentences: Sentences, row: int) -> None:
        one = _rows(sentences, torch.tensor([row]))
        self.found.append((score(one.log_p[0].tolist(), alpha=self.how.alpha), one))
        self.found.sort(key=lambda pair: -pair[0])
        del self.found[self.how.width :]

    def beyond(self, alive: Sentences) -> bool:
        """Whether nothing alive can still come among the best, however long it gets."""
        if len(self.found) < self.how.width:
            return not len(alive.ids)
        longest = self.how.max_words**self.how.alpha
        return bool((alive.log_p.sum(1) / longest <= self.found[-1][0]).all())

    def best(self) -> list[Sentences]:
        return [one for _, one in self.found]


def score(log_probabilities: Sequence[float], *, alpha: float) -> float:
    """``sum log p / T^alpha`` of a sentence of T words, the end among them."""
    return sum(log_probabilities) / len(log_probabilities) ** alpha
