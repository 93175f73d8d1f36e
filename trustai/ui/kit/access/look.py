"""What Streamlit itself leaves too pale, without a visible focus, or without a name."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from trustai.plots import colours


def _screen(colour: str, text: str) -> str:
    """Text that a figure writes in `colour`, in that of the screen instead."""
    red, green, blue = colours.rgb(colour)
    chart = f'.js-plotly-plot text[style*="fill: rgb({red}, {green}, {blue})"]'
    return f"{chart}:not(.hoverlayer *) {{ fill: {text} !important; }}\n"


_STYLE = Path(__file__).with_name("look.css").read_text(encoding="utf-8") + "".join(
    [
        _screen(colours.INK, "currentColor"),
        *(_screen(c, f"light-dark({c}, {colours.on_dark(c)})") for c in colours.ALL),
    ]
)
_SCRIPT = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


def mend_look() -> None:
    """Have the browser mend every page; the page shows nothing of it."""
    st.html(f"<style>{_STYLE}</style>")
    st.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
