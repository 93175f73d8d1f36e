"""Parameters of the address by page: each page finds its own again, and none of another's.

Streamlit (tried: 1.67) keeps the value of a bound widget when the page changes, and a widget of the
same key on the next page takes it over. So the values of the old page are taken away before the new
page draws its first widget. What a page showed last is kept as its query parameters, from which
Streamlit fills the widgets anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

EVERYWHERE = ("lecture", "controls")
"""Parameters of the whole app: they go with the user from page to page."""
_PAGE = "address__page"
_SEEN = "address__seen"
_BOUND = "address__bound"


@contextmanager
def owned_by(page: str) -> Iterator[None]:
    """Run a page with its own parameters: those of the address, else as it was last seen.

    An address with parameters wins, and so do the browser's back and forward buttons, whose address
    may have none; a click on the menu has none either and opens the page as it was last seen in
    this session.

    Args:
        page: Name of the page.
    """
    if st.session_state.get(_PAGE, page) != page:
        _change_to(page)
    st.session_state[_PAGE] = page
    try:
        yield
    finally:
        _remember(page)


def _change_to(page: str) -> None:
    for key in st.session_state.get(_BOUND, ()):
        st.session_state.pop(key, None)
    context = get_script_run_ctx()
    if context is None:
        return
    if context.is_history_navigation:
        # Streamlit has taken away what the page that is left also binds (its issue 9279).
        wanted = parse_qs(context.query_string, keep_blank_values=True)
    else:
        named = {key: st.query_params.get_all(key) for key in st.query_params}
        everywhere = _seen(st.session_state[_PAGE], everywhere=True)
        if named and not everywhere:
            return
        wanted = (named or _seen(page, everywhere=False)) | everywhere
    if not wanted:
        return
    st.query_params.from_dict(wanted)
    with context.session_state.query_params() as params:
        params.set_initial_query_params_from_current()  # widgets are filled from these


def _seen(page: str, *, everywhere: bool) -> dict[str, list[str]]:
    """The parameters that a page had last: those of the whole app, or its own."""
    seen = st.session_state.get(_SEEN, {}).get(page, {})
    return {key: values for key, values in seen.items() if (key in EVERYWHERE) is everywhere}


def _remember(page: str) -> None:
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as params:
        seen = {key: params.get_all(key) for key in params}
        bound = [str(key) for key in st.session_state if params.is_bound(str(key))]
    st.session_state[_SEEN] = {**st.session_state.get(_SEEN, {}), page: seen}
    st.session_state[_BOUND] = {*st.session_state.get(_BOUND, ()), *bound}
