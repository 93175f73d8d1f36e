"""Files that are no CSV, told by how they begin.

One letter proves nothing: a header may begin with ``<5 mmol/l``, ``[mg] dose``, ``{id}`` or
``PAR1``, so each kind asks for as much as no header has.
"""

from __future__ import annotations

import re
from typing import Final

_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_MAGIC: Final = (
    (b"PK\3\4", "an Excel or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF-", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"SQLite format 3\0", "a database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF87a", "a picture"),
    (b"GIF89a", "a picture"),
    (b"\x80\4", "a pickle"),
    (b"\x80\5", "a pickle"),
)
_JSON: Final = re.compile(rb'\{\s*(?:["}]|\Z)|\[\s*(?:[\[{"\]]|\Z)')
_MARKUP: Final = re.compile(rb"<(?:!doctype|\?xml|html|table|svg)\b|<!--", re.IGNORECASE)
_PARQUET: Final = b"PAR1"
_BINARY: Final = re.compile(rb"[\x00-\x08]")


def is_json(data: bytes) -> bool:
    """Whether it begins as an object or a list of JSON does.

    >>> is_json(b' {"a": 1}'), is_json(b"{id},name")
    (True, False)
    """
    return _JSON.match(data.lstrip(_BLANK)) is not None


def other_kind(data: bytes) -> str | None:
    """What a file is that is no CSV, in words; None where it may be one.

    >>> other_kind(b"<html>"), other_kind(b"<5 mmol/l,age")
    ('a web page or XML', None)
    """
    start = data.lstrip(_BLANK)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start.startswith(_PARQUET) and _BINARY.search(start[:64]):
        return "a Parquet file"
    if is_json(data):
        return "JSON"
    return "a web page or XML" if _MARKUP.match(start) else None
