"""Statistics of a corpus of captions: lengths, words, and the effect of normalising.

>>> counted = statistics(["A dog.", "a dog", "A Dog runs"], language="en", min_count=2)
>>> counted.unique_raw, counted.unique, counted.unique_kept
(6, 3, 2)
>>> counted.frequent
(('a', 3), ('dog', 3))
>>> counted.unknown, counted.words
(1, 7)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from trustai.data.captions.base import text_pairs
from trustai.data.text import MIN_COUNT, split
from trustai.types import CaptionSet

N_FREQUENT = 30
PAIRS = "pairs"
"""What `of_pairs` counts, by name."""
COUNTS = ("captions", "words", "unique_raw", "unique", "unique_kept", "unknown", "min_count")
"""The attributes of `CorpusStatistics` that are one number."""


@dataclass(frozen=True)
class CorpusStatistics:
    """Counts of the captions of one language.

    Attributes:
        language: As in `trustai.data.text.LANGUAGES`.
        captions: How many there are.
        words: How many words they have together, normalised.
        lengths: ``(words in a caption, captions of that length)``, ascending.
        frequent: ``(word, how often)`` of those that are kept, most frequent first.
        unique_raw: Different words as they were written, between blanks.
        unique: Different words after normalising.
        unique_kept: Different words seen at least `min_count` times; the others are ``<unk>``.
        unknown: How many of `words` are ``<unk>`` then.
        min_count: How often a word must be seen to be kept.
    """

    language: str
    captions: int
    words: int
    lengths: tuple[tuple[int, int], ...]
    frequent: tuple[tuple[str, int], ...]
    unique_raw: int
    unique: int
    unique_kept: int
    unknown: int
    min_count: int

    @property
    def share_unknown(self) -> float:
        """Of all words, in ``[0, 1]``; 0 where there are none."""
        return self.unknown / self.words if self.words else 0.0

    @property
    def mean_length(self) -> float:
        """In words."""
        return self.words / self.captions if self.captions else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return asdict(self)


def statistics(
    captions: Iterable[str], *, language: str, min_count: int = MIN_COUNT, n: int = N_FREQUENT
) -> CorpusStatistics:
    """Count the captions of one language.

    Args:
        captions: As they were written.
        language: One of ``trustai.data.text.LANGUAGES``.
        min_count: Words seen less often become ``<unk>``, at least 1.
        n: How many of the most frequent words are named, at least 1.

    Raises:
        ValueError: unknown language, or an argument below 1.
    """
    for name, value in (("min_count", min_count), ("n", n)):
        if value < 1:
            raise ValueError(f"expected {name} to be at least 1, got {value}")
    texts = list(captions)
    sentences = [split(text, language=language) for text in texts]
    counts = Counter(word for words in sentences for word in words)
    kept = {word: count for word, count in counts.items() if count >= min_count}
    often = sorted(kept.items(), key=lambda entry: (-entry[1], entry[0]))
    return CorpusStatistics(
        language=language,
        captions=len(texts),
        words=counts.total(),
        lengths=tuple(sorted(Counter(map(len, sentences)).items())),
        frequent=tuple(often[:n]),
        unique_raw=len({word for text in texts for word in text.split()}),
        unique=len(counts),
        unique_kept=len(kept),
        unknown=counts.total() - sum(kept.values()),
        min_count=min_count,
    )


def of_set(pictures: CaptionSet, *, min_count: int = MIN_COUNT) -> dict[str, CorpusStatistics]:
    """Language to the statistics of a set's captions."""
    return {
        language: statistics(
            (text for texts in all_ for text in texts), language=language, min_count=min_count
        )
        for language, all_ in pictures.captions.items()
    }


def of_pairs(*, min_count: int = MIN_COUNT) -> dict[str, CorpusStatistics]:
    """Language to the statistics of all pairs of `trustai.data.captions.base.text_pairs`.

    Only counts leave here, so that they may stand in a card where the file is not.

    Raises:
        DataMissing: the file is not there.
    """
    pairs = text_pairs(whole=True)
    return {
        language: statistics(texts, language=language, min_count=min_count)
        for language, texts in zip(("en", "fa"), zip(*pairs, strict=True), strict=True)
    }


def as_table(counted: Mapping[str, Mapping[str, CorpusStatistics]]) -> pd.DataFrame:
    """Statistics by corpus and language as a table: what remains of a corpus where its files are
    not. See `of_table`.

    Returns:
        Columns ``corpus``, ``language``, ``what`` (one of `COUNTS`, ``length`` or ``word``),
        ``key`` (which length or word) and ``count``.
    """
    rows: list[tuple[str, str, str, str, int]] = []
    for name, by_language in counted.items():
        for language, one in by_language.items():
            rows += [(name, language, what, "", getattr(one, what)) for what in COUNTS]
            rows += [(name, language, "length", str(k), count) for k, count in one.lengths]
            rows += [(name, language, "word", word, count) for word, count in one.frequent]
    return pd.DataFrame(rows, columns=["corpus", "language", "what", "key", "count"])


def of_table(table: pd.DataFrame) -> dict[str, dict[str, CorpusStatistics]]:
    """What `as_table` was made of.

    >>> counted = {"toy": {"en": statistics(["a dog"], language="en", min_count=1)}}
    >>> of_table(as_table(counted)) == counted
    True
    """
    found: dict[str, dict[str, CorpusStatistics]] = {}
    for (name, language), rows in table.groupby(["corpus", "language"], sort=False):
        of = {
            what: dict(zip(some["key"], map(int, some["count"]), strict=True))
            for what, some in rows.groupby("what", sort=False)
        }
        found.setdefault(str(name), {})[str(language)] = CorpusStatistics(
            language=str(language),
            lengths=tuple((int(k), count) for k, count in of.get("length", {}).items()),
            frequent=tuple(of.get("word", {}).items()),
            **{what: of[what][""] for what in COUNTS},
        )
    return found
