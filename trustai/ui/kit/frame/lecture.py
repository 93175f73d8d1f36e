"""Lecture mode: a page for a projector, kept in the address as ``lecture=1``.

There is no sidebar and no provenance, text and labels of charts are larger, and the controls can be
hidden (``controls=hidden``). A link that is shared opens the same.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from trustai.plots.charts import FONT
from trustai.ui.kit.address.owned import EVERYWHERE

LECTURE, CONTROLS = EVERYWHERE
_ON = {LECTURE: "1", CONTROLS: "hidden"}
SCALE = 1.25
"""How much larger text is in lecture mode."""


def lecture() -> bool:
    """Whether the page is shown in lecture mode, so that details for one reader are left out.

    >>> if not kit.lecture():                                              # doctest: +SKIP
    ...     st.caption("Computed with 16 samples")
    """
    return bool(st.query_params.get(LECTURE) == _ON[LECTURE])


def controls_hidden() -> bool:
    """Whether the lecturer has hidden the pickers; sliders and the row of views always stay."""
    return lecture() and st.query_params.get(CONTROLS) == _ON[CONTROLS]


def kept() -> dict[str, str]:
    """The parameters that a link to another view must repeat, so that lecture mode goes on."""
    return {key: value for key, value in _ON.items() if st.query_params.get(key) == value}


def enlarged(figure: Any) -> Any:
    """A Plotly figure as lecture mode shows it: all text larger, none below 15 px, and higher.

    Args:
        figure: Outside lecture mode it comes back as it is.
    """
    if not lecture():
        return figure

    def grown(node: Any, name: str) -> Any:
        if isinstance(node, dict):
            font = name.endswith("font") and isinstance(node.get("size"), int | float)
            size = {"size": max(FONT, node["size"] * SCALE)} if font else {}
            return {key: grown(one, key) for key, one in node.items()} | size
        return [grown(one, name) for one in node] if isinstance(node, list | tuple) else node

    found = type(figure)(grown(figure.to_dict(), ""))
    if figure.layout.height is not None:
        found.update_layout(height=figure.layout.height * math.sqrt(SCALE))
    return found


def lecture_switch() -> None:
    """The switch below the menu; in lecture mode over the page, beside one for the controls."""
    if not lecture():
        with st.sidebar:
            _switch("Lecture mode", LECTURE, on=False, help="For a projector: larger text and no "
                    "menu. The address keeps it, so a shared link opens the same.")  # fmt: skip
        return
    with st.container(key="lecture-bar", horizontal=True):
        _switch("Controls", CONTROLS, on=not controls_hidden())
        _switch("Lecture mode", LECTURE, on=True)
    hidden = _HIDDEN_STYLE if controls_hidden() else ""
    st.html(f"<style>{_LECTURE_STYLE}{hidden}</style>")


def _switch(label: str, parameter: str, *, on: bool, help: str | None = None) -> None:
    key = f"switch-{parameter}"
    st.session_state[key] = on  # the address says what holds
    st.toggle(label, key=key, help=help, on_change=_switched, args=(parameter,))


def _switched(parameter: str) -> None:
    if st.query_params.get(parameter) == _ON[parameter]:
        st.query_params.pop(parameter, None)
    else:
        st.query_params[parameter] = _ON[parameter]


_LECTURE_STYLE = f"""
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] {{ display: none !important; }}
[data-testid="stLayoutWrapper"]:has(> .st-key-lecture-bar) {{
  position: fixed; top: 0.9rem; right: 4.5rem; width: auto; z-index: 999991;
}}
.st-key-lecture-bar {{ flex-wrap: nowrap; }}
@media (min-width: 640px) {{
  html {{ font-size: {17 * SCALE}px !important; }}
  .stApp {{ --lecture: {SCALE}; }}
  .stMainBlockContainer {{ padding: 2.5rem 2.5rem 4rem; }}
}}
"""
_PICKERS = (
    ".stSelectbox, .stMultiSelect, .stButtonGroup, .stRadio, .stNumberInput, .stTextInput, "
    ".stTextArea, .stCheckbox, .stFileUploader, .stButton, .stDownloadButton, .stPopover"
)
_HIDDEN_STYLE = f"""
.stMain [data-testid="stElementContainer"]:not(.st-key-view):not(.st-key-lecture-bar *):has(
  > :is({_PICKERS})) {{ display: none; }}
"""
