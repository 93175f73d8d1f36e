"""Error messages on a page: one sentence, never a traceback."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from trustai.ui.kit.jobs import Stopped

_log = logging.getLogger("trustai")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|$~:&])")

FAULT = (
    "Something went wrong in trustai, not in what you did. The details are in the server's log; "
    "please report them."
)


def plain(text: str) -> str:
    """`text` with every Markdown sign escaped, so that what came from a user stays text.

    >>> plain("![x](http://y)")
    '\\\\!\\\\[x\\\\]\\\\(http\\\\://y\\\\)'
    """
    return _MARKDOWN.sub(r"\\\1", text)


def counted(n: int, thing: str) -> str:
    """A number of things, with the plural where it is due.

    >>> counted(1, "picture"), counted(7214, "row")
    ('1 picture', '7,214 rows')
    """
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def sentence(error: BaseException) -> str:
    """The first line of an error as a sentence: capital letter, full stop.

    >>> sentence(ValueError("expected eps in [0, 1], got 8"))
    'Expected eps in [0, 1], got 8.'
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0].strip()
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "!", "?")) else ".")


def unfit(reason: BaseException | str) -> str:
    """Why a method cannot apply, in words for a reader: what it needs.

    Args:
        reason: In the grammar of errors; any other is shown as `sentence` shows it.

    >>> unfit("expected a vision transformer, got a network without attention")
    'This method needs a vision transformer.'
    >>> unfit("expected an additive model for 'nam', got a TabularMLP: it has no terms of its own")
    'This method needs an additive model: it has no terms of its own.'
    """
    needed, found, got = str(reason).removeprefix("expected ").partition(", got ")
    needed = re.sub(r" for '\w+'", "", needed)  # the method's own name says nothing here
    _, colon, why = got.partition(": ")
    return sentence(ValueError(f"this method needs {needed}{colon}{why}" if found else str(reason)))


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a `ValueError` as one sentence and any other exception as a fault of ours; what the
    person stopped has said so itself.

    The rest of the block is skipped and the page goes on below it, so keep everything that needs
    the block's results inside it. Streamlit's own signals (stop, rerun) pass through: they are no
    `Exception`.

    >>> with shown_errors():                                               # doctest: +SKIP
    ...     result = trustai.attacks.run(name, network, x, y, eps=eps)
    ...     draw(result)
    """
    try:
        yield
    except Stopped:
        return
    except ValueError as error:
        if not str(error).startswith("expected "):
            # Not in our grammar: shown all the same, but somebody should look at it.
            _log.exception("a ValueError that does not say what was expected")
        st.error(plain(sentence(error)), icon=":material/error:")
    except Exception:  # noqa: BLE001 - logged and shown, the last line of defence
        _log.exception("a page failed")
        st.error(FAULT, icon=":material/bug_report:")
