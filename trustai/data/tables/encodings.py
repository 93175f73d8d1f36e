"""The encoding of an uploaded text that is not Unicode, as spreadsheets of other years write it.

The encodings of Windows are tried. One is taken only where the text reads as one script in whole
words: in it Latin letters with accents stand beside plain ones, and letters of another script do
not. Where two readings remain, the file is refused: a wrong guess would change every word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

ENCODINGS: Final = {
    "cp1252": ("Western European (Windows-1252)", {"LATIN"}),
    "cp1250": ("Central European (Windows-1250)", {"LATIN"}),
    "cp1251": ("Cyrillic (Windows-1251)", {"CYRILLIC"}),
    "cp1253": ("Greek (Windows-1253)", {"GREEK"}),
    "cp1255": ("Hebrew (Windows-1255)", {"HEBREW"}),
    "cp1256": ("Persian and Arabic (Windows-1256)", {"ARABIC"}),
    "cp932": (
        "Japanese (Shift JIS)",
        {"CJK", "HIRAGANA", "KATAKANA", "FULLWIDTH", "KATAKANA-HIRAGANA"},
    ),
    "gb18030": ("Simplified Chinese (GB 18030)", {"CJK", "FULLWIDTH"}),
    "cp950": ("Traditional Chinese (Big5)", {"CJK", "FULLWIDTH"}),
    "euc_kr": ("Korean (EUC-KR)", {"HANGUL"}),
}  # fmt: skip
"""By name what people call it and the scripts that a text in it is in."""
_MOST: Final = 64 * 1024  # bytes from which the encoding is told
_WORD: Final = re.compile(r"[^\W\d_]+")
# A sign within a word, a capital letter with an accent after a small one, a Greek final letter that
# is not final, vowel points that Hebrew tables do not have: the wrong encoding.
_TORN: Final = re.compile(
    r"[^\W\d_][¡-©«-´¶¸-¿×÷€-₿†-•‰™][^\W\d_]|[a-z][À-ÖØ-ÞŠŽŒŸ]|ς\w|[\u0591-\u05c7]"
)


def encoding_of(data: bytes) -> str | None:
    """The one encoding of `ENCODINGS` that a text surely is in, else None.

    Args:
        data: Of a text that is not UTF-8.

    >>> encoding_of("Größe,Käse".encode("cp1252")), encoding_of("سن,نام".encode("cp1256"))
    ('cp1252', 'cp1256')
    """
    # Imported only for such a file: reading its tables takes a while.
    from charset_normalizer import from_bytes

    sample = data[:_MOST]
    if len(data) > _MOST:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    found = {}
    for name, (_, scripts) in ENCODINGS.items():
        match = from_bytes(sample, cp_isolation=[name]).best()
        if match is not None and match.encoding == name and _reads(str(match), scripts):
            found[name] = (match.chaos, -match.coherence, str(match))
    least = min((f[:2] for f in found.values()), default=None)
    best = {name: text for name, (*rank, text) in found.items() if tuple(rank) == least}
    if len(set(best.values())) > 1 and best.keys() != {"cp1252", "cp1250"}:
        return None
    # Of the two Latin ones nobody can tell: the more usual one, which the page says.
    return next(iter(best), None)


def _reads(text: str, scripts: set[str]) -> bool:
    """Whether the words that are not plain Latin read as words in these scripts."""
    if _TORN.search(text):
        return False
    words = Counter(word for word in _WORD.findall(text) if not word.isascii())
    own = mixed = long = 0
    for word, times in words.items():
        found = {unicodedata.name(c, "?").split()[0] for c in word if not c.isascii()}
        if not found <= scripts:
            return False
        own += times
        long += times * (len(word) > 1 or scripts >= {"CJK"})
        mixed += times * any(c.isascii() for c in word)
    if scripts == {"LATIN"}:
        return mixed >= own / 2
    return long > own / 2 and mixed <= own / 20


def assumed(data: bytes) -> str:
    """What is assumed of the encoding of an uploaded text, in words; empty where it is Unicode."""
    try:
        data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        name = encoding_of(data)
        return encoding_note(name) if name else ""
    return ""


def encoding_note(name: str) -> str:
    """What was assumed, in words.

    >>> encoding_note("cp1252")
    'read as Western European (Windows-1252), as it is not in UTF-8'
    """
    return f"read as {ENCODINGS[name][0]}, as it is not in UTF-8"
