"""The home page: a path for newcomers, cards of all pages, networks and data sets."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from trustai.ui.home.findings import show_findings
from trustai.ui.home.path import show_path
from trustai.ui.kit.site import (
    PAGES,
    PageInfo,
    page_of,
)

if TYPE_CHECKING:  # the menu does not wait for torch
    from trustai.zoo import Kind

COLUMNS = 2  # cards in a row
WITHOUT_CARD = {"Start", "Reference"}
"""Sections of the menu whose pages have no card here: home itself, and what is looked up."""
SHOWN: Mapping[Kind, Sequence[str]] = {
    "picture": ("clean accuracy",),
    "table": ("ROC AUC",),
    "caption": ("BLEU-4, English", "BLEU-4, Persian"),
    "path": ("accuracy, repaired", "p%-rule by sex, repaired"),
}
"""Of the main figures of a network, see `trustai.ui.kit.measured.HEADLINES`, those shown here."""


def show() -> None:
    show_path()
    show_findings()
    st.subheader("All pages", anchor=False)
    infos = [info for info in PAGES if info.section not in WITHOUT_CARD]
    for first in range(0, len(infos), COLUMNS):
        row = infos[first : first + COLUMNS]
        for column, info in zip(st.columns(COLUMNS, gap="medium"), row, strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(info)
    with st.expander("Networks on this computer", icon=":material/inventory_2:"):
        _models()
    with st.expander("Data sets on this computer", icon=":material/database:"):
        _data()


def _card(info: PageInfo) -> None:
    st.markdown(f"#### {info.title}")
    # A network that is not here costs its picture, not the page.
    with contextlib.suppress(ValueError):
        importlib.import_module(f"trustai.ui.{info.topic}.thumbnail").show()
    st.markdown(info.sentence)
    st.page_link(page_of(info), label=f"Open: {info.title}", icon=info.icon)


def _models() -> None:
    from trustai import zoo
    from trustai.ui.kit.measured import headlines

    for kind, shown in SHOWN.items():
        for card in zoo.catalog(kind=kind):
            known = headlines(card)
            figures = [f"{words} {known[words]}" for words in shown if words in known]
            st.markdown(f"- **{card.title}**: {', '.join(figures) or 'not measured'}")


def _data() -> None:
    from trustai import data, zoo
    from trustai.ui.kit.datasets import offer_data

    words = {
        "embedded": "drawn by our own code, so no file is needed",
        "prepared": "on this computer, in the prepared folder",
        "cache": "on this computer, downloaded before",
    }
    measured = {name for card in zoo.catalog() for name in card.dataset.split("+")}
    for name in (*data.names(), *data.caption_names()):
        dataset = data.entry(name)
        missing = "not on this computer"
        if name in measured:
            missing += "; what was measured on it is in the app"
        st.markdown(f"- **{dataset.title}**, {words.get(dataset.source() or '', missing)}")
        if dataset.source() is None and dataset.download is not None:
            offer_data(name)
