"""The frame of every page: title, views, presets, and the caption of a result."""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from trustai.ui.kit.address.opening import note_opening
from trustai.ui.kit.address.unreadable import drop_unreadable
from trustai.ui.kit.errors import plain, shown_errors

if TYPE_CHECKING:
    # Only for the names: a page that shows no network must not wait for torch.
    from trustai.types import Circumstances

UNSURE, SURE, CERTAIN = 0.3, 0.6, 0.9
"""Probabilities below which an answer is a guess, and from which it is likely and certain."""

_PIXEL_PARAMETERS = ("eps", "alpha")


class Link(NamedTuple):
    """Text and absolute address of something to read."""

    text: str
    url: str


@dataclass(frozen=True)
class Preset:
    """One question for a lecture and the view that answers it.

    Attributes:
        question: ``"Why is a one-step attack not a test?"``
        url_params: The view, by URL parameter; what is not named takes its default.
        hint: What to look at, one sentence.
    """

    question: str
    url_params: Mapping[str, str | int | float]
    hint: str = ""

    @property
    def href(self) -> str:
        """Relative, so that it works wherever the app is served: ``?eps=8&attack=fgsm``."""
        return "?" + urlencode({key: str(value) for key, value in self.url_params.items()})


def page(
    title: str, sentence: str, *, method_link: Link | None = None, paper: Link | None = None
) -> None:
    """Title, one sentence of what will be seen, where the method is explained and its paper.

    Call it before the first widget: it guards the address.

    >>> page("Attack playground", "How little it takes to fool a network.",  # doctest: +SKIP
    ...      paper=Link("Goodfellow et al. 2015", "https://arxiv.org/abs/1412.6572"))
    """
    note_opening()
    drop_unreadable()
    st.html(f"<style>{_PAGE_STYLE}</style>")
    st.title(title)
    links = [
        f"[{plain(link.text)}]({link.url})" for link in (method_link, paper) if link is not None
    ]
    st.markdown(" · ".join([sentence, *links]))


# Streamlit leaves a sixth of a wide window empty; on a projector that room is worth more.
_PAGE_STYLE = """
@media (min-width: 640px) {
  .stMainBlockContainer { padding: 3rem 2.5rem 4rem; }
}
.stElementContainer:has(> .stHtml > script) { display: none; } /* it runs all the same */
"""


@dataclass(frozen=True)
class View:
    """One view of a page.

    Attributes:
        title: In the row of views, and in the URL.
        module: Full name of the module whose ``show()`` draws it.
    """

    title: str
    module: str


def show_view(views: Mapping[str, View], *, default: str) -> None:
    """Let the user choose one of `views` and draw it; the choice stands in the URL.

    Args:
        views: By key, in the order of the row. With a single view there is nothing to pick.
        default: Key of the view shown at first.

    An error of the view is shown in its place, and the page goes on below it.

    >>> show_view({"one": View("One picture", "trustai.ui.attack.picture")},  # doctest: +SKIP
    ...           default="one")
    """
    chosen = default if len(views) == 1 else _picked(views, default)
    with shown_errors():
        importlib.import_module(views[chosen].module).show()


def _picked(views: Mapping[str, View], default: str) -> str:
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


def try_this(presets: Sequence[Preset]) -> None:
    """A row of questions; each is a link to the view on this page that answers it.

    The link loads the page anew: a Streamlit link within a session keeps the widgets that the link
    does not name, and the view would depend on what was clicked before.
    """
    cards = "".join(
        f'<a class="trustai-try" href="{html.escape(preset.href)}">'
        f"<b>{html.escape(preset.question)}</b><span>{html.escape(preset.hint)}</span></a>"
        for preset in presets
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


def pixel_units(value: float) -> str:
    """A pixel distance of ``[0, 1]`` the way papers write it, where that is exact.

    Args:
        value: In ``[0, 1]``.

    >>> pixel_units(8 / 255), pixel_units(0.5 / 255), pixel_units(0.33)
    ('8/255', '0.5/255', '0.33')
    """
    levels = 255 * value
    if abs(levels * 2 - round(levels * 2)) < 1e-6 and 0 < value < 1:
        return f"{levels:.4g}/255"
    return f"{value:.4g}"


def parameters_text(parameters: Mapping[str, Any]) -> str:
    """Parameters in words: pixel distances as fractions, the rest as they are.

    >>> parameters_text({"eps": 8 / 255, "steps": 10, "target": None})
    'eps 8/255, steps 10'
    """
    return ", ".join(
        f"{name} {_parameter(name, value)}"
        for name, value in parameters.items()
        if value is not None
    )


def _parameter(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = [_parameter(name, one) for one in value]
        if len(shown) > 4:
            return f"{shown[0]} … {shown[-1]} ({len(shown)} values)"
        return f"({', '.join(shown)})"
    if isinstance(value, float):
        return pixel_units(value) if name in _PIXEL_PARAMETERS else f"{value:.4g}"
    return str(value)


def in_words(probability: float) -> str:
    """How sure a network is of its answer, for a sentence that begins with "The network".

    Args:
        probability: Of the class that it names, in ``[0, 1]``.

    >>> in_words(0.93), in_words(0.18)
    ('is almost certain', 'is guessing')
    """
    if probability >= CERTAIN:
        return "is almost certain"
    if probability >= SURE:
        return "is fairly sure"
    return "is not sure" if probability >= UNSURE else "is guessing"


def caption_text(circumstances: Circumstances, *more: str) -> str:
    """One line that says how a result came about, from the result itself."""
    parts = [circumstances.method]
    if circumstances.parameters:
        parts.append(parameters_text(circumstances.parameters))
    weights = f" (weights {circumstances.weights_sha[:8]})" if circumstances.weights_sha else ""
    parts += [f"{circumstances.model_id}{weights}", f"seed {circumstances.seed}"]
    return " · ".join([*parts, f"{circumstances.seconds:.2f} s", *more])


def result_caption(circumstances: Circumstances, *more: str) -> None:
    """Print `caption_text` under a figure; `more` adds facts like ``"1,024 pictures"``.

    >>> result_caption(result.circumstances, "10,000 pictures")            # doctest: +SKIP
    """
    st.caption(plain(caption_text(circumstances, *more)))
