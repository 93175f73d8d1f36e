"""Uploads: a picture or a table from the user, read once and kept for the session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from trustai.data.formats import SUFFIXES
from trustai.data.picture_files import Pictures, opened
from trustai.data.tables.csv_text import MAX_BYTES as MAX_CSV_BYTES
from trustai.data.tables.diabetes import TableFaults
from trustai.data.uploads import CROPS, MAX_BYTES, Crop, Picture, read_image
from trustai.ui.kit.address.opening import opened_by_address
from trustai.ui.kit.errors import counted, plain, sentence

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class NamedPicture:
    """A picture ``uint8 (H, W, 3)``, what to call it, and whether it was uploaded."""

    name: str
    pixels: NDArray[np.uint8]
    private: bool


_Held = dict[tuple[str, str], NamedPicture]  # by the file's id and the picture's name

NEARLY_SQUARE = 1.05
"""Ratio of sides below which it does not matter which square is cut out."""

ZIP_MEGABYTES = 100

_log = logging.getLogger("trustai")


def picture_from_user(
    *, key: str, label: str = "A picture of your own", notes: bool = True
) -> Picture | None:
    """An uploader of one picture; the picture it holds, or None while it holds none.

    A file that is no picture is answered with one sentence, and the last good picture of this
    session stays; where there was none the result is None, so the page keeps its own default. The
    picture stays for the session, at most 1024 pixels a side, on every page whose uploader has the
    same key. It is never on the disk and never in a cache that sessions share.

    Args:
        key: Name of the widget.
        label: What to bring.
        notes: Say under the uploader what was done to the picture (scaled, turned, ...).

    >>> own = picture_from_user(key="own")                                 # doctest: +SKIP
    >>> pixels = own.pixels if own else sample                             # doctest: +SKIP
    """
    megabytes = MAX_BYTES // 2**20
    kept = f"{key}__picture"
    file = st.file_uploader(
        label,
        type=list(SUFFIXES),
        key=key,
        max_upload_size=megabytes,
        on_change=_forget_if_taken_away,
        args=(key, kept),
        help=f"PNG, JPEG, WebP, BMP or GIF, up to {megabytes} MB. The picture stays in this "
        "computer's memory, is scaled to at most 1024 pixels, and is never stored.",
    )
    icon = ":material/image_not_supported:"
    picture = _read_once(file, lambda f: read_image(f.getvalue(), filename=f.name), kept, icon)
    if picture is not None and notes and picture.notes:
        st.caption("Your picture: " + plain(", ".join(picture.notes)) + ".")
    if file is None:
        _say_what_is_held(kept, "picture", in_address=True)
    return picture


def pictures_from_user(*, key: str, most: int, in_address: bool = False) -> list[NamedPicture]:
    """An uploader of several pictures, one by one or in a zip; one that cannot be read is named and
    left out.

    Like a single one they stay for the session.

    Args:
        key: Name of the widget.
        most: Pictures that are taken; the others are left out, and the page says so.
        in_address: The address says that uploads are shown.
    """
    kept = f"{key}__read"
    files = st.file_uploader(
        f"Pictures of your own, up to {most}, or a zip of them",
        type=[*SUFFIXES, "zip"],
        accept_multiple_files=True,
        key=key,
        max_upload_size=ZIP_MEGABYTES,
        on_change=_forget_if_taken_away,
        args=(key, kept),
        help=f"PNG, JPEG, WebP, BMP or GIF, each up to {MAX_BYTES // 2**20} MB; a zip up to "
        f"{ZIP_MEGABYTES} MB. They stay in this computer's memory and are never stored.",
    )
    held: _Held = st.session_state.get(kept, {})
    if files:
        held = st.session_state[kept] = _read_some(files, held, most)
    else:
        _say_what_is_held(kept, counted(len(held), "picture"), in_address=in_address)
    return list(held.values())


def _read_some(files: Sequence[Any], held: _Held, most: int) -> _Held:
    """The pictures in `files`; those that are held are not read again."""
    found: _Held = {}
    count = 0
    for file in files:
        try:
            with _pictures_in(file.name, file.getvalue()) as inside:
                for name in inside.names[: max(0, most - count)]:
                    one = (file.file_id, name)
                    picture = held.get(one) or _named_picture(name, inside)
                    found |= {} if picture is None else {one: picture}
                count += len(inside.names)
        except ValueError as error:
            _reject(file.name, error)
    if count > most:
        st.warning(f"The first {most} of {count:,} pictures are shown.")
    return found


@contextmanager
def _pictures_in(name: str, data: bytes) -> Iterator[Pictures]:
    """An upload: the picture itself, or those that lie in a zip, hidden files left out."""
    if not data.startswith(b"PK\3\4"):
        yield Pictures([name], lambda _: data)
        return
    with opened(data) as inside:
        names = [
            one
            for one in sorted(inside.names)
            if one.lower().endswith(tuple(f".{suffix}" for suffix in SUFFIXES))
            and not any(part.startswith((".", "__")) for part in one.split("/"))
        ]
        if not names:
            raise ValueError("expected pictures in the zip, got none")
        yield Pictures(names, inside.read)


def _named_picture(name: str, inside: Pictures) -> NamedPicture | None:
    """One of several pictures; None, and a sentence on the page, where it cannot be read."""
    try:
        picture = read_image(inside.read(name), filename=name)
    except ValueError as error:
        _reject(name, error)
        return None
    return NamedPicture(name.rpartition("/")[2], picture.pixels, private=True)


def _reject(name: str, error: ValueError) -> None:
    _log.info("rejected an upload among several")  # the error may quote it
    st.error(f"{plain(name)}: {plain(sentence(error))}", icon=":material/broken_image:")


def can_be_cut(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture ``uint8 (H, W, 3)`` is long enough that its squares differ."""
    height, width = pixels.shape[:2]
    return max(height, width) >= NEARLY_SQUARE * min(height, width)


