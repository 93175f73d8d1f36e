"""How often captions are right: the share of their content words that a person used too.

BLEU says how alike sentences are, not whether what they say is there. A word is counted as right
here if it stands in at least one reference of the picture; a right word that nobody used counts as
wrong, so the share is a lower bound.

>>> word_precision(("a", "dog", "on", "a", "sofa"), [("the", "dog", "sleeps")], language="en")
0.5
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import torch

from trustai.captions.decoding import Caption
from trustai.data.text import split

FUNCTION_WORDS: Final[dict[str, frozenset[str]]] = {
    "en": frozenset(
        split(
            "a an the is are was were be being been has have to of in on at by with and or as for "
            "from into onto it its his her their he she they while that this there who which up "
            "down out over through near next another other some one each off",
            language="en",
        )
    ),
    "fa": frozenset(
        split(
            "یک و در از به با که را بر برای روی این آن است هستند بود می شود کند دارد دارند ای ها "
            "های حال خود او آنها اش هم نیز یا تا شده شد کنار طرف داخل بالای کرده کردن می‌کند "
            "می‌شود می‌کنند شده‌است",
            language="fa",
        )
    ),
}
"""Words that hold a sentence together and name nothing to be seen; of other languages, none."""


@dataclass(frozen=True)
class Rightness:
    """How right the captions of test pictures were that were about as likely as a given one.

    Attributes:
        n: How many captions.
        precision: Mean share of their content words that a person used of the picture.
        by_chance: The same, compared with what people said of another picture.
        all_right: Share of the captions of which a person used every content word.
    """

    n: int
    precision: float
    by_chance: float
    all_right: float


def word_precision(
    words: Sequence[str], references: Collection[Sequence[str]], *, language: str
) -> float:
    """Share of the different content words that stand in a reference; NaN where there are none.

    Args:
        words: Of the caption.
        references: What people said of the picture, as words.
        language: Of all of them.
    """
    content = set(words) - FUNCTION_WORDS.get(language, frozenset())
    known = {word for some in references for word in some}
    return len(content & known) / len(content) if content else math.nan


def such_captions(
    table: pd.DataFrame, *, dataset: str, language: str, log_probability: float, n: int = 30
) -> Rightness | None:
    """The rightness of the `n` test captions that are nearest in log probability per word.

    Args:
        table: Measured captions, ``zoo.measurements(model_id, topic="captions")``.
        dataset: Whose test pictures.
        language: Of the caption.
        log_probability: Its mean log probability per word, the end among them.
        n: At least 1.

    Returns:
        None where nothing of the kind was measured.
    """
    if "precision" not in table:
        return None
    rows = table[(table["dataset"] == dataset) & (table["language"] == language)]
    rows = rows.dropna(subset=["precision"])
    if rows.empty:
        return None
    far = (rows["log_probability"] - log_probability).abs()
    near = rows.loc[far.sort_values(kind="stable").index[:n]]
    return Rightness(
        n=len(near),
        precision=float(near["precision"].mean()),
        by_chance=float(near["precision_of_another"].mean()),
        all_right=float((near["precision"] == 1).mean()),
    )


def caption_of(row: Mapping[Any, Any]) -> Caption:
    """The caption of a row of ``zoo.measurements(model_id, topic="worst")``, without its end."""
    words, flat = tuple(row["words"]), torch.tensor(row["attention"], dtype=torch.float32)
    side = math.isqrt(len(flat) // max(1, len(words)))
    log_p = tuple(map(float, row["log_probabilities"]))
    return Caption(
        words=words,
        ids=(),
        attention=flat.view(len(words), side, side),
        log_probabilities=log_p,
        score=sum(log_p),
        language=row["language"],
        finished=True,
    )
