"""Addresses that were shared before a choice was renamed: they go on working."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def renamed(key: str, names: Mapping[str, str]) -> None:
    """Put today's names into the address where it has older ones; call it before the widget.

    Args:
        key: Of the parameter.
        names: Today's name by the older one.
    """
    asked = st.query_params.get_all(key)
    if any(name in names for name in asked):
        _fill({key: [names.get(name, name) for name in asked]})


def joined(old: str, into: str, default: Sequence[str]) -> None:
    """Add the values of a parameter that is no more to those of another one.

    Args:
        old: The parameter that is no more.
        into: The one that takes its values.
        default: What the other one has where the address does not name it.
    """
    more = st.query_params.get_all(old)
    if more:
        _fill({old: [], into: [*(st.query_params.get_all(into) or default), *more]})


def _fill(values: Mapping[str, Sequence[str]]) -> None:
    context = get_script_run_ctx()
    if context is None:
        return
    for key, some in values.items():
        if some:
            st.query_params[key] = list(dict.fromkeys(some))
        else:
            del st.query_params[key]
    with context.session_state.query_params() as params:
        params.set_initial_query_params_from_current()  # widgets are filled from these
