"""Entries of the browser's history: one for every step of the user, so that Back undoes it.

What cannot be done on our side (tried: Streamlit 1.67, Chromium):

- A widget that is not bound to the address (an uploader, a text, a button) leaves no entry, and
  Back does not undo it.
- What each page showed last is known to the session. A reload starts a new one: the address that
  is open stays, and so does the history, but the menu opens the other pages at their defaults.
- An address that is corrected as soon as a tab is opened keeps its entry, because the script comes
  to the browser after the correction. Back then leads to it once, and it is corrected again.
- A link of ``st.page_link`` with parameters loses those that the page that is left binds too,
  before any code of ours runs. A plain link, which loads the app anew, keeps them.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_SCRIPT = Path(__file__).with_name("history.js").read_text(encoding="utf-8")


def keep_history() -> None:
    """Have the browser keep the history of this tab; the page shows nothing of it."""
    st.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
