"""What a view shows, noted while it is drawn, so that its report holds the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from trustai.plots.pictures import Pixels

_NOTES = "notes-of-the-view"


@dataclass(frozen=True, eq=False)
class Sentence:
    """Markdown, in which what came from a user is escaped."""

    text: str


@dataclass(frozen=True, eq=False)
class Picture:
    """``uint8 (H, W, 3)`` and its title, plain text."""

    pixels: Pixels
    title: str


@dataclass(frozen=True, eq=False)
class Chart:
    """Plotly's figure, with its title inside."""

    figure: Any


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a view offers to download: its numbers, a table as CSV text, and the Python."""

    json: Mapping[str, Any] | None
    csv: str | None
    python: str


Note = Sentence | Picture | Chart | Numbers
Notes = dict[object, Note]
"""By place, in the order of the page: what fills a place anew replaces what it held before."""


def begin_notes() -> Notes:
    """The notes of a run of a view, still empty; a fragment of the view that runs again adds to
    them."""
    notes: Notes = {}
    st.session_state[_NOTES] = notes
    return notes


def note(one: Note, *, place: object) -> None:
    """Note what is shown; where no view has begun, nothing happens.

    Args:
        one: What is shown.
        place: What tells it from everything else of the view.
    """
    notes: Notes | None = st.session_state.get(_NOTES)
    if notes is not None:
        notes[place] = one
