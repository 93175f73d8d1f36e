"""This page's thumbnail on the home page: first-layer filters, each of which maximises itself."""

from __future__ import annotations

import streamlit as st

from trustai.plots import pictures
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.subjects import DEFAULT_MODEL


def show() -> None:
    weights = next(p for p in classifier(DEFAULT_MODEL).parameters() if p.ndim == 4)[:10]
    st.image(pictures.mosaic([pictures.magnified(w)[0] for w in weights], columns=5, side=64))
