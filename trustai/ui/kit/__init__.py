"""What every page uses: frame, views, caches, jobs, errors, pickers, uploads and downloads."""

from trustai.ui.kit.errors import shown_errors
from trustai.ui.kit.frame import Link, Preset, View, page, show_view, try_this
from trustai.ui.kit.site import hand_over

__all__ = ["Link", "Preset", "View", "hand_over", "page", "show_view", "shown_errors", "try_this"]
