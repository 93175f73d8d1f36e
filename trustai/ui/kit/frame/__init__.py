"""The frame of every page: title, views, first look, articles, presets, caption of a result."""

from trustai.ui.kit.frame.articles import about, article, methods
from trustai.ui.kit.frame.captions import (
    UNSURE,
    caption_text,
    in_words,
    parameters_text,
    pixel_units,
    result_caption,
)
from trustai.ui.kit.frame.first_look import (
    finding,
    first_look,
    first_rows,
    fold,
    how_made,
    listed,
    side_by_side,
    two_by_two,
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
    "finding",
    "first_look",
    "first_rows",
    "fold",
    "how_made",
    "in_words",
    "lecture",
    "listed",
    "methods",
    "page",
    "parameters_text",
    "pixel_units",
    "result_caption",
    "show_view",
    "side_by_side",
    "sticky",
    "try_this",
    "two_by_two",
]
