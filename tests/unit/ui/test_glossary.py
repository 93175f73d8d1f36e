"""The glossary: every hint of a page is in it, and every term of it is a hint or marked."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from trustai.ui.kit.glossary import FILE, hint, terms

ROOT = Path(__file__).parents[3]
MARK = "<!-- documentation only -->"


def hints_on_pages() -> set[str]:
    """The argument of every call ``hint("...")`` below `trustai/ui`."""
    found = set()
    for path in (ROOT / "trustai" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hint":
                assert isinstance(node.args[0], ast.Constant), f"{path}: a term in plain words"
                found.add(str(node.args[0].value).lower())
    return found


def test_every_hint_of_a_page_is_in_the_glossary() -> None:
    assert hints_on_pages() <= {term.lower() for term in terms()}


def test_every_term_is_a_hint_or_marked() -> None:
    parts = FILE.read_text(encoding="utf-8").split("\n## ")[1:]
    marked = {part.split("\n", 1)[0].lower() for part in parts if MARK in part}
    assert {term.lower() for term in terms()} - marked == hints_on_pages()


def test_terms_are_in_alphabetical_order_and_each_is_one_to_three_sentences() -> None:
    assert list(terms()) == sorted(terms(), key=str.lower)
    for term, text in terms().items():
        assert text.endswith("."), term
        assert "\n" not in text, term
        assert len(text) < 260, term


def test_a_term_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 'epsilom' \(did you mean 'epsilon'\?\)"):
        hint("epsilom")


def test_the_documentation_shows_the_same_file() -> None:
    assert (ROOT / "docs" / "glossary.md").resolve() == FILE.resolve()
