"""Plotly charts on a page: their name, full screen, and the buttons that save them for a slide."""

from __future__ import annotations

from typing import Any

import streamlit as st

from trustai.plots import look
from trustai.ui.kit.frame.lecture import enlarged
from trustai.ui.kit.report.notes import Chart, note

# What is left of Plotly's buttons: a picture. Streamlit adds full screen, `look.js` an SVG.
_WITHOUT = [
    "zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d",
    "resetScale2d", "hoverClosestCartesian", "hoverCompareCartesian", "toggleSpikelines",
]  # fmt: skip


def config(file: str) -> dict[str, Any]:
    """The configuration of a chart with the buttons full screen, PNG and SVG.

    Args:
        file: Name of the saved file, without its ending.
    """
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtonsToRemove": _WITHOUT,
        # Twice the size on screen: sharp enough for a slide.
        "toImageButtonOptions": {"format": "png", "scale": 2, "filename": file},
    }


def chart(
    figure: Any,
    *,
    key: str,
    title: str,
    about: str = "",
    on: Any = None,
    wide: bool = False,
    **selection: Any,
) -> None:
    """A chart with its title inside, so that full screen and the saved file have it too; in
    lecture mode its text is larger.

    Args:
        figure: Plotly's; it is given the title.
        key: Unique on the page, also the name of the file.
        title: What the chart shows; screen readers say it.
        about: Data set, method, class, unit: what a slide has to say beside the title.
        on: The placeholder that it fills; None: here.
        wide: It needs more room than a phone has, and is scrolled sideways there.
        selection: ``on_select`` and ``selection_mode`` of ``st.plotly_chart``.
    """
    look.titled(look.dressed(figure), title, about)
    note(Chart(figure), place=key if on is None else on)
    figure = enlarged(figure)
    place = st.container(key=f"wide-{key}") if wide else st if on is None else on
    place.plotly_chart(
        figure,
        key=key,
        theme=None,
        alt=f"Chart: {title}",
        config=config(key),
        **selection,
    )


def thumbnail(figure: Any, *, key: str, title: str) -> None:
    """A chart of the home page: without buttons, and its title is for screen readers only.

    Args:
        figure: Plotly's.
        key: Unique on the page.
        title: What the chart shows.
    """
    st.plotly_chart(
        look.dressed(figure),
        key=key,
        theme=None,
        alt=f"Chart: {title}",
        config={"staticPlot": True},
    )
