"""The glossary: what a term means, as the hints of the pages and the documentation say it."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from trustai.registry import did_you_mean

FILE = Path(__file__).with_name("glossary.md")
"""The one source; the documentation shows the same file."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@functools.cache
def terms() -> dict[str, str]:
    """Every term of the glossary and its sentences, in alphabetical order."""
    parts = FILE.read_text(encoding="utf-8").split("\n## ")[1:]
    found = dict(part.split("\n", 1) for part in parts)
    return {term.strip(): _COMMENT.sub("", text).strip() for term, text in found.items()}


def hint(term: str) -> str:
    """The sentences that explain a term.

    Args:
        term: As in the glossary; capital letters do not count.

    Raises:
        ValueError: a term that is not in the glossary.

    >>> hint("epsilon")
    'The largest change of any pixel, in pixel units of 0 to 1: 8/255 is eight of the 256 levels.'
    """
    known = {name.lower(): text for name, text in terms().items()}
    if term.lower() not in known:
        raise ValueError(
            f"expected a term of the glossary, got {term!r}"
            + did_you_mean(term.lower(), list(known))
        )
    return known[term.lower()]
