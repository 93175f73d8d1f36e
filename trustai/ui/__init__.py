"""The room that pages use: the only code besides `pages/` and `app.py` that imports streamlit."""

from __future__ import annotations

from trustai.ui.caching import cache_key, cached_call, classifier, sha256_of
from trustai.ui.errors import plain, shown_errors
from trustai.ui.frame import (
    Link,
    Preset,
    downloads,
    json_text,
    page,
    pick_view,
    pixel_units,
    python_expander,
    result_caption,
    try_this,
)
from trustai.ui.jobs import heavy_job
from trustai.ui.live_slider import (
    Area,
    Bars,
    Curve,
    Figure,
    Film,
    Mark,
    Matrix,
    Pin,
    Strip,
    Tile,
    data_uri,
    live_slider,
)
from trustai.ui.uploads import picture_from_user

__all__ = [
    "Area",
    "Bars",
    "Curve",
    "Figure",
    "Film",
    "Link",
    "Mark",
    "Matrix",
    "Pin",
    "Preset",
    "Strip",
    "Tile",
    "cache_key",
    "cached_call",
    "classifier",
    "data_uri",
    "downloads",
    "heavy_job",
    "json_text",
    "live_slider",
    "page",
    "pick_view",
    "picture_from_user",
    "pixel_units",
    "plain",
    "python_expander",
    "result_caption",
    "sha256_of",
    "shown_errors",
    "try_this",
]
