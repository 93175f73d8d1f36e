"""Scores of captions against references: BLEU, METEOR and CIDEr.

A sentence is the sequence of its words as `trustai.data.text.split` gives them, so that all
languages are scored alike; ``<unk>`` stands in no reference and never counts as right. Every
picture has one hypothesis and at least one reference.

>>> one = [["a", "dog", "runs"]]
>>> bleu(one, [[["a", "dog", "runs"], ["the", "dog"]]], n=2)
1.0
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from sacrebleu.metrics import BLEU

Words = Sequence[str]
Gram = tuple[str, ...]

MAX_N: Final = 4
_SIGMA: Final = 6.0  # of CIDEr-D's penalty on length, in words


def bleu(
    hypotheses: Sequence[Words], references: Sequence[Sequence[Words]], *, n: int = MAX_N
) -> float:
    """BLEU-n of a corpus, not smoothed (Papineni et al. 2002), counted by sacrebleu.

    ``min(1, exp(1 - r/c)) * (p_1 ... p_n)^(1/n)``: p_k is the share of all k-grams of the
    hypotheses that stand in a reference of their picture (none more often than there), c the length
    of all hypotheses, r that of the references closest in length.

    Returns:
        In ``[0, 1]``; 0 where no n-gram is right.

    Raises:
        ValueError: no picture, no reference for a picture, another number of references than
            hypotheses, or n outside ``[1, 4]``.
    """
    check(hypotheses, references)
    if not 1 <= n <= MAX_N:
        raise ValueError(f"expected n in [1, {MAX_N}], got {n}")
    metric = BLEU(tokenize="none", smooth_method="none", max_ngram_order=n)
    # sacrebleu wants the first references of all pictures, then the second ones, and so on.
    streams = zip_longest(*([" ".join(words) for words in some] for some in references))
    found = metric.corpus_score([" ".join(words) for words in hypotheses], [*map(list, streams)])
    return min(1.0, float(found.score) / 100)


def sentence_bleu(hypothesis: Words, references: Sequence[Words], *, n: int = MAX_N) -> float:
    """BLEU-n of a single sentence, to sort sentences by; in ``[0, 1]``.

    One is added to right and to all k-grams from k = 2 on (Lin & Och 2004), without which most
    single sentences would score 0. The mean over sentences is not the BLEU of a corpus.

    Raises:
        ValueError: as `bleu`.
    """
    check([hypothesis], [references])
    if not 1 <= n <= MAX_N:
        raise ValueError(f"expected n in [1, {MAX_N}], got {n}")
    metric = BLEU(
        tokenize="none",
        smooth_method="add-k",
        smooth_value=1,
        max_ngram_order=n,
        effective_order=True,
    )
    found = metric.sentence_score(" ".join(hypothesis), [" ".join(words) for words in references])
    return min(1.0, float(found.score) / 100)


def meteor(hypotheses: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """METEOR of equal words only: no stems and no synonyms, so lower than the official program's.

    The words of the hypothesis are matched with equal ones of a reference, as many as can be.
    With precision P and recall R of the m matched words, which lie in ch runs that are contiguous
    in both: ``10 P R / (R + 9 P) * (1 - (ch / m)^3 / 2)``. The best over a picture's references,
    then the mean over pictures (Banerjee & Lavie 2005, their weights). Longest runs are matched
    first, which in rare sentences of many repetitions gives a run more than the fewest.

    Returns:
        In ``[0, 1)``: one run of m words that is all there is scores ``1 - 1 / (2 m^3)``.

    Raises:
        ValueError: as `bleu`.
    """
    check(hypotheses, references)
    best = (
        max(_meteor(hypothesis, words) for words in some)
        for hypothesis, some in zip(hypotheses, references, strict=True)
    )
    return sum(best) / len(hypotheses)


def _meteor(hypothesis: Words, reference: Words) -> float:
    runs = _runs(hypothesis, reference)
    matched = sum(runs)
    if not matched:
        return 0.0
    precision, recall = matched / len(hypothesis), matched / len(reference)
    mean = 10 * precision * recall / (recall + 9 * precision)
    return mean * (1 - 0.5 * (len(runs) / matched) ** 3)


def _runs(one: Words, other: Words) -> list[int]:
    """Lengths of the common runs of words, the longest taken first, no word used twice."""
    # A word that has been used equals nothing any more, not even another used one.
    a: list[str | int] = list(one)
    b: list[str | None] = list(other)
    runs: list[int] = []
    while True:
        length, i, j = _longest(a, b)
        if not length:
            return runs
        runs.append(length)
        a[i : i + length] = range(length)
        b[j : j + length] = [None] * length


def _longest(a: Sequence[str | int], b: Sequence[str | None]) -> tuple[int, int, int]:
    """The first of the longest runs common to both: its length and where it begins in each."""
    best = (0, 0, 0)
    before = [0] * (len(b) + 1)
    for i, word in enumerate(a):
        now = [0] * (len(b) + 1)
        for j, other in enumerate(b):
            if word == other:
                length = now[j + 1] = before[j] + 1
                if length > best[0]:
                    best = (length, i + 1 - length, j + 1 - length)
        before = now
    return best


def cider(hypotheses: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """CIDEr-D: agreement with what people say of this picture and not of every one.

    An n-gram w that stands c times in a sentence weighs ``c log(N / df(w))``, df being the number
    of the N pictures whose references have it. With g the weights of hypothesis and reference for
    one n and d the difference of their lengths in words,
    ``10 exp(-d^2 / 72) min(g_h, g_r) . g_r / (|g_h| |g_r|)``; the mean over the references, over
    n = 1 to 4, and over pictures (Vedantam et al. 2015; words are not stemmed).

    Returns:
        In ``[0, 10]``. 0 for a single picture, in which nothing is particular.

    Raises:
        ValueError: as `bleu`.
    """
    check(hypotheses, references)
    score = CIDEr(references)
    each = (score(words, some) for words, some in zip(hypotheses, references, strict=True))
    return sum(each) / len(hypotheses)


class CIDEr:
    """CIDEr-D of single sentences, with the rarity of n-grams in a corpus of references.

    Args:
        references: Per picture the words of what is said about it, N pictures.
    """

    def __init__(self, references: Sequence[Sequence[Words]]) -> None:
        seen = Counter(
            gram for some in references for gram in {g for r in some for g in grams_of(r)}
        )
        self.rarity = {gram: math.log(len(references) / count) for gram, count in seen.items()}
        self.unseen = math.log(len(references))
        self._known: dict[tuple[str, ...], Weights] = {}

    def __call__(self, hypothesis: Words, references: Sequence[Words]) -> float:
        """In ``[0, 10]``; see `cider`."""
        said, total = _weights(hypothesis, self.rarity, self.unseen), 0.0
        for reference in references:
            distance = len(hypothesis) - len(reference)
            close = math.exp(-(distance**2) / (2 * _SIGMA**2))
            total += close * _agreement(said, self._wanted(tuple(reference)))
        return 10 * total / len(references)

    def _wanted(self, reference: tuple[str, ...]) -> Weights:
        """Of a reference, which is asked for again and again in training."""
        if reference not in self._known:
            self._known[reference] = _weights(reference, self.rarity, self.unseen)
        return self._known[reference]


Weights = list[dict[Gram, float]]


def grams_of(words: Words) -> Counter[Gram]:
    """How often each 1-, 2-, 3- and 4-gram stands in a sentence."""
    return Counter(
        tuple(words[i : i + n]) for n in range(1, MAX_N + 1) for i in range(len(words) - n + 1)
    )


def _weights(words: Words, rarity: dict[Gram, float], unseen: float) -> Weights:
    """For n = 1 to 4 the weight of each n-gram of a sentence."""
    weights: Weights = [{} for _ in range(MAX_N)]
    for gram, count in grams_of(words).items():
        weights[len(gram) - 1][gram] = count * rarity.get(gram, unseen)
    return weights


def _agreement(said: Weights, wanted: Weights) -> float:
    """The mean over n of the clipped cosine."""
    total = 0.0
    for h, r in zip(said, wanted, strict=True):
        norms = math.hypot(*h.values()) * math.hypot(*r.values())
        if norms:
            total += (
                sum(min(h.get(gram, 0.0), weight) * weight for gram, weight in r.items()) / norms
            )
    return total / MAX_N


def scores_of(
    hypotheses: Sequence[Words], references: Sequence[Sequence[Words]]
) -> dict[str, float]:
    """``bleu1`` to ``bleu4``, ``meteor`` and ``cider``."""
    found = {f"bleu{n}": bleu(hypotheses, references, n=n) for n in range(1, MAX_N + 1)}
    return found | {
        "meteor": meteor(hypotheses, references),
        "cider": cider(hypotheses, references),
    }


def check(hypotheses: Sequence[Words], references: Sequence[Sequence[Words]]) -> None:
    """Raise ValueError unless there is a hypothesis and at least one reference for each picture."""
    if not hypotheses:
        raise ValueError("expected at least one hypothesis, got none")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"expected references for {len(hypotheses)} hypotheses, got {len(references)}"
        )
    for i, some in enumerate(references):
        if isinstance(some, str) or any(isinstance(words, str) for words in (hypotheses[i], *some)):
            raise ValueError(f"expected sentences as sequences of words, got text for picture {i}")
        if not any(some):
            raise ValueError(f"expected at least one reference, got none for picture {i}")
