"""Intervals of caption scores: the counts add up to sacrebleu's BLEU, and pictures are paired."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.captions import scores
from trustai.captions.score_intervals import (
    bleu_counts,
    bleu_draws,
    bleu_of,
    compare_bleu,
    score_intervals,
)
from trustai.metrics import intervals

WORDS = [
    "a",
    "dog",
    "runs",
    "on",
    "the",
    "green",
    "grass",
    "with",
    "red",
    "ball",
    "and",
    "two",
    "men",
    "in",
    "water",
]


def _corpus(
    n: int, *, right: float, seed: int = 0
) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Sentences of which each word is that of the first reference with the chance `right`."""
    rng = np.random.default_rng(seed)
    references = [[list(rng.choice(WORDS, 9)) for _ in range(2)] for _ in range(n)]
    said = [
        [word if rng.random() < right else str(rng.choice(WORDS)) for word in some[0]]
        for some in references
    ]
    return said, references


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_counts_add_up_to_the_bleu_of_the_corpus(n: int) -> None:
    said, references = _corpus(25, right=0.8)
    said[3] = said[3][:5]  # short: the penalty on brevity
    counts = bleu_counts(said, references)
    assert bleu_of(counts.sum(0), n=n) == pytest.approx(scores.bleu(said, references, n=n))
    # A draw is the BLEU of the pictures, each repeated as often as it was taken.
    taken = intervals.weights(25, seed=5, draws=3).astype(int)
    for weight, value in zip(taken, bleu_draws(counts, n=n, seed=5, draws=3), strict=True):
        again = [i for i, times in enumerate(weight) for _ in range(times)]
        expected = scores.bleu([said[i] for i in again], [references[i] for i in again], n=n)
        assert value == pytest.approx(expected)


def test_intervals_hold_the_scores() -> None:
    said, references = _corpus(40, right=0.7)
    found = score_intervals(said, references)
    values = scores.scores_of(said, references)
    assert set(found) == set(values)
    for name, (low, high) in found.items():
        assert low < values[name] < high
    assert score_intervals(said, references) == found
    few = score_intervals(said[:10], references[:10])
    assert few["bleu4"][1] - few["bleu4"][0] > found["bleu4"][1] - found["bleu4"][0]


def test_nothing_right_is_nothing() -> None:
    counts = bleu_counts([["x", "y"]] * 3, [[["a", "b"]]] * 3)
    assert (bleu_draws(counts) == 0).all()


def test_a_better_captioner_leads_and_equal_ones_tie() -> None:
    better, references = _corpus(60, right=0.95)
    worse = [[w if i % 3 else "x" for i, w in enumerate(words)] for words in better]
    found = compare_bleu({"worse": worse, "better": better, "same": better}, references)
    assert found.leader == 1
    assert found.tied.tolist() == [False, True, True]
    with pytest.raises(ValueError, match="expected"):
        compare_bleu({}, references)
