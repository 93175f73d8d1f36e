"""A hook of MkDocs: formulas of docstrings (``:math:`` roles) become MathML."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

ROLE = re.compile(r":math:<code>(.*?)</code>", re.DOTALL)


def on_page_content(content: str, **_: Any) -> str:
    """The page with every LaTeX formula as MathML, which a browser draws without any script.

    Args:
        content: The page as HTML; Markdown has left ``:math:`` and its text in code marks.

    Returns:
        The page as HTML.
    """
    return ROLE.sub(lambda found: str(convert(html.unescape(found[1]))), content)
