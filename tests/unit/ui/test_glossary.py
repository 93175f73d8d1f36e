"""The glossary: every hint of a page is in it, and every word belongs to one term."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from trustai.ui.kit.glossary import FILE, entries, hint, mark_terms, terms

ROOT = Path(__file__).parents[3]


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


def test_every_word_belongs_to_one_term() -> None:
    forms = [form.lower() for term in entries() for form in term.forms]
    assert len(forms) == len(set(forms))
    assert "<!--" not in " ".join(terms().values())
    assert {"logit", "saliency", "softmax", "epsilon", "bleu", "auroc"} <= set(forms)
    assert next(t for t in entries() if t.name == "ECE").forms[1] == "expected calibration error"


def test_the_script_carries_every_term_and_is_not_taken_away() -> None:
    """DOMPurify takes a script away that has a "<" before a letter, a slash or a "!"."""
    written: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trustai.ui.kit.glossary.st.html", lambda body, **_: written.append(body))
        mark_terms()
    script = written[0].removeprefix("<script>").removesuffix("</script>")
    assert not re.search(r"<[/\w!]", script)
    data = re.search(r"const TERMS = (\[.*\]);\n", script)
    assert data is not None
    assert [one["name"] for one in json.loads(data[1])] == list(terms())


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
