"""The thumbnail of this page on the home page: the map of the test pictures of the first network, by class."""

from __future__ import annotations

import streamlit as st

from trustai.plots import represent as plots_map
from trustai.ui.representation.tables import mapped_models


def show() -> None:
    mapped = next(iter(mapped_models().values()))
    cloud = mapped.cloud("clean", "umap")
    figure = plots_map.feature_map(cloud, mapped.card.classes, height=200)
    st.plotly_chart(figure, key="thumbnail-representation", config={"staticPlot": True})
