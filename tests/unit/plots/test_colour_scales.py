"""Colour scales reach the screen as they are: Streamlit's theme replaces none of their colours."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.elements.lib import streamlit_plotly_theme

from trustai.plots import colours, pictures, saliency

# What Streamlit puts into its template of a chart and replaces in the browser.
PLACEHOLDERS = {
    colour.lower()
    for value in vars(streamlit_plotly_theme).values()
    for colour in (value if isinstance(value, list | tuple) else [value])
    if isinstance(colour, str) and colour.startswith("#0000")
}
NAMES = (colours.MAGNITUDES, colours.SIGNED, "viridis", "gray", "Cividis")


def test_the_placeholders_are_known() -> None:
    assert "#000004" in PLACEHOLDERS


@pytest.mark.parametrize("name", NAMES)
def test_no_scale_holds_a_placeholder(name: str) -> None:
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    figure = saliency.value_map(values, signed=False, table=name)
    said = str(figure.data[0].to_plotly_json()["colorscale"]).lower()
    assert not any(colour in said for colour in PLACEHOLDERS)


@pytest.mark.parametrize("name", NAMES)
def test_a_scale_is_plotlys(name: str) -> None:
    table = pictures.colour_table(name)
    first, *_, last = colours.scale(name)
    for (position, text), row in ((first, table[0]), (last, table[-1])):
        assert position in (0, 1)
        channels = [float(c) for c in str(text)[4:-1].split(",")]
        assert np.abs(np.array(channels) - row).max() <= 1
