"""The first look of a view: one sentence of finding, its result, and what is folded below."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from trustai.ui.kit.frame.lecture import lecture
from trustai.ui.kit.frame.presets import QUESTION
from trustai.ui.kit.report.notes import Sentence, note

HOW_MADE = "How this was made"


def first_look(
    *, pickers: float = 1, results: float = 2.3
) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two columns, the pickers left of the result; on a phone the result stands above them.

    Args:
        pickers, results: Their widths, as in ``st.columns``.

    >>> left, right = first_look()                                         # doctest: +SKIP
    """
    _style()
    with st.container(key="first-look"):
        left, right = st.columns([pickers, results], gap="medium")
    return left, right


def first_rows() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two containers, the pickers above the result; on a phone the result stands above them.

    >>> pickers, result = first_rows()                                     # doctest: +SKIP
    """
    _style()
    with st.container(key="first-rows"):
        return st.container(key="first-pickers"), st.container()


def finding(sentence: str) -> None:
    """The one sentence that a view finds, made from its result; once a view.

    Args:
        sentence: Markdown; what came from a user is escaped with `plain`.

    >>> finding("At 3/255 the standard network is right on 12 of 100 pictures.")  # doctest: +SKIP
    """
    _style()
    note(Sentence(sentence), place="finding")
    with st.container(key="finding"):
        st.markdown(sentence)


def side_by_side(n: int, *, key: str) -> list[DeltaGenerator]:
    """Columns for pictures that belong together: they stay beside each other on a phone.

    Args:
        n: How many.
        key: Unique on the page.

    >>> clean, attacked = side_by_side(2, key="attacked")                  # doctest: +SKIP
    """
    _style()
    with st.container(key=f"side-by-side-{key}"):
        return st.columns(n)


def two_by_two(n: int, *, key: str) -> list[DeltaGenerator]:
    """Columns, of which a phone shows two beside each other.

    Args:
        n: How many.
        key: Unique on the page.

    >>> cells = two_by_two(4, key="figures")                               # doctest: +SKIP
    """
    _style()
    with st.container(key=f"two-by-two-{key}"):
        return st.columns(n)


def fold(label: str, *, icon: str = ":material/unfold_more:") -> DeltaGenerator:
    """A fold for details of a view; open where a question was asked, for its hint names them.

    Args:
        label: What is inside, or the question that it answers.
        icon: Before the label.

    >>> with fold("Correlations"):                                         # doctest: +SKIP
    ...     st.plotly_chart(figure)
    """
    return st.expander(label, icon=icon, expanded=QUESTION in st.query_params)


def how_made() -> DeltaGenerator:
    """A fold for how a result came about: method, parameters, weights, seed, seconds.

    Once a view; in lecture mode nothing of it is seen.

    >>> with how_made():                                                   # doctest: +SKIP
    ...     result_caption(result.circumstances)
    """
    with st.container(key="how-made-in-lecture" if lecture() else "how-made"):
        return st.expander(HOW_MADE, icon=":material/info:")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end


def _style() -> None:
    st.html(f"<style>{_STYLE}</style>")


_STYLE = """
.st-key-finding { border-inline-start: 5px solid var(--st-primary-color, currentColor); padding-inline-start: 0.9rem; }
.st-key-finding p { font-size: 1.2rem; line-height: 1.45; }
.st-key-how-made-in-lecture { display: none; }
@media (max-width: 640px) {
  .st-key-first-look .stHorizontalBlock:has(> .stColumn + .stColumn):not(.stHorizontalBlock .stHorizontalBlock)
    > .stColumn:nth-child(2) { order: -1; }
  .st-key-first-rows > :has(> .st-key-first-pickers) { order: 1; }
  [class*="st-key-side-by-side-"] .stHorizontalBlock { flex-wrap: nowrap; gap: 0.5rem; }
  [class*="st-key-side-by-side-"] .stHorizontalBlock > .stColumn { min-width: 0; flex: 1 1 0; }
  [class*="st-key-two-by-two-"] .stHorizontalBlock { gap: 0.75rem; }
  [class*="st-key-two-by-two-"] .stHorizontalBlock > .stColumn { min-width: 0; flex: 0 0 calc(50% - 0.375rem); }
}
"""  # noqa: E501
