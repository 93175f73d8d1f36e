"""Whether a run of a page began with its address, or with what the user did on the page."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_BY_ADDRESS = "address__by_address"


def note_opening() -> None:
    """Note it, once in every run."""
    context = get_script_run_ctx()
    back = context is not None and context.is_history_navigation
    st.session_state[_BY_ADDRESS] = back or _BY_ADDRESS not in st.session_state


def opened_by_address() -> bool:
    """True in the first run of a session (a link, a reload) and after Back and Forward."""
    return bool(st.session_state.get(_BY_ADDRESS, False))
