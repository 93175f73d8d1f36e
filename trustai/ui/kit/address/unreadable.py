"""Values of the address that break a widget, which leave it before a widget reads them."""

from __future__ import annotations

import math

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def drop_unreadable() -> None:
    """Take numbers that are not finite, and empty values, out of the address.

    A field for whole numbers raises OverflowError on ``inf`` and ``1e999`` inside Streamlit (tried:
    1.67), and a row of choices of which one is required gives None for an empty value. All else
    that makes no sense (an unknown choice, a number that is too large) Streamlit takes out of the
    address by itself, and the widget shows its default.
    """
    context = get_script_run_ctx()
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    unreadable = [key for key, values in asked.items() if _breaks(key, values)]
    if context is None or not unreadable:
        return
    with context.session_state.query_params() as params:
        for key in unreadable:
            params.remove_param(key)  # a widget may be bound to it, after Back or Forward
        params.set_initial_query_params_from_current()  # widgets are filled from these


def _breaks(key: str, values: list[str]) -> bool:
    if any(values):
        return any(map(_infinite, values))
    # Where several may be chosen, the user may have chosen none.
    return not isinstance(st.session_state.get(key), list)


def _infinite(value: str) -> bool:
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False
