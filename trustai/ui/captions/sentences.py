"""Sentences of any direction on a page, escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import streamlit as st

from trustai.data.text import LANGUAGES
from trustai.plots import colours

Entry = tuple[str, str, str, str]
Cell = tuple[str, str | None]
"""A text, and its language where it is a sentence; None for words and numbers of our own."""


def marked(text: str, language: str | None) -> str:
    """``<bdi>`` of an escaped sentence, with its direction and language.

    >>> marked("<b>", "fa")
    '<bdi dir="rtl" lang="fa">&lt;b&gt;</bdi>'
    """
    if language is None:
        return html.escape(text)
    direction = LANGUAGES.get(language).direction
    return f'<bdi dir="{direction}" lang="{html.escape(language)}">{html.escape(text)}</bdi>'


def isolated(word: str) -> str:
    """A word within a text of another direction, which it must not reorder."""
    return f"\u2068{word}\u2069"


def numbered(number: int, word: str, language: str) -> str:
    """``"3: stop"``, read in the direction of the word; for the label of an axis."""
    isolate = "\u2067" if LANGUAGES.get(language).direction == "rtl" else "\u2066"
    return f"{isolate}{number}: {word}\u2069"


def cards(entries: Sequence[Entry], *, colours_: Sequence[str] = (), small: bool = False) -> None:
    """Sentences side by side: ``(heading, sentence, language, a line below)`` each.

    Args:
        colours_: One per entry where they are not all blue.
        small: In ordinary letters, one below the other.
    """
    frames = colours_ or [colours.CLEAN] * len(entries)
    cells = "".join(
        f'<div class="trustai-said" dir="{LANGUAGES.get(language).direction}" '
        f'style="border-color:{colours.checked(frame)}">'
        f'<span dir="ltr">{html.escape(heading)}</span>'
        f"<p>{marked(sentence, language)}</p>"
        f'<span dir="ltr">{html.escape(below)}</span></div>'
        for (heading, sentence, language, below), frame in zip(entries, frames, strict=True)
    )
    kind = "trustai-saids small" if small else "trustai-saids"
    st.html(f'<style>{_CARDS}</style><div class="{kind}">{cells}</div>')


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """A table whose sentences stand right where they are read from the right.

    Args:
        header: One per column, aligned as the first cell below it; all empty for none.
        rows: A cell per column.
    """
    languages = [cell[1] for cell in rows[0]] if rows else [None] * len(header)
    heads = "".join(
        f'<th dir="{_direction(language)}">{html.escape(name)}</th>'
        for name, language in zip(header, languages, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td dir="{_direction(lang)}">{marked(text, lang)}</td>' for text, lang in row)
        + "</tr>"
        for row in rows
    )
    head = f"<thead><tr>{heads}</tr></thead>" if any(header) else ""
    st.html(
        f'<style>{_TABLE}</style><div class="trustai-table"><table>{head}'
        f"<tbody>{body}</tbody></table></div>"
    )


def references(texts: Mapping[str, Sequence[str]], language: str) -> None:
    """What people, or a grammar, said of the picture in that language."""
    if texts.get(language):
        table(["what was written about it"], [[(text, language)] for text in texts[language]])


def _direction(language: str | None) -> str:
    return "ltr" if language is None else LANGUAGES.get(language).direction


_FONT = "font-family: inherit, Vazirmatn, 'Noto Naskh Arabic', Tahoma, sans-serif;"
_CARDS = f"""
.trustai-saids {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0.6rem; }}
.trustai-said {{
  padding: 0.5rem 0.8rem; border-radius: 0.5rem; border-inline-start: 5px solid;
  background: color-mix(in srgb, currentColor 6%, transparent);
}}
.trustai-said p {{ margin: 0.15rem 0; font-size: 1.3rem; line-height: 1.5; min-height: 3em; {_FONT} }}
.trustai-said span {{ display: block; font-size: 0.9rem; opacity: 0.85; text-align: start; unicode-bidi: isolate; }}
.trustai-saids.small p {{ font-size: 1rem; min-height: 0; }}
.trustai-said span:empty {{ display: none; }}
.trustai-said[dir="rtl"] span {{ text-align: end; }}
"""  # noqa: E501
_TABLE = f"""
.trustai-table {{ overflow-x: auto; }}
.trustai-table table {{ width: 100%; border-collapse: collapse; }}
.trustai-table th, .trustai-table td {{
  padding: 0.35rem 0.6rem; text-align: start; vertical-align: top; font-size: 1rem; line-height: 1.5; {_FONT}
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); font-variant-numeric: tabular-nums;
}}
.trustai-table th {{ font-weight: 600; opacity: 0.85; }}
@media (max-width: 480px) {{ .trustai-table th, .trustai-table td {{ padding: 0.35rem 0.25rem; font-size: 0.9rem; }} }}
"""  # noqa: E501
