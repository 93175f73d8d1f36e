"""Evaluation of captioners on test pictures: BLEU, METEOR, CIDEr and the table of captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from torch import Tensor

from trustai import captions, data
from trustai.captions import Beam, Captioner, Decoding, Greedy, scores
from trustai.data.text import split
from trustai.types import CaptionSet
from trustai.zoo import Metric

DECODINGS: dict[str, Decoding] = {"": Greedy(), "beam5/": Beam(width=5)}
"""What a metric's name says of how the sentence was found."""

Words = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CaptionPredictions:
    """Generated captions and references of the pictures of a set in one language.

    Attributes:
        dataset, language: Of which.
        indices: ``(N,)`` of the pictures that have captions in the language.
        references: Per picture the words of its captions.
        found: Per decoding and picture the words of the best caption.
    """

    dataset: str
    language: str
    indices: tuple[int, ...]
    references: tuple[tuple[Words, ...], ...]
    found: dict[str, tuple[Words, ...]]


def predictions_of(
    captioner: Captioner, pictures: CaptionSet, language: str, annotations: Tensor
) -> CaptionPredictions:
    """Caption every picture that has captions in the language, in each of `DECODINGS`.

    Args:
        annotations: ``(N, L, D)`` of the pictures.
    """
    texts = pictures.captions.get(language, ())
    rows = [i for i, some in enumerate(texts) if some]
    found = {
        name: tuple(
            one[0].words
            for one in captions.decode(
                captioner.decoder, annotations[rows], language=language, decoding=how
            )
        )
        for name, how in DECODINGS.items()
    }
    return CaptionPredictions(
        dataset=pictures.name,
        language=language,
        indices=tuple(pictures.indices[rows].tolist()),
        references=tuple(tuple(split(t, language=language) for t in texts[i]) for i in rows),
        found=found,
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
    for name, decoding in DECODINGS.items():
        words = [some for one in said for some in one.found[name]]
        figures = scores.scores_of(words, references)
        figures["bleu4_of_another"] = scores.bleu(words, of_another)
        told = how | {"decoding": _in_words(decoding)}
        found |= {
            f"{prefix}{name}{figure}": Metric(round(value, 5), told)
            for figure, value in figures.items()
        }
    return found


def _in_words(decoding: Decoding) -> dict[str, Any]:
    return {"method": type(decoding).__name__.lower(), **asdict(decoding)}


def predict(
    captioner: Captioner, datasets: Sequence[str], *, n: int | None = None
) -> list[CaptionPredictions]:
    """Of the test pictures of every set, in every language that has captions there."""
    found = []
    for name in datasets:
        pictures = data.caption_set(name).read("test", n, 0)
        annotations = captions.annotations_of(captioner, pictures.images)
        found += [
            predictions_of(captioner, pictures, language, annotations)
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
    """One row per picture and language: what was said, and its smoothed BLEU-4."""
    rows = []
    for one in said:
        for i, index in enumerate(one.indices):
            greedy, beam = (one.found[name][i] for name in DECODINGS)
            bleu = scores.sentence_bleu(greedy, one.references[i])
            rows.append(
                {
                    "dataset": one.dataset,
                    "index": index,
                    "language": one.language,
                    "greedy": " ".join(greedy),
                    "beam5": " ".join(beam),
                    "sentence_bleu": round(bleu, 4),
                }
            )
    return pd.DataFrame(rows)
