"""How often captions are right, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from trustai.captions.rightness import caption_of, such_captions, word_precision


def test_content_words_that_a_person_used() -> None:
    references = [("a", "brown", "dog"), ("the", "dog", "runs", "on", "grass")]
    said = ("a", "dog", "runs", "on", "the", "beach")
    assert word_precision(said, references, language="en") == pytest.approx(2 / 3)
    assert word_precision(("dog", "dog", "cat"), references, language="en") == 0.5
    assert math.isnan(word_precision(("on", "the"), references, language="en"))
    persian = [("سگی", "در", "ساحل")]
    assert word_precision(("سگی", "در", "خیابان"), persian, language="fa") == 0.5


def test_such_captions_are_the_nearest_in_probability() -> None:
    table = pd.DataFrame(
        {
            "dataset": ["photos"] * 4 + ["other"],
            "language": ["en"] * 5,
            "log_probability": [-1.0, -1.2, -3.0, -1.1, -1.0],
            "precision": [1.0, 0.5, 0.0, math.nan, 0.0],
            "precision_of_another": [0.0, 0.5, 1.0, 0.0, 1.0],
        }
    )
    found = such_captions(table, dataset="photos", language="en", log_probability=-1.0, n=2)
    assert found is not None
    assert (found.n, found.precision, found.by_chance, found.all_right) == (2, 0.75, 0.25, 0.5)
    every = such_captions(table, dataset="photos", language="en", log_probability=-9.0, n=9)
    assert every is not None
    assert (every.n, every.precision) == (3, 0.5)
    ask = {"dataset": "photos", "log_probability": -1.0}
    assert such_captions(table, language="fa", **ask) is None
    old = table.drop(columns=["precision"])
    assert such_captions(old, language="en", **ask) is None


def test_a_stored_caption_has_its_maps_again() -> None:
    row = {
        "words": ["a", "dog"],
        "attention": [0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0],
        "log_probabilities": [-0.5, -1.5],
        "language": "en",
    }
    caption = caption_of(row)
    assert caption.text == "a dog"
    assert caption.attention.shape == (2, 2, 2)
    assert caption.attention[0].flatten().tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert caption.score == -2.0
