"""The frame of every page: title, views, articles, presets, and the caption of a result."""

from trustai.ui.kit.frame.articles import about, article, methods
from trustai.ui.kit.frame.captions import (
    UNSURE,
    caption_text,
    in_words,
    parameters_text,
    pixel_units,
    result_caption,
)
from trustai.ui.kit.frame.lecture import lecture
from trustai.ui.kit.frame.page import Link, page
from trustai.ui.kit.frame.presets import Preset, try_this
from trustai.ui.kit.frame.sticky import sticky
from trustai.ui.kit.frame.views import View, show_view

__all__ = [
    "UNSURE",
    "Link",
    "Preset",
    "View",
    "about",
    "article",
    "caption_text",
    "in_words",
    "lecture",
    "methods",
    "page",
    "parameters_text",
    "pixel_units",
    "result_caption",
    "show_view",
    "sticky",
    "try_this",
]
