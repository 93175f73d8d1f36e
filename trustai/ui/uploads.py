"""A picture from the person in front of the screen."""

from __future__ import annotations

import logging

import streamlit as st

from trustai.intake import MAX_BYTES, SUFFIXES, Picture, read_image
from trustai.ui.errors import plain, sentence

_log = logging.getLogger("trustai")


def picture_from_user(
    *, key: str, label: str = "A picture of your own", notes: bool = True
) -> Picture | None:
    """An uploader; the picture it holds, or None while it holds none.

    A file that is no picture is answered with one sentence, and the last good picture of this
    session stays; where there was none the result is None, so the page keeps its own default.

    Args:
        key: Name of the widget.
        label: What to bring.
        notes: Say under the uploader what was done to the picture (scaled, turned, ...).

    >>> own = picture_from_user(key="own")                                 # doctest: +SKIP
    >>> pixels = own.pixels if own else sample                             # doctest: +SKIP
    """
    megabytes = MAX_BYTES // 2**20
    file = st.file_uploader(
        label,
        type=list(SUFFIXES),
        key=key,
        max_upload_size=megabytes,
        help=f"PNG, JPEG, WebP, BMP or GIF, up to {megabytes} MB. The picture stays in this "
        "computer's memory, is scaled to at most 1024 pixels, and is never stored.",
    )
    kept = f"{key}__picture"
    if file is None:
        st.session_state.pop(kept, None)
        return None
    held: tuple[str, Picture] | None = st.session_state.get(kept)
    # A rerun holds the same file: reading it again would cost as much as the first time.
    if held is None or held[0] != file.file_id:
        try:
            held = (file.file_id, read_image(file.getvalue(), filename=file.name))
            st.session_state[kept] = held
        except ValueError as error:
            _log.info("refused a picture: %s", error)
            st.error(plain(sentence(error)), icon=":material/image_not_supported:")
    if held is None:
        return None
    if notes and held[1].notes:
        st.caption("Your picture: " + plain(", ".join(held[1].notes)) + ".")
    return held[1]
