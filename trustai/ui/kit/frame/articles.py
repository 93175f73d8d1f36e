"""Short articles below a view, and what a method says of itself.

The article of a view is a Markdown file beside its module: ``trustai/ui/attack/curves.md`` belongs
to ``trustai/ui/attack/curves.py``, and `trustai.ui.kit.show_view` puts it below the view. It has
these parts, in this order, each under a heading of the third level:

- ``### The idea``: what the view does and why, in plain sentences.
- ``### The formula``: in KaTeX between ``$$``, and a sentence on every symbol.
- ``### How to read it``: the colours, the axes and the numbers.
- ``### Papers``: links.

Its figure is a line of its own, ``![What is to be seen](figure)``. It is drawn by the function of
the view's name in `trustai.plots.figures`: ``trustai.plots.figures.attack.curves``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import streamlit as st

from trustai.ui.kit.errors import plain

LABEL = "More about this view: the idea, the formula, how to read it, papers"
PARTS = ("The idea", "The formula", "How to read it", "Papers")
_FIGURE = re.compile(r"^!\[(?P<words>[^\]]+)\]\(figure\)$", re.MULTILINE)


class Method(Protocol):
    """What an entry of a registry says of itself; see `trustai.zoo.described.Described`."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def paper(self) -> str: ...
    @property
    def url(self) -> str: ...


def article_file(module: str) -> Path:
    """Where the article of a view stands.

    Args:
        module: Full name of the view's module.

    >>> article_file("trustai.ui.attack.curves").name
    'curves.md'
    """
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_suffix(".md")


def article(module: str) -> None:
    """The article of a view, folded; nothing where the view has none.

    Args:
        module: Full name of the view's module, ``"trustai.ui.attack.curves"``.

    >>> article("trustai.ui.attack.curves")                                # doctest: +SKIP
    """
    file = article_file(module)
    text = _text(file)
    if not text:
        return
    with st.expander(LABEL, icon=":material/menu_book:"), st.container(width=760):
        for part in _split(text):
            figure = _FIGURE.fullmatch(part)
            if figure is None:
                st.markdown(part)
            else:
                _draw(figure_of(module)(figure["words"]), figure["words"])


def figure_of(module: str) -> Callable[[str], str]:
    """The function that draws the figure of a view: words for those who do not see it to an SVG.

    Args:
        module: Full name of the view's module.

    >>> figure_of("trustai.ui.attack.curves").__module__
    'trustai.plots.figures.attack'
    """
    _, _, topic, *_, view = module.split(".")
    drawn: Callable[[str], str] = getattr(import_module(f"trustai.plots.figures.{topic}"), view)
    return drawn


def _draw(svg: str, words: str) -> None:
    # Not st.image: a drawing takes its colours from the screen, which may turn dark at any time.
    show = st.components.v2.component("trustai_figure", html=_HTML, css=_CSS, js=_JS)
    show(data={"svg": svg})
    st.caption(f"A drawing of the idea, not a measurement. {words}")


_HTML = '<div class="figure"></div>'
_CSS = ".figure { max-width: 36rem; color: var(--st-text-color); } .figure svg { width: 100%; }"
_JS = """export default ({ parentElement, data }) => {
  parentElement.querySelector(".figure").innerHTML = data.svg;
};"""


@functools.cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def _split(text: str) -> list[str]:
    """The text between figures, and the figures.

    >>> _split("One.\\n\\n![A curve](figure)\\n\\nTwo.")
    ['One.', '![A curve](figure)', 'Two.']
    """
    parts, at = [], 0
    for figure in _FIGURE.finditer(text):
        parts += [text[at : figure.start()], figure[0]]
        at = figure.end()
    return [part.strip() for part in (*parts, text[at:]) if part.strip()]


def methods(*shown: Method, label: str = "About these methods") -> None:
    """What the methods on screen say of themselves, folded: `about` each of them.

    Args:
        shown: Entries of registries, in the order in which they are shown.
        label: Of what is folded.

    >>> methods(image.get("grad_cam"), image.get("smoothgrad"))            # doctest: +SKIP
    """
    with st.expander(label, icon=":material/info:"):
        for method in shown:
            about(method)


def about(method: Method) -> None:
    """Title, description, formula and paper of one method.

    A formula with a backslash is LaTeX and drawn by KaTeX, any other is shown as it is written.

    Args:
        method: An entry of a registry, ``attacks.get("fgsm")``.
    """
    paper = f"[{plain(method.paper)}]({method.url})" if method.url else plain(method.paper)
    st.markdown(f"**{plain(method.title)}.** {plain(method.description)} {paper}")
    if "\\" in method.formula:
        st.latex(method.formula)
    else:
        st.code(method.formula, language=None, wrap_lines=True)
