"""An extension of Griffe: the examples and formulas of docstrings as Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

FORMULA = re.compile(r"^(\s*)\.\. math:: (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).+)*", re.MULTILINE)


def as_markdown(text: str) -> str:
    """The docstring with every example in a fence; what directs doctest is left out.

    Args:
        text: A docstring without its indentation.

    Returns:
        Markdown.
    """
    plain = re.sub(r"[ \t]*# doctest:.*", "", text)
    plain = FORMULA.sub(r"\1:math:`\2`", plain)
    return EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", plain)


class Examples(griffe.Extension):
    """Rewrites every docstring that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by Griffe for each module, class, function and attribute.

        Args:
            obj: What was loaded.
        """
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
