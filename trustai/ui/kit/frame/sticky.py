"""A container that stays in view while the page below it is scrolled."""

from __future__ import annotations

from typing import Any

import streamlit as st

from trustai.plots import colours

_PREFIX = "sticky"


def sticky(key: str = "result") -> Any:
    """A container whose content stays at the top of the window while a slider below it is dragged.

    Put the tiles of a result in it, and the sliders after it, in the same container. It holds on
    for as long as its own parent is in view, so nothing of another part of the page is covered.
    What is higher than a third of the window (a half on a phone) scrolls within it.

    Args:
        key: Unique on the page; the class of the container is made from it.

    >>> with kit.sticky():                                                 # doctest: +SKIP
    ...     risk.metric("Risk of diabetes", "31 %")
    """
    return st.container(key=f"{_PREFIX}-{key}")


# Streamlit's header lies over the first 3.75rem of the page.
STICKY_STYLE = f"""
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-{_PREFIX}-"]) {{
  position: sticky; top: 3.75rem; z-index: 90; max-height: 36vh; overflow-y: auto; flex: none;
  padding: 0.4rem 0; background: light-dark({colours.LIGHT_BACKGROUND}, {colours.DARK_BACKGROUND});
}}
@media (max-width: 640px) {{
  [data-testid="stLayoutWrapper"]:has(> [class*="st-key-{_PREFIX}-"]) {{ max-height: 50vh; }}
  /* Tiles beside each other, not below: */
  [class*="st-key-{_PREFIX}-"] [data-testid="stHorizontalBlock"] {{ flex-wrap: nowrap; gap: 0.4rem; overflow-x: auto; }}
  [class*="st-key-{_PREFIX}-"] [data-testid="stColumn"] {{ min-width: 8.5rem; }}
}}
"""  # noqa: E501
