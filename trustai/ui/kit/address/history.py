"""Entries of the browser's history: one for every step of the user, so that Back undoes it.

What a page cannot do (tried: Streamlit 1.67): a widget that is not bound to the address leaves no
entry.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_SCRIPT = Path(__file__).with_name("history.js").read_text(encoding="utf-8")


def keep_history() -> None:
    """Have the browser keep the history of this tab; the page shows nothing of it."""
    st.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
