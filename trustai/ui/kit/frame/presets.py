"""Questions for a lecture, each a link to the view that answers it."""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from trustai.ui.kit.errors import plain, shown_errors
from trustai.ui.kit.frame.lecture import kept

QUESTION = "question"
"""The parameter of the address that names a question by its number."""


@dataclass(frozen=True)
class Preset:
    """One question for a lecture and the view that answers it.

    Attributes:
        question: ``"Why is a one-step attack not a test?"``
        url_params: The view, by URL parameter; what is not named takes its default.
        hint: What to look at, one sentence.
        answer: Name of a function in the topic's module ``answers`` that returns the answer,
            Markdown made from measured numbers; empty for none.
    """

    question: str
    url_params: Mapping[str, str | int | float | Sequence[str]]
    hint: str = ""
    answer: str = ""

    @property
    def href(self) -> str:
        """Relative, so that it works wherever the app is served: ``?eps=8&attack=fgsm``."""
        return self.link()

    def link(self, **more: str | int) -> str:
        """The same with further parameters.

        Args:
            more: By name.
        """
        return "?" + urlencode({**self.url_params, **more}, doseq=True)


def chosen(presets: Sequence[Preset]) -> Preset | None:
    """The question that the address names by its number, from 1; None where it names none.

    Args:
        presets: Of the page, in the order of their row.
    """
    asked = st.query_params.get(QUESTION, "")
    numbers = {str(i): preset for i, preset in enumerate(presets, start=1)}
    return numbers.get(asked)


def show_chosen(presets: Sequence[Preset], *, topic: str = "") -> None:
    """The question whose link was clicked and what to look at, until the user closes it.

    Args:
        presets: Of the page.
        topic: Of the page, whose package in `trustai.ui` has the answers.
    """
    preset = chosen(presets)
    if preset is None:
        return
    with st.container(border=True, key="question"):
        st.markdown(f"**{plain(preset.question)}**\n\n{plain(preset.hint)}")
        if preset.answer:
            with st.expander("Show the answer", icon=":material/lightbulb:"), shown_errors():
                answers = importlib.import_module(f"trustai.ui.{topic}.answers")
                st.markdown(getattr(answers, preset.answer)())
        st.button("Close the question", key="close-question", type="tertiary", on_click=_close)


def _close() -> None:
    st.query_params.pop(QUESTION, None)


def try_this(presets: Sequence[Preset]) -> None:
    """A row of questions; each is a link to the view on this page that answers it.

    The link loads the page anew: a Streamlit link within a session keeps the widgets that the link
    does not name, and the view would depend on what was clicked before.
    """
    cards = "".join(
        f'<a class="trustai-try" href="{html.escape(preset.link(question=i, **kept()))}">'
        f"<b>{html.escape(preset.question)}</b><span>{html.escape(preset.hint)}</span></a>"
        for i, preset in enumerate(presets, start=1)
    )
    st.html(f'<style>{_TRY_STYLE}</style><nav class="trustai-tries" aria-label="Try this">'
            f'<p>Try this</p><div>{cards}</div></nav>')  # fmt: skip


_TRY_STYLE = """
.trustai-tries p { margin: 0 0 0.4rem; font-weight: 600; }
.trustai-tries div { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0.6rem; }
a.trustai-try {
  display: block; padding: 0.6rem 0.8rem; border-radius: 0.5rem; text-decoration: none; color: inherit;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
}
a.trustai-try:hover, a.trustai-try:focus-visible { border-color: currentColor; }
a.trustai-try b { display: block; font-weight: 600; }
a.trustai-try span { font-size: 0.9em; opacity: 0.85; }
"""  # noqa: E501
