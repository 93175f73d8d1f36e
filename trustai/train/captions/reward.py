"""The reward of self-critical training: how close a drawn sentence comes to what people wrote."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trustai.captions.scores import CIDEr, Gram, Words, grams_of

ORDERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class _Picture:
    """What is counted once of the references of a picture."""

    most: Mapping[Gram, int]  # the largest count of an n-gram in one reference
    lengths: tuple[int, ...]
    references: tuple[Words, ...]


class Reward:
    """``smoothed BLEU-4 + CIDEr-D / 10``, each in ``[0, 1]``, against a picture's references.

    BLEU as `trustai.captions.scores.sentence_bleu`, counted here once per picture because training
    asks thousands of times.

    Args:
        references: Per picture the words of its captions; a picture without any is never asked for.

    >>> reward = Reward([[("a", "dog")], [("a", "cat", "sits")]])
    >>> reward(("a", "cat", "sits"), 1) > reward(("a", "dog", "sits"), 1)
    True
    """

    def __init__(self, references: Sequence[Sequence[Words]]) -> None:
        self.cider = CIDEr([some for some in references if some])
        self.pictures = [_picture(some) for some in references]

    def __call__(self, words: Words, picture: int) -> float:
        known = self.pictures[picture]
        return _bleu(words, known) + self.cider(words, known.references) / 10


def _picture(references: Sequence[Words]) -> _Picture:
    most: Counter[Gram] = Counter()
    for words in references:
        most |= grams_of(words)
    return _Picture(most, tuple(map(len, references)), tuple(references))


def _bleu(words: Words, known: _Picture) -> float:
    if not words:
        return 0.0
    right, total = Counter[int](), Counter[int]()
    for gram, times in grams_of(words).items():
        right[len(gram)] += min(times, known.most.get(gram, 0))
        total[len(gram)] += times
    if not right[1]:
        return 0.0
    logs = sum(math.log((right[n] + (n > 1)) / (total[n] + (n > 1))) for n in ORDERS)
    closest = min(known.lengths, key=lambda length: (abs(length - len(words)), length))
    return math.exp(logs / len(ORDERS) + min(0.0, 1 - closest / len(words)))
