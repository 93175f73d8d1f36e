"""Evaluation of captioners on test pictures: BLEU, METEOR, CIDEr and the table of captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from trustai import captions, data
from trustai.captions import Beam, Caption, Captioner, Decoding, Greedy, scores
from trustai.captions.rightness import word_precision
from trustai.captions.score_intervals import score_intervals
from trustai.data.text import PAD, split
from trustai.metrics import intervals
from trustai.train.captions.batches import LONGEST, sentences_of
from trustai.types import CaptionSet
from trustai.zoo import CaptionDecoder, Metric

DECODINGS: dict[str, Decoding] = {"": Greedy(), "beam5/": Beam(width=5)}
"""What a metric's name says of how the sentence was found."""

Words = tuple[str, ...]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CaptionPredictions:
    """Generated captions and references of the pictures of a set in one language.

    Attributes:
        dataset, language: Of which.
        indices: ``(N,)`` of the pictures that have captions in the language.
        references: Per picture the words of its captions.
        found: Per decoding and picture the words of the best caption.
        greedy: The captions of greedy search with all that is known of them.
        surprises: Per picture ``-log p`` of every word of its references, see `cross_entropies`.
    """

    dataset: str
    language: str
    indices: tuple[int, ...]
    references: tuple[tuple[Words, ...], ...]
    found: dict[str, tuple[Words, ...]]
    greedy: tuple[Caption, ...] = ()
    surprises: tuple[tuple[float, ...], ...] = ()


def predictions_of(
    decoder: CaptionDecoder,
    pictures: CaptionSet,
    language: str,
    annotations: Tensor,
    *,
    decodings: Mapping[str, Decoding] = DECODINGS,
) -> CaptionPredictions:
    """Caption every picture that has captions in the language, in each of `decodings`.

    Args:
        annotations: ``(N, L, D)`` of the pictures.
        decodings: Some of `DECODINGS`, greedy search among them.
    """
    texts = pictures.captions.get(language, ())
    rows = [i for i, some in enumerate(texts) if some]
    best = {
        name: tuple(
            one[0]
            for one in captions.decode(decoder, annotations[rows], language=language, decoding=how)
        )
        for name, how in decodings.items()
    }
    return CaptionPredictions(
        dataset=pictures.name,
        language=language,
        indices=tuple(pictures.indices[rows].tolist()),
        references=tuple(tuple(split(t, language=language) for t in texts[i]) for i in rows),
        found={name: tuple(one.words for one in some) for name, some in best.items()},
        greedy=best[""],
        surprises=tuple(
            map(tuple, cross_entropies(decoder, annotations, {language: texts})[language])
        ),
    )


def figures_of(said: Sequence[CaptionPredictions], *, prefix: str) -> dict[str, Metric]:
    """Scores of what was said in one language about one or several sets together.

    ``bleu4_of_another`` compares each caption with what is said about the next picture: so much
    BLEU-4 comes from the language alone.
    """
    references = [some for one in said for some in one.references]
    of_another = references[1:] + references[:1]
    how: dict[str, Any] = {
        "datasets": [one.dataset for one in said],
        "split": "test",
        "n": len(references),
        "references": sum(map(len, references)),
    }
    found: dict[str, Metric] = {}
    if surprises := [values for one in said for values in one.surprises]:
        loss = sum(map(sum, surprises)) / sum(map(len, surprises))
        low, high = intervals.percentiles(loss_draws(surprises)[:, None])
        found[f"{prefix}loss"] = Metric(round(loss, 5), how | {"unit": "nats per word"}).within(
            (float(low[0]), float(high[0]))
        )
    for name in said[0].found:
        decoding = DECODINGS[name]
        words = [some for one in said for some in one.found[name]]
        figures = scores.scores_of(words, references)
        figures["bleu4_of_another"] = scores.bleu(words, of_another)
        sure = score_intervals(words, references)
        told = how | {"decoding": _in_words(decoding)}
        found |= {
            f"{prefix}{name}{figure}": Metric(round(value, 5), told).within(sure.get(figure))
            for figure, value in figures.items()
        }
    return found


def loss_draws(surprises: Sequence[Sequence[float]], *, seed: int = 0) -> Floats:
    """The mean of `surprises` of resampled pictures, ``(draws,)``: all words of a picture are in a
    draw together, because they are not independent."""
    totals, words = ([f(values) for values in surprises] for f in (sum, len))
    taken = intervals.weights(len(surprises), seed=seed).astype(float)
    drawn: Floats = (taken @ np.array(totals)) / (taken @ np.array(words))
    return drawn


def _in_words(decoding: Decoding) -> dict[str, Any]:
    return {"method": type(decoding).__name__.lower(), **asdict(decoding)}


