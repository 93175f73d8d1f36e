"""Bootstrap intervals of caption scores: pictures are drawn with replacement.

BLEU belongs to a corpus, so a draw adds up the counts of its pictures; METEOR and CIDEr-D are means
over pictures (with the rarity of n-grams that the whole test set has). Koehn 2004, *Statistical
significance tests for machine translation evaluation*, introduced this for BLEU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics import BLEU

from trustai.captions import scores
from trustai.captions.scores import MAX_N, Words
from trustai.metrics import intervals
from trustai.metrics.intervals import Comparison

Counts = npt.NDArray[np.float64]


def bleu_counts(hypotheses: Sequence[Words], references: Sequence[Sequence[Words]]) -> Counts:
    """What BLEU adds up, a row per picture: ``float64 (N, 10)``.

    Columns: right 1- to 4-grams, all 1- to 4-grams, length of the hypothesis, length of the
    reference that is closest to it.

    Raises:
        ValueError: as of `trustai.captions.scores.bleu`.
    """
    scores.check(hypotheses, references)
    metric = BLEU(tokenize="none", smooth_method="none", max_ngram_order=MAX_N)
    rows = []
    for words, some in zip(hypotheses, references, strict=True):
        found = metric.corpus_score([" ".join(words)], [[" ".join(one)] for one in some])
        rows.append([*found.counts, *found.totals, found.sys_len, found.ref_len])
    return np.asarray(rows, dtype=float)


def bleu_of(counts: Counts, *, n: int = MAX_N) -> Counts:
    """BLEU-n of added-up `bleu_counts` ``(..., 10)``: ``(...)`` in ``[0, 1]``.

    >>> rows = bleu_counts([["a", "dog"]], [[["a", "dog", "runs"]]])
    >>> float(bleu_of(rows.sum(0), n=1).round(4)), float(bleu_of(rows.sum(0), n=4))
    (0.6065, 0.0)
    """
    right, total = counts[..., :n], counts[..., MAX_N : MAX_N + n]
    c, r = counts[..., 2 * MAX_N], counts[..., 2 * MAX_N + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.exp(np.log(right / total).mean(axis=-1))
        brevity = np.exp(np.minimum(0, 1 - r / c))
    found = np.where((right > 0).all(axis=-1), precision * brevity, 0.0)
    return np.nan_to_num(found)


def bleu_draws(
    counts: Counts, *, n: int = MAX_N, seed: int = 0, draws: int = intervals.DRAWS
) -> Counts:
    """BLEU-n of resampled pictures ``(draws,)``, of `bleu_counts` ``(N, 10)``."""
    taken = intervals.weights(len(counts), seed=seed, draws=draws)
    return bleu_of(taken.astype(np.float64) @ counts, n=n)


def score_intervals(
    hypotheses: Sequence[Words], references: Sequence[Sequence[Words]], *, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of every score of `trustai.captions.scores.scores_of`.

    Raises:
        ValueError: as of `trustai.captions.scores.bleu`.
    """
    counts = bleu_counts(hypotheses, references)
    found: dict[str, tuple[float, float]] = {}
    for n in range(1, MAX_N + 1):
        low, high = intervals.percentiles(bleu_draws(counts, n=n, seed=seed)[:, None])
        found[f"bleu{n}"] = float(low[0]), float(high[0])
    pairs = list(zip(hypotheses, references, strict=True))
    rarity = scores.CIDEr(references)
    found["meteor"] = intervals.interval([scores.meteor([h], [r]) for h, r in pairs], seed=seed)
    found["cider"] = intervals.interval([rarity(h, r) for h, r in pairs], seed=seed)
    return found


def compare_bleu(
    captioners: Mapping[str, Sequence[Words]],
    references: Sequence[Sequence[Words]],
    *,
    n: int = MAX_N,
    seed: int = 0,
) -> Comparison:
    """Captioners beside the best of them by BLEU-n, on the same pictures.

    Args:
        captioners: By name what each says of every picture.
        references: Of the pictures.
        n: In ``[1, 4]``.
        seed: Of the draws.

    Raises:
        ValueError: no captioner, or as of `trustai.captions.scores.bleu`.
    """
    counts = [bleu_counts(said, references) for said in captioners.values()]
    return intervals.compare_draws(
        [float(bleu_of(one.sum(0), n=n)) for one in counts],
        np.stack([bleu_draws(one, n=n, seed=seed) for one in counts], axis=1)
        if counts
        else np.empty((0, 0)),
    )
