"""Data sets that are not on this computer: one line and the button that downloads them."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from trustai import data
from trustai.ui.kit.errors import plain, shown_errors
from trustai.ui.kit.jobs import Countdown


def missing_pictures(*names: str, instead: str = "", key: str = "") -> bool:
    """Whether pictures of these sets are missing; then one line for each, with its button.

    Args:
        names: Of data sets of pictures or of captioned pictures.
        instead: What the view shows without them, one sentence.
        key: Put before the names of the buttons, where a page offers a set twice.

    >>> missing_pictures("cifar10", instead="The figures were measured before.")  # doctest: +SKIP
    """
    absent = [name for name in dict.fromkeys(names) if not data.available(name)]
    for name in absent:
        with st.container(horizontal=True, vertical_alignment="center"):
            title = plain(data.entry(name).title)
            st.caption(f"The pictures of {title} are not on this computer. {instead}")
            offer_data(name, key=key)
    return bool(absent)


def offer_data(name: str, *, key: str = "") -> None:
    """A button that downloads a data set; nothing where it has no public download.

    Nothing is downloaded before the button is pressed.
    """
    dataset = data.entry(name)
    if isinstance(dataset, data.CaptionSource) or dataset.download is None:
        return
    label = f"Download {dataset.title} ({dataset.download_size})"
    if not st.button(label, key=f"{key}get-{name}", icon=":material/download:"):
        return
    fetch(dataset.download(), dataset.title)


def fetch(download: Iterator[float], title: str) -> None:
    """A download under a bar that can be stopped; then the page is run again.

    Args:
        download: Shares done, in ``[0, 1]``.
        title: Of what is downloaded.
    """
    place = st.empty()
    place.progress(0.0, text="Connecting …")
    bar = Countdown(f"Downloading {title}", place=place)
    with shown_errors():
        for share in download:
            bar(share)
        st.rerun()
