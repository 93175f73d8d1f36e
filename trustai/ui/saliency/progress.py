"""Bar, estimate and stop of a slow method in its place among the maps."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from trustai.types import OnProgress
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.saliency.style import empty_tile

STOPPED = "saliency-stopped"


def seconds_left(share: float, elapsed: float) -> str:
    """How long the rest takes at the pace so far.

    Args:
        share: Done, in ``[0, 1]``.
        elapsed: Seconds so far.

    >>> seconds_left(0.25, 10)
    'about 30 s left'
    """
    if share <= 0:
        return "working …"
    return f"about {max(1, round(elapsed * (1 - share) / share))} s left"


def countdown(place: Any, title: str) -> OnProgress:
    """A bar in `place`, which also is where Streamlit can stop the script."""
    started = time.perf_counter()

    def report(share: float) -> None:
        left = seconds_left(share, time.perf_counter() - started)
        place.progress(min(1.0, share), text=f"**{title}**: {left}")

    return report


def wanted(key: str, picture: Any, words: Any, title: str) -> bool:
    """Whether the person still wants this map; while it is computed a button stops it.

    Args:
        key: Of this map alone.
        picture: The place of the map.
        words: The place of what stands under it.
    """
    stopped: set[str] = st.session_state.setdefault(STOPPED, set())
    with picture.container():
        show_picture(empty_tile(), f"{title}: not computed yet")
        if key not in stopped:
            st.button(
                "Stop", icon=":material/stop:", key=f"stop-{key}", on_click=stopped.add, args=(key,)
            )
            return True
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"go-{key}",
            on_click=stopped.discard,
            args=(key,),
        )
    words.markdown(f"**{title}**  \nstopped")
    return False
