"""Picker of the census: the real table or the synthetic one."""

from __future__ import annotations

from typing import Final

import streamlit as st

from trustai import data
from trustai.ui.kit.datasets import offer_data

SOURCES: Final = {"adult": "Adult census", "adult-synthetic": "Synthetic census"}


def pick_table() -> data.Table:
    """A choice of the census, bound to the URL; treat it as read-only.

    Where the real one is not on this machine it is no choice, and can be downloaded.
    """
    options = _sources()
    source = st.segmented_control(
        "Table",
        options,
        format_func=lambda name: SOURCES[name],
        default=options[0],
        key="table",
        bind="query-params",
        required=True,
        help="Adult has 48,842 people of the American census of 1994 (Kohavi 1996).",
    )
    if "adult" not in options:
        offer_data("adult")
    table = _table(source)
    if table.synthetic:
        st.warning(
            "**Synthetic**: these people do not exist. Their values follow the statistics of the "
            "real census.",
            icon=":material/science:",
        )
    return table


def first_table() -> data.Table:
    """The census that the views begin with; treat it as read-only."""
    return _table(_sources()[0])


def _sources() -> list[str]:
    """Those that are on this machine, the real one first."""
    real = data.table_set("adult").source() != "embedded"
    return [name for name in SOURCES if name != "adult" or real]


def _table(name: str) -> data.Table:
    return _whole(name, data.table_set(name).source() or "")


@st.cache_resource(show_spinner=False, max_entries=4)
def _whole(name: str, source: str) -> data.Table:
    """A table read once per server and source."""
    return data.table_set(name).read()
