"""The head of every page: its title, one sentence, and where to read more."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from trustai.ui.kit.address.opening import note_opening
from trustai.ui.kit.address.unreadable import drop_unreadable
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame.lecture import lecture_switch
from trustai.ui.kit.frame.sticky import STICKY_STYLE
from trustai.ui.kit.glossary import mark_terms


class Link(NamedTuple):
    """Text and absolute address of something to read."""

    text: str
    url: str


def page(
    title: str, sentence: str, *, method_link: Link | None = None, paper: Link | None = None
) -> None:
    """Title, one sentence of what will be seen, where the method is explained and its paper.

    Call it before the first widget: it guards the address.

    >>> page("Attack playground", "How little it takes to fool a network.",  # doctest: +SKIP
    ...      paper=Link("Goodfellow et al. 2015", "https://arxiv.org/abs/1412.6572"))
    """
    note_opening()
    drop_unreadable()
    st.html(f"<style>{_PAGE_STYLE}{STICKY_STYLE}</style>")
    mark_terms()
    lecture_switch()
    st.title(title)
    links = [
        f"[{plain(link.text)}]({link.url})" for link in (method_link, paper) if link is not None
    ]
    st.markdown(" · ".join([sentence, *links]))


# Streamlit leaves a sixth of a wide window empty; on a projector that room is worth more.
_PAGE_STYLE = """
@media (min-width: 640px) {
  .stMainBlockContainer { padding: 2.75rem 2.5rem 4rem; }
  .stMain h1 { padding: 0.75rem 0 0.5rem; }
}
@media (max-width: 639px) {
  .stMainBlockContainer { padding-top: 4rem; } /* Streamlit's header has 3.75rem */
  .stMain h1 { font-size: 2rem; }
}
.trustai-unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
.stElementContainer:has(> .stHtml > .trustai-unseen) { position: absolute; }
.stElementContainer:has(> .stHtml > script) { display: none; } /* it runs all the same */
"""  # noqa: E501
