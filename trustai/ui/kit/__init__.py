"""What every page uses: frame, views, caches, jobs, errors, pickers, uploads and downloads."""

from trustai.ui.kit.errors import shown_errors
from trustai.ui.kit.frame import (
    Link,
    Preset,
    View,
    about,
    article,
    lecture,
    methods,
    page,
    show_view,
    sticky,
)
from trustai.ui.kit.site import hand_over

__all__ = [
    "Link",
    "Preset",
    "View",
    "about",
    "article",
    "hand_over",
    "lecture",
    "methods",
    "page",
    "show_view",
    "shown_errors",
    "sticky",
]
