"""Plotly charts on a page, with a button that saves them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from trustai.ui.kit.frame.lecture import enlarged

CAMERA: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
"""Configuration of a chart with one button, which saves it as a PNG sharp enough for a slide."""


def chart(figure: Any, *, key: str) -> None:
    """A chart with such a button; in lecture mode its text is larger.

    Args:
        key: Unique on the page, also the name of the file.
    """
    picture = {**CAMERA["toImageButtonOptions"], "filename": key}
    st.plotly_chart(enlarged(figure), key=key, config={**CAMERA, "toImageButtonOptions": picture})
