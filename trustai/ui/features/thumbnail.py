"""This page's thumbnail on the home page: first-layer filters, each of which maximises itself."""

from __future__ import annotations

from trustai.plots import pictures
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.subjects import DEFAULT_MODEL


def show() -> None:
    weights = next(p for p in classifier(DEFAULT_MODEL).parameters() if p.ndim == 4)[:10]
    mosaic = pictures.mosaic([pictures.magnified(w)[0] for w in weights], columns=5, side=64)
    show_picture(mosaic, "Filters of a network's first layer")
