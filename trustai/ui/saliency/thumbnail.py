"""This page's thumbnail on the home page: a sign and its Grad-CAM map, computed when shown."""

from __future__ import annotations

import streamlit as st

from trustai.explain import image
from trustai.plots import colours, pictures
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.subjects import DEFAULT_MODEL, pictures_at


def show() -> None:
    x = pictures_at("signs", [1]).pixels
    found = image.explain("grad_cam", classifier(DEFAULT_MODEL), x)
    shown = pictures.overlay(
        pictures.to_pixels(x[0]), pictures.heat(found.map[0].numpy(), signed=False), opacity=0.6
    )
    left, right = st.columns(2)
    left.image(pictures.framed(pictures.to_pixels(x[0]), colours.CLEAN, side=192, border=4))
    right.image(pictures.framed(shown, colours.CLEAN, side=192, border=4))
