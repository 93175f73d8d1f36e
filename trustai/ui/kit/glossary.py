"""The glossary: what a term means, on the pages, on a page of its own and in the documentation."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from trustai.registry import did_you_mean

FILE = Path(__file__).with_name("glossary.md")
"""The one source; the documentation shows the same file."""
_ALSO = re.compile(r"<!-- also: (.*?) -->\s*", re.DOTALL)
_SCRIPT = Path(__file__).with_name("glossary.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: Its heading.
        text: One to three sentences.
        forms: The words that are explained by it where a page uses them, the name among them.
    """

    name: str
    text: str
    forms: tuple[str, ...]


@functools.cache
def entries() -> tuple[Term, ...]:
    """Every entry of the glossary, in alphabetical order."""
    found = []
    for part in FILE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, text = part.split("\n", 1)
        also = _ALSO.search(text)
        more = also[1].split(", ") if also else []
        found.append(Term(name.strip(), _ALSO.sub("", text).strip(), (name.strip(), *more)))
    return tuple(found)


def terms() -> dict[str, str]:
    """Every term of the glossary and its sentences, in alphabetical order."""
    return {term.name: term.text for term in entries()}


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


def mark_terms() -> None:
    """Have the browser underline each term where a view uses it first, with its hint.

    The hint opens under the mouse, with the focus of the keyboard and at a touch. Headings, links,
    code and labels of widgets (which have hints of their own) are left alone.
    """
    known = [{"name": term.name, "text": term.text, "forms": term.forms} for term in entries()]
    data = json.dumps(known).replace("<", "\\u003c")
    script = _SCRIPT.replace("TRUSTAI_TERMS", data)
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
