"""What Streamlit itself leaves too pale, without a visible focus, or without a name."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_name("look.css").read_text(encoding="utf-8")
_SCRIPT = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


def mend_look() -> None:
    """Have the browser mend every page; the page shows nothing of it."""
    st.html(f"<style>{_STYLE}</style>")
    st.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
