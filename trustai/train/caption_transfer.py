"""Captions in a language in which a picture has none: those of the most similar sentences that were
translated.

A picture with English captions only borrows Persian ones: for each of its captions the English
sentence of the pairs is looked up whose words are most alike, and where it is alike enough, its
translation is taken. Such a caption may be wrong in a detail (another colour, a bear for a dog); it
is learned from, and never judged by.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from trustai.words import split


def borrowed(
    captions: Sequence[Sequence[str]],
    pairs: Sequence[tuple[str, str]],
    *,
    language: str,
    least: float,
) -> tuple[tuple[str, ...], ...]:
    """For each picture the translations of the sentences most like its captions.

    Likeness is the cosine of the words' counts, each weighed by how rare the word is among the
    pairs (tf-idf with sublinear counts, Salton & Buckley 1988).

    Args:
        captions: Of each picture.
        pairs: Sentences with their translations.
        language: Of the captions and of the first sentence of a pair.
        least: Likeness in ``(0, 1]`` below which nothing is borrowed.

    Returns:
        Per picture without repetition, in the order of its captions; maybe none.

    Raises:
        ValueError: no pairs, or `least` outside ``(0, 1]``.
    """
    if not pairs:
        raise ValueError("expected at least one pair of sentences, got none")
    if not 0 < least <= 1:
        raise ValueError(f"expected least in (0, 1], got {least}")
    weigh = TfidfVectorizer(analyzer=lambda text: split(text, language=language), sublinear_tf=True)
    known = weigh.fit_transform([sentence for sentence, _ in pairs])
    found: list[tuple[str, ...]] = []
    for texts in captions:
        if not texts:
            found.append(())
            continue
        likeness = (weigh.transform(texts) @ known.T).toarray()
        best = likeness.argmax(1)
        near = likeness[np.arange(len(texts)), best] >= least
        found.append(tuple(dict.fromkeys(pairs[i][1] for i in best[near])))
    return tuple(found)
