"""Pages in Streamlit's own test runner, opened and read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from trustai.ui.kit.errors import FAULT
from trustai.ui.kit.frame.articles import LABEL

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120


def open_page(topic: str, **query: str) -> AppTest:
    """The page on its own, as `app.py` runs it."""
    app = AppTest.from_file(str(ROOT / "pages" / f"{topic}.py"), default_timeout=TIMEOUT)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def no_fault(app: AppTest) -> None:
    assert not app.exception, [e.value for e in app.exception]
    assert FAULT not in [e.value for e in app.error]


def found_in(app: AppTest) -> str:
    """The finding of the view, without the signs that keep Markdown from reading it."""
    (one,) = (e for e in _below(app.main) if _id(e).endswith("-finding"))
    (said,) = one.markdown
    return str(said.value).replace("\\", "")


def _below(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if hasattr(child, "children"):
            yield child
            yield from _below(child)


def _id(block: Any) -> str:
    """It ends with what a container is called in the code of the page."""
    return str(getattr(getattr(block, "proto", None), "id", ""))


def texts(app: AppTest, *, article: bool = True) -> str:
    """All words on the page, without the signs that keep Markdown from reading them.

    Args:
        article: With those of the article below the view.
    """
    folded = [one for one in app.expander if one.label == LABEL and not article]
    left_out = {id(e) for one in folded for e in [*one.markdown, *one.caption]}
    said = [e.value for e in [*app.markdown, *app.caption] if id(e) not in left_out]
    return " ".join(said).replace("\\", "")
