"""Every term of the glossary, with a search."""

from __future__ import annotations

import streamlit as st

from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.glossary import Term, entries


def show() -> None:
    wanted = st.text_input(
        "Search", key="search", bind="query-params", placeholder="A word, for example: threshold"
    )
    found = matching(wanted or "")
    st.caption(f"{counted(len(found), 'term')} of {len(entries())}")
    if not found:
        st.info(f"No term has the word “{plain(wanted or '')}”.")
    half = (len(found) + 1) // 2
    for column, terms in zip(st.columns(2, gap="large"), (found[:half], found[half:]), strict=True):
        for term in terms:
            column.markdown(f"### {term.name}\n\n{term.text}")


def matching(wanted: str) -> list[Term]:
    """The terms whose words have `wanted` in them; else those whose sentences have it.

    Args:
        wanted: Capital letters do not count; empty for all.

    >>> [term.name for term in matching("softmax")]
    ['Softmax']
    """
    word = wanted.strip().lower()
    named = [term for term in entries() if any(word in form.lower() for form in term.forms)]
    return named or [term for term in entries() if word in term.text.lower()]
