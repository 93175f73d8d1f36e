"""Statistics of captions, counted by hand."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
import torch

from trustai.captions import corpus
from trustai.data.captions.base import has_text_pairs
from trustai.types import CaptionSet


def test_counts_by_hand() -> None:
    texts = ["A dog, a cat.", "a  DOG", "the dog", "..."]
    found = corpus.statistics(texts, language="en", min_count=2, n=1)
    assert found.captions == 4
    assert found.words == 8
    assert found.lengths == ((0, 1), (2, 2), (4, 1))
    assert found.unique_raw == 8  # A, dog-comma, a, cat-dot, DOG, the, dog, ...
    assert found.unique == 4
    assert found.unique_kept == 2
    assert found.unknown == 2
    assert found.frequent == (("a", 3),)  # as often as "dog", and before it
    assert found.share_unknown == 0.25
    assert found.mean_length == 2
    assert json.loads(json.dumps(found.as_dict()))["unique"] == 4


def test_normalising_makes_persian_words_fewer() -> None:
    found = corpus.statistics(["كتاب", "کتاب.", "کِتاب"], language="fa")
    assert (found.unique_raw, found.unique, found.unique_kept, found.unknown) == (3, 1, 1, 0)


def test_nothing_to_count() -> None:
    found = corpus.statistics([], language="en")
    assert (found.share_unknown, found.mean_length, found.lengths) == (0, 0, ())


def test_of_a_set() -> None:
    pictures = CaptionSet(
        name="toy",
        split="test",
        images=torch.zeros(2, 3, 1, 1, dtype=torch.uint8),
        captions={"en": (("a dog", "a cat"), ("a bird",)), "fa": ((), ("سگ",))},
        indices=torch.arange(2),
    )
    found = corpus.of_set(pictures, min_count=1)
    assert {name: (one.captions, one.unique) for name, one in found.items()} == {
        "en": (3, 4),
        "fa": (1, 1),
    }


@pytest.mark.parametrize("wrong", [{"min_count": 0}, {"n": 0}])
def test_wrong_arguments(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="to be at least 1, got 0"):
        corpus.statistics(["a"], language="en", **wrong)


@pytest.mark.skipif(
    not os.environ.get("TRUSTAI_DATA") or not has_text_pairs(),
    reason="$TRUSTAI_DATA holds no pairs of captions",
)
def test_the_real_pairs() -> None:
    found = corpus.of_pairs()
    for one in found.values():
        assert one.captions == sum(count for _, count in one.lengths) == 25_014
        assert one.words == sum(length * count for length, count in one.lengths)
        assert one.unique_raw > one.unique > one.unique_kept
        assert 0.01 < one.share_unknown < 0.05


def test_counts_survive_as_a_table(tmp_path: Path) -> None:
    texts = {"en": ["A dog, a dog.", "dogs run", ""], "fa": ["سگی می‌دود", "یک سگ", "یک سگ"]}
    counted = {
        name: {k: corpus.statistics(v, language=k, min_count=1, n=2) for k, v in texts.items()}
        for name in ("one", "other")
    }
    counted["other"].pop("en")
    corpus.as_table(counted).to_parquet(tmp_path / "table.parquet")
    again = corpus.of_table(pd.read_parquet(tmp_path / "table.parquet"))
    assert again == counted
    assert again["one"]["en"].lengths == ((0, 1), (2, 1), (4, 1))
    assert corpus.of_table(corpus.as_table({})) == {}


def test_a_corpus_of_nothing_survives_as_a_table() -> None:
    counted = {"empty": {"en": corpus.statistics([], language="en")}}
    assert corpus.of_table(corpus.as_table(counted)) == counted
