"""The stop of a slow method in its place among the maps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from trustai.ui.kit.access.picture import show_picture
from trustai.ui.saliency.maps.style import empty_tile

STOPPED = "saliency-stopped"


def wanted(key: str, picture: Any, words: Any, title: str) -> bool:
    """Whether the person still wants this map; while it is computed a button stops it.

    Args:
        key: Of this map alone.
        picture: The place of the map.
        words: The place of what stands under it.
    """
    stopped: set[str] = st.session_state.setdefault(STOPPED, set())
    with picture.container():
        show_picture(empty_tile(), f"{title}: not computed yet", final=False)
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
