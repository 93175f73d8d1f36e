"""The button below a view that gives its lab report."""

from __future__ import annotations

import streamlit as st

from trustai.ui.kit.report.html import report_html
from trustai.ui.kit.report.notes import Notes


def report_button(notes: Notes, *, page: str, view: str) -> None:
    """A button for the report; the file is made when it is clicked.

    Args:
        notes: Of the view that was drawn.
        page, view: Titles.
    """
    settings = {key: ", ".join(st.query_params.get_all(key)) for key in st.query_params}
    st.download_button(
        "Lab report (HTML)",
        lambda: report_html(notes.values(), page=page, view=view, settings=settings),
        file_name=f"{'-'.join([page, view]).lower().replace(' ', '-')}.html",
        mime="text/html",
        key=f"report-{view}",
        on_click="ignore",
        icon=":material/lab_profile:",
        help="One file with the finding, the pictures, the charts, the numbers and how they were "
        "made. It opens without internet.",
    )