@torch.no_grad()
def cross_entropies(
    decoder: CaptionDecoder, annotations: Tensor, captions_: Mapping[str, Sequence[Sequence[str]]]
) -> dict[str, list[list[float]]]:
    """By language and picture ``-log p`` of every word of its captions, teacher forced, the end
    among them; natural logarithm. The mean over all words is the loss that the course reports.
    Pictures without a caption in a language are left out.

    Args:
        annotations: ``(N, L, D)`` of the pictures.
        captions_: Per language and picture the sentences about it.
    """
    found: dict[str, list[list[float]]] = {}
    for language, texts in captions_.items():
        told = sentences_of({language: texts}, decoder.vocabulary, longest=LONGEST)
        told.sort(key=lambda one: len(one.ids))
        values: dict[int, list[float]] = {}
        for first in range(0, len(told), 64):
            some = told[first : first + 64]
            words = pad_sequence([torch.tensor(one.ids) for one in some], batch_first=True)
            logits, _ = decoder(annotations[[one.picture for one in some]], words[:, :-1])
            log_p = logits.log_softmax(2).gather(2, words[:, 1:, None])[:, :, 0]
            for sentence, row, ids in zip(some, -log_p, words[:, 1:], strict=True):
                values.setdefault(sentence.picture, []).extend(row[ids != PAD].tolist())
        if values:
            found[language] = [values[picture] for picture in sorted(values)]
    return found


def predict(
    captioner: Captioner, datasets: Sequence[str], *, n: int | None = None
) -> list[CaptionPredictions]:
    """Of the test pictures of every set, in every language that has captions there."""
    found = []
    for name in datasets:
        pictures = data.caption_set(name).read("test", n, 0)
        annotations = captions.annotations_of(captioner, pictures.images)
        found += [
            predictions_of(captioner.decoder, pictures, language, annotations)
            for language in captioner.languages
            if any(pictures.captions.get(language, ()))
        ]
    return found


def metrics_of(said: Sequence[CaptionPredictions]) -> dict[str, Metric]:
    """``test/en/bleu4``, ``test/en/beam5/cider``, …, and ``test/flickr8k-1000/en/bleu4`` where
    there are several sets."""
    found: dict[str, Metric] = {}
    for language in dict.fromkeys(one.language for one in said):
        here = [one for one in said if one.language == language]
        found |= figures_of(here, prefix=f"test/{language}/")
        if len({one.dataset for one in said}) > 1:
            for one in here:
                found |= figures_of([one], prefix=f"test/{one.dataset}/{language}/")
    return found


def table_of(said: Sequence[CaptionPredictions]) -> pd.DataFrame:
    """One row per picture and language: what was said, its smoothed BLEU-4, its mean log
    probability per word, and which share of its content words a person used (`word_precision`),
    of this picture and, for comparison, of the next."""
    rows = []
    for one in said:
        for i, index in enumerate(one.indices):
            greedy, beam = (one.found[name][i] for name in DECODINGS)
            bleu = scores.sentence_bleu(greedy, one.references[i])
            likely = one.greedy[i].log_probabilities
            other = one.references[(i + 1) % len(one.references)]
            rows.append(
                {
                    "dataset": one.dataset,
                    "index": index,
                    "language": one.language,
                    "greedy": " ".join(greedy),
                    "beam5": " ".join(beam),
                    "sentence_bleu": round(bleu, 4),
                    "log_probability": round(sum(likely) / max(1, len(likely)), 4),
                    "precision": word_precision(greedy, one.references[i], language=one.language),
                    "precision_of_another": word_precision(greedy, other, language=one.language),
                }
            )
    return pd.DataFrame(rows)


WORST = 5
AMONG = 100


def worst_of(said: Sequence[CaptionPredictions]) -> pd.DataFrame:
    """The `WORST` captions of the first `AMONG` pictures of every set and language, with all that
    is needed to judge them where the pictures are not: references, scores, attention.

    Returns:
        Columns ``dataset, language, index, place`` (1 is the worst), ``words`` and ``references``
        (lists), ``sentence_bleu``, ``precision``, ``log_probabilities`` and ``attention`` (flat,
        a square of weights per word).
    """
    rows = []
    for one in said:
        count = min(AMONG, len(one.indices))
        bleu = [scores.sentence_bleu(one.found[""][i], one.references[i]) for i in range(count)]
        order = sorted(range(count), key=lambda i: bleu[i])[:WORST]
        for place, i in enumerate(order, start=1):
            caption, n = one.greedy[i], len(one.greedy[i].words)
            rows.append(
                {
                    "dataset": one.dataset,
                    "language": one.language,
                    "index": one.indices[i],
                    "place": place,
                    "words": list(caption.words),
                    "references": [" ".join(words) for words in one.references[i]],
                    "sentence_bleu": round(bleu[i], 4),
                    "precision": word_precision(
                        caption.words, one.references[i], language=one.language
                    ),
                    "log_probabilities": [round(p, 4) for p in caption.log_probabilities[:n]],
                    "attention": caption.attention[:n].flatten().numpy().round(4),
                }
            )
    return pd.DataFrame(rows)