def pick_crop(pixels: NDArray[np.uint8], *, key: str) -> Crop:
    """Which square of a picture the network sees; a square picture leaves nothing to choose.

    Args:
        pixels: ``uint8 (H, W, 3)``.
        key: Name of the widget, bound to the URL.
    """
    if not can_be_cut(pixels):
        return "centre"
    height, width = pixels.shape[:2]
    start, end = ("Left", "Right") if width > height else ("Top", "Bottom")
    titles = dict(zip(CROPS, (start, "Centre", end, "Whole"), strict=True))
    return st.segmented_control(
        "Part that the network sees",
        list(titles),
        format_func=lambda crop: titles[crop],
        default="centre",
        key=key,
        bind="query-params",
        required=True,
        wrap=True,
        help="Networks look at squares. Three squares of the picture are offered; “Whole” squeezes "
        "all of it into one, and shapes become narrower.",
    )


def csv_from_user(
    read: Callable[[bytes], T], *, key: str, label: str, help: str, in_address: bool = False
) -> T | None:
    """An uploader of one CSV; what `read` makes of it, or None while there is none.

    A file with errors is answered with one sentence, and with all of them where there are several;
    the last good table stays. It also stays while another view or page is shown, until the user
    takes the file away or the session ends. Nothing is written to disk.

    Args:
        read: From bytes to a table; raises a ValueError of one sentence.
        key: Name of the widget.
        label: What to bring.
        help: What it has to look like.
        in_address: The address says that an upload is shown.

    >>> own = csv_from_user(read_csv, key="own", label="A CSV", help="…")   # doctest: +SKIP
    """
    kept = f"{key}__table"
    file = st.file_uploader(
        label,
        type=["csv", "tsv", "txt"],
        key=key,
        max_upload_size=MAX_CSV_BYTES // 2**20,
        on_change=_forget_if_taken_away,
        args=(key, kept),
        help=help,
    )
    table = _read_once(file, lambda f: read(f.getvalue()), kept, ":material/table:")
    if file is None:
        _say_what_is_held(kept, "table", in_address=in_address)
    return table


def _forget_if_taken_away(key: str, kept: str) -> None:
    """For the uploader's ``on_change``: another page does not call it, the user's cross does."""
    if not st.session_state.get(key):
        st.session_state.pop(kept, None)


def _say_what_is_held(kept: str, thing: str, *, in_address: bool) -> None:
    """Beside an empty uploader: what stays from before, or that the address names what is gone."""
    missing = f"{kept}__missing"
    if st.session_state.get(kept):
        st.caption(f"In use: the {thing} that you uploaded before.")
        st.button("Forget it", key=f"{kept}__forget", on_click=lambda: st.session_state.pop(kept))
    elif in_address and (opened_by_address() or missing in st.session_state):
        st.session_state[missing] = True  # until something is uploaded
        st.info(
            "This address shows an upload, and this session has none. An upload is gone when the "
            "page is loaded again. Please upload it again.",
            icon=":material/upload:",
        )


def _read_once(file: Any, read: Callable[[Any], T], kept: str, icon: str) -> T | None:
    """What `read` makes of `file`, held in the session; after an error what was held before."""
    held: tuple[str, T] | None = st.session_state.get(kept)
    # A rerun holds the same file: reading it again would cost as much as the first time.
    if file is not None and (held is None or held[0] != file.file_id):
        try:
            held = (file.file_id, read(file))
            st.session_state[kept] = held
            st.session_state.pop(f"{kept}__missing", None)
        except ValueError as error:
            # Not what the error says: it quotes cells of the upload.
            _log.info("rejected an upload of %d bytes for %s", file.size, kept)
            _show_faults(error, icon)
    return None if held is None else held[1]


def _show_faults(error: ValueError, icon: str) -> None:
    st.error(plain(sentence(error)), icon=icon)
    if isinstance(error, TableFaults) and len(error.faults) > 1:
        faults = pd.DataFrame([vars(fault) for fault in error.faults[:200]])
        st.dataframe(faults, hide_index=True, height=210)
