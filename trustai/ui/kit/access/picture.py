"""Pictures on a page, each with its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from trustai.plots.pictures import Pixels
from trustai.ui.kit.errors import plain
from trustai.ui.kit.report.notes import Picture, note


def show_picture(
    pixels: Pixels | Sequence[Pixels],
    title: str | Sequence[str],
    *,
    on: Any = None,
    width: int | str = "content",
    caption: bool = False,
    final: bool = True,
) -> None:
    """One picture or several in a row, with the title for screen readers and full screen.

    Args:
        pixels: ``uint8 (H, W, 3)`` each.
        title: What it shows, plain text, one for each picture; may hold names of a user.
        on: The placeholder that it fills; None: here.
        width: As ``st.image`` takes it.
        caption: Print the title below as well.
        final: Whether it is a result; else it holds the place of one, and no report shows it.
    """
    titles = [title] if isinstance(title, str) else list(title)
    every = [pixels] if isinstance(title, str) else list(pixels)
    for i, (one, name) in enumerate(zip(every, titles, strict=True)):
        if final:
            note(Picture(np.asarray(one), name), place=(on, i) if on is not None else name)
    place = st if on is None else on
    shown: Any = title if isinstance(title, str) else titles
    words: Any = plain(title) if isinstance(title, str) else [plain(one) for one in titles]
    place.image(
        pixels if isinstance(title, str) else every,
        alt=shown,
        caption=words if caption else None,
        width=width,
    )
