"""The views of a page: which is shown, and the article below it."""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from trustai.ui.kit.address.older import renamed
from trustai.ui.kit.errors import shown_errors
from trustai.ui.kit.frame.articles import article
from trustai.ui.kit.frame.lecture import lecture
from trustai.ui.kit.frame.presets import Preset, show_chosen, try_this
from trustai.ui.kit.report.button import report_button
from trustai.ui.kit.report.notes import Numbers, Sentence, begin_notes
from trustai.ui.kit.site import title_of


@dataclass(frozen=True)
class View:
    """One view of a page.

    Attributes:
        title: In the row of views, and in the URL.
        module: Full name of the module whose ``show()`` draws it.
        older: Titles that it had before; addresses that name one of them go on working.
    """

    title: str
    module: str
    older: tuple[str, ...] = ()


def show_view(views: Mapping[str, View], *, default: str, presets: Sequence[Preset] = ()) -> None:
    """Let the user choose one of `views` and draw it; the choice stands in the URL.

    Args:
        views: By key, in the order of the row. With a single view there is nothing to pick.
        default: Key of the view shown at first.
        presets: Questions, a row of links below the view. The one that was clicked stands with its
            hint above the view.

    An error of the view is shown in its place, and the page goes on below it. The article of the
    view, a Markdown file beside its module, follows it; see `trustai.ui.kit.frame.articles`.

    >>> show_view({"one": View("One picture", "trustai.ui.attack.picture")},  # doctest: +SKIP
    ...           default="one")
    """
    show_chosen(presets, topic=topic_of(views[default]))
    chosen = default if len(views) == 1 else _picked(views, default)
    # For those who cannot see which view is chosen: the headings of a view stand below its own.
    st.html(f'<h2 class="trustai-unseen">{html.escape(views[chosen].title)}</h2>')
    _draw(views[chosen])
    if presets:
        try_this(presets)


def _draw(view: View) -> None:
    notes = begin_notes()
    with shown_errors():
        importlib.import_module(view.module).show()
    if any(isinstance(one, Sentence | Numbers) for one in notes.values()) and not lecture():
        report_button(notes, page=title_of(topic_of(view)), view=view.title)
    article(view.module)


def topic_of(view: View) -> str:
    """``"attack"`` of ``"trustai.ui.attack.curves"``; empty for a module elsewhere."""
    return (view.module.split(".") + [""] * 2)[2]


def _picked(views: Mapping[str, View], default: str) -> str:
    renamed("view", {older: view.title for view in views.values() for older in view.older})
    return st.segmented_control(
        "View",
        list(views),
        format_func=lambda v: views[v].title,
        default=default,
        key="view",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
