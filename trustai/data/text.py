"""Text of captions: normalisation, tokenisation and vocabulary in several languages.

Letters that look alike and differ in code (Arabic ``ي ك``, Persian ``ی ک``), digits of three kinds,
diacritics and punctuation would otherwise make many words of one.

>>> split("A dog's T-shirt, 2 caf\u00e9s!", language="en")
('a', 'dogs', 't', 'shirt', '2', 'cafes')
>>> vocabulary = Vocabulary.of({"en": ["a dog", "a cat"]}, min_count=1)
>>> vocabulary.entries
('<pad>', '<end>', '<unk>', '<start:en>', 'a', 'cat', 'dog')
>>> vocabulary.encode("a bird", language="en")
[4, 2]
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import torch
from torch import Tensor

from trustai.registry import Registry

PAD: Final = 0
END: Final = 1
UNK: Final = 2
SPECIAL: Final = ("<pad>", "<end>", "<unk>")
MIN_COUNT: Final = 3

ZWNJ: Final = "\u200c"
_DIGITS: Final = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
# What Arabic (and Urdu, Kurdish) keyboards write, and the Persian letter that is meant. Madda in آ
# and hamza in ئ and ؤ tell words apart in Persian and stay.
_LETTERS: Final = {"يىې": "ی", "كڪ": "ک", "ةۀۂەہھ": "ه", "أإٱ": "ا"}
_ACCENTED: Final = range(0xC0, 0x250)  # Latin letters with their accent in one code


@dataclass(frozen=True)
class Language:
    """How a language is written.

    Attributes:
        title: For people.
        direction: ``"ltr"`` or ``"rtl"``.
        digits: The ten digits, to which those of every kind are brought.
    """

    title: str
    direction: Literal["ltr", "rtl"]
    digits: str

    @cached_property
    def table(self) -> dict[int, str]:
        """For `str.translate`: one letter for those that look alike, one kind of digit."""
        table = {ord(letter): one for group, one in _LETTERS.items() for letter in group}
        table |= {
            ord(old): new for kind in _DIGITS for old, new in zip(kind, self.digits, strict=True)
        }
        return table | {code: unicodedata.normalize("NFD", chr(code))[0] for code in _ACCENTED}


LANGUAGES: Registry[Language] = Registry("language")
LANGUAGES.add("en", Language(title="English", direction="ltr", digits=_DIGITS[0]))
LANGUAGES.add("fa", Language(title="Persian", direction="rtl", digits=_DIGITS[2]))


def language_named(text: str) -> str:
    """The id of a language by its id or title, whatever the case; other text as it is.

    >>> language_named("Persian"), language_named("EN"), language_named("tlh")
    ('fa', 'en', 'tlh')
    """
    plain = text.strip().casefold()
    return next((key for key, one in LANGUAGES if plain in (key, one.title.casefold())), plain)


# Marks, the stretching tatweel and characters that only steer direction and joining vanish; all
# else that is no letter or digit ends a word.
_VANISHES: Final = re.compile("[\u00ad\u0640\u061c\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CLITIC: Final = re.compile(r"(?<=\w) ?['’](?=(?:s|t|re|ve|ll|d|m)\b)")
_WORD: Final = re.compile(rf"[^\W_]+(?:{ZWNJ}[^\W_]+)*")


def split(text: str, *, language: str) -> tuple[str, ...]:
    """The words of a caption, normalised.

    Lower case; one code per letter (Persian's for ``ي ى ك ة أ إ``) and per digit (the language's);
    no diacritics, no punctuation. A zero-width non-joiner stays inside a word, where Persian needs
    it, and nowhere else. ``dog's`` and ``dog 's`` are ``dogs``.

    Args:
        text: As people write it.
        language: One of ``LANGUAGES.names()``.

    Raises:
        ValueError: unknown language.

    >>> split("كتاب‌هاي ٣ مَرد؟", language="fa") == ("کتاب‌های", "۳", "مرد")
    True
    """
    table = LANGUAGES.get(language).table
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    text = _VANISHES.sub("", text.translate(table))
    text = "".join(letter for letter in text if unicodedata.category(letter)[0] != "M")
    text = unicodedata.normalize("NFKC", text)  # what stands together only now
    text = re.sub(f"{ZWNJ}+", ZWNJ, _CLITIC.sub("", text))
    return tuple(_WORD.findall(text))


def normalise(text: str, *, language: str) -> str:
    """The words of `split` with one space between them; the same again when done twice."""
    return " ".join(split(text, language=language))


@dataclass(frozen=True)
class Vocabulary:
    """The words a decoder can say, numbered in the order of its logits.

    First ``<pad>``, ``<end>``, ``<unk>``, then one start word per language (it tells a bilingual
    decoder which to speak), then the words of each language. A Latin word inside Persian captions
    has an entry of its own among the Persian words.

    Attributes:
        words: Language to its words, most frequent first.

    Raises:
        ValueError: no or unknown language, or a word twice in one.
    """

    words: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError("expected words of at least one language, got none")
        for language, words in self.words.items():
            LANGUAGES.get(language)
            twice = [word for word, times in Counter(words).items() if times > 1]
            if twice:
                raise ValueError(f"expected every word of {language} once, got {twice[0]!r} twice")

    @classmethod
    def of(cls, captions: Mapping[str, Iterable[str]], *, min_count: int = MIN_COUNT) -> Vocabulary:
        """The words that stand in the captions of a language at least `min_count` times.

        Raises:
            ValueError: no or unknown language, or `min_count` below 1.
        """
        if min_count < 1:
            raise ValueError(f"expected min_count to be at least 1, got {min_count}")
        kept: dict[str, tuple[str, ...]] = {}
        for language, texts in captions.items():
            counts = Counter(word for text in texts for word in split(text, language=language))
            often = [word for word, times in counts.items() if times >= min_count]
            kept[language] = tuple(sorted(often, key=lambda word: (-counts[word], word)))
        return cls(kept)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.words)

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """All entries in logit order."""
        starts = (f"<start:{language}>" for language in self.words)
        return (*SPECIAL, *starts, *(word for words in self.words.values() for word in words))

    def __len__(self) -> int:
        return len(self.entries)

    def start(self, language: str) -> int:
        """The id of the word that makes the decoder begin in `language`.

        Raises:
            ValueError: the vocabulary has no words of this language.
        """
        if language not in self.words:
            known = ", ".join(self.words)
            raise ValueError(f"expected language to be one of {known}, got {language!r}")
        return len(SPECIAL) + self.languages.index(language)

    def first(self, language: str) -> int:
        """The id of the first word of `language`; smaller ids are special or of other languages.

        Raises:
            ValueError: the vocabulary has no words of this language.
        """
        self.start(language)
        return self._first[language]

    def allowed(self, language: str) -> Tensor:
        """``bool (V,)``: what may be said in `language`: ``<end>``, ``<unk>`` and its words."""
        allowed = torch.zeros(len(self), dtype=torch.bool)
        self.start(language)
        first = self._first[language]
        allowed[first : first + len(self.words[language])] = True
        allowed[[END, UNK]] = True
        return allowed

    def encode(self, text: str, *, language: str) -> list[int]:
        """The ids of the words of a caption, without start and end; unknown words are `UNK`.

        Raises:
            ValueError: the vocabulary has no words of this language.
        """
        self.start(language)
        ids = self._ids[language]
        return [ids.get(word, UNK) for word in split(text, language=language)]

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """The words before the first `END`; padding and start words are left out.

        Raises:
            ValueError: an id outside ``[0, V)``.
        """
        silent = range(len(SPECIAL), len(SPECIAL) + len(self.words))
        words: list[str] = []
        for number in ids:
            if not 0 <= number < len(self):
                raise ValueError(f"expected ids in [0, {len(self)}), got {number}")
            if number == END:
                break
            if number != PAD and number not in silent:
                words.append(self.entries[number])
        return tuple(words)

    @cached_property
    def _first(self) -> dict[str, int]:
        """Language to the id of its first word."""
        first, at = {}, len(SPECIAL) + len(self.words)
        for language, words in self.words.items():
            first[language] = at
            at += len(words)
        return first

    @cached_property
    def _ids(self) -> dict[str, dict[str, int]]:
        return {
            language: {word: self._first[language] + i for i, word in enumerate(words)}
            for language, words in self.words.items()
        }
