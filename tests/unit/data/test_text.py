"""Words of two languages: what is one word, and how words become numbers and words again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustai.data.text import (
    END,
    LANGUAGES,
    PAD,
    UNK,
    Vocabulary,
    normalise,
    split,
)

ZWNJ = "\u200c"
# Letters, digits, marks, joiners and punctuation of both scripts.
TEXTS = st.text(
    st.sampled_from("aSé 's’.,-_\n09٠٣۰۳يیىكکةۀآاأإئؤوهم،؟ًَّٰٔـ\u200c\u200d\u200f\ufeffﻻ½Ａ"),
    max_size=30,
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("كتابي", ["کتابی"]),  # Arabic kaf and yeh are the Persian ones
        ("مصطفى", ["مصطفی"]),
        ("إنسان أسب", ["انسان", "اسب"]),
        ("خانهٔ خانۀ خانة", ["خانه", "خانه", "خانه"]),
        ("آب آبی", ["آب", "آبی"]),  # madda tells words apart and stays
        ("ا\u0653ب", ["آب"]),  # in two codes as in one
        ("مسئول", ["مسئول"]),
        ("مَرْدٌ تقریباً", ["مرد", "تقریبا"]),
        ("ســگ", ["سگ"]),
        ("2 ٢ ۲", ["۲", "۲", "۲"]),
        ("سگ، گربه؛ اسب؟ «مرد»… (زن)!", ["سگ", "گربه", "اسب", "مرد", "زن"]),
        (f"می{ZWNJ}رود", [f"می{ZWNJ}رود"]),
        (f"می{ZWNJ}{ZWNJ}رود", [f"می{ZWNJ}رود"]),
        (f"{ZWNJ}سگ{ZWNJ} {ZWNJ} گربه{ZWNJ}.", ["سگ", "گربه"]),
        ("\u202bسگ\u200f\u202c \ufeffگربه", ["سگ", "گربه"]),
        ("ﻻﻟﻪ", ["لاله"]),  # the shapes of old fonts
        ("خمیر Rolling", ["خمیر", "rolling"]),
    ],
)
def test_what_a_persian_word_is(raw: str, words: list[str]) -> None:
    assert list(split(raw, language="fa")) == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("A Dog, running.", ["a", "dog", "running"]),
        ("the dog's, a dog 's, don't", ["the", "dogs", "a", "dogs", "dont"]),
        ("a 'red' car", ["a", "red", "car"]),
        ("black-and-white T-shirt", ["black", "and", "white", "t", "shirt"]),
        ("file_name", ["file", "name"]),
        ("caf\u00e9 cafe\u0301", ["cafe", "cafe"]),
        ("٣ ۳ 3 Ａ", ["3", "3", "3", "a"]),
        ("\u1100\u0300\u1161", ["가"]),  # parts that meet when the mark between them is gone
        (" \n\t ", []),
    ],
)
def test_what_an_english_word_is(raw: str, words: list[str]) -> None:
    assert list(split(raw, language="en")) == words


@pytest.mark.parametrize("language", LANGUAGES.names())
@given(text=TEXTS | st.text(max_size=30))
def test_normalising_twice_is_normalising_once(language: str, text: str) -> None:
    once = normalise(text, language=language)
    assert normalise(once, language=language) == once
    assert once.split() == list(split(text, language=language))
    for word in once.split():
        assert not word.startswith(ZWNJ)
        assert not word.endswith(ZWNJ)
        assert word.replace(ZWNJ, "").isalnum()
    assert not set(once) & set("يىكةۀأإ٠٣")


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected language to be one of en, fa, got 'fr'"):
        split("chien", language="fr")


CAPTIONS = {
    "en": ["A dog and a cat", "a dog", "a bird"],
    "fa": ["سگ pizza", "سگ", "گربه pizza"],
}


def test_entries_by_hand() -> None:
    vocabulary = Vocabulary.of(CAPTIONS, min_count=2)
    starts = ("<start:en>", "<start:fa>")
    assert vocabulary.entries == ("<pad>", "<end>", "<unk>", *starts, "a", "dog", "pizza", "سگ")
    assert len(vocabulary) == 9
    assert vocabulary.languages == ("en", "fa")
    assert (vocabulary.start("en"), vocabulary.start("fa")) == (3, 4)
    assert vocabulary.encode("A dog, a cat!", language="en") == [5, 6, 5, UNK]
    assert vocabulary.encode("سگ dog pizza", language="fa") == [8, UNK, 7]
    assert vocabulary == Vocabulary({"en": ("a", "dog"), "fa": ("pizza", "سگ")})


def test_what_may_be_said_in_a_language() -> None:
    vocabulary = Vocabulary.of(CAPTIONS, min_count=2)
    assert vocabulary.allowed("en").nonzero()[:, 0].tolist() == [END, UNK, 5, 6]
    assert vocabulary.allowed("fa").nonzero()[:, 0].tolist() == [END, UNK, 7, 8]


def test_seen_three_times_or_unknown() -> None:
    vocabulary = Vocabulary.of({"en": ["dog cat", "dog cat", "dog"]})
    assert vocabulary.words == {"en": ("dog",)}


def test_decoding_stops_at_the_end() -> None:
    vocabulary = Vocabulary.of(CAPTIONS, min_count=2)
    assert vocabulary.decode([3, PAD, 5, UNK, 6, END, 5]) == ("a", "<unk>", "dog")
    with pytest.raises(ValueError, match=r"expected ids in \[0, 9\), got 9"):
        vocabulary.decode([9])


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_there_and_back(texts: list[str]) -> None:
    vocabulary = Vocabulary.of({"fa": texts, "en": texts}, min_count=1)
    for language in vocabulary.languages:
        for text in texts:
            ids = vocabulary.encode(text, language=language)
            assert vocabulary.allowed(language)[ids].all()
            assert vocabulary.decode(ids) == split(text, language=language)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "words of at least one language"),
        ({"fr": ("chien",)}, "language to be one of"),
        ({"en": ("dog", "cat", "dog")}, "'dog' twice"),
    ],
)
def test_words_that_are_no_vocabulary(words: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocabulary(words)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="min_count to be at least 1, got 0"):
        Vocabulary.of(CAPTIONS, min_count=0)
    english = Vocabulary({"en": ("dog",)})
    for call in (english.start, english.allowed, lambda fa: english.encode("سگ", language=fa)):
        with pytest.raises(ValueError, match="expected language to be one of en, got 'fa'"):
            call("fa")
