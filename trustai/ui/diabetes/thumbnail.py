"""The thumbnail of this page on the home page: how well the networks of the diabetes table know whom to warn."""

from __future__ import annotations

import streamlit as st

from trustai.plots import tabular_models as plots_models
from trustai.ui.diabetes.models import judged_networks, roc_lines


def show() -> None:
    lines = roc_lines(judged_networks())
    figure = plots_models.unit_square(lines, x_title="false alarms", y_title="found", chance=(0, 1))
    figure.update_layout(height=200, showlegend=False)
    st.plotly_chart(figure, key="thumbnail-diabetes", config={"staticPlot": True})
